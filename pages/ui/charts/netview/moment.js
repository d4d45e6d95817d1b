// @ts-check
/* What the net gives with the weights on show: over the plane, at a place, and at the points. Computed when it is asked for. */
import { forward, gridOf, inputsOf, leads, lossAndGradient, lossesOf, penaltyOf, softmax } from "./forward.js";
import { canvasOf, colourOf, paintClasses, paintValues, zeroLines } from "./paint.js";
import { lossAndAccuracy, nearestTo, pullOf } from "./says.js";
import { numbersOf } from "./weights.js";

/** @typedef {import("./arrange.js").Node} Node */
/** @typedef {import("./forward.js").LayerValues} LayerValues */
/** @typedef {import("./says.js").Points} Points */

export const CELLS = 28; // a side of a unit's map
const LENS = 64; // of a unit's output on the plane
export const BOUNDARY = { quick: 100, fine: 180 }; // of one that a hand has moved: while it moves, and then
const NEAREST = 0.04; // of the plane's side: how near a point is to be meant

/** The points of a figure, training or held out. @param {any[]} traces @param {string[]} names of the inputs @param {string} part @returns {Points} */
export function pointsOf(traces, names, part) {
  const own = traces.filter(({ meta }) => meta?.part === part);
  const x = own.flatMap((trace) => [...numbersOf(trace.x)]);
  const y = own.flatMap((trace) => [...numbersOf(trace.y)]);
  const labels = own.flatMap((trace) => Array(numbersOf(trace.x).length).fill(trace.meta.label));
  return { x, y, labels, inputs: inputsOf(names, x, y) };
}

export class Moment {
  /** @param {Diagram} diagram @param {import("./weights.js").Weights} weights @param {any[]} traces of the figure */
  constructor(diagram, weights, traces) {
    this.diagram = diagram;
    this.weights = weights;
    this.names = diagram.inputs.map(({ name }) => name);
    this.train = pointsOf(traces, this.names, "train");
    this.test = pointsOf(traces, this.names, "test");
    this.cells = this.grid(CELLS);
    /** @type {Float64Array[] | null} */
    this.wide = null; // the inputs of a fine grid
    /** @type {Record<string, any>} */
    this.known = {}; // of the weights on show
  }

  /** The inputs of a grid over the plane. @param {number} cells */
  grid(cells) {
    const { x, y } = gridOf(this.diagram.area, cells);
    return inputsOf(this.names, x, y);
  }

  /** The weights have changed. */
  changed() {
    this.known = {};
  }

  /** @template T @param {string} name @param {() => T} compute @returns {T} */
  once(name, compute) {
    return (this.known[name] ??= compute());
  }

  /** @param {Float64Array[]} inputs @param {number} [depth] */
  pass(inputs, depth) {
    return forward(this.diagram, this.weights.now, inputs, depth);
  }

  /** How sure the net is of each class: its probability, or with the hinge, which knows none, its lead. @param {LayerValues[]} layers */
  sureOf(layers) {
    if (!this.diagram.whole) return null;
    const scores = layers[layers.length - 1].z;
    return this.diagram.loss === "hinge" ? leads(scores) : softmax(scores);
  }

  /** What a unit gives, out of a pass. @param {Node} node @param {Float64Array[]} inputs @param {LayerValues[]} layers @param {Float64Array[] | null} sure */
  static read(node, inputs, layers, sure) {
    if (node.kind === "input") return inputs[node.row];
    if (node.kind === "output") return sure?.[node.row] ?? null;
    return layers[node.layer - 1].h[node.row];
  }

  /** A unit's map. @param {Node} node */
  map(node) {
    const layers = this.once("layers", () => this.pass(this.cells));
    const sure = this.once("sure", () => this.sureOf(layers));
    return Moment.read(node, this.cells, layers, sure);
  }

