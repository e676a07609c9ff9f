// @ts-check
// What is known of the attempt that took a lock: what each node said and when.

import { roundTrip } from "./format.js";
import { plain } from "./visible.js";

/** @typedef {import("./types.js").Lock} Lock */
/** @typedef {import("./types.js").Vote} Vote */

/**
 * What a node said: "granted"; "other"; "uncounted" for a vote that does not
 * count; "unclear" for an answer of which only the time is known; "silent" for
 * none.
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
 * What to make of a node's vote, which tells what the node says now. A reason
 * beside a granted vote is from the attempt: the key is there, but the answer
 * did not count. A node that sits out and has a key sat out in the attempt, too;
 * one that has none may have lost it, and its memory, since.
 * @param {Vote} vote
 * @returns {Said}
 */
export function saidOf({ vote, rttMicros, reason, fingerprint }) {
  if (vote === "amnesia") return "uncounted";
  if (vote === "quarantined") return rttMicros && !fingerprint ? "unclear" : "uncounted";
  if (!rttMicros) return "silent";
  if (vote === "granted") return reason ? "uncounted" : "granted";
  return vote === "other" ? "other" : "unclear";
}

/**
 * What has become of a node of which only the time of its answer is known.
 * @type {Record<string, string>}
 */
const since = {
  down: "down since",
  timeout: "does not answer now",
  free: "holds nothing now",
  quarantined: "sits out now",
};

/**
 * The same in words: "granted · 310 µs".
 * @param {Vote} vote
 */
export function saidWords(vote) {
  const time = vote.rttMicros ? ` · ${roundTrip(vote.rttMicros)}` : "";
  switch (saidOf(vote)) {
    case "granted": return `granted${time}`;
    case "other": return `other${time}`;
    case "unclear": return `answered${time} · ${since[vote.vote] ?? "unclear now"}`;
    case "silent": return "no answer";
  }
  return `not counted: ${whyNot(vote)}${time}`;
}

/**
 * Reasons go on about what follows; the first part is enough beside a bar.
 * @param {Vote} vote
 */
function whyNot({ reason }) {
  const [first] = (reason ?? "").split(/: (?:this vote|sits out) /);
  return plain(first) || "it lost its memory";
}

/**
 * How well a vote is remembered. The server keeps the times of an attempt, but
 * the words of now: a node that granted its vote may be down by the time that
 * the next frame comes.
 * @param {Vote} vote
 */
function weight(vote) {
  const said = saidOf(vote);
  return said === "granted" ? 2 : said === "other" || said === "uncounted" ? 1 : 0;
}

/**
 * The attempt that took a lock, or null where its times are not known. What was
 * seen of the same attempt earlier is kept.
 * @param {Lock} lock
 * @param {number} needed votes that make a quorum
 * @param {Attempt|null} before
 * @returns {Attempt|null}
 */
export function attemptOf({ holder, votes }, needed, before) {
  if (!holder?.managed || !votes.some((vote) => vote.rttMicros)) return null;
  const { fingerprint } = holder;
  if (before?.fingerprint === fingerprint) {
    votes = votes.map((vote) => {
      const old = before.votes.find(({ node }) => node === vote.node);
      return old && weight(old) > weight(vote) ? old : vote;
    });
  }
  const slowest = Math.max(...votes.map((vote) => vote.rttMicros ?? 0));
  return { fingerprint, votes, slowest, quorum: quorumAt(votes, needed) };
}

/**
 * When the quorum was reached: with the last granted vote that it needed. An
 * answer before that which may have been a vote, too, leaves it open.
 * @param {Vote[]} votes
 * @param {number} needed
 */
function quorumAt(votes, needed) {
  const times = (/** @type {Said} */ said) => votes.filter((vote) => saidOf(vote) === said).map((vote) => vote.rttMicros ?? 0);
  const at = times("granted").sort((a, b) => a - b)[needed - 1];
  return at === undefined || times("unclear").some((time) => time < at) ? null : at;
}
