// @ts-check
/* What is drawn over the figure at the places of its own axes: the cursor with its dots, rings round wrong points, ranges on
   parallel axes. The axes themselves say where, so that a dot lies on its curve whatever the numbers are. */
import { shape } from "./legend.js";

const LARGEST = Number.MAX_VALUE * 1e-4; // Plotly draws no larger numbers

/** Where a value stands, in pixels of the figure, or null where it is not on show. @param {any} axis @param {number | null} value */
export function place(axis, value) {
  if (!axis || value === null || !Number.isFinite(value) || Math.abs(value) > LARGEST) return null;
  const pixel = axis.d2p(value);
  const inside = Number.isFinite(pixel) && pixel >= -0.5 && pixel <= axis._length + 0.5;
  return inside ? axis._offset + pixel : null;
}

/** A line at the iteration on show through both panels of curves, and a dot on each curve.
 * @param {any} layout @param {ReplayData} replay @param {number} frame @param {number} x where the iteration stands @param {number} size */
export function cursorMarks(layout, replay, frame, x, size) {
  if (!replay.cursor) return [];
  const { line, edge } = replay.cursor;
  const marks = [];
  for (const panel of ["2", "3"]) {
    const [across, up] = [place(layout["xaxis" + panel], x), layout["yaxis" + panel]];
    if (across === null) continue;
    marks.push(shape("path", { class: "cursor", d: `M${across} ${up._offset}v${up._length}`, stroke: line }));
  }
  for (const { xref, yref, values, color } of replay.dots ?? []) {
    const cx = place(layout["xaxis" + xref.slice(1)], x);
    const cy = place(layout["yaxis" + yref.slice(1)], values[frame]);
    if (cx === null || cy === null) continue;
    marks.push(shape("circle", { class: "dot", "data-axis": yref, cx, cy, r: 6 * size, fill: color, stroke: edge, "stroke-width": 2 }));
  }
  return marks;
}

/** Rings round the points that the net gets wrong at a frame. @param {any} layout @param {ReplayData} replay @param {number} frame @param {number} size */
export function ringMarks(layout, replay, frame, size) {
  const { wrong } = replay;
  const bits = wrong && wrongAt(replay, frame);
  if (!bits) return [];
  const marks = [];
  for (let i = 0; i < wrong.x.length; i++) {
    if (!(bits.charCodeAt(i >> 3) & (128 >> (i & 7)))) continue;
    const [cx, cy] = [place(layout.xaxis, wrong.x[i]), place(layout.yaxis, wrong.y[i])];
    if (cx === null || cy === null) continue;
    marks.push(shape("circle", { class: "halo", cx, cy, r: 9 * size, fill: "none", stroke: wrong.edge, "stroke-width": 4.5 }));
    marks.push(shape("circle", { class: "ring", cx, cy, r: 9 * size, fill: "none", stroke: wrong.color, "stroke-width": 2 }));
  }
  return marks;
}

/** One bit a point of a frame; null where they were too many to send all frames, but for the last. @param {ReplayData} replay @param {number} frame */
function wrongAt({ wrong, iterations }, frame) {
  if (!wrong) return null;
  const at = frame - (iterations.length - wrong.bits.length);
  return at < 0 ? null : atob(wrong.bits[at]);
}
