// @ts-check
// What is known of the attempt that took a lock: what each node said and when.

import { roundTrip } from "./format.js";
import { plain } from "./visible.js";

/** @typedef {import("./types.js").Lock} Lock */
/** @typedef {import("./types.js").Vote} Vote */

/**
 * What a node said: "granted"; "other"; "uncounted" for a vote that does not
 * count; "unclear" for an answer that is neither yes nor no; "silent" for none.
 * @typedef {"granted"|"other"|"uncounted"|"unclear"|"silent"} Said
 */

/**
 * @typedef {object} Attempt
 * @property {string} fingerprint of the token that it set
 * @property {Vote[]} votes
 * @property {number} slowest in microseconds
 * @property {number|null} quorum when the quorum was reached, in microseconds;
 *   null when that cannot be told
 */

/**
 * What to make of what a node said in the attempt.
 * @param {Vote} vote
 * @returns {Said}
 */
export function saidOf({ said, rttMicros }) {
  switch (said) {
    case "granted":
    case "other": return said;
    case "amnesia":
    case "quarantined": return "uncounted";
  }
  return rttMicros ? "unclear" : "silent";
}

/**
 * The same in words: "granted · 310 µs".
 * @param {Vote} vote
 */
export function saidWords(vote) {
  const time = vote.rttMicros ? ` · ${roundTrip(vote.rttMicros)}` : "";
  switch (saidOf(vote)) {
    case "granted": return `granted${time}`;
    case "other": return `other${time}`;
    case "unclear": return `no clear answer${why(vote)}${time}`;
    case "silent": return "no answer";
  }
  return `not counted${why(vote) || ": it lost its memory"}${time}`;
}

/**
 * Reasons go on about what follows; the first part is enough beside a bar.
 * @param {Vote} vote
 */
function why({ saidReason }) {
  const [first] = (saidReason ?? "").split(/: (?:this vote|sits out) /);
  return first ? `: ${plain(first)}` : "";
}

/**
 * The attempt that took a lock, or null where its times are not known.
 * @param {Lock} lock
 * @param {number} needed votes that make a quorum
 * @returns {Attempt|null}
 */
export function attemptOf({ holder, votes }, needed) {
  if (!holder?.managed || !votes.some((vote) => vote.rttMicros)) return null;
  const slowest = Math.max(...votes.map((vote) => vote.rttMicros ?? 0));
  return { fingerprint: holder.fingerprint, votes, slowest, quorum: quorumAt(votes, needed) };
}

/**
 * When the quorum was reached: with the last granted vote that it needed.
 * @param {Vote[]} votes
 * @param {number} needed
 */
function quorumAt(votes, needed) {
  const granted = votes.filter((vote) => saidOf(vote) === "granted").map((vote) => vote.rttMicros ?? 0);
  return granted.sort((a, b) => a - b)[needed - 1] ?? null;
}
