// @ts-check
/* Where the units of a diagram stand, and which lines join them. */

/** @typedef {{ kind: "input" | "hidden" | "output", layer: number, row: number, number: number, x: number, y: number }} Node
 *  layer: 0 for the inputs; row: among the units of which weights are there; number: in the whole net, from 0 */
/** @typedef {{ from: Node, to: Node, layer: number }} Wire layer: the one that reads, 1 for the first after the inputs */
/** @typedef {{ nodes: Node[], wires: Wire[], size: number, width: number, height: number, more: { x: number, y: number, count: number } | null }} Plan */

const LARGE = 46; // pixels of a unit
const SMALL = 18;
const CROWDED = 30; // pixels from one unit to the next below which they stand in two columns
const ROOM = 1.28; // from one unit to the next below it, in sizes
const GAP = 22; // pixels at least for lines between two layers
const NARROW_UNIT = 26; // pixels of a unit below which the diagram is wider than its box rather than its units smaller
const EDGE = 8; // pixels above and below for rings round a unit

/** The units of each layer, without their places: inputs, hidden layers, classes. @param {Diagram} diagram @returns {Node[][]} */
function layersOf({ inputs, drawn, classes, sizes, whole }) {
  const node = (/** @type {Node["kind"]} */ kind, /** @type {number} */ layer, /** @type {number} */ row, number = row) => (
    { kind, layer, row, number, x: 0, y: 0 });
  const last = drawn.length;
  return [
    inputs.map((_, i) => node("input", 0, i)),
    ...drawn.map((units, i) => units.map((unit, j) => node("hidden", i + 1, !whole && i + 1 === last ? j : unit, unit))),
    classes.map((_, k) => node("output", sizes.length - (whole ? 1 : 0), k)),
  ];
}

/** Pixels for the names of inputs and classes. @param {Diagram} diagram @param {number} zoom */
export function marginsOf({ inputs, classes }, zoom) {
  const longest = Math.max(...inputs.map(({ label }) => label.length));
  const names = Math.min(8, Math.max(...classes.map(({ name }) => name.length)));
  return { left: (14 + 7.5 * longest) * zoom, right: (34 + 8 * names) * zoom };
}

/** @param {Diagram} diagram @param {{ width: number, height: number, left: number, right: number, zoom: number }} room left and right: for names
 * @returns {Plan} */
export function planOf(diagram, { width, height, left, right, zoom }) {
  const layers = layersOf(diagram);
  const hidden = diagram.net.slice(1, -1).reduce((sum, n) => sum + n, 0);
  const leftOut = hidden - diagram.drawn.reduce((sum, units) => sum + units.length, 0);
  const free = height - EDGE - (leftOut ? 22 * zoom : 0);
  const most = Math.max(...layers.map((layer) => layer.length));
  const staggers = free / most < CROWDED * zoom && most > 8; // two columns a layer, one between the rows of the other
  const columns = layers.map((layer) => (staggers && layer[0].kind === "hidden" && layer.length > 6 && layer.length > most / 2 ? 2.1 : 1)); // in sizes
  const tallest = Math.min(...layers.map((layer, i) => free / layer.length / (columns[i] > 1 ? ROOM / 1.85 : ROOM)));
  const across = columns.reduce((sum, takes) => sum + takes, 0);
  const fits = (width - left - right - GAP * zoom * (layers.length - 1)) / across;
  const size = Math.max(SMALL * zoom, Math.min(LARGE * zoom, tallest, Math.max(fits, NARROW_UNIT * zoom)));
  const wide = Math.max(width, left + right + across * size + GAP * zoom * (layers.length - 1));
  const gap = (wide - left - right - across * size) / (layers.length - 1);
  let x = left;
  layers.forEach((layer, i) => {
    const takes = columns[i] * size;
    const pitch = Math.min((free - size) / Math.max(1, layer.length - 1), (columns[i] > 1 ? 0.8 : 1.7) * size * (layer.length <= 3 ? 1.25 : 1));
    layer.forEach((node, j) => {
      node.x = x + size / 2 + (j % 2) * (takes - size);
      node.y = (EDGE + free) / 2 + (j - (layer.length - 1) / 2) * pitch;
    });
    x += takes + gap;
  });
  const last = layers[layers.length - 2];
  const lowest = Math.max(...layers.slice(1, -1).flat().map((node) => node.y));
  const more = leftOut ? { x: last[0].x, y: lowest + size / 2 + 12 * zoom, count: leftOut } : null;
  return { nodes: layers.flat(), wires: wiresOf(diagram, layers), size, width: wide, height, more };
}

/** @param {Diagram} diagram @param {Node[][]} layers @returns {Wire[]} */
function wiresOf(diagram, layers) {
  const wires = [];
  for (let layer = 1; layer < layers.length; layer++) {
    if (layer === layers.length - 1 && !diagram.outward) break;
    for (const to of layers[layer]) for (const from of layers[layer - 1]) wires.push({ from, to, layer });
  }
  return wires;
}

/** How far a point is from a line, in pixels. @param {Wire} wire @param {number} size @param {number} x @param {number} y */
export function distanceTo({ from, to }, size, x, y) {
  const [ax, bx] = [from.x + size / 2, to.x - size / 2];
  const [dx, dy] = [bx - ax, to.y - from.y];
  const share = Math.max(0, Math.min(1, ((x - ax) * dx + (y - from.y) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(ax + share * dx - x, from.y + share * dy - y);
}

/** The unit that an arrow key leads to. @param {Node[]} nodes @param {Node} from @param {string} key */
export function neighbour(nodes, from, key) {
  const column = (/** @type {Node} */ node) => (node.kind === "output" ? Infinity : node.layer);
  const columns = [...new Set(nodes.map(column))];
  const at = columns.indexOf(column(from)) + (key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0);
  const near = nodes.filter((node) => column(node) === columns[at]);
  if (key === "ArrowUp" || key === "ArrowDown") return near[near.indexOf(from) + (key === "ArrowDown" ? 1 : -1)] ?? from;
  return near.reduce((best, node) => (Math.abs(node.y - from.y) < Math.abs(best.y - from.y) ? node : best), near[0] ?? from);
}
