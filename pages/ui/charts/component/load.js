// @ts-check
/* Plotly, each part loaded once a visit, and the order in which charts are first drawn. */

const SOLID = ["surface", "scatter3d"]; // traces that only the whole of Plotly draws

/** The part of Plotly that a figure needs; the whole is fetched for 3-D alone. @param {any} [figure] @returns {Promise<any>} */
export function loadPlotly(figure) {
  const solid = Boolean(figure?.data.some((/** @type {any} */ { type }) => SOLID.includes(type)));
  const loaded = (window.spiralLabPlotly ??= {});
  return (loaded[solid ? "whole" : "plane"] ??= fetched(solid ? "PLOTLY_3D_ADDRESS" : "PLOTLY_ADDRESS"));
}

/** @param {string} address @returns {Promise<any>} */
function fetched(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("plotly.js"));
    document.head.append(script);
  });
}

/* A front end that fails leaves an empty page on which nothing can be clicked any more: it is loaded again, with the address that
   holds the experiment; not again and again. */
export function reloadWhenEmpty() {
  window.spiralLabGuard ??= setInterval(() => {
    const root = document.getElementById("root");
    if (!root || root.childElementCount > 0) return;
    const last = Number(sessionStorage.getItem("spiral-lab-reloaded"));
    if (Date.now() - last < AGAIN_AFTER) return;
    sessionStorage.setItem("spiral-lab-reloaded", String(Date.now()));
    location.reload();
  }, 1000);
}
const AGAIN_AFTER = 20_000; // milliseconds

/* Charts of a page are first drawn one a frame, so that words and controls are on the screen before them. */
/** @type {Promise<unknown>} */
let turn = Promise.resolve();
export function nextTurn() {
  const frame = () => new Promise((/** @type {(value?: unknown) => void} */ resolve) => (
    document.hidden ? resolve() : requestAnimationFrame(() => setTimeout(resolve))));
  return (turn = turn.then(frame));
}

/** Whether the page's theme is dark, as far as that is known. @param {HTMLElement} root */
export function isDark(root) {
  const red = parseInt(getComputedStyle(root).getPropertyValue("--st-background-color").trim().slice(1, 3), 16);
  return Number.isNaN(red) ? undefined : red < 128;
}

/** @param {number} number @param {string} separator */
export function thousands(number, separator) {
  return number.toLocaleString("en").replaceAll(",", separator);
}

/* What a browser remembers of its reader; nothing where storage is closed, as in some frames. */
export const memory = {
  /** @param {string} name */
  has(name) {
    try { return localStorage.getItem("spiral-lab-" + name) !== null; } catch { return name === "seen"; }
  },
  /** @param {string} name @param {boolean} on */
  keep(name, on) {
    try {
      if (on) localStorage.setItem("spiral-lab-" + name, "1");
      else localStorage.removeItem("spiral-lab-" + name);
    } catch { /* closed */ }
  },
};
