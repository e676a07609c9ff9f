// @ts-check
// What is said of a node: the same as views/nodes.go.

import { number, remaining, roundTrip, wait } from "./format.js";
import { plain } from "./visible.js";

/** @typedef {import("./types.js").Node} Node */

/**
 * What a node is, in one word.
 * @param {Node} node
 * @returns {"up"|"down"|"quarantined"|"uncounted"}
 */
export function stateOf(node) {
  if (!node.up) return "down";
  if (node.quarantine) return "quarantined";
  return node.votes ? "up" : "uncounted";
}

/**
 * Its round trip, or what is wrong.
 * @param {Node} node
 * @param {number} now
 */
export function wordsOf(node, now) {
  switch (stateOf(node)) {
    case "down": return node.error ? `down · ${node.error}` : "down";
    case "quarantined": return backWords(node, now);
    case "uncounted": return "no vote yet";
  }
  return node.rttMicros ? roundTrip(node.rttMicros) : "up";
}

/**
 * When a node that sits out votes again.
 * @param {Node} node
 * @param {number} now
 */
export function backWords({ quarantine }, now) {
  if (!quarantine?.until) return "sits out";
  const left = Date.parse(quarantine.until) - now;
  return left > 0 ? `back in ${wait(left)}` : "back any moment";
}

/**
 * How far a clock is off: "120 µs behind ± 80 µs".
 * @param {Node} node
 */
export function clockWords({ clock }) {
  if (!clock) return "not measured";
  const { offsetMicros: offset, errorMicros: error, jumps } = clock;
  let words = offset ? `${difference(Math.abs(offset))} ${offset < 0 ? "behind" : "ahead"}` : "exact";
  if (error > 0) words += ` ±\u202f${difference(error)}`;
  if (jumps > 0) words += jumps === 1 ? ", jumped once" : `, jumped ${number(jumps)} times`;
  return words;
}

/** @param {number} micros */
const difference = (micros) => (micros < 1e6 ? roundTrip(micros) : remaining(micros / 1000));

/**
 * The first finding that breaks a promise, or "".
 * @param {Node} node
 */
export function graveOf(node) {
  return node.findings?.find((finding) => finding.grave)?.text ?? "";
}

/** @param {Node} node */
export function versionOf(node) {
  return plain(join(node.version && `Redis ${node.version}`, node.mode, node.role));
}

/** @param {(string|null|undefined|false)[]} words */
const join = (...words) => words.filter(Boolean).join(" · ");

/**
 * What a card says to a pointer or the focus that rests on it.
 * @param {Node} node
 */
export function tipOf(node) {
  /** @type {Record<string, string>} */
  const why = {
    down: plain(node.error ?? ""),
    quarantined: join(plain(node.quarantine?.reason ?? ""), "its votes do not count"),
    uncounted: "its votes do not count until its memory is known",
  };
  return join(why[stateOf(node)], plain(graveOf(node)), versionOf(node),
    node.up && node.notifications && `notifications ${node.notifications}`,
    node.up && node.clock && `clock ${clockWords(node)}`, `${number(node.keys)} keys`);
}
