// @ts-check
/* Where the net stands in the chart: in place of the curves, above them where there is room for both, below the plane on a phone. */

import { shape } from "../component/legend.js";

/** @typedef {"off" | "beside" | "both" | "below"} Mode */

const WIDE = 1200; // pixels of a chart that has room for both
const TALL = 560;

/** @param {boolean} on @param {boolean} curves whether the figure has them @param {{ width: number, height: number, narrow: boolean, zoom: number }} room
 * @returns {Mode} */
export function modeOf(on, curves, { width, height, narrow, zoom }) {
  if (!on) return "off";
  if (narrow) return "below";
  if (!curves) return "beside";
  return width >= WIDE * zoom && height >= TALL * zoom ? "both" : "beside";
}

/** The layout with room for the net. @param {any} layout @param {Mode} mode */
export function makeRoom(layout, mode) {
  if (mode === "off") return;
  if (mode === "both") {
    const axes = { xaxis2: [0.58, 0.78], xaxis3: [0.82, 1], yaxis2: [0.05, 0.25], yaxis3: [0.05, 0.25] };
    for (const [name, domain] of Object.entries(axes)) layout[name].domain = domain;
    layout.xaxis2.showticklabels = true;
    layout.yaxis2.nticks = 3;
    return;
  }
  for (const name of ["xaxis2", "yaxis2", "xaxis3", "yaxis3"]) delete layout[name];
  layout.annotations = [];
}

/** Whether a trace is drawn. @param {any} trace @param {Mode} mode */
export function isShown(trace, mode) {
  return mode === "off" || mode === "both" || (trace.xaxis ?? "x") === "x";
}

/** The net's box in the figure, in pixels. @param {any} layout @param {Mode} mode */
export function boxOf(layout, mode) {
  const { width, height, margin } = layout;
  const inner = width - (margin.l ?? 0) - (margin.r ?? 0);
  if (mode === "below") return { left: 0, top: 0.5 * height, width, height: 0.5 * height };
  const left = (margin.l ?? 0) + 0.51 * inner;
  const high = height - (margin.t ?? 0) - 2;
  return { left, top: margin.t ?? 0, width: width - left, height: mode === "both" ? 0.65 * high : high };
}

/** The fold of a unit over the plane. @param {any} layout the figure's, with its axes @param {number[][]} lines @param {Diagram} diagram */
export function foldMarks({ xaxis, yaxis }, lines, { colours }) {
  const at = (/** @type {number} */ x, /** @type {number} */ y) => `${(xaxis._offset + xaxis.d2p(x)).toFixed(1)} ${(yaxis._offset + yaxis.d2p(y)).toFixed(1)}`;
  const d = lines.map(([x1, y1, x2, y2]) => `M${at(x1, y1)}L${at(x2, y2)}`).join("");
  if (!d) return [];
  const edge = shape("path", { d, stroke: colours.paper, "stroke-width": 5, opacity: 0.8 });
  return [edge, shape("path", { class: "fold", d, stroke: colours.ink, "stroke-width": 2 })];
}
