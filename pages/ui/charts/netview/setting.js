// @ts-check
/* What a hand sets: the parameter that is meant, the weights of a unit, and what came of it as key figures. */

/** @typedef {import("./says.js").Spotted} Spotted */
/** @typedef {import("./arrange.js").Node} Node */
/** @typedef {import("./arrange.js").Plan} Plan */
/** @typedef {import("./weights.js").Weights} Weights */

/** The unit that is meant, by itself, or by one of the weights that it reads with. @param {Spotted | null} spotted @returns {Node | null} */
export function nodeOf(spotted) {
  if (spotted?.kind === "weight") return spotted.wire.to;
  return spotted && spotted.kind !== "place" ? spotted.node : null;
}

/** @param {Plan | null} plan @param {import("./hand.js").Held} held @returns {Spotted | null} */
export function spottedOf(plan, { from, to }) {
  if (!from) return { kind: "bias", node: to };
  const wire = plan?.wires.find((each) => each.from === from && each.to === to);
  return wire ? { kind: "weight", wire } : null;
}

/** The parameter that is pointed at, its number and its layer; null where it is none. @param {Weights} weights @param {Spotted | null} spotted */
export function parameterOf(weights, spotted) {
  if (spotted?.kind !== "weight" && spotted?.kind !== "bias") return null;
  const { layer, to, from } = spotted.kind === "bias" ? { layer: spotted.node.layer, to: spotted.node, from: null } : spotted.wire;
  return { index: weights.indexOf(layer, to.row, from ? from.row : null), layer, to, from };
}

/** The bias and the weights that a unit reads with. @param {Plan | null} plan @param {Node | null} unit @returns {import("./hand.js").Held[]} */
export function choicesOf(plan, unit) {
  if (!plan || !unit || unit.kind === "input") return [];
  const read = plan.wires.filter((wire) => wire.to === unit).map(({ layer, from }) => ({ layer, to: unit, from }));
  return [{ layer: unit.layer, to: unit, from: null }, ...read];
}

/** Nothing reads a unit any more. @param {Weights} weights @param {Plan | null} plan @param {Node} unit */
export function silence(weights, plan, unit) {
  weights.begin();
  for (const { from, to, layer } of plan?.wires ?? []) if (from === unit) weights.set(weights.indexOf(layer, to.row, from.row), 0);
}

/** Loss and accuracies of the net that a hand has changed, as the chart shows the run's own. @param {Diagram} diagram @param {import("./moment.js").Moment} moment @returns {KeyFigure[]} */
export function figuresByHand({ words }, moment) {
  const { data, penalty, train, test } = moment.measures();
  const exact = (/** @type {number} */ value) => (value < 1e4 ? value.toFixed(4) : value.toExponential(2));
  const share = (/** @type {number | null} */ value) => (value === null ? "–" : `${(100 * value).toFixed(1)}%`);
  const parts = words.lossParts.replace("{data}", exact(data)).replace("{reg}", exact(penalty));
  return [
    { label: words.loss, values: [exact(data + penalty)], note: [parts] },
    { label: words.accuracy, values: [share(train)], note: [words.byHand] },
    { label: words.heldOut, values: [share(test)], note: [words.byHand] },
  ];
}
