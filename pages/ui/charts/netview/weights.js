// @ts-check
/* The weights that came with the replay, and those that a hand has changed. */
import { offsetsOf } from "./forward.js";

/** @param {string} text base64 */
function bytesOf(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes.buffer;
}

/** Numbers as the server writes an array for Plotly. @param {any} values */
export function numbersOf(values) {
  if (Array.isArray(values)) return values;
  const bytes = bytesOf(values.bdata);
  return values.dtype === "f4" ? new Float32Array(bytes) : new Float64Array(bytes);
}

export class Weights {
  /** @param {Diagram} diagram */
  constructor(diagram) {
    this.diagram = diagram;
    this.offsets = offsetsOf(diagram.sizes);
    const depth = diagram.sizes.length - 1;
    const outward = diagram.whole || !diagram.outward ? 0 : diagram.sizes[depth] * diagram.classes.length;
    this.count = this.offsets[depth] + outward;
    this.all = new Float32Array(bytesOf(diagram.parameters));
    /** @type {Map<number, number>} */
    this.edits = new Map(); // by the number of the parameter
    /** @type {Map<number, number>[]} */
    this.before = []; // what undo brings back, the latest last
    this.row = -1;
    this.now = new Float64Array(this.count);
    this.largest = this.largestOfLayers();
    this.show(diagram.at.length - 1);
  }

  /** The largest size of a weight in each layer over the whole replay: lines are drawn on this scale. */
  largestOfLayers() {
    const largest = this.offsets.map(() => 1e-9);
    for (let i = 0; i < this.all.length; i++) {
      const at = i % this.count;
      let layer = 0;
      while (layer < this.offsets.length - 1 && at >= this.offsets[layer + 1]) layer++;
      const size = Math.abs(this.all[i]);
      if (Number.isFinite(size) && size > largest[layer]) largest[layer] = size;
    }
    return largest;
  }

  /** Take the weights of a frame of the replay. Those set by hand belong to the frame at which they were set. @param {number} frame */
  show(frame) {
    const row = this.diagram.at[Math.min(frame, this.diagram.at.length - 1)];
    if (row === this.row) return;
    this.row = row;
    this.edits = new Map();
    this.before = [];
    this.apply();
  }

  apply() {
    const start = this.row * this.count;
    for (let i = 0; i < this.count; i++) this.now[i] = this.edits.get(i) ?? this.all[start + i];
  }

  get edited() {
    return this.edits.size > 0;
  }

  /** Begin a change that undo takes back at once. */
  begin() {
    this.before.push(new Map(this.edits));
  }

  /** @param {number} index @param {number} value */
  set(index, value) {
    this.edits.set(index, value);
    this.apply();
  }

  undo() {
    this.edits = this.before.pop() ?? new Map();
    this.apply();
  }

  reset() {
    this.begin();
    this.edits = new Map();
    this.apply();
  }

  /** The number of a weight, or of a bias. @param {number} layer 1 for the first after the inputs @param {number} row of the unit @param {number | null} from null: the bias */
  indexOf(layer, row, from) {
    const { sizes, whole } = this.diagram;
    const width = sizes[layer - 1];
    if (!whole && layer === sizes.length) return this.offsets[layer - 1] + row * width + /** @type {number} */ (from); // to the scores, without biases
    return this.offsets[layer - 1] + row * (width + 1) + (from ?? width);
  }
}
