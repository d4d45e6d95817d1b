// @ts-check
/* The few tools of a chart behind one button: zoom and the way back, pictures, playing after each change. */
import { memory } from "./load.js";

export class Tools {
  /** @param {HTMLElement} root @param {{ zoomed: () => void, whole: () => void, save: (format: string) => void }} does */
  constructor(root, does) {
    this.holder = /** @type {HTMLElement} */ (root.querySelector(".tools"));
    this.more = /** @type {HTMLButtonElement} */ (root.querySelector(".more"));
    this.menu = /** @type {HTMLElement} */ (root.querySelector(".menu"));
    this.zooming = false;
    /** @type {Record<string, HTMLButtonElement>} */
    this.buttons = {};
    for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (root.querySelectorAll("[data-tool]"))) {
      this.buttons[button.dataset.tool ?? ""] = button;
    }
    this.more.addEventListener("click", () => this.open(this.menu.hidden));
    this.buttons.zoom.addEventListener("click", () => { this.zooming = !this.zooming; this.press(); does.zoomed(); });
    this.buttons.whole.addEventListener("click", () => { this.open(false); does.whole(); });
    this.buttons.png.addEventListener("click", () => { this.open(false); does.save("png"); });
    this.buttons.svg.addEventListener("click", () => { this.open(false); does.save("svg"); });
    this.buttons.autoplay.addEventListener("click", () => { memory.keep("autoplay", !memory.has("autoplay")); this.press(); });
    this.holder.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.menu.hidden) return;
      this.open(false);
      this.more.focus();
    });
    document.addEventListener("pointerdown", (this.onDown = (/** @type {Event} */ event) => {
      if (!this.holder.contains(/** @type {Node} */ (event.target))) this.open(false);
    }));
  }

  remove() {
    document.removeEventListener("pointerdown", this.onDown);
  }

  /** @param {ChartData} data */
  show({ words, replay, figure, places, draws }) {
    this.more.title = words.tools;
    this.more.setAttribute("aria-label", words.tools);
    for (const [name, button] of Object.entries(this.buttons)) button.textContent = words[name];
    this.buttons.autoplay.hidden = !replay?.greets;
    this.buttons.zoom.hidden = this.buttons.whole.hidden = Boolean(places || draws) || !figure?.layout.xaxis;
    this.press();
  }

  /** @param {boolean} on */
  open(on) {
    this.menu.hidden = !on;
    this.more.setAttribute("aria-expanded", String(on));
  }

  press() {
    this.buttons.zoom.setAttribute("aria-pressed", String(this.zooming));
    this.buttons.autoplay.setAttribute("aria-pressed", String(memory.has("autoplay")));
  }
}
