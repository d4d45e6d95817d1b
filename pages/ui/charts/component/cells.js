// @ts-check
/* A click on a cell of a confusion matrix lights up its points on another chart's plane. */

const EVENT = "spiral-lab-cell";

/** @param {Cell | null} cell */
export function send(cell) {
  document.dispatchEvent(new CustomEvent(EVENT, { detail: cell }));
}

/** @param {(cell: Cell | null) => void} hear @returns {() => void} how to stop */
export function listen(hear) {
  const heard = (/** @type {Event} */ event) => hear(/** @type {CustomEvent} */ (event).detail);
  document.addEventListener(EVENT, heard);
  return () => document.removeEventListener(EVENT, heard);
}

/** A trace of points with those of a cell lit up and all others set back. @param {any} trace @param {Cell} cell */
export function lit(trace, cell) {
  const { part, label, predicted } = trace.meta ?? {};
  if (!predicted) return trace;
  const own = part === cell.part && label === cell.truth;
  const selectedpoints = own ? predicted.flatMap((/** @type {number} */ winner, /** @type {number} */ i) => (winner === cell.predicted ? [i] : [])) : [];
  return { ...trace, selectedpoints, unselected: { marker: { opacity: 0.08 } }, selected: { marker: { opacity: 1, size: trace.marker.size * 1.5 } } };
}

/** Scroll something of the page into view, if it is not. @param {string} key */
export function reveal(key) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.querySelector(".st-key-" + key)?.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
}
