// @ts-check
/* One point's numbers on their way through the net: forward what each unit gives and each line carries, backward the gradients. */
import { filled, nameOf, short } from "./says.js";

/** @typedef {import("./arrange.js").Node} Node */
/** @typedef {import("./arrange.js").Wire} Wire */
/** @typedef {import("./says.js").Spotted} Spotted */

export class Flow {
  /** @param {HTMLElement} root @param {() => void} turned */
  constructor(root, turned) {
    this.box = /** @type {HTMLElement} */ (root.querySelector(".flow"));
    this.buttons = /** @type {HTMLButtonElement[]} */ ([...this.box.querySelectorAll("button")]);
    /** @type {Diagram | null} */
    this.diagram = null;
    this.back = false;
    for (const button of this.buttons) {
      button.addEventListener("click", () => {
        this.back = button.dataset.way === "backward";
        this.press();
        turned();
      });
    }
  }

  /** Whether a point's numbers are to be shown. */
  get on() { return Boolean(this.diagram?.flow); }

  /** @param {Diagram | null} diagram */
  show(diagram) {
    this.diagram = diagram;
    this.box.hidden = !this.on;
    if (!diagram?.flow) return;
    this.box.setAttribute("aria-label", diagram.words.ways);
    for (const button of this.buttons) button.textContent = diagram.words[button.dataset.way ?? ""];
    this.press();
  }

  press() {
    for (const button of this.buttons) button.setAttribute("aria-pressed", String((button.dataset.way === "backward") === this.back));
  }

  /** A unit's number in one of the two ways; null where it has none. @param {Node} node @param {boolean} [back] @returns {number | null} */
  numberOf(node, back = this.back) {
    const { flow, drawn } = /** @type {Diagram} */ (this.diagram);
    if (!flow) return null;
    const column = (back ? flow.backward : flow.forward)[node.kind === "output" ? drawn.length + 1 : node.layer];
    return column[node.kind === "hidden" ? drawn[node.layer - 1].indexOf(node.number) : node.row] ?? null;
  }

  /** What a line carries: forward weight × number, backward the gradient of its weight. @param {Wire} wire @param {number} weight */
  carried({ from, to }, weight) {
    return (this.numberOf(from, false) ?? 0) * (this.back ? this.numberOf(to, true) ?? 0 : weight);
  }

  /** What is pointed at, or what the lines mean. @param {Spotted | null} spotted @param {(wire: Wire) => number} weightOf @returns {string | null} */
  sentence(spotted, weightOf) {
    const { words } = /** @type {Diagram} */ (this.diagram);
    const diagram = /** @type {Diagram} */ (this.diagram);
    if (!spotted) return this.back ? words.flowBackward : words.flowForward;
    if (spotted.kind === "weight") {
      const { wire } = spotted;
      const weight = weightOf(wire);
      const given = this.numberOf(wire.from, false);
      const gradient = this.numberOf(wire.to, true);
      const told = (/** @type {number | null} */ value) => (value === null ? "–" : short(value));
      return filled(this.back ? words.flowsBack : words.carries, {
        from: nameOf(diagram, wire.from), to: nameOf(diagram, wire.to), value: told(given), weight: short(weight), gradient: told(gradient),
        product: short(this.carried(wire, weight)),
      });
    }
    if (spotted.kind !== "unit") return null;
    const value = this.numberOf(spotted.node);
    return value === null ? null : filled(this.back ? words.takesBack : words.gives, { name: nameOf(diagram, spotted.node), value: short(value) });
  }
}
