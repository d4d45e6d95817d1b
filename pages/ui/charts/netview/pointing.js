// @ts-check
/* What pointer and keys do on the diagram, and the pointer on the plane. */
import { spotOf } from "../component/pointer.js";
import { neighbour } from "./arrange.js";
import { nodeOf } from "./setting.js";

/** @typedef {import("./says.js").Spotted} Spotted */
/** @typedef {import("./arrange.js").Node} Node */

const DRAG = 3; // pixels after which a press is a drag

/* What the pointing does is the view's affair. */
/** @typedef {{
 *   on: () => boolean, drawing: import("./drawing.js").Drawing, point: (spotted: Spotted | null) => void, hold: (spotted: Spotted | null) => void,
 *   held: () => Spotted | null, open: (node: Node) => void, sets: (spotted: Spotted | null) => boolean, begin: () => void,
 *   nudge: (steps: number) => void }} View */

/** @param {Spotted | null} a @param {Spotted | null} b */
export function isSame(a, b) {
  if (!a || !b || a.kind !== b.kind) return a === b;
  const part = (/** @type {any} */ spotted) => spotted.wire ?? spotted.node;
  return part(a) !== undefined && part(a) === part(b);
}

export class Pointing {
  /** @param {HTMLElement} root @param {HTMLElement} plot @param {View} view */
  constructor(root, plot, view) {
    this.view = view;
    this.box = view.drawing.box;
    /** @type {{ from: number, moved: number, spotted: Spotted } | null} */
    this.drag = null;
    this.dragged = false;
    /** @type {Node | null} */
    this.clickedBefore = null;
    this.box.addEventListener("pointermove", (event) => this.moved(event));
    this.box.addEventListener("pointerleave", () => !this.drag && view.point(null));
    this.box.addEventListener("pointerdown", (event) => this.pressed(event));
    this.box.addEventListener("click", (event) => this.clicked(event));
    this.box.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
    this.box.addEventListener("keydown", (event) => this.keyed(event));
    this.box.addEventListener("focusin", (event) => this.focused(event));
    this.box.addEventListener("focusout", (event) => {
      if (!root.querySelector(".net")?.contains(/** @type {Element | null} */ (event.relatedTarget)) && view.held()?.kind === "unit" && event.relatedTarget) view.hold(null);
    });
    plot.addEventListener("pointermove", (event) => {
      if (!view.on() || event.pointerType === "touch") return;
      const { panel, at: [x, y] } = spotOf(plot, event);
      view.point(panel === "plane" ? { kind: "place", x, y } : null);
    });
    plot.addEventListener("pointerleave", () => view.on() && view.point(null));
    plot.addEventListener("click", (event) => {
      const { panel, at: [x, y] } = spotOf(plot, /** @type {any} */ (event));
      if (view.on() && panel === "plane" && /** @type {PointerEvent} */ (event).pointerType === "touch") view.point({ kind: "place", x, y });
    });
    window.addEventListener("pointermove", (this.onDrag = (/** @type {PointerEvent} */ event) => this.dragging(event)));
    window.addEventListener("pointerup", (this.onUp = () => { this.drag = null; }));
  }

  remove() {
    window.removeEventListener("pointermove", this.onDrag);
    window.removeEventListener("pointerup", this.onUp);
  }

  /** @param {MouseEvent} event @returns {Spotted | null} */
  spotted(event) {
    const place = this.box.getBoundingClientRect();
    return this.view.drawing.at(event.clientX - place.left, event.clientY - place.top);
  }

  /** @param {PointerEvent} event */
  moved(event) {
    if (this.drag || event.pointerType === "touch") return;
    const spotted = this.spotted(event);
    this.box.style.cursor = this.view.sets(spotted) ? "ns-resize" : spotted ? "pointer" : "default";
    this.view.point(spotted);
  }

  /** A press on a weight begins to drag it. @param {PointerEvent} event */
  pressed(event) {
    this.dragged = false;
    const spotted = this.spotted(event);
    if (!spotted || event.button !== 0 || event.pointerType === "touch" || !this.view.sets(spotted)) return;
    event.preventDefault();
    this.drag = { from: event.clientY, moved: 0, spotted };
  }

  /** @param {PointerEvent} event */
  dragging(event) {
    if (!this.drag) return;
    const steps = Math.trunc((this.drag.from - event.clientY) / DRAG);
    if (steps === this.drag.moved) return;
    if (!this.dragged) {
      this.dragged = true;
      this.view.hold(this.drag.spotted);
      this.view.begin();
    }
    this.view.nudge(steps - this.drag.moved);
    this.drag.moved = steps;
  }

  /** A click holds what it meets; on the unit that is held it looks inside. @param {MouseEvent} event */
  clicked(event) {
    if (this.dragged) return;
    if (event.detail === 0) return; // Enter or the space bar, which `keyed` hears
    const spotted = this.spotted(event);
    const held = this.view.held();
    if (spotted?.kind === "unit" && isSame(spotted, held) && this.clickedBefore === spotted.node) this.view.open(spotted.node);
    else {
      const reads = this.view.sets(spotted) ? nodeOf(spotted) : null;
      if (reads) this.view.drawing.buttons.get(reads)?.focus({ preventScroll: true }); // so that arrow keys reach what is held
      this.view.hold(spotted);
    }
    this.clickedBefore = spotted?.kind === "unit" ? spotted.node : null;
  }

  /** @param {WheelEvent} event */
  wheeled(event) {
    const spotted = this.spotted(event);
    if (!this.view.sets(spotted) || !isSame(spotted, this.view.held())) return; // the page scrolls
    event.preventDefault();
    this.view.begin();
    this.view.nudge(event.deltaY < 0 ? 1 : -1);
  }

  /** @param {FocusEvent} event */
  focused(event) {
    const node = this.focusedNode(event.target);
    if (node && /** @type {Element} */ (event.target).matches(":focus-visible")) this.view.hold({ kind: "unit", node });
  }

  /** @param {EventTarget | null} target @returns {Node | null} */
  focusedNode(target) {
    for (const [node, button] of this.view.drawing.buttons) if (button === target) return node;
    return null;
  }

  /** @param {KeyboardEvent} event */
  keyed(event) {
    const node = this.focusedNode(event.target);
    const { view } = this;
    if (!node || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      view.open(node);
    } else if (event.key.startsWith("Arrow")) {
      event.preventDefault();
      const held = view.held();
      const up = event.key === "ArrowUp" || event.key === "ArrowDown";
      if (up && held?.kind !== "unit" && view.sets(held)) {
        view.begin();
        view.nudge(event.key === "ArrowUp" ? 1 : -1);
        return;
      }
      const next = neighbour(view.drawing.plan?.nodes ?? [], node, event.key);
      view.drawing.stop(next);
      view.drawing.buttons.get(next)?.focus();
    }
  }
}
