// @ts-check
/* A chart's legend as words of the page: it wraps where the chart is narrow, and cannot lie on a title. */

const SIZE = 16;
const NS = "http://www.w3.org/2000/svg";

/* The outlines of Plotly's marker symbols, round the middle of a box of 16. */
const SHAPES = /** @type {Record<string, string>} */ ({
  circle: "M8 2.5a5.5 5.5 0 1 0 .01 0z",
  square: "M3.2 3.2h9.6v9.6H3.2z",
  diamond: "M8 1.5 14.5 8 8 14.5 1.5 8z",
  "triangle-up": "M8 2 14.5 13H1.5z",
  "triangle-down": "M8 14 1.5 3h13z",
  cross: "M6 1.5h4V6h4.5v4H10v4.5H6V10H1.5V6H6z",
  x: "M3.5 1.5 8 6l4.5-4.5 2 2L10 8l4.5 4.5-2 2L8 10l-4.5 4.5-2-2L6 8 1.5 3.5z",
  star: "M8 1l2 4.8 5 .4-3.8 3.3 1.2 5L8 11.8l-4.4 2.7 1.2-5L1 6.2l5-.4z",
  hexagon: "M8 1.5 13.8 4.8v6.5L8 14.5 2.2 11.3V4.8z",
});

const DASHES = /** @type {Record<string, string>} */ ({ dot: "2 2", dash: "5 3", dashdot: "5 2 2 2", longdash: "8 3" });

/** Plotly's markup as text. @param {string} markup */
export function textOf(markup) {
  return new DOMParser().parseFromString(markup, "text/html").body.textContent ?? "";
}

/** @param {string} tag @param {Record<string, string | number>} attributes */
export function shape(tag, attributes) {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

/** The small picture before an entry. @param {any} trace */
export function sign(trace) {
  const { marker, line, mode = "lines", fillcolor } = trace;
  const picture = shape("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, width: SIZE, height: SIZE, "aria-hidden": "true" });
  if (fillcolor && !line?.width) picture.append(shape("rect", { x: 1, y: 3, width: 14, height: 10, fill: fillcolor }));
  else if (trace.type === "bar") picture.append(shape("rect", { x: 2, y: 2, width: 12, height: 12, fill: marker?.color ?? "currentColor" }));
  if (mode.includes("lines") && line?.width) {
    const dash = DASHES[line.dash] ?? "none";
    picture.append(shape("path", { d: "M0 8h16", stroke: line.color, "stroke-width": Math.min(line.width, 3), "stroke-dasharray": dash, fill: "none" }));
  }
  if (mode.includes("markers") && typeof marker?.color === "string" && marker.opacity !== 0) {
    const edge = marker.line ?? {};
    const [symbol, open] = [String(marker.symbol ?? "circle").replace("-open", ""), String(marker.symbol ?? "").endsWith("-open")];
    const colour = open ? "none" : marker.color;
    picture.append(shape("path", { d: SHAPES[symbol] ?? SHAPES.circle, fill: colour, stroke: open ? marker.color : edge.color ?? "none", "stroke-width": edge.width ?? (open ? 2 : 0) }));
  }
  return picture;
}

/** The traces that stand in the legend of a figure. @param {any} figure @returns {any[]} */
export function entries(figure) {
  if (!figure.layout.legend || figure.layout.showlegend === false) return [];
  return figure.data.filter((/** @type {any} */ trace) => trace.name && trace.showlegend !== false);
}

/** What a click on an entry hides: all traces of its group. @param {any} trace @returns {string} */
export function group(trace) {
  return trace.legendgroup ?? trace.name;
}

/** @param {HTMLElement} place @param {any} figure @param {Set<string>} hidden @param {(name: string) => void} toggle */
export function drawLegend(place, figure, hidden, toggle) {
  place.replaceChildren(...entries(figure).map((trace) => {
    const item = document.createElement("span");
    item.className = "entry";
    item.classList.toggle("off", hidden.has(group(trace)));
    const marked = trace.marker?.opacity === 0 ? [] : [sign(trace)];
    item.append(...marked, textOf(trace.name));
    item.addEventListener("click", () => toggle(group(trace)));
    return item;
  }));
}
