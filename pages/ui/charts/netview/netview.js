// @ts-check
/* The net of a run, drawn beside its boundary: it follows the replay, the pointer and the hand, all in the browser. */
import { marginsOf, planOf } from "./arrange.js";
import { Drawing } from "./drawing.js";
import { foldOf, Folding, hasLines, setFold } from "./folding.js";
import { Hand, stepOf } from "./hand.js";
import { BOUNDARY, Moment } from "./moment.js";
import { boxOf, foldMarks, isShown, makeRoom, modeOf } from "./panels.js";
import { isSame, Pointing } from "./pointing.js";
import { Flow } from "./flow.js";
import { short } from "./says.js";
import { say, sentenceOf } from "./sentence.js";
import { choicesOf, figuresByHand, nodeOf, parameterOf, silence, spottedOf } from "./setting.js";
import { Switch } from "./switch.js";
import { Weights } from "./weights.js";

/** @typedef {import("./says.js").Spotted} Spotted */
/** @typedef {import("./arrange.js").Node} Node */

/* What the chart does for the net. */
/** @typedef {{ redraw: () => void, planeChanged: () => void, tell: (figures: KeyFigure[] | null) => void, frame: () => number,
 *   iteration: () => number, ask: Ask }} Host */

export class NetView {
  /** @param {HTMLElement} root @param {HTMLElement} plot @param {Host} host */
  constructor(root, plot, host) {
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    this.host = host;
    this.root = root;
    this.box = find(".net");
    this.says = find(".says");
    this.side = new Switch(root, () => this.switched());
    this.flow = new Flow(root, () => this.turned());
    this.drawing = new Drawing(root);
    /** @type {Diagram | null} */
    this.diagram = null;
    /** @type {Weights | null} */
    this.weights = null;
    /** @type {Moment | null} */
    this.moment = null;
    /** @type {Spotted | null} */
    this.pointed = null;
    /** @type {Spotted | null} */
    this.held = null;
    this.opens = false;
    /** @type {import("./panels.js").Mode} */
    this.mode = "off";
    this.given = this.kind = this.placed = ""; // what is on show, to draw it anew only where it changes
    this.waiting = this.settles = 0;
    this.typed = -1; // the parameter that is being typed
    this.hand = new Hand(root, {
      choose: (held) => this.hold(spottedOf(this.drawing.plan, held)),
      set: (value) => this.set(value),
      silence: () => this.change((weights) => this.unit && silence(weights, this.drawing.plan, this.unit)),
      undo: () => this.change((weights) => weights.undo()),
      reset: () => this.change((weights) => weights.reset()),
      goOn: () => host.ask("edits", { iteration: host.iteration(), edits: [...(this.weights?.edits ?? [])] }),
      inside: () => this.unit && this.open(this.unit),
    });
    this.pointing = new Pointing(root, plot, {
      on: () => this.on, drawing: this.drawing, point: (spotted) => this.point(spotted), hold: (spotted) => this.hold(spotted),
      held: () => this.held, open: (node) => this.open(node), sets: (spotted) => this.sets(spotted), begin: () => this.weights?.begin(),
      nudge: (steps) => this.nudge(steps),
    });
    this.folding = new Folding(plot, {
      fold: () => this.weights && this.folds && foldOf(this.weights, this.folds), area: () => this.diagram?.area ?? [],
      turns: () => this.diagram?.inputs.length === 2, begin: () => this.beginFolding(), set: (fold) => this.fold(fold),
      end: () => this.host.planeChanged(),
    });
    document.addEventListener("keydown", (this.onKey = (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && this.letGo()));
  }

  remove() {
    cancelAnimationFrame(this.waiting);
    clearTimeout(this.settles);
    this.pointing.remove();
    this.folding.remove();
    document.removeEventListener("keydown", this.onKey);
  }

  get on() { return this.mode !== "off" && Boolean(this.diagram); }

  /** Whether it stands in place of the curves. */
  get alone() { return this.on && this.mode !== "both"; }

  /** The unit that is held, by itself or by one of its weights. @returns {Node | null} */
  get unit() { return nodeOf(this.held); }

  /** @param {ChartData} data */
  show({ net, figure, replay }) {
    this.side.show(net);
    this.flow.show(net ?? null);
    this.opens = Boolean(net && (net.flow ? net.opens : replay?.opens));
    this.diagram = net ?? null;
    if (!net) return;
    const given = net.parameters + net.activation;
    if (given !== this.given) {
      this.weights = new Weights(net);
      this.host.tell(null);
    }
    const kind = JSON.stringify({ ...net, parameters: "", at: [], alt: "", flow: Boolean(net.flow) });
    if (kind !== this.kind) {
      this.placed = "";
      this.letGo();
    }
    [this.given, this.kind] = [given, kind];
    const weights = /** @type {Weights} */ (this.weights);
    weights.diagram = net;
    this.moment = new Moment(net, weights, figure?.data ?? []);
    this.drawing.box.setAttribute("aria-label", net.words.name);
    this.drawing.box.setAttribute("aria-description", net.alt);
    for (const name of /** @type {const} */ (["positive", "negative", "ink", "muted"])) this.root.style.setProperty(`--${name}`, net.colours[name]);
    this.hand.name(net);
  }

  /** The numbers of a point are shown the other way. */
  turned() {
    this.moment?.changed();
    this.soon();
  }

  switched() {
    if (!this.side.net) this.letGo();
    this.host.redraw();
  }

  /** Make room in the figure that is about to be drawn. @param {any} layout @param {{ width: number, height: number, narrow: boolean, zoom: number }} room */
  arrange(layout, room) {
    this.mode = modeOf((this.side.net || this.flow.on) && Boolean(this.diagram), !this.flow.on, room);
    makeRoom(layout, this.mode);
    this.box.hidden = !this.on;
    if (!this.on) return;
    const box = boxOf(layout, this.mode);
    for (const side of /** @type {const} */ (["left", "top", "width", "height"])) this.box.style[side] = `${box[side]}px`;
    const placed = JSON.stringify([box, room.zoom]);
    if (placed !== this.placed) this.build(room.zoom);
    this.placed = placed;
    this.weights?.show(this.host.frame());
    this.moment?.changed();
    this.tell();
    this.soon();
  }

  /** @param {any} trace */
  shows(trace) { return isShown(trace, this.mode); }

  /** @param {number} zoom */
  build(zoom) {
    const diagram = /** @type {Diagram} */ (this.diagram);
    const scroll = /** @type {HTMLElement} */ (this.drawing.box.parentElement);
    const plan = planOf(diagram, { width: scroll.clientWidth, height: scroll.clientHeight, ...marginsOf(diagram, zoom), zoom });
    const node = nodeOf(this.held);
    this.pointed = this.held = null;
    this.drawing.build(diagram, plan, zoom);
    const again = node && plan.nodes.find((each) => each.kind === node.kind && each.layer === node.layer && each.row === node.row);
    if (again) this.held = { kind: "unit", node: again };
    this.drawing.stop(again ?? plan.nodes.find(({ kind }) => kind === "hidden") ?? plan.nodes[0]);
  }

  /** Another frame of the replay is on show. */
  frameChanged() {
    if (!this.weights || !this.moment) return;
    const row = this.weights.row;
    this.weights.show(this.host.frame());
    if (this.weights.row === row) return;
    this.host.tell(null);
    this.moment.changed();
    if (this.on) this.soon();
  }

  /** The weights are others: draw at the next frame of the screen, and finely once the hand rests. */
  changed() {
    this.moment?.changed();
    clearTimeout(this.settles);
    this.settles = window.setTimeout(() => { this.settles = 0; this.host.planeChanged(); }, 150);
    this.tell();
    this.soon();
    this.host.planeChanged();
  }

  soon() {
    cancelAnimationFrame(this.waiting);
    this.waiting = requestAnimationFrame(() => this.draw());
  }

  draw() {
    const { moment, weights } = this;
    if (!this.on || !moment || !weights) return;
    this.drawing.paint(weights, (node) => moment.map(node), this.flow.on ? (wire, weight) => this.flow.carried(wire, weight) : null);
    this.speak();
  }

  /** What the diagram shows: what is pointed at, else what is held; a place on the plane lets the held unit lie on it. @returns {Spotted | null} */
  get meant() {
    return this.pointed?.kind === "place" && this.held ? this.held : this.pointed ?? this.held;
  }

  /** What lies on the plane instead of the run's own boundary, if anything does. */
  picture() {
    if (!this.on || !this.moment) return undefined;
    const { meant, moment } = this;
    const lens = meant?.kind === "unit" && !this.folding.drag ? moment.lens(meant.node) : null;
    return (lens?.picture ?? (this.weights?.edited ? moment.boundary(this.settles ? BOUNDARY.quick : BOUNDARY.fine) : null)) || undefined;
  }

  /** The fold of the unit that lies on the plane. @param {any} layout the figure's, with its axes */
  marks(layout) {
    const { meant, moment, diagram } = this;
    if (!this.on || meant?.kind !== "unit" || !diagram) return [];
    return foldMarks(layout, moment?.lens(meant.node)?.lines ?? [], diagram);
  }

  /** @param {Spotted | null} spotted */
  point(spotted) {
    if (this.flow.on && spotted?.kind === "place") spotted = null; // the chosen point stays
    if (isSame(spotted, this.pointed) && spotted?.kind !== "place") return;
    const before = this.picture();
    this.pointed = spotted;
    this.look(before);
  }

  /** @param {Spotted | null} spotted */
  hold(spotted) {
    const before = this.picture();
    this.held = spotted;
    this.typed = -1;
    const node = nodeOf(spotted);
    if (node) this.drawing.stop(node);
    this.look(before);
  }

  letGo() {
    if (!this.pointed && !this.held) return;
    const before = this.picture();
    this.pointed = this.held = null;
    this.look(before);
  }

  /** Something else is pointed at. @param {string | undefined} before what lay on the plane */
  look(before) {
    if (!this.on) return;
    this.speak();
    if (this.picture() !== before) this.host.planeChanged();
  }

  speak() {
    const { diagram, moment, weights, drawing } = this;
    if (!diagram || !moment || !weights || !drawing.plan) return;
    const spotted = this.pointed ?? this.held;
    drawing.light(this.meant);
    say(this.says, this.sentence(diagram, moment, weights, spotted));
    if (diagram.flow) this.showValues(diagram, diagram.flow.at, (node) => this.flow.numberOf(node));
    else if (spotted?.kind === "place") this.showValues(diagram, [spotted.x, spotted.y], moment.at(spotted.x, spotted.y).valueOf);
    else drawing.showValues(null);
    this.showHand();
  }

  /** @param {Diagram} diagram @param {[number, number]} at @param {(node: Node) => number | null} valueOf */
  showValues({ area: [left, right, bottom, top] }, [x, y], valueOf) {
    const place = { across: (x - left) / (right - left), up: (y - bottom) / (top - bottom) };
    this.drawing.showValues((node) => { const value = valueOf(node); return value === null ? "" : short(value); }, place);
  }

  /** @param {Diagram} diagram @param {Moment} moment @param {Weights} weights @param {Spotted | null} spotted */
  sentence(diagram, moment, weights, spotted) {
    const whole = sentenceOf(diagram, moment, weights, spotted);
    if (!this.flow.on) return whole;
    const own = this.flow.sentence(spotted, ({ layer, to, from }) => weights.now[weights.indexOf(layer, to.row, from.row)]);
    return own ? [own] : whole;
  }

  showHand() {
    const { diagram, weights, unit, held } = this;
    if (!diagram || !weights) return;
    this.hand.row.hidden = this.flow.on;
    const meant = parameterOf(weights, held);
    const choices = diagram.editable ? choicesOf(this.drawing.plan, unit) : [];
    this.hand.show(diagram, {
      unit, held: meant && (choices.find(({ from }) => from === meant.from) ?? null), value: meant ? weights.now[meant.index] : 0,
      step: stepOf(weights.largest[(meant?.layer ?? 1) - 1]), edited: weights.edited, undoes: weights.before.length > 0, opens: this.opens,
    }, choices);
  }

  /** Whether it can be set by hand. @param {Spotted | null} spotted */
  sets(spotted) {
    return Boolean(this.diagram?.editable && (spotted?.kind === "weight" || spotted?.kind === "bias"));
  }

  /** Add steps to what is held. @param {number} steps */
  nudge(steps) {
    const { weights } = this;
    const meant = weights && parameterOf(weights, this.held);
    if (!meant) return;
    weights.set(meant.index, +(weights.now[meant.index] + steps * stepOf(weights.largest[meant.layer - 1])).toPrecision(12));
    this.changed();
  }

  /** The unit whose fold can be dragged: the one that is held, of the first layer of a net that can be set by hand. @returns {Node | null} */
  get folds() {
    const { held, diagram } = this;
    const unit = this.on && diagram?.editable && held?.kind === "unit" && held.node.kind === "hidden" ? held.node : null;
    return unit?.layer === 1 && diagram && hasLines(diagram) ? unit : null;
  }

  beginFolding() {
    this.typed = -1;
    this.weights?.begin();
  }

  /** @param {import("./folding.js").Fold} fold */
  fold(fold) {
    if (!this.weights || !this.folds) return;
    setFold(this.weights, this.folds, fold);
    this.changed();
  }

  /** A value was typed for what is held. @param {number} value */
  set(value) {
    const { weights } = this;
    const meant = weights && parameterOf(weights, this.held);
    if (!meant || value === weights.now[meant.index]) return;
    if (this.typed !== meant.index) weights.begin(); // what is typed into a field is one change
    this.typed = meant.index;
    weights.set(meant.index, value);
    this.changed();
  }

  /** A change that undo takes back. @param {(weights: Weights) => void} change */
  change(change) {
    if (!this.weights) return;
    this.typed = -1;
    change(this.weights);
    this.changed();
  }

  /** Loss and accuracy of the net that a hand has changed; else the run's own. */
  tell() {
    const { diagram, moment, weights } = this;
    this.host.tell(diagram && moment && weights?.edited ? figuresByHand(diagram, moment) : null);
  }

  /** Look at a unit under the hood. @param {Node} node */
  open(node) {
    if (node.kind === "hidden" && this.opens) this.host.ask("unit", { layer: node.layer - 1, unit: node.number, iteration: this.host.iteration() });
  }
}
