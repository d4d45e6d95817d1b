// @ts-check
/* What the pointer does on a figure: scrubs on the curves, places points on a plane, leaves swipes to the page. */

/** @typedef {{ panel: "plane" | "curves" | null, at: [number, number] }} Spot */

/** In which panel an event is, and where in its own units. @param {HTMLElement} plot @param {PointerEvent} event @returns {Spot} */
export function spotOf(plot, event) {
  const layout = /** @type {any} */ (plot)._fullLayout ?? {};
  const box = plot.getBoundingClientRect();
  for (const [x, y] of [["xaxis", "yaxis"], ["xaxis2", "yaxis2"], ["xaxis3", "yaxis3"]]) {
    const [across, up] = [layout[x], layout[y]];
    if (!across || !up) continue;
    const left = event.clientX - box.left - across._offset;
    const top = event.clientY - box.top - up._offset;
    if (left < 0 || top < 0 || left > across._length || top > up._length) continue;
    return { panel: x === "xaxis" ? "plane" : "curves", at: [across.p2d(left), up.p2d(top)] };
  }
  return { panel: null, at: [NaN, NaN] };
}

export class Pointer {
  /** @param {HTMLElement} plot
   * @param {{ scrubs: () => boolean, places: () => boolean, zooms: () => boolean, scrub: (iteration: number) => void, place: (from: number[], to: number[]) => void }} does */
  constructor(plot, does) {
    /** @type {Spot | null} */
    this.from = null;
    plot.addEventListener("pointerdown", (event) => {
      this.from = null;
      if (event.button !== 0 || does.zooms()) return;
      const spot = spotOf(plot, event);
      if (does.places() ? spot.panel !== "plane" : spot.panel !== "curves" || !does.scrubs()) return;
      this.from = spot;
      if (spot.panel === "curves" && event.pointerType === "mouse") does.scrub(spot.at[0]);
    }, true);
    window.addEventListener("pointermove", (this.onMove = (/** @type {PointerEvent} */ event) => {
      if (this.from?.panel !== "curves" || !event.buttons) return;
      const spot = spotOf(plot, event);
      if (spot.panel === "curves") does.scrub(spot.at[0]);
    }), true);
    window.addEventListener("pointerup", (this.onUp = (/** @type {PointerEvent} */ event) => {
      const from = this.from;
      this.from = null;
      const to = from && spotOf(plot, event);
      if (!from || !to || to.panel !== from.panel) return;
      if (from.panel === "curves") does.scrub(to.at[0]);
      else does.place(from.at, to.at);
    }), true);
    window.addEventListener("pointercancel", (this.onCancel = () => { this.from = null; }), true); // the page scrolls
    // Plotly would keep a touch for itself, and the page could not be scrolled from here.
    plot.addEventListener("touchstart", (event) => {
      if (!does.zooms() && !does.places()) event.stopPropagation();
    }, { capture: true, passive: true });
  }

  remove() {
    window.removeEventListener("pointermove", this.onMove, true);
    window.removeEventListener("pointerup", this.onUp, true);
    window.removeEventListener("pointercancel", this.onCancel, true);
  }
}
