// @ts-check
/* Lines that the reader draws on the plane: by a pointer, or by arrow keys with a pen that is put down and lifted. What is drawn is
   there at once; the page is told when the pen is lifted. Places are shares of the plane's sides, from the bottom left. */
import { shape } from "./legend.js";
import { padOf } from "./sketch.js";

const CLOSE = 0.008; // of a side, from one place of a line to the next
const KEY_STEP = 0.02; // of a side, by an arrow key
const FULL = 2800; // places in all

export class Strokes {
  /** @param {HTMLElement} root
   * @param {{ changed: () => void, tell: (of: string, lines: number[][][]) => void }} does */
  constructor(root, does) {
    const { pad, below, clear, undo, numbers } = padOf(root);
    this.does = does;
    this.pad = pad;
    this.below = below;
    this.clear = clear;
    this.undo = undo;
    this.numbers = numbers;
    /** @type {Bordered | undefined} */
    this.border = undefined;
    /** @type {Words} */
    this.words = {};
    /** @type {number[][][]} */
    this.lines = [];
    this.drawing = false; // the pen is down
    this.at = [0.5, 0.5]; // where the keys' pen is
    this.pad.addEventListener("pointerdown", (event) => {
      if (!this.border || event.button !== 0) return;
      event.preventDefault();
      this.pad.setPointerCapture(event.pointerId);
      this.begin(this.spot(event));
    });
    this.pad.addEventListener("pointermove", (event) => {
      if (!this.border || !this.drawing || !this.pad.hasPointerCapture(event.pointerId)) return;
      for (const each of event.getCoalescedEvents?.() ?? [event]) this.add(this.spot(each));
    });
    for (const end of ["pointerup", "pointercancel"]) this.pad.addEventListener(end, () => this.border && this.lift());
    this.pad.addEventListener("keydown", (event) => this.key(event));
    this.pad.addEventListener("blur", () => this.border && this.lift());
    this.clear.addEventListener("click", () => this.border && this.change([]));
    this.undo.addEventListener("click", () => this.border && this.change(this.lines.slice(0, -1)));
  }

  remove() {}

  /** @param {ChartData} data */
  show({ border, words }) {
    this.undo.hidden = !border;
    this.numbers.hidden = Boolean(border);
    if (!border) { this.border = undefined; return; }
    const anew = this.border?.of !== border.of;
    this.border = border;
    this.words = words;
    if (anew) { // else the browser knows better than an answer that is on its way
      this.lines = border.lines.map((line) => line.map((place) => [...place]));
      this.drawing = false;
    }
    this.clear.textContent = words.clearAll;
    this.undo.textContent = words.undoLine;
    this.pad.setAttribute("aria-label", words.strokes);
    this.pad.setAttribute("aria-valuemin", "0");
    this.pad.setAttribute("aria-valuemax", "100");
    this.say();
  }

  /** @param {number[]} place */
  begin(place) {
    const { most } = /** @type {Bordered} */ (this.border);
    if (this.lines.length >= most) this.lines.shift(); // the oldest gives way
    this.lines.push([place]);
    this.drawing = true;
    this.at = place;
    this.changed();
  }

  /** @param {number[]} place */
  add(place) {
    const line = this.lines[this.lines.length - 1];
    const [x, y] = line[line.length - 1];
    const count = this.lines.reduce((sum, each) => sum + each.length, 0);
    if (Math.hypot(place[0] - x, place[1] - y) < CLOSE || count >= FULL) return;
    line.push(place);
    this.at = place;
    this.changed();
  }

  lift() {
    if (!this.drawing) return;
    this.drawing = false;
    if (this.lines[this.lines.length - 1].length < 2) { // a click draws nothing
      this.lines.pop();
      this.changed();
    } else this.tell();
  }

  /** @param {number[][][]} lines */
  change(lines) {
    this.drawing = false;
    this.lines = lines;
    this.tell();
  }

  changed() {
    this.say();
    this.does.changed();
  }

  tell() {
    this.changed();
    const exact = (/** @type {number} */ value) => Number(value.toFixed(4));
    if (this.border) this.does.tell(this.border.of, this.lines.map((line) => line.map((place) => place.map(exact))));
  }

  /** @param {PointerEvent} event */
  spot(event) {
    const box = this.pad.getBoundingClientRect();
    const share = (/** @type {number} */ value) => Math.max(0, Math.min(1, value));
    return [share((event.clientX - box.left) / box.width), share(1 - (event.clientY - box.top) / box.height)];
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!this.border || event.ctrlKey || event.metaKey || event.altKey) return;
    const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [0, 0];
    const pen = event.key === " " || event.key === "Enter";
    const back = event.key === "Backspace" || event.key === "Delete";
    if (!x && !y && !pen && !back) return;
    event.preventDefault();
    event.stopPropagation(); // nor the page's own keys
    if (back) return this.change(this.lines.slice(0, -1));
    if (pen) return this.drawing ? this.lift() : this.begin([...this.at]);
    this.at = [this.at[0] + x * KEY_STEP, this.at[1] + y * KEY_STEP].map((value) => Math.max(0, Math.min(1, value)));
    if (this.drawing) this.add([...this.at]);
    else this.changed();
  }

  /** Where the keys' pen is, for those who hear it. */
  say() {
    if (!this.border) return;
    const [left, right, bottom, top] = this.border.area;
    const [x, y] = [left + this.at[0] * (right - left), bottom + this.at[1] * (top - bottom)];
    this.pad.setAttribute("aria-valuenow", String(Math.round(100 * this.at[0])));
    const text = this.drawing ? this.words.penDown : this.words.penUp;
    const [across, up] = [x, y].map((value) => value.toPrecision(2).replace("-", "−"));
    this.pad.setAttribute("aria-valuetext", text.replace("{x}", across).replace("{y}", up));
  }

  /** The lines and the keys' pen, and the pad where the plane is now. @param {any} layout @param {number} size */
  marks(layout, size) {
    if (!this.border || !layout.xaxis) return [];
    const { xaxis, yaxis } = layout;
    const { area: [left, right, bottom, top], colour, paper } = this.border;
    const across = (/** @type {number} */ x) => xaxis._offset + xaxis.d2p(left + x * (right - left));
    const down = (/** @type {number} */ y) => yaxis._offset + yaxis.d2p(bottom + y * (top - bottom));
    Object.assign(this.pad.style, { left: `${across(0)}px`, top: `${down(1)}px`, width: `${across(1) - across(0)}px`, height: `${down(0) - down(1)}px` });
    const d = this.lines.map((line) => [...line, line[line.length - 1]].map(([x, y], i) => `${i ? "L" : "M"}${across(x).toFixed(1)} ${down(y).toFixed(1)}`).join("")).join("");
    const pen = { fill: "none", "stroke-linejoin": "round", "stroke-linecap": "round" };
    const marks = d ? [shape("path", { d, stroke: paper, "stroke-width": 6 * size, opacity: 0.8, ...pen }), shape("path", { class: "drawn", d, stroke: colour, "stroke-width": 3 * size, ...pen })] : [];
    if (this.pad.matches(":focus-visible")) {
      marks.push(shape("circle", { class: "at", cx: across(this.at[0]), cy: down(this.at[1]), r: 6 * size, fill: this.drawing ? colour : "none", stroke: colour, "stroke-width": 2 }));
    }
    return marks;
  }
}
