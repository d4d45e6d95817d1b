// @ts-check
/* The diagram in words: what is pointed at, and what it does. */
import { backward, bestOfOthers, lossesOf, winnerAt } from "./forward.js";

/** @typedef {{ kind: "unit", node: Node } | { kind: "weight", wire: Wire } | { kind: "bias", node: Node } | { kind: "place", x: number, y: number }} Spotted */
/** @typedef {{ x: ArrayLike<number>, y: ArrayLike<number>, labels: number[], inputs: Float64Array[] }} Points */
/** @typedef {import("./arrange.js").Node} Node */
/** @typedef {import("./arrange.js").Wire} Wire */

/** Three figures of a number, with the minus sign of print. @param {number} value */
export function short(value) {
  if (!Number.isFinite(value)) return "–";
  const text = value === 0 ? "0" : Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5 ? value.toExponential(1) : String(+value.toPrecision(3));
  return text.replace("-", "−");
}

/** @param {number} share */
export function percent(share) {
  return `${Math.round(100 * share)}%`;
}

/** @param {string} text @param {Record<string, string | number>} values */
export function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** @param {Diagram} diagram @param {Node} node */
export function nameOf({ words, net, inputs, classes }, node) {
  if (node.kind === "input") return filled(words.input, { name: inputs[node.row].label });
  if (node.kind === "output") return filled(words.output, { name: classes[node.row].name });
  const values = { layer: node.layer, unit: node.number + 1 };
  return filled(net.length > 3 ? words.unitOfLayer : words.unit, values);
}

/** How much each class's score rises with a unit's output, on average over points; null where the weights for it are not there.
 * @param {Diagram} diagram @param {Float64Array} p @param {import("./forward.js").LayerValues[]} layers @param {Points} points @param {Node} node
 * @param {(layer: number, row: number, from: number) => number} indexOf */
export function pullOf(diagram, p, layers, points, node, indexOf) {
  const { whole, outward, classes, sizes } = diagram;
  const last = diagram.drawn.length;
  if (node.layer === last) return outward ? classes.map((_, k) => p[indexOf(last + 1, k, node.row)]) : null;
  if (!whole) return null;
  return classes.map((_, k) => {
    const dscores = classes.map((_, j) => new Float64Array(points.labels.length).fill(j === k ? 1 : 0));
    const { outputs } = backward({ ...diagram, sizes }, p, points.inputs, layers, dscores);
    return outputs[node.layer - 1][node.row].reduce((sum, value) => sum + value, 0) / points.labels.length;
  });
}

/** What a hidden unit does. @param {Diagram} diagram @param {Float64Array} z over the points @param {number[] | null} pull */
export function unitSays({ words, classes }, z, pull) {
  const parts = [filled(words.on, { share: percent(z.filter((value) => value > 0).length / z.length) })];
  if (pull) {
    const strongest = pull.reduce((best, value, k) => (Math.abs(value) > Math.abs(pull[best]) ? k : best), 0);
    const text = pull[strongest] > 0 ? words.towards : pull[strongest] < 0 ? words.away : words.silent;
    parts.push(filled(text, { name: classes[strongest].name }));
  }
  return parts.join("; ") + ".";
}

/** What the net makes of a place, and what the point beside it costs.
 * @param {Diagram} diagram @param {Float64Array[]} scores of the place alone @param {Float64Array[]} sure of it likewise @param {{ x: number, y: number }} place
 * @param {{ label: number, loss: number } | null} beside */
export function placeSays({ words, classes, whole, loss }, scores, sure, { x, y }, beside) {
  const at = { x: x.toFixed(2).replace("-", "−"), y: y.toFixed(2).replace("-", "−") };
  if (!whole) return filled(words.hereUnits, at) + ".";
  const winner = winnerAt(scores, 0);
  const by = loss === "hinge" ? short(scores[winner][0] - bestOfOthers(scores, winner, 0)) : percent(sure[winner][0]);
  const here = filled(words.here, { ...at, name: classes[winner].name, share: by, lead: by });
  if (!beside) return here + ".";
  return `${here}; ${filled(words.nearest, { name: classes[beside.label].name, loss: short(beside.loss) })}.`;
}

/** The point nearest to a place, if it is near. @param {Points} points @param {{ x: number, y: number }} place @param {number} reach */
export function nearestTo(points, { x, y }, reach) {
  let [best, found] = [reach, -1];
  for (let i = 0; i < points.labels.length; i++) {
    const far = Math.hypot(points.x[i] - x, points.y[i] - y);
    if (far < best) [best, found] = [far, i];
  }
  return found;
}

/** The mean loss over points and the share that is right. @param {Float64Array[]} scores @param {number[]} labels @param {string} loss */
export function lossAndAccuracy(scores, labels, loss) {
  const losses = lossesOf(scores, labels, loss);
  const right = labels.filter((label, i) => winnerAt(scores, i) === label).length;
  return { loss: losses.reduce((sum, each) => sum + each, 0) / labels.length, accuracy: right / labels.length };
}
