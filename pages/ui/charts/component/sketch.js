// @ts-check
/* A curve that the reader draws on the figure's axes: by a pointer, by arrow keys, or by a few numbers. What is drawn is there at
   once; the page is told when the hand lifts. A knot is a loss at one of the places along the iterations; between knots the curve
   is straight on the axes, beyond them level. */
import { shape } from "./legend.js";

const PAUSE = 600; // milliseconds without a key after which the page is told
const STEPS = 40; // from the bottom of the axis to its top, by arrow keys
const LEAP = 5; // places or steps at once, by Page Up and Page Down

/** Show what lines are drawn on, or not. It is never hidden for a moment: it would lose the keyboard's focus. @param {HTMLElement} root @param {boolean} shown */
export function showPad(root, shown) {
  const { pad, below } = padOf(root);
  if (pad.hidden === shown) pad.hidden = below.hidden = !shown;
}

/** Where a hand draws on a figure, and the tools below. @param {HTMLElement} root */
export function padOf(root) {
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
  const button = (/** @type {string} */ name) => /** @type {HTMLButtonElement} */ (find(`[data-sketch=${name}]`));
  return { pad: find(".pad"), below: find(".sketch"), clear: button("clear"), undo: button("undo"), numbers: find(".sketch details") };
}

export class Sketch {
  /** @param {HTMLElement} root @param {HTMLElement} plot
   * @param {{ changed: () => void, tell: (of: string, points: number[][]) => void }} does */
  constructor(root, plot, does) {
    const { pad, below, clear, numbers } = padOf(root);
    this.plot = plot;
    this.does = does;
    this.pad = pad;
    this.below = below;
    this.clear = clear;
    this.summary = /** @type {HTMLElement} */ (numbers.querySelector("summary"));
    this.fields = /** @type {HTMLElement} */ (numbers.querySelector(".fields"));
    /** @type {Draws | undefined} */
    this.draws = undefined;
    /** @type {Words} */
    this.words = {};
    /** @type {(number | null)[]} */
    this.knots = [];
    this.at = 0; // the place of the keys' cursor
    /** @type {{ place: number, loss: number } | null} */
    this.last = null; // where the hand was
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.soon = undefined;
    this.pad.addEventListener("pointerdown", (event) => {
      if (!this.draws || event.button !== 0) return;
      event.preventDefault();
      this.pad.setPointerCapture(event.pointerId);
      this.last = this.spot(event);
      this.stroke(this.last);
    });
    this.pad.addEventListener("pointermove", (event) => {
      if (!this.last) return;
      for (const each of event.getCoalescedEvents?.() ?? [event]) this.stroke(this.spot(each));
    });
    for (const end of ["pointerup", "pointercancel"]) {
      this.pad.addEventListener(end, () => {
        if (!this.last) return;
        this.at = this.last.place;
        this.last = null;
        this.tell();
      });
    }
    this.pad.addEventListener("keydown", (event) => this.key(event));
    this.pad.addEventListener("focus", () => this.does.changed());
    this.pad.addEventListener("blur", () => { this.tellNow(); this.does.changed(); });
    this.clear.addEventListener("click", () => { if (this.draws) { this.knots.fill(null); this.tell(); } });
  }

  remove() {
    clearTimeout(this.soon);
  }

  /** @param {ChartData} data */
  show({ draws, words }) {
    if (!draws) { this.draws = undefined; return; }
    const anew = this.draws?.of !== draws.of;
    this.draws = draws;
    this.words = words;
    if (anew) { // else the browser knows better than an answer that is on its way
      clearTimeout(this.soon);
      this.soon = undefined;
      this.knots = draws.places.map((_, i) => draws.line?.[i] ?? null);
      this.at = 0;
    }
    this.clear.textContent = words.clear;
    this.summary.textContent = words.numbers;
    this.pad.setAttribute("aria-label", words.sketch);
    this.pad.setAttribute("aria-valuemin", "0");
    this.pad.setAttribute("aria-valuemax", String(draws.top));
    this.showFields(anew);
    this.say();
  }

  /** The loss at a place as the knots have it; null where there are none. @param {number} place */
  loss(place) {
    const known = (/** @type {number} */ step) => {
      for (let i = place; i >= 0 && i < this.knots.length; i += step) if (this.knots[i] !== null) return i;
      return null;
    };
    const [left, right] = [known(-1), known(1)];
    if (left === null || right === null) return this.knots[left ?? right ?? -1] ?? null;
    const [from, to] = [/** @type {number} */ (this.knots[left]), /** @type {number} */ (this.knots[right])];
    return left === right ? from : from + ((to - from) * (place - left)) / (right - left);
  }

  // By a pointer.

  /** @param {PointerEvent} event */
  spot(event) {
    const { places, top } = /** @type {Draws} */ (this.draws);
    const box = this.pad.getBoundingClientRect();
    const { xaxis, yaxis } = /** @type {any} */ (this.plot)._fullLayout;
    const [first, end] = [xaxis.d2p(places[0]), xaxis.d2p(places[places.length - 1])];
    const across = ((event.clientX - box.left - first) / (end - first)) * (places.length - 1);
    const loss = yaxis.p2d(event.clientY - box.top);
    return { place: Math.round(Math.max(0, Math.min(places.length - 1, across))), loss: Math.max(0, Math.min(top, loss)) };
  }

  /** Draw from where the hand was to where it is. @param {{ place: number, loss: number }} to */
  stroke(to) {
    const from = this.last ?? to;
    const step = Math.sign(to.place - from.place);
    for (let i = from.place; i !== to.place; i += step) {
      if (i !== from.place) this.knots[i] = from.loss + ((to.loss - from.loss) * (i - from.place)) / (to.place - from.place);
    }
    this.knots[to.place] = to.loss;
    this.last = to;
    this.does.changed();
  }

