// @ts-check
// A refused attempt in words: who holds the lock and for how long, or which
// nodes are missing and why.

import { remaining } from "./format.js";
import { settings } from "./settings.js";
import { nodesOf } from "./visible.js";
import { tally } from "./votes.js";

/** @typedef {import("./types.js").Vote} Vote */
/** @typedef {import("./visible.js").Sentence} Sentence */

/**
 * @param {import("./api.js").Problem} problem
 * @returns {Sentence}
 */
export function refusalWords({ code, body, message }) {
  if (code === "held") return [...heldWords(body), ...queuedWords(body.queued ?? 0)];
  if (code === "no_quorum") return [`no quorum: ${tally(body.votes ?? [], body.quorum ?? settings.quorum)}`];
  return [{ said: message }];
}

/**
 * @param {Record<string, any>} body
 * @returns {Sentence}
 */
function heldWords({ holder, ttlMillis }) {
  const by = { said: holder?.owner || (holder?.fingerprint ? `unknown client · ${holder.fingerprint}` : "somebody else") };
  if (ttlMillis === -1) return ["held by ", by, ", without expiry"];
  return ttlMillis > 0 ? ["held by ", by, ` for another ${remaining(ttlMillis)}`] : ["held by ", by];
}

/**
 * @param {number} n
 * @returns {Sentence}
 */
function queuedWords(n) {
  if (n < 1) return [];
  return [n === 1 ? "; one other waits for it" : `; ${n} others wait for it`];
}

/**
 * Why votes are missing, a line for each reason: "d, e: connection refused".
 * @param {Vote[]} votes
 * @returns {HTMLLIElement[]}
 */
export function reasonLines(votes) {
  /** @type {Map<string, string[]>} */
  const nodes = new Map();
  for (const { node, vote, reason } of votes) {
    if (!reason || vote === "granted") continue;
    nodes.set(reason, [...(nodes.get(reason) ?? []), node]);
  }
  return [...nodes].map(([reason, ids]) => {
    const line = document.createElement("li");
    const said = document.createElement("bdi");
    said.append(...nodesOf(reason));
    line.append(`${ids.join(", ")}: `, said);
    return line;
  });
}
