// @ts-check
/* The line below the diagram: what is pointed at, in a sentence; else what is drawn, with the key to its lines. */
import { shape } from "../component/legend.js";
import { filled, nameOf, percent, placeSays, short, unitSays } from "./says.js";

/** @param {Diagram} diagram @param {import("./moment.js").Moment} moment @param {import("./weights.js").Weights} weights
 * @param {import("./says.js").Spotted | null} spotted @returns {(string | Element)[]} */
export function sentenceOf(diagram, moment, weights, spotted) {
  const { words, whole } = diagram;
  if (!spotted) return [diagram.about || words.hint, ...keyOf(words)];
  if (spotted.kind === "place") {
    const { scores, sure, beside } = moment.at(spotted.x, spotted.y);
    return [placeSays(diagram, scores, sure ?? [], spotted, beside)];
  }
  if (spotted.kind === "unit") {
    const { node } = spotted;
    const name = strong(nameOf(diagram, node));
    if (node.kind === "input") return [name, `: ${words.inputSays}.`];
    if (node.kind === "output") return whole ? [name, `: ${filled(words.outputSays, { share: percent(moment.wins(node.row)) })}.`] : [name];
    const { z, pull } = moment.unit(node);
    return [name, ": ", unitSays(diagram, z, pull), ` ${words.fold}`];
  }
  const bias = spotted.kind === "bias";
  const { layer, to, from } = bias ? { layer: spotted.node.layer, to: spotted.node, from: null } : { ...spotted.wire };
  const index = weights.indexOf(layer, to.row, from ? from.row : null);
  const values = { from: from ? nameOf(diagram, from) : "", to: nameOf(diagram, to), value: short(weights.now[index]) };
  const gradient = moment.gradient(index);
  const more = gradient === null ? "" : `; ${filled(words.gradient, { value: short(gradient) })}`;
  return [filled(bias ? words.biasOf : words.weight, values) + more + "."];
}

/** @param {string} text */
function strong(text) {
  const made = document.createElement("b");
  made.textContent = text;
  return made;
}

/** What the lines and marks mean. @param {Words} words @returns {(string | Element)[]} */
function keyOf(words) {
  const key = document.createElement("span");
  key.className = "key";
  for (const kind of ["positive", "negative"]) {
    const picture = shape("svg", { viewBox: "0 0 26 8", "aria-hidden": "true" });
    picture.append(shape("path", { d: "M0 4h26", class: `wire ${kind}`, "stroke-width": 3 }));
    key.append(picture, words[kind]);
  }
  return [" ", key];
}

/** Put a sentence on the page, if it is another one: else it would be read out again. @param {HTMLElement} place @param {(string | Element)[]} sentence */
export function say(place, sentence) {
  const text = sentence.map((part) => (typeof part === "string" ? part : part.textContent)).join("");
  if (text !== place.textContent) place.replaceChildren(...sentence);
}
