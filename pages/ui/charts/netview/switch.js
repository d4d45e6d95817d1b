// @ts-check
/* Curves or net: the switch beside the legend, which the browser remembers. */
import { memory } from "../component/load.js";

const CHOSEN = "net"; // in the browser's memory

export class Switch {
  /** @param {HTMLElement} root @param {() => void} changed */
  constructor(root, changed) {
    this.box = /** @type {HTMLElement} */ (root.querySelector(".beside"));
    this.buttons = /** @type {HTMLButtonElement[]} */ ([...this.box.querySelectorAll("button")]);
    this.net = memory.has(CHOSEN);
    for (const button of this.buttons) {
      button.addEventListener("click", () => {
        this.net = button.dataset.side === "net";
        memory.keep(CHOSEN, this.net);
        this.press();
        changed();
      });
    }
  }

  /** @param {Diagram | undefined} net */
  show(net) {
    this.box.hidden = !net || Boolean(net.flow);
    if (!net) return;
    this.box.setAttribute("aria-label", net.words.panel);
    for (const button of this.buttons) button.textContent = net.words[button.dataset.side ?? ""];
    this.press();
  }

  press() {
    for (const button of this.buttons) button.setAttribute("aria-pressed", String((button.dataset.side === "net") === this.net));
  }
}
