// @ts-check
/* A net's forward and backward pass, as the core computes them: pure, without a page. Values stand unit by unit: one array for each
   unit of a layer, with a number for each point. Parameters are flat, as the core keeps them: for each unit its weights, then its bias. */

/** @typedef {{ sizes: number[], activation: string, loss: string, whole: boolean }} Shape whole: the last layer gives the scores; else it is a hidden one */
/** @typedef {{ z: Float64Array[], h: Float64Array[] }} LayerValues */
/** @typedef {ArrayLike<number>} Numbers */

/* What a net can see of a point, by the names of the core's setting. */
export const INPUTS = /** @type {Record<string, (x: number, y: number) => number>} */ ({
  x: (x) => x,
  y: (_x, y) => y,
  x2: (x) => x * x,
  y2: (_x, y) => y * y,
  xy: (x, y) => x * y,
  sinx: (x) => Math.sin(Math.PI * x),
  siny: (_x, y) => Math.sin(Math.PI * y),
  r: (x, y) => Math.sqrt(x * x + y * y),
});

const LEAK = 0.01; // the slope of the leaky ReLU below zero

/* Each activation with its slope, read off its output h. */
export const ACTIVATIONS = /** @type {Record<string, { forward: (z: number) => number, slope: (h: number) => number }>} */ ({
  relu: { forward: (z) => (z < 0 ? 0 : z), slope: (h) => (h > 0 ? 1 : 0) },
  leaky_relu: { forward: (z) => (z < 0 ? LEAK * z : z), slope: (h) => (h > 0 ? 1 : LEAK) },
  tanh: { forward: Math.tanh, slope: (h) => 1 - h * h },
  sigmoid: { forward: (z) => 1 / (1 + Math.exp(-z)), slope: (h) => h * (1 - h) },
  linear: { forward: (z) => z, slope: () => 1 },
});

/** The inputs of points, one array an input. @param {string[]} names @param {Numbers} x @param {Numbers} y */
export function inputsOf(names, x, y) {
  return names.map((name) => Float64Array.from({ length: x.length }, (_, i) => INPUTS[name](x[i], y[i])));
}

/** The centres of cells × cells in an area [left, right, bottom, top], row by row from the bottom left.
 * @param {number[]} area @param {number} cells */
export function gridOf([left, right, bottom, top], cells) {
  const [x, y] = [new Float64Array(cells * cells), new Float64Array(cells * cells)];
  for (let i = 0; i < x.length; i++) {
    x[i] = left + ((right - left) * ((i % cells) + 0.5)) / cells;
    y[i] = bottom + ((top - bottom) * (Math.floor(i / cells) + 0.5)) / cells;
  }
  return { x, y };
}

/** How many parameters come before each layer, and all of them at the end. @param {number[]} sizes */
export function offsetsOf(sizes) {
  const offsets = [0];
  for (let i = 1; i < sizes.length; i++) offsets.push(offsets[i - 1] + (sizes[i - 1] + 1) * sizes[i]);
  return offsets;
}

/** z and h of every unit for all points, layer by layer; depth: only so many layers.
 * @param {Shape} net @param {Numbers} p @param {Float64Array[]} inputs @param {number} [depth] @returns {LayerValues[]} */
export function forward({ sizes, activation, whole }, p, inputs, depth = sizes.length - 1) {
  const points = inputs[0].length;
  const bend = ACTIVATIONS[activation].forward;
  const layers = /** @type {LayerValues[]} */ ([]);
  let read = inputs;
  let at = 0;
  for (let layer = 0; layer < depth; layer++) {
    const bends = !whole || layer < sizes.length - 2;
    const z = [], h = [];
    for (let unit = 0; unit < sizes[layer + 1]; unit++) {
      const sums = new Float64Array(points).fill(p[at + read.length]); // the bias
      for (const values of read) {
        const w = p[at++];
        for (let i = 0; i < points; i++) sums[i] += w * values[i];
      }
      at++;
      z.push(sums);
      h.push(bends ? sums.map(bend) : sums);
    }
    layers.push({ z, h });
    read = h;
  }
  return layers;
}

/** The softmax of scores, class by class. @param {Float64Array[]} scores */
export function softmax(scores) {
  const probs = scores.map((values) => Float64Array.from(values));
  for (let i = 0; i < scores[0].length; i++) {
    let [top, sum] = [-Infinity, 0];
    for (const values of scores) top = Math.max(top, values[i]);
    for (const values of probs) sum += values[i] = Math.exp(values[i] - top);
    for (const values of probs) values[i] /= sum;
  }
  return probs;
}

const MARGIN = 1; // by which a class must lead for the others to cost nothing in the hinge

/** By how much each class lies above the best of the others, as a share of the margin: 0 where it does not, 1 from the margin on.
 * @param {Float64Array[]} scores */
export function leads(scores) {
  return scores.map((values, k) => values.map((value, i) => Math.min(1, Math.max(0, (value - bestOfOthers(scores, k, i)) / MARGIN))));
}

