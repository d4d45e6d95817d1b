// @ts-check
/* Setting weights by hand: which one is held, and its value by typing, dragging, wheel or arrow keys; and the ways back. */
import { filled } from "./says.js";

/** @typedef {import("./arrange.js").Node} Node */
/** @typedef {{ layer: number, to: Node, from: Node | null }} Held a weight, or (from null) a bias */

/** A step of about a fortieth of a scale: 1, 2 or 5 times a power of ten. @param {number} scale */
export function stepOf(scale) {
  const wanted = Math.max(scale, 1e-6) / 40;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const factor = [1, 2, 5, 10].find((each) => each * power >= wanted) ?? 10;
  return +(factor * power).toPrecision(1);
}

export class Hand {
  /** @param {HTMLElement} root
   * @param {{ choose: (held: Held) => void, set: (value: number) => void, silence: () => void, undo: () => void, reset: () => void, goOn: () => void, inside: () => void }} does */
  constructor(root, does) {
    const find = (/** @type {string} */ name) => /** @type {any} */ (root.querySelector(`[data-hand=${name}]`));
    this.row = /** @type {HTMLElement} */ (root.querySelector(".hand"));
    /** @type {HTMLSelectElement} */
    this.which = find("which");
    /** @type {HTMLInputElement} */
    this.value = find("value");
    /** @type {Record<"silence" | "undo" | "reset" | "goOn" | "inside", HTMLButtonElement>} */
    this.buttons = { silence: find("silence"), undo: find("undo"), reset: find("reset"), goOn: find("goOn"), inside: find("inside") };
    this.why = /** @type {HTMLElement} */ (root.querySelector(".why"));
    /** @type {Held[]} */
    this.choices = [];
    this.which.addEventListener("change", () => {
      const chosen = this.choices[this.which.selectedIndex - 1]; // the first says that none is
      if (chosen) does.choose(chosen);
    });
    this.value.addEventListener("input", () => {
      const value = this.value.valueAsNumber;
      if (Number.isFinite(value)) does.set(value);
    });
    this.value.addEventListener("wheel", (event) => { // else the page scrolls away under the field
      if (document.activeElement !== this.value) return;
      event.preventDefault();
      does.set(+(this.value.valueAsNumber - Math.sign(event.deltaY) * +this.value.step).toPrecision(12));
    }, { passive: false });
    for (const name of /** @type {("silence" | "undo" | "reset" | "goOn" | "inside")[]} */ (Object.keys(this.buttons))) {
      this.buttons[name].addEventListener("click", () => does[name]());
    }
  }

  /** @param {Diagram} diagram */
  name({ words, editable, whole }) {
    for (const [name, button] of Object.entries(this.buttons)) {
      button.textContent = name === "undo" ? "↶" : words[name];
      button.title = words[`${name}Long`] ?? words[name];
      button.setAttribute("aria-label", button.title);
    }
    this.which.setAttribute("aria-label", words.which);
    this.value.setAttribute("aria-label", words.value);
    this.why.textContent = !whole ? words.tooLarge : editable ? words.choose : "";
  }

  /** @param {Diagram} diagram @param {{ unit: Node | null, held: Held | null, value: number, step: number, edited: boolean, undoes: boolean, opens: boolean }} state
   * @param {Held[]} choices weights and bias of the unit */
  show(diagram, { unit, held, value, step, edited, undoes, opens }, choices) {
    const { words, editable } = diagram;
    this.choices = choices;
    const idle = !unit && !edited && !undoes; // a sentence in place of the tools
    this.why.hidden = !idle;
    const { silence, undo, reset, goOn, inside } = this.buttons;
    inside.hidden = !opens || idle || edited; // what was set by hand would be lost on the way
    for (const part of [this.which, this.value, silence]) part.hidden = idle || !editable;
    undo.hidden = reset.hidden = !edited && !undoes; // they come last, so that nothing moves
    const shortName = (/** @type {Node | null} */ node) => (
      !node ? words.bias : `← ${node.kind === "input" ? diagram.inputs[node.row].label : filled(words.unit, { unit: node.number + 1 })}`);
    const names = ["…", ...choices.map(({ from }) => shortName(from))];
    const shown = [...this.which.options].map((option) => option.textContent);
    if (shown.join("\n") !== names.join("\n")) this.which.replaceChildren(...names.map((name) => new Option(name)));
    this.which.selectedIndex = held ? 1 + choices.findIndex(({ from }) => from === held.from) : 0;
    this.which.disabled = !choices.length;
    this.value.disabled = !held;
    this.value.step = String(step);
    if (document.activeElement !== this.value || this.value.valueAsNumber !== value) this.value.value = held ? String(+value.toPrecision(5)) : "";
    if (unit?.kind !== "hidden") silence.hidden = inside.hidden = true;
    undo.disabled = !undoes;
    reset.disabled = !edited;
    goOn.hidden = !edited || !diagram.goes_on;
  }
}