  /** A unit's output as a picture of the plane, and where its z is 0. @param {Node} node */
  lens(node) {
    return this.once(`lens ${node.kind} ${node.layer} ${node.row}`, () => {
      const inputs = this.grid(LENS);
      const layers = this.pass(inputs, node.kind === "hidden" ? node.layer : undefined);
      const values = Moment.read(node, inputs, layers, node.kind === "output" ? this.sureOf(layers) : null);
      if (!values) return null;
      const { colours, classes, area } = this.diagram;
      const canvas = canvasOf(LENS);
      const own = node.kind === "output" ? classes[node.row].colour : colours.positive;
      paintValues(canvas, values, colourOf(own), colourOf(colours.negative), node.kind === "output" ? 1 : undefined);
      const lines = node.kind === "hidden" ? zeroLines(layers[node.layer - 1].z[node.row], area, LENS) : [];
      return { picture: canvas.toDataURL(), lines };
    });
  }

  /** The boundary as the server paints it. @param {number} cells */
  boundary(cells) {
    return this.once(`boundary ${cells}`, () => {
      const canvas = canvasOf(cells);
      if (this.wide?.[0].length !== cells * cells) this.wide = this.grid(cells);
      const sure = this.sureOf(this.pass(this.wide));
      if (!sure) return null;
      paintClasses(canvas, sure, this.diagram.loss === "hinge" ? 0 : 1 / sure.length, this.diagram.classes.map(({ colour }) => colourOf(colour)));
      return canvas.toDataURL();
    });
  }

  /** What each unit gives at a place, and the point beside it. @param {number} x @param {number} y */
  at(x, y) {
    const inputs = inputsOf(this.names, [x], [y]);
    const layers = this.pass(inputs);
    const sure = this.sureOf(layers);
    const [left, right] = this.diagram.area;
    const i = nearestTo(this.train, { x, y }, NEAREST * (right - left));
    const beside = i < 0 || !this.diagram.whole ? null : { label: this.train.labels[i], loss: this.atPoints().losses[i] };
    return { valueOf: (/** @type {Node} */ node) => Moment.read(node, inputs, layers, sure)?.[0] ?? null, scores: layers[layers.length - 1].z, sure, beside };
  }

  /** The pass over the training points. */
  atPoints() {
    return this.once("points", () => {
      const layers = this.pass(this.train.inputs);
      const losses = this.diagram.whole ? lossesOf(layers[layers.length - 1].z, this.train.labels, this.diagram.loss) : new Float64Array(0);
      return { layers, losses };
    });
  }

  /** z of a hidden unit at the training points, and how it pulls at the classes' scores. @param {Node} node */
  unit(node) {
    const { layers } = this.atPoints();
    const indexOf = (/** @type {number} */ layer, /** @type {number} */ row, /** @type {number} */ from) => this.weights.indexOf(layer, row, from);
    return {
      z: layers[node.layer - 1].z[node.row],
      pull: this.once(`pull ${node.layer} ${node.row}`, () => pullOf(this.diagram, this.weights.now, layers, this.train, node, indexOf)),
    };
  }

  /** The share of the training points at which a class wins. @param {number} k */
  wins(k) {
    const { layers } = this.atPoints();
    const scores = layers[layers.length - 1].z;
    return this.train.labels.filter((_, i) => scores.every((values) => values[i] <= scores[k][i])).length / this.train.labels.length;
  }

  /** The gradient of the loss with respect to a parameter. @param {number} index */
  gradient(index) {
    if (!this.diagram.whole || !this.train.labels.length) return null;
    const [reg, reg_l1] = this.diagram.penalties[this.weights.row];
    const { gradient } = this.once("gradient", () => (
      lossAndGradient(this.diagram, this.weights.now, this.train.inputs, this.train.labels, reg, reg_l1)));
    return gradient[index];
  }

  /** Loss and accuracy with the weights on show. */
  measures() {
    const { sizes, penalties, loss } = this.diagram;
    const [reg, reg_l1] = penalties[this.weights.row];
    const { layers } = this.atPoints();
    const train = lossAndAccuracy(layers[layers.length - 1].z, this.train.labels, loss);
    const held = this.test.labels.length ? this.pass(this.test.inputs) : null;
    const test = held && lossAndAccuracy(held[held.length - 1].z, this.test.labels, loss);
    return { data: train.loss, penalty: penaltyOf(sizes, this.weights.now, reg, reg_l1), train: train.accuracy, test: test?.accuracy ?? null };
  }
}
