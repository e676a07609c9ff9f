// @ts-check
// The table of votes on the page of a lock: what each node says now, and said
// when the lock was taken.

import { dash, remaining, roundTrip } from "./format.js";
import { fieldOf, put } from "./settings.js";
import { plain, show } from "./visible.js";

/** @typedef {import("./types.js").Lock} Lock */

/** @param {string} node */
const lineOf = (node) => document.querySelector(`[data-vote-of="${CSS.escape(node)}"]`);

/** @param {Lock} lock */
export function showVotes(lock) {
  for (const vote of lock.votes) {
    const line = lineOf(vote.node);
    if (!line) continue;
    fieldOf("vote", line).dataset.vote = vote.vote;
    put(fieldOf("word", line), vote.vote);
    const reason = fieldOf("reason", line);
    if (reason.textContent !== plain(vote.reason ?? "")) show(reason, vote.reason ?? "");
    put(fieldOf("token", line), vote.fingerprint ?? dash);
    put(fieldOf("rtt", line), roundTrip(vote.rttMicros));
    put(fieldOf("said", line), (lock.holder?.managed && vote.said) || dash);
  }
}

/**
 * @param {Lock} lock
 * @param {number} now
 */
export function tickVotes(lock, now) {
  for (const vote of lock.votes) {
    const line = lineOf(vote.node);
    if (!line) continue;
    const left = vote.expiresAt ? remaining(Date.parse(vote.expiresAt) - now) : vote.fingerprint ? "no expiry" : "";
    put(fieldOf("left", line), left);
  }
}
