// @ts-check
/* Values over the plane as pictures: a colour for each sign, the fuller the larger; classes in their own colours. */

/** @typedef {[number, number, number]} Colour */

const FULLEST = 235; // opacity of the largest value, of 255

/** @param {string} hex @returns {Colour} */
export function colourOf(hex) {
  return /** @type {Colour} */ ([1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)));
}

/** @param {Float64Array} values */
export function largestOf(values) {
  let largest = 0;
  for (const value of values) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  return largest;
}

/** Values (cells², row by row from the bottom left) into a canvas of as many cells.
 * @param {HTMLCanvasElement} canvas @param {Float64Array} values @param {Colour} positive @param {Colour} negative @param {number} [largest] */
export function paintValues(canvas, values, positive, negative, largest = largestOf(values)) {
  fill(canvas, (i) => {
    const value = Number.isFinite(values[i]) && largest > 0 ? values[i] / largest : 0;
    return [value < 0 ? negative : positive, FULLEST * Math.min(1, Math.abs(value))];
  });
}

/** The winning class of each cell in its colour, the fuller the surer, as the server paints boundaries.
 * @param {HTMLCanvasElement} canvas @param {Float64Array[]} sure of each class @param {number} even what an even guess is worth @param {Colour[]} colours */
export function paintClasses(canvas, sure, even, colours) {
  fill(canvas, (i) => {
    let winner = 0;
    for (let k = 1; k < sure.length; k++) if (sure[k][i] > sure[winner][i]) winner = k;
    const share = (sure[winner][i] - even) / (1 - even);
    return [colours[winner], Number.isFinite(share) ? 255 * (0.08 + 0.62 * share) : 0];
  });
}

/** @param {HTMLCanvasElement} canvas @param {(cell: number) => [Colour, number]} paint colour and opacity of a cell */
function fill(canvas, paint) {
  const context = canvas.getContext("2d");
  const cells = canvas.width;
  if (!context) return;
  const image = context.createImageData(cells, cells);
  for (let i = 0; i < cells * cells; i++) {
    const at = 4 * ((cells - 1 - Math.floor(i / cells)) * cells + (i % cells)); // a canvas begins at the top
    const [colour, opacity] = paint(i);
    image.data.set(colour, at);
    image.data[at + 3] = opacity;
  }
  context.putImageData(image, 0, 0);
}

/** @param {number} cells */
export function canvasOf(cells) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = cells;
  return canvas;
}

/** Where values pass through 0, as pieces [x, y, x, y] on the plane. @param {Float64Array} values @param {number[]} area @param {number} cells */
export function zeroLines(values, [left, right, bottom, top], cells) {
  const pieces = /** @type {number[][]} */ ([]);
  const across = (/** @type {number} */ column) => left + ((right - left) * (column + 0.5)) / cells;
  const up = (/** @type {number} */ row) => bottom + ((top - bottom) * (row + 0.5)) / cells;
  for (let row = 0; row + 1 < cells; row++) {
    for (let column = 0; column + 1 < cells; column++) {
      const corners = [[column, row], [column + 1, row], [column + 1, row + 1], [column, row + 1]];
      const found = [];
      for (let edge = 0; edge < 4; edge++) {
        const [[c1, r1], [c2, r2]] = [corners[edge], corners[(edge + 1) % 4]];
        const [a, b] = [values[r1 * cells + c1], values[r2 * cells + c2]];
        if (a > 0 === b > 0) continue;
        const share = a / (a - b);
        found.push(across(c1 + share * (c2 - c1)), up(r1 + share * (r2 - r1)));
      }
      for (let i = 0; i + 3 < found.length; i += 4) pieces.push(found.slice(i, i + 4));
    }
  }
  return pieces;
}
