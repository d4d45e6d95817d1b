// @ts-check
/* Parallel coordinates drawn as plain lines, so that no chart can take another one's graphics: ranges are drawn along the axes,
   lines outside them stand back. A trace holds the trials of one colour, each as a line over all axes and a gap. */
import { shape } from "./legend.js";

const REACH = 22; // pixels to both sides of an axis in which it is drawn on
const LEAST = 4; // pixels of a range; less is a click, which lets go

/** @typedef {[number, number]} Range */

export class Lines {
  /** @param {HTMLElement} plot @param {() => boolean} active @param {() => void} changed after a range was drawn @param {() => void} moved while one is drawn */
  constructor(plot, active, changed, moved) {
    this.plot = plot;
    /** @type {(Range | null)[]} */
    this.ranges = [];
    /** @type {{ axis: number, from: number } | null} */
    this.drawing = null;
    plot.addEventListener("pointerdown", (event) => {
      if (!active() || event.button !== 0) return;
      const axis = this.axisAt(event);
      if (axis === null) return;
      event.preventDefault();
      this.drawing = { axis, from: this.height(event) };
    }, true);
    window.addEventListener("pointermove", (this.onMove = (/** @type {PointerEvent} */ event) => {
      if (!this.drawing) return;
      const [a, b] = [this.drawing.from, this.height(event)];
      this.ranges[this.drawing.axis] = a < b ? [a, b] : [b, a];
      moved();
    }), true);
    window.addEventListener("pointerup", (this.onUp = (/** @type {PointerEvent} */ event) => {
      if (!this.drawing) return;
      const { axis, from } = this.drawing;
      this.drawing = null;
      const pixels = Math.abs(from - this.height(event)) * (this.yaxis?._length ?? 1);
      if (pixels < LEAST) this.ranges[axis] = null;
      changed();
    }), true);
  }

  remove() {
    window.removeEventListener("pointermove", this.onMove, true);
    window.removeEventListener("pointerup", this.onUp, true);
  }

  get xaxis() { return /** @type {any} */ (this.plot)._fullLayout?.xaxis; }
  get yaxis() { return /** @type {any} */ (this.plot)._fullLayout?.yaxis; }

  /** The axis that an event is on. @param {PointerEvent} event */
  axisAt(event) {
    if (!this.xaxis) return null;
    const x = event.clientX - this.plot.getBoundingClientRect().left - this.xaxis._offset;
    const axis = Math.round(this.xaxis.p2d(x));
    const near = Math.abs(this.xaxis.d2p(axis) - x) <= REACH;
    return near && axis >= 0 && axis < this.ranges.length ? axis : null;
  }

  /** Where on the axes an event is, 0..1. @param {PointerEvent} event */
  height(event) {
    const y = event.clientY - this.plot.getBoundingClientRect().top - this.yaxis._offset;
    return Math.max(-0.02, Math.min(1.02, this.yaxis.p2d(y)));
  }

  /** The traces with what lies outside the ranges set back. @param {any[]} traces @param {string} muted */
  traces(traces, muted) {
    const count = traces[0]?.x.indexOf(null) ?? 0;
    if (this.ranges.length !== count) this.ranges = Array(count).fill(null);
    if (!this.ranges.some(Boolean)) return traces;
    const back = { x: /** @type {any[]} */ ([]), y: /** @type {any[]} */ ([]) };
    const front = traces.map((trace) => {
      const kept = { x: /** @type {any[]} */ ([]), y: /** @type {any[]} */ ([]) };
      for (let start = 0; start < trace.x.length; start += count + 1) {
        const heights = trace.y.slice(start, start + count);
        const inside = this.ranges.every((range, i) => !range || (heights[i] >= range[0] - 1e-6 && heights[i] <= range[1] + 1e-6));
        const to = inside ? kept : back;
        to.x.push(...trace.x.slice(start, start + count + 1));
        to.y.push(...heights, null);
      }
      return { ...trace, ...kept };
    });
    return [{ ...traces[0], ...back, line: { ...traces[0].line, color: muted }, opacity: 0.12 }, ...front];
  }

  /** The ranges as bars on their axes. @param {string} colour */
  marks(colour) {
    if (!this.xaxis) return [];
    return this.ranges.flatMap((range, axis) => {
      if (!range) return [];
      const [top, bottom] = [this.yaxis.d2p(range[1]), this.yaxis.d2p(range[0])];
      const x = this.xaxis._offset + this.xaxis.d2p(axis) - 5;
      return [shape("rect", { class: "range", x, y: this.yaxis._offset + top, width: 10, height: Math.max(bottom - top, 2), rx: 3, fill: colour, opacity: 0.75 })];
    });
  }
}
