// @ts-check
/* The replay bar with its key figures: which frame is on show, and whether it plays. */
import { memory, thousands } from "./load.js";

const FRAME_MS = 90;
const CALM_FRAME_MS = 450; // for readers who asked their system for little motion
const GREETING_MS = 55; // a first visit's replay is short

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/* Why it plays: "reader" pressed Play, which holds for a run that is only coming; "greeting" and "change" are ours. */
/** @typedef {"reader" | "greeting" | "change" | null} Wish */

export class Replay {
  /** @param {HTMLElement} root @param {() => void} onFrame called when another frame is on show */
  constructor(root, onFrame) {
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    this.root = root;
    this.onFrame = onFrame;
    this.figures = find(".figures");
    this.bar = find(".bar");
    this.slider = /** @type {HTMLInputElement} */ (root.querySelector("input[type=range]"));
    this.label = find(".bar output");
    /** @type {Record<string, HTMLButtonElement>} */
    this.buttons = {};
    for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (root.querySelectorAll("[data-do]"))) {
      this.buttons[button.dataset.do ?? ""] = button;
    }
    this.frame = 0;
    /** @type {ReplayData | undefined} */
    this.data = undefined;
    /** @type {KeyFigure[] | null} */
    this.told = null; // key figures in place of the run's own
    /** @type {Words} */
    this.words = {};
    /** @type {Wish} */
    this.wish = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    this.slider.addEventListener("input", () => this.step(+this.slider.value));
    this.buttons.play.addEventListener("click", () => (this.wish ? this.pause() : this.play("reader")));
    this.buttons.first.addEventListener("click", () => this.step(0));
    this.buttons.back.addEventListener("click", () => this.step(this.frame - 1));
    this.buttons.next.addEventListener("click", () => this.step(this.frame + 1));
    this.buttons.last.addEventListener("click", () => this.step(Infinity));
  }

  get lastFrame() {
    return (this.data?.iterations.length ?? 1) - 1;
  }

  get iteration() {
    return this.data?.iterations[this.frame] ?? 0;
  }

  /** @param {ReplayData | undefined} data @param {Words} words */
  show(data, words) {
    const before = this.data;
    const wasAtEnd = !before || this.frame >= this.lastFrame;
    this.data = data;
    this.words = words;
    this.bar.hidden = !data;
    this.figures.hidden = !data;
    if (!data) return this.pause();
    const complete = !data.live && (before?.run !== data.run || before.live);
    if (data.live || complete || (wasAtEnd && !this.wish)) {
      this.halt();
      this.frame = this.lastFrame;
    }
    this.frame = Math.min(this.frame, this.lastFrame);
    const waits = data.live && !data.brief; // else the bar keeps its looks for the moment until the whole run is there
    this.bar.classList.toggle("live", waits);
    this.slider.disabled = waits;
    this.name(words);
    if (complete) this.begin(data);
    this.showFrame();
    this.announce();
  }

  /** A whole run has come: play it if somebody wished so. @param {ReplayData} data */
  begin(data) {
    const first = data.greets && !memory.has("seen");
    if (first) memory.keep("seen", true);
    if (this.wish === "reader") this.play("reader");
    else if (data.greets && memory.has("autoplay")) this.play("change");
    else if (first && !calm()) this.play("greeting");
    else this.wish = null;
  }

  /** @param {Words} words */
  name(words) {
    for (const [name, button] of Object.entries(this.buttons)) {
      button.title = words[name];
      button.setAttribute("aria-label", words[name]);
      if (button.classList.contains("toggle")) button.textContent = words[name];
    }
    this.slider.setAttribute("aria-label", words.slider);
  }

  /** By hand, which ends the playing. @param {number} frame */
  step(frame) {
    this.pause();
    this.go(frame);
  }

  /** @param {number} frame */
  go(frame) {
    this.frame = Math.max(0, Math.min(frame, this.lastFrame));
    this.showFrame();
    this.onFrame();
  }

  /** The frame of the first snapshot at or after an iteration. @param {number} iteration */
  frameAt(iteration) {
    const after = this.data?.iterations.findIndex((i) => i >= iteration) ?? -1;
    return after < 0 ? this.lastFrame : after;
  }

  /** @param {Wish} wish */
  play(wish) {
    this.wish = wish;
    this.halt();
    if (!this.data?.live) {
      if (this.frame === this.lastFrame) this.go(0);
      const pace = calm() ? CALM_FRAME_MS : wish === "greeting" ? GREETING_MS : FRAME_MS;
      this.timer = window.setInterval(() => {
        this.go(this.frame + 1);
        if (this.frame === this.lastFrame) this.pause();
      }, pace);
    }
    this.announce();
  }

  pause() {
    this.wish = null;
    this.halt();
    this.announce();
  }

  halt() {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  announce() {
    const { play } = this.buttons;
    const words = this.wish ? this.words.pause : this.words.play;
    if (!words) return;
    play.title = words;
    play.setAttribute("aria-label", words);
    play.classList.toggle("playing", Boolean(this.wish));
  }

  showFrame() {
    const { data } = this;
    if (!data) return;
    const text = this.words.iteration.replace("{iteration}", thousands(this.iteration, this.words.separator));
    this.label.textContent = text;
    this.slider.setAttribute("aria-valuetext", text);
    if (data.live) { // how far the run is, on the scale of the frames to come
      this.slider.max = "1000";
      this.slider.value = String(Math.round((1000 * Math.log10(1 + this.iteration)) / Math.log10(1 + (data.total ?? this.iteration) || 1)));
    } else {
      this.slider.max = String(this.lastFrame);
      this.slider.value = String(this.frame);
    }
    this.showFigures();
  }

  /** @param {Record<string, boolean>} pressed by the names of buttons @param {boolean} curves whether there are any */
  showToggles(pressed, curves) {
    const { open, wrong, logIterations, logLoss } = this.buttons;
    if (!this.data?.brief) {
      open.hidden = !this.data?.opens;
      wrong.hidden = !this.data?.wrong;
    }
    logIterations.hidden = logLoss.hidden = !this.data?.cursor || !curves;
    for (const [name, on] of Object.entries(pressed)) this.buttons[name].setAttribute("aria-pressed", String(on));
  }

  showFigures() {
    const figures = this.told ?? this.data?.figures ?? [];
    this.figures.replaceChildren(...figures.map((figure) => keyFigure(figure, this.frame)));
  }

  /** @param {KeyFigure[] | null} figures null: the run's own */
  tell(figures) {
    if (!figures && !this.told) return;
    this.told = figures;
    this.showFigures();
  }
}

/** @param {KeyFigure} figure @param {number} frame */
function keyFigure({ label, values, note, help }, frame) {
  const item = document.createElement("div");
  const name = document.createElement("dt");
  const value = document.createElement("dd");
  name.textContent = label;
  value.textContent = values.length === 1 ? values[0] : values[frame];
  if (note) {
    const small = document.createElement("small");
    small.textContent = note.length === 1 ? note[0] : note[frame];
    value.append(small);
  }
  if (help) item.title = help;
  item.append(name, value);
  return item;
}
