// @ts-check
/* Dragging the fold of a unit of the first layer on the plane: its middle moves it, its ends turn it about the middle. */

/** @typedef {import("./arrange.js").Node} Node */
/** @typedef {import("./weights.js").Weights} Weights */
/** @typedef {[number, number]} Point on the plane */
/** @typedef {{ across: number, up: number, bias: number }} Fold where across · x + up · y + bias = 0 */

const GRIP = 9; // pixels from the line that still take hold of it
const TURNING = 0.28; // of its length at either end, which turn it

/** Whether folds of the first layer are lines: its inputs are coordinates alone. @param {Diagram} diagram */
export function hasLines({ inputs }) {
  return inputs.every(({ name }) => name === "x" || name === "y");
}

/** The fold of a unit of the first layer. @param {Weights} weights @param {Node} unit @returns {Fold} */
export function foldOf(weights, { row }) {
  const reads = (/** @type {string} */ name) => weights.diagram.inputs.reduce(
    (sum, input, from) => (input.name === name ? weights.now[weights.indexOf(1, row, from)] : sum), 0);
  return { across: reads("x"), up: reads("y"), bias: weights.now[weights.indexOf(1, row, null)] };
}

/** Give a unit of the first layer another fold. @param {Weights} weights @param {Node} unit @param {Fold} fold */
export function setFold(weights, { row }, { across, up, bias }) {
  weights.diagram.inputs.forEach(({ name }, from) => weights.set(weights.indexOf(1, row, from), name === "x" ? across : up));
  weights.set(weights.indexOf(1, row, null), bias);
}

/** The two places where a fold leaves the plane; null where it does not cross it. @param {Fold} fold @param {number[]} area @returns {[Point, Point] | null} */
export function endsOf({ across, up, bias }, [left, right, bottom, top]) {
  /** @type {Point[]} */
  const found = [];
  const add = (/** @type {number} */ x, /** @type {number} */ y) => {
    const inside = x >= left - 1e-9 && x <= right + 1e-9 && y >= bottom - 1e-9 && y <= top + 1e-9;
    if (inside && !found.some(([a, b]) => Math.abs(a - x) + Math.abs(b - y) < 1e-9)) found.push([x, y]);
  };
  if (up) for (const x of [left, right]) add(x, -(across * x + bias) / up);
  if (across) for (const y of [bottom, top]) add(-(up * y + bias) / across, y);
  return found.length >= 2 ? [found[0], found[1]] : null;
}

/** The fold moved so that it goes through a point. @param {Fold} fold @param {Point} to @returns {Fold} */
export function movedTo({ across, up }, [x, y]) {
  return { across, up, bias: -(across * x + up * y) };
}

/** The fold turned about a point so that it goes through another; its steepness and its side stay. @param {Fold} fold @param {Point} about @param {Point} to @returns {Fold} */
export function turnedTo({ across, up, bias }, about, to) {
  const [dx, dy] = [to[0] - about[0], to[1] - about[1]];
  const length = Math.hypot(dx, dy);
  if (length < 1e-9) return { across, up, bias };
  const steepness = Math.hypot(across, up);
  const side = across * -dy + up * dx < 0 ? -1 : 1;
  return movedTo({ across: (side * steepness * -dy) / length, up: (side * steepness * dx) / length, bias }, about);
}

export class Folding {
  /** @param {HTMLElement} plot
   * @param {{ fold: () => Fold | null, area: () => number[], turns: () => boolean, begin: () => void, set: (fold: Fold) => void, end: () => void }} view
   *   fold: that can be dragged now; turns: whether both coordinates are inputs */
  constructor(plot, view) {
    this.plot = plot;
    this.view = view;
    /** @type {{ fold: Fold, about: Point | null } | null} */
    this.drag = null;
    plot.addEventListener("pointermove", (event) => {
      if (this.drag || event.pointerType === "touch") return;
      const grip = this.gripAt(event);
      plot.classList.toggle("on-fold", Boolean(grip));
      plot.classList.toggle("on-fold-end", Boolean(grip?.about));
    });
    plot.addEventListener("pointerdown", (event) => {
      const grip = event.button === 0 && event.pointerType !== "touch" ? this.gripAt(event) : null;
      if (!grip) return;
      event.preventDefault();
      event.stopPropagation();
      this.drag = grip;
      view.begin();
    }, true);
    window.addEventListener("pointermove", (this.onMove = (/** @type {PointerEvent} */ event) => {
      if (!this.drag) return;
      const { fold, about } = this.drag;
      const to = this.pointAt(event);
      this.drag.fold = about ? turnedTo(fold, about, to) : movedTo(fold, to);
      view.set(this.drag.fold);
    }));
    window.addEventListener("pointerup", (this.onUp = () => {
      if (!this.drag) return;
      this.drag = null;
      view.end();
    }));
  }

  remove() {
    window.removeEventListener("pointermove", this.onMove);
    window.removeEventListener("pointerup", this.onUp);
  }

  get axes() {
    const { xaxis, yaxis } = /** @type {any} */ (this.plot)._fullLayout ?? {};
    return xaxis && yaxis ? { xaxis, yaxis } : null;
  }

  /** Where the pointer is on the plane, or beyond. @param {PointerEvent} event @returns {Point} */
  pointAt(event) {
    const box = this.plot.getBoundingClientRect();
    const { xaxis, yaxis } = /** @type {{ xaxis: any, yaxis: any }} */ (this.axes);
    return [xaxis.p2d(event.clientX - box.left - xaxis._offset), yaxis.p2d(event.clientY - box.top - yaxis._offset)];
  }

  /** What a press takes hold of: the fold, and the point about which it turns, if it does. @param {PointerEvent} event */
  gripAt(event) {
    const fold = this.view.fold();
    const ends = fold && this.axes ? endsOf(fold, this.view.area()) : null;
    if (!fold || !ends) return null;
    const { xaxis, yaxis } = /** @type {{ xaxis: any, yaxis: any }} */ (this.axes);
    const [[ax, ay], [bx, by]] = ends.map(([x, y]) => [xaxis.d2p(x), yaxis.d2p(y)]);
    const box = this.plot.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left - xaxis._offset, event.clientY - box.top - yaxis._offset];
    const length = Math.hypot(bx - ax, by - ay);
    if (length < 4 * GRIP) return null;
    const along = ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length ** 2;
    const beside = Math.abs((px - ax) * (by - ay) - (py - ay) * (bx - ax)) / length;
    if (beside > GRIP || along < 0 || along > 1) return null;
    /** @type {Point} */
    const middle = [(ends[0][0] + ends[1][0]) / 2, (ends[0][1] + ends[1][1]) / 2];
    return { fold, about: this.view.turns() && (along < TURNING || along > 1 - TURNING) ? middle : null };
  }
}
