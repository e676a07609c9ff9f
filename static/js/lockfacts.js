// @ts-check
// What is said of one lock in sentences: the same as views/lock_data.go.

import { age, dash } from "./format.js";
import { libraryWords, waitingWords } from "./lock.js";
import { settings } from "./settings.js";
import { plain } from "./visible.js";

/** @typedef {import("./types.js").Lock} Lock */

/** @type {Record<string, string>} */
const flagWords = {
  "no-expiry": "a key without expiry: it stays until somebody deletes it",
  "tokens-differ": "the nodes hold different tokens",
  "ttls-differ": "the nodes’ expiries differ by more than the clock drift",
  "fence-back": "its fence is not above that of a holder before",
  overlap: "two holders at the same time: the second took it while the first may still believe that it has it",
};

/** @type {Record<string, (yes: number, of: number) => string>} */
const why = {
  contested: (yes, of) => `Split: the largest share is ${yes} of ${of} votes and ${settings.quorum} are needed. Nobody holds it.`,
  residue: (yes, of) => `Left over on ${yes} of ${of} nodes, fewer than the quorum of ${settings.quorum}. Nobody holds it.`,
  unknown: () => "Too many nodes do not answer to tell whether it is held.",
  free: () => "No node holds a key of this name.",
};

/**
 * What follows from the votes of a lock that nobody holds.
 * @param {Lock} lock
 */
export function whyWords({ state, votes }) {
  return why[state]?.(votes.filter((vote) => vote.vote === "granted").length, votes.length) ?? "";
}

/** @param {Lock} lock */
export const flagsWords = ({ flags }) => flags.map((flag) => flagWords[flag] ?? plain(flag));

/**
 * Who took the lock.
 * @param {Lock} lock
 */
export function throughWords({ holder }) {
  if (!holder) return dash;
  if (holder.managed) return "this dashboard";
  return holder.library ? plain(libraryWords(holder)) : "an unknown client";
}

/**
 * Who waits, and for how long the first does.
 * @param {Lock} lock
 * @param {number} now
 */
export function queueWords(lock, now) {
  const { waiters } = lock;
  if (!waiters?.visible) return lock.state === "free" ? dash : "not visible: other clients’ queues are not in Redis";
  if (waiters.count === 0) return "nobody";
  const first = waiters.oldestSince ? `, the first for ${age(now - Date.parse(waiters.oldestSince))}` : "";
  const who = waiters.who?.length ? `: ${waiters.who.map(plain).join(", ")}${waiters.who.length < waiters.count ? ", …" : ""}` : "";
  return `${waitingWords(lock)} waiting${first}${who}`;
}