  // By keys.

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!this.draws || event.ctrlKey || event.metaKey || event.altKey) return;
    const { places, top } = this.draws;
    const end = places.length - 1;
    const along = { ArrowLeft: -1, ArrowRight: 1, Home: -end, End: end }[event.key];
    const up = { ArrowUp: 1, ArrowDown: -1, PageUp: LEAP, PageDown: -LEAP }[event.key];
    if (along === undefined && up === undefined) return;
    event.preventDefault();
    event.stopPropagation(); // nor the page's own keys
    if (along !== undefined) this.at = Math.max(0, Math.min(end, this.at + along));
    if (up !== undefined) {
      const now = this.loss(this.at) ?? top / 2;
      this.knots[this.at] = Math.max(0, Math.min(top, Math.round((now / top) * STEPS + up) * (top / STEPS)));
      clearTimeout(this.soon);
      this.soon = setTimeout(() => this.tell(), PAUSE);
    }
    this.say();
    this.does.changed();
  }

  /** What the keys' cursor is at, for those who hear it. */
  say() {
    if (!this.draws) return;
    const loss = this.loss(this.at);
    const iteration = String(this.at ? Math.round(this.draws.places[this.at]) : 0);
    this.pad.setAttribute("aria-valuenow", (loss ?? 0).toFixed(2));
    this.pad.setAttribute("aria-valuetext", loss === null
      ? this.words.sketchNone.replace("{iteration}", iteration)
      : this.words.sketchAt.replace("{iteration}", iteration).replace("{loss}", loss.toFixed(2)));
  }

  // By numbers.

  /** A field for the losses at a few places, made anew for another curve. @param {boolean} anew */
  showFields(anew) {
    const { places, top } = /** @type {Draws} */ (this.draws);
    if (anew) this.fields.replaceChildren(...stops(places).map((place) => {
      const label = document.createElement("label");
      const input = document.createElement("input");
      Object.assign(input, { type: "number", min: "0", max: String(top), step: "any", inputMode: "decimal" });
      input.dataset.place = String(place);
      input.addEventListener("change", () => this.typed());
      label.append(document.createElement("span"), input);
      return label;
    }));
    for (const label of this.fields.children) {
      const [text, input] = /** @type {[HTMLElement, HTMLInputElement]} */ (/** @type {unknown} */ ([...label.children]));
      const place = Number(input.dataset.place);
      text.textContent = this.words.iteration.replace("{iteration}", String(place ? Math.round(places[place]) : 0));
      const loss = this.loss(place);
      if (document.activeElement !== input) input.value = loss === null ? "" : String(Number(loss.toFixed(3)));
    }
  }

  /** The curve through the numbers that are there. */
  typed() {
    const { top } = /** @type {Draws} */ (this.draws);
    this.knots.fill(null);
    for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (this.fields.querySelectorAll("input"))) {
      const loss = input.valueAsNumber;
      if (Number.isFinite(loss)) this.knots[Number(input.dataset.place)] = Math.max(0, Math.min(top, loss));
    }
    this.tell();
  }

  // What comes of it.

  tellNow() {
    if (this.soon !== undefined) this.tell();
  }

  tell() {
    clearTimeout(this.soon);
    this.soon = undefined;
    if (!this.draws) return;
    const { of, places } = this.draws;
    this.does.tell(of, this.knots.flatMap((loss, i) => (loss === null ? [] : [[places[i], Number(loss.toPrecision(4))]])));
    this.showFields(false);
    this.say();
    this.does.changed();
  }

  /** The curve and the keys' cursor, and the pad where the axes are now. @param {any} layout @param {number} size */
  marks(layout, size) {
    if (!this.draws || !layout.xaxis) return [];
    const { xaxis, yaxis } = layout;
    const { places, colour } = this.draws;
    Object.assign(this.pad.style, { left: `${xaxis._offset}px`, top: `${yaxis._offset}px`, width: `${xaxis._length}px`, height: `${yaxis._length}px` });
    const across = (/** @type {number} */ place) => xaxis._offset + xaxis.d2p(places[place]);
    const down = (/** @type {number} */ loss) => yaxis._offset + yaxis.d2p(loss);
    const marks = [];
    const known = this.knots.flatMap((loss, i) => (loss === null ? [] : [i]));
    if (known.length) {
      const corners = [0, ...known, places.length - 1];
      const d = corners.map((place, i) => `${i ? "L" : "M"}${across(place)} ${down(this.loss(place) ?? 0)}`).join("");
      marks.push(shape("path", { class: "drawn", d, fill: "none", stroke: colour, "stroke-width": 3 * size, "stroke-linejoin": "round", "stroke-linecap": "round" }));
    }
    if (this.pad.matches(":focus-visible")) {
      const [x, loss] = [across(this.at), this.loss(this.at)];
      marks.push(shape("path", { class: "cursor", d: `M${x} ${yaxis._offset}v${yaxis._length}`, stroke: colour }));
      if (loss !== null) marks.push(shape("circle", { class: "at", cx: x, cy: down(loss), r: 6 * size, fill: colour }));
    }
    return marks;
  }
}

/** Places for numbers: the first, the last, and those next to each power of ten between. @param {number[]} places */
export function stops(places) {
  const last = places.length - 1;
  const found = [0];
  for (let tick = 1; tick < places[last] / 2; tick *= 10) {
    const place = places.findIndex((each) => each >= tick * 0.93);
    if (place > found[found.length - 1]) found.push(place);
  }
  return [...found, last];
}
