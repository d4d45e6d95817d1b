// @ts-check
/* A figure as the place for it has room: sizes, axes of iterations and losses, titles that wrap. */
import { thousands } from "./load.js";

/** @typedef {{ logX: boolean, logLoss: boolean, size: number, width: number, height: number, narrow: boolean, family: string, zooming: boolean, headed: boolean }} Room */

/** @param {any} target @param {any} changes */
function merge(target, changes) {
  for (const [key, value] of Object.entries(changes)) {
    if (value && typeof value === "object" && !Array.isArray(value)) merge((target[key] ??= {}), value);
    else target[key] = value;
  }
}

/** A share of the width or what the figure asks for, or for a run what is left of the window, so that all is on screen at once.
 * @param {ChartData} data @param {HTMLElement} root
 * @param {{ width: number, narrow: boolean, head: number, zoom: number, rest: number }} room rest: what stands above and below the figure */
export function heightOf(data, root, { width, narrow, head, zoom, rest }) {
  const { aspect } = (narrow && data.narrow) || data;
  if (aspect) return Math.round(Math.min(width * aspect, narrow ? Infinity : window.innerHeight * 0.72 * (data.rows ?? 1)));
  if (narrow && data.narrow) return data.narrow.height ?? 900;
  if (!data.replay) return Math.max(160, (data.figure?.layout.height ?? 320) * zoom - head);
  const scroller = root.closest("[data-testid=stMain]");
  const top = root.getBoundingClientRect().top + (scroller?.scrollTop ?? 0);
  const free = window.innerHeight - top - rest - head - 14;
  return Math.round(Math.max(280 * Math.max(1, zoom / 1.25), Math.min(free, width * 0.56))); // a projector's type is 1.25 times the usual, or more
}

/** The layout for Plotly. @param {ChartData} data @param {Room} room */
export function layoutOf(data, room) {
  const { figure, narrow, replay } = data;
  const layout = structuredClone(figure?.layout ?? {});
  if (room.narrow && narrow) merge(layout, narrow.layout);
  layout.width = room.width;
  layout.height = room.height;
  layout.showlegend = false; // the page's own words are the legend
  layout.dragmode = room.zooming ? "zoom" : false;
  layout.font = { ...layout.font, family: room.family, size: 13 * room.size };
  if (layout.margin && room.size > 1) for (const side of ["l", "b", "t"]) layout.margin[side] = Math.round((layout.margin[side] ?? 0) * room.size);
  if (layout.margin && !room.headed) layout.margin.r = Math.max(layout.margin.r ?? 0, 30 * room.size); // for the tools
  for (const note of layout.annotations ?? []) note.font = { ...note.font, size: (note.font?.size ?? 13) * room.size };
  for (const name of Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))) {
    const { title } = layout[name];
    if (title?.text) layout[name].automargin = true; // ticks that turn on end push their title away
    if (title?.font?.size) layout[name].title = { ...title, font: { ...title.font, size: title.font.size * room.size } };
  }
  if (replay?.cursor) {
    const last = (replay.live && replay.total) || (replay.iterations.at(-1) ?? 1); // the axis of a run that is on its way stands still
    for (const axis of [layout.xaxis2, layout.xaxis3]) {
      Object.assign(axis, iterationAxis(last, room.logX, data.words.separator));
      if (room.narrow && narrow) axis.domain = [0.11 * room.size, 1]; // room for the ticks of losses, larger in larger type
    }
    Object.assign(layout.yaxis2, lossAxis(replay.loss_limits ?? [1e-3, 1], room.logLoss));
    const [from, to] = layout.yaxis2.domain;
    layout.yaxis2.nticks = Math.max(2, Math.min(6, Math.floor((room.height * (to - from)) / (34 * room.size))));
    layout.uirevision = replay.run + room.logX + room.logLoss; // a zoom stays until the run or an axis changes
  }
  return layout;
}

/** @param {number} last @param {boolean} log @param {string} separator */
function iterationAxis(last, log, separator) {
  if (!log) return { type: "linear", range: [-0.01 * last, 1.03 * last], tickmode: "auto" };
  const ticks = [0.5];
  for (let tick = 1; tick <= last; tick *= 10) ticks.push(tick);
  const text = ticks.map((tick) => (tick < 1 ? "0" : thousands(tick, separator)));
  return { type: "log", range: [Math.log10(0.5), Math.log10(Math.max(last, 1)) * 1.025 + 0.02], tickmode: "array", tickvals: ticks, ticktext: text };
}

/** @param {[number, number]} limits @param {boolean} log */
function lossAxis([low, high], log) {
  if (!log) return { type: "linear", range: [0, high * 1.04] };
  const span = Math.max(Math.log10(high / low), 0.1);
  return { type: "log", range: [Math.log10(low) - 0.04 * span, Math.log10(high) + 0.04 * span] };
}

/** Titles of panels that are too long for them, broken where their parts are two spaces apart. @param {any} layout */
export function wrapTitles(layout) {
  const { l = 80, r = 80 } = layout.margin ?? {};
  for (const note of layout.annotations ?? []) {
    const axis = layout["xaxis" + String(note.xref).replace(/^x(\d*) domain$/, "$1")];
    if (!/^x\d* domain$/.test(note.xref) || !axis || note.x !== 0) continue;
    const [from, to] = axis.domain ?? [0, 1];
    note.text = wrapped(note.text, (layout.width - l - r) * (to - from) + r - 4, `${note.font.size}px ${layout.font.family}`);
    roomForTitle(layout, note);
  }
}

/** Lowers the top of a panel whose title the figure would cut: one of several rows, or in large type on a low figure. @param {any} layout @param {any} note */
function roomForTitle(layout, note) {
  const rows = note.text.split("<br>").length;
  const axis = layout["yaxis" + String(note.yref).replace(/^y(\d*) domain$/, "$1")];
  if (!axis) return;
  const { t = 100, b = 80 } = layout.margin ?? {};
  const height = layout.height - t - b;
  const [low, top] = axis.domain ?? [0, 1];
  const missing = (1.31 * rows + 0.35) * note.font.size + 4 - (1 - top + 0.02 * (top - low)) * height - t;
  if (missing > 0) axis.domain = [low, top - missing / height];
}

/** @type {CanvasRenderingContext2D | null} */
let ruler = null;

/** @param {string} text @param {number} width @param {string} font */
function wrapped(text, width, font) {
  ruler ??= document.createElement("canvas").getContext("2d");
  if (!ruler) return text;
  ruler.font = "bold " + font;
  const measure = (/** @type {string} */ part) => (ruler?.measureText(part.replace(/<[^>]*>/g, "")).width ?? 0);
  let line = "", made = "";
  for (const part of text.split("  ")) {
    const longer = line ? line + "  " + part : part;
    if (line && measure(longer) > width) {
      made += line + "<br>";
      line = part;
    } else line = longer;
  }
  return made + line;
}
