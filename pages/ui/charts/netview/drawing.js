// @ts-check
/* The diagram on the page: a small map in each unit, a line for each weight, a mark for each bias. */
import { shape, sign } from "../component/legend.js";
import { distanceTo } from "./arrange.js";
import { CELLS } from "./moment.js";
import { canvasOf, colourOf, paintValues } from "./paint.js";
import { filled, nameOf } from "./says.js";

/** @typedef {import("./arrange.js").Node} Node */
/** @typedef {import("./arrange.js").Wire} Wire */
/** @typedef {import("./says.js").Spotted} Spotted */

const THICKEST = 5.5; // pixels of a line
const THINNEST = 0.4;
const NEAR = 7; // pixels from a line or a mark at which it is meant

export class Drawing {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.box = /** @type {HTMLElement} */ (root.querySelector(".diagram"));
    this.wires = /** @type {SVGElement} */ (root.querySelector(".wires"));
    this.nodes = /** @type {HTMLElement} */ (root.querySelector(".nodes"));
    /** @type {import("./arrange.js").Plan | null} */
    this.plan = null;
    /** @type {Diagram | null} */
    this.diagram = null;
    /** @type {Map<Node, HTMLButtonElement>} */
    this.buttons = new Map();
    /** @type {Map<Wire, Element>} */
    this.lines = new Map();
    /** @type {Map<Node, Element>} */
    this.marks = new Map();
    this.zoom = 1;
  }

  /** Draw all anew. @param {Diagram} diagram @param {import("./arrange.js").Plan} plan @param {number} zoom */
  build(diagram, plan, zoom) {
    this.plan = plan;
    this.diagram = diagram;
    this.zoom = zoom;
    const { width, height, size } = plan;
    Object.assign(this.box.style, { width: `${width}px`, height: `${height}px` });
    this.box.style.setProperty("--size", `${size}px`);
    this.wires.setAttribute("width", String(width));
    this.wires.setAttribute("height", String(height));
    this.lines = new Map(plan.wires.map((wire) => [wire, shape("path", {
      d: `M${wire.from.x + size / 2} ${wire.from.y}L${wire.to.x - size / 2} ${wire.to.y}`, class: "wire" })]));
    this.wires.replaceChildren(...this.lines.values());
    this.buttons = new Map(plan.nodes.map((node) => [node, this.button(node)]));
    this.nodes.replaceChildren(...this.buttons.values(), ...this.texts());
    const above = shape("svg", { class: "biases", width, height, "aria-hidden": "true" });
    const biased = plan.nodes.filter((node) => node.kind === "hidden" || (node.kind === "output" && diagram.whole));
    this.marks = new Map(biased.map((node) => [node, shape("path", { class: "bias" })]));
    above.append(...this.marks.values());
    this.nodes.append(above);
  }

  /** @param {Node} node */
  button(node) {
    const button = document.createElement("button");
    const diagram = /** @type {Diagram} */ (this.diagram);
    button.type = "button";
    button.className = `node ${node.kind}`;
    button.tabIndex = -1;
    button.dataset.unit = `${node.kind}-${node.layer}-${node.number}`;
    button.setAttribute("aria-label", nameOf(diagram, node));
    Object.assign(button.style, { left: `${node.x}px`, top: `${node.y}px` });
    button.append(canvasOf(CELLS));
    const value = document.createElement("span");
    value.className = "value";
    button.append(value);
    return button;
  }

  /** Names beside inputs and classes, and how many units are left out. */
  texts() {
    const { inputs, classes, words } = /** @type {Diagram} */ (this.diagram);
    const { nodes, size, more } = /** @type {import("./arrange.js").Plan} */ (this.plan);
    const text = (/** @type {string} */ kind, /** @type {number} */ x, /** @type {number} */ y, /** @type {(string | Element)[]} */ ...parts) => {
      const made = document.createElement("span");
      made.className = `name ${kind}`;
      Object.assign(made.style, { left: `${x}px`, top: `${y}px` });
      made.append(...parts);
      return made;
    };
    const made = nodes.flatMap((node) => {
      if (node.kind === "input") return [text("before", node.x - size / 2 - 6, node.y, inputs[node.row].label)];
      if (node.kind === "hidden") return [];
      const { name, colour, shape: symbol, edge } = classes[node.row];
      const marker = sign({ mode: "markers", marker: { symbol, color: colour, line: { color: edge, width: 1 } } });
      return [text("after", node.x + size / 2 + 6, node.y, marker, name)];
    });
    if (more) made.push(text("more", more.x, more.y, `⋮ ${filled(words.more, { count: more.count })}`));
    return made;
  }

  /** The maps and lines of the weights on show.
   * @param {import("./weights.js").Weights} weights @param {(node: Node) => Float64Array | null} valuesOf over the plane's cells
   * @param {((wire: Wire, weight: number) => number) | null} carried what a line shows instead of its weight */
  paint(weights, valuesOf, carried) {
    const { classes, colours } = /** @type {Diagram} */ (this.diagram);
    const [positive, negative] = [colourOf(colours.positive), colourOf(colours.negative)];
    for (const [node, button] of this.buttons) {
      const canvas = /** @type {HTMLCanvasElement} */ (button.firstChild);
      const values = valuesOf(node);
      button.classList.toggle("silent", node.kind === "hidden" && Boolean(values?.every((value) => value === 0)));
      if (node.kind !== "output") paintValues(canvas, values ?? new Float64Array(CELLS * CELLS), positive, negative);
      else paintValues(canvas, values ?? new Float64Array(CELLS * CELLS).fill(0.5), colourOf(classes[node.row].colour), negative, 1);
    }
    this.paintLines(weights, carried);
    for (const [node, mark] of this.marks) this.paintBias(node, mark, weights);
  }

  /** @param {import("./weights.js").Weights} weights @param {((wire: Wire, weight: number) => number) | null} carried */
  paintLines(weights, carried) {
    const shown = new Map([...this.lines.keys()].map((wire) => {
      const weight = weights.now[weights.indexOf(wire.layer, wire.to.row, wire.from.row)];
      return [wire, carried ? carried(wire, weight) : weight];
    }));
    const largest = [...weights.largest];
    if (carried) {
      largest.fill(1e-12);
      for (const [{ layer }, value] of shown) if (Math.abs(value) > largest[layer - 1]) largest[layer - 1] = Math.abs(value);
    }
    for (const [wire, line] of this.lines) {
      const value = shown.get(wire) ?? 0;
      const width = Math.min(THICKEST, THINNEST + ((THICKEST - THINNEST) * Math.abs(value)) / largest[wire.layer - 1]) * this.zoom;
      line.setAttribute("stroke-width", Number.isFinite(width) ? width.toFixed(2) : "0");
      line.classList.toggle("negative", value < 0);
    }
  }

  /** A diamond at the unit's lower left corner: full where the bias is positive, hollow where it is negative.
   * @param {Node} node @param {Element} mark @param {import("./weights.js").Weights} weights */
  paintBias(node, mark, weights) {
    const b = weights.now[weights.indexOf(node.layer, node.row, null)];
    const r = (2 + 3.2 * Math.min(1, Math.sqrt(Math.abs(b) / weights.largest[node.layer - 1]) || 0)) * this.zoom;
    const { x, y } = this.corner(node);
    mark.setAttribute("d", `M${x - r} ${y}L${x} ${y - r}L${x + r} ${y}L${x} ${y + r}z`);
    mark.classList.toggle("negative", b < 0);
  }

  /** @param {Node} node */
  corner(node) {
    const half = (this.plan?.size ?? 0) / 2;
    return { x: node.x - half + 1, y: node.y + half - 1 };
  }

  /** What stands at a place of the diagram, in pixels. @param {number} x @param {number} y @returns {Spotted | null} */
  at(x, y) {
    if (!this.plan) return null;
    const { nodes, wires, size } = this.plan;
    for (const node of this.marks.keys()) {
      const mark = this.corner(node);
      if (Math.hypot(mark.x - x, mark.y - y) <= NEAR * this.zoom) return { kind: "bias", node };
    }
    const node = nodes.find((each) => Math.max(Math.abs(each.x - x), Math.abs(each.y - y)) <= size / 2 + 1);
    if (node) return { kind: "unit", node };
    let [best, found] = [NEAR * this.zoom, /** @type {Wire | null} */ (null)];
    for (const wire of wires) {
      const far = distanceTo(wire, size, x, y);
      if (far < best) [best, found] = [far, wire];
    }
    return found && { kind: "weight", wire: found };
  }

  /** Light what is pointed at, with its lines; all else stands back. @param {Spotted | null} spotted */
  light(spotted) {
    const lit = (/** @type {Wire} */ wire) => spotted?.kind === "weight" ? wire === spotted.wire
      : spotted?.kind === "unit" ? wire.from === spotted.node || wire.to === spotted.node : false;
    this.box.classList.toggle("lighted", spotted?.kind === "weight" || spotted?.kind === "unit");
    for (const [wire, line] of this.lines) line.classList.toggle("lit", lit(wire));
    for (const [node, mark] of this.marks) mark.classList.toggle("lit", spotted?.kind === "bias" && spotted.node === node);
    for (const [node, button] of this.buttons) button.classList.toggle("lit", spotted?.kind === "unit" && spotted.node === node);
  }

  /** The unit at which the Tab key stops. @param {Node | undefined} node */
  stop(node) {
    for (const [each, button] of this.buttons) button.tabIndex = each === node ? 0 : -1;
  }

  /** What each unit gives at a place, and where that place lies in its map; null: nothing.
   * @param {((node: Node) => string) | null} textOf @param {{ across: number, up: number }} [place] shares of the plane */
  showValues(textOf, place) {
    this.box.classList.toggle("valued", Boolean(textOf));
    if (place) {
      this.box.style.setProperty("--across", `${100 * place.across}%`);
      this.box.style.setProperty("--up", `${100 * place.up}%`);
    }
    for (const [node, button] of this.buttons) /** @type {HTMLElement} */ (button.lastChild).textContent = textOf?.(node) ?? "";
  }
}