/** @param {Float64Array[]} scores @param {number} k a class @param {number} i a point */
export function bestOfOthers(scores, k, i) {
  let best = -Infinity;
  for (let j = 0; j < scores.length; j++) if (j !== k) best = Math.max(best, scores[j][i]);
  return best;
}

/** The loss of each point: the cross-entropy in nats, or the hinge. @param {Float64Array[]} scores @param {Numbers} y classes @param {string} loss */
export function lossesOf(scores, y, loss) {
  return Float64Array.from({ length: y.length }, (_, i) => {
    if (loss === "hinge") return scores.reduce((sum, values, k) => sum + (k === y[i] ? 0 : Math.max(0, values[i] - scores[y[i]][i] + MARGIN)), 0);
    let [top, sum] = [-Infinity, 0];
    for (const values of scores) top = Math.max(top, values[i]);
    for (const values of scores) sum += Math.exp(values[i] - top);
    return Math.log(sum) - (scores[y[i]][i] - top);
  });
}

/** The gradient of each point's own loss with respect to its scores. @param {Float64Array[]} scores @param {Numbers} y @param {string} loss */
export function dscoresOf(scores, y, loss) {
  const dscores = loss === "hinge"
    ? scores.map((values, k) => values.map((value, i) => (k !== y[i] && value - scores[y[i]][i] + MARGIN > 0 ? 1 : 0)))
    : softmax(scores);
  for (let i = 0; i < y.length; i++) {
    const others = loss === "hinge" ? dscores.reduce((sum, values) => sum + values[i], 0) : 1;
    dscores[y[i]][i] -= others; // the own class answers for the others
  }
  return dscores;
}

/** The class with the highest score at a point. @param {Float64Array[]} scores @param {number} i */
export function winnerAt(scores, i) {
  let winner = 0;
  for (let k = 1; k < scores.length; k++) if (scores[k][i] > scores[winner][i]) winner = k;
  return winner;
}

/** From the gradient with respect to the scores back through a whole net: with respect to its parameters, and to each layer's outputs.
 * @param {Shape} net @param {Numbers} p @param {Float64Array[]} inputs @param {LayerValues[]} layers @param {Float64Array[]} dscores */
export function backward({ sizes, activation }, p, inputs, layers, dscores) {
  const { slope } = ACTIVATIONS[activation];
  const offsets = offsetsOf(sizes);
  const dp = new Float64Array(offsets[offsets.length - 1]);
  const outputs = [dscores]; // of the last layer first
  let dz = dscores;
  for (let layer = layers.length - 1; layer >= 0; layer--) {
    const read = layer ? layers[layer - 1].h : inputs;
    const dread = read.map((values) => new Float64Array(values.length));
    dz.forEach((dsums, unit) => {
      const row = offsets[layer] + unit * (read.length + 1);
      read.forEach((values, j) => {
        const [w, into] = [p[row + j], dread[j]];
        let sum = 0;
        for (let i = 0; i < dsums.length; i++) {
          sum += dsums[i] * values[i];
          into[i] += dsums[i] * w;
        }
        dp[row + j] = sum;
      });
      dp[row + read.length] = dsums.reduce((sum, value) => sum + value, 0);
    });
    if (!layer) break;
    outputs.unshift(dread);
    dz = dread.map((values, j) => values.map((value, i) => value * slope(read[j][i])));
  }
  return { dp, outputs };
}

/** The loss over points and its gradient, flat, as training computes them.
 * @param {Shape} net @param {Numbers} p @param {Float64Array[]} inputs @param {Numbers} y @param {number} reg @param {number} regL1 */
export function lossAndGradient(net, p, inputs, y, reg, regL1) {
  const layers = forward(net, p, inputs);
  const scores = layers[layers.length - 1].z;
  const losses = lossesOf(scores, y, net.loss);
  const dscores = dscoresOf(scores, y, net.loss).map((values) => values.map((value) => value / y.length));
  const { dp } = backward(net, p, inputs, layers, dscores);
  const penalty = penaltyOf(net.sizes, p, reg, regL1);
  eachWeight(net.sizes, (i) => { dp[i] += reg * p[i] + regL1 * Math.sign(p[i]); });
  return { data: losses.reduce((sum, loss) => sum + loss, 0) / y.length, penalty, gradient: dp };
}

/** ½·reg·ΣW² + regL1·Σ|W|, over the weights and not the biases. @param {number[]} sizes @param {Numbers} p @param {number} reg @param {number} regL1 */
export function penaltyOf(sizes, p, reg, regL1) {
  let penalty = 0;
  eachWeight(sizes, (i) => { penalty += 0.5 * reg * p[i] * p[i] + regL1 * Math.abs(p[i]); });
  return penalty;
}

/** @param {number[]} sizes @param {(index: number) => void} visit */
function eachWeight(sizes, visit) {
  let at = 0;
  for (let layer = 1; layer < sizes.length; layer++) {
    for (let unit = 0; unit < sizes[layer]; unit++, at++) for (let j = 0; j < sizes[layer - 1]; j++) visit(at++);
  }
}
