// @ts-check
// The orders of the table: the same as watcher/rank.go, so that rows that the
// stream changes stand where the server has them.

import { nameOf } from "./lock.js";

/** @typedef {import("./types.js").Lock} Lock */
/** @typedef {{key: string, lock: Lock, name: string, number: number, word: string}} Ranked */

/** The states by how much they need attention. */
const urgency = ["contested", "unknown", "residue", "expiring", "held", "free"];
/** What a lock without what is sorted by has: it comes last both ways. */
const last = Number.MAX_SAFE_INTEGER;

/** @type {Record<string, (lock: Lock) => number|string>} */
const ranks = {
  state: (lock) => urgency.indexOf(lock.state),
  owner: ({ holder }) => (holder ? holder.owner || holder.library || "unknown" : last),
  expires: (lock) => (lock.expiresAt ? Date.parse(lock.expiresAt) : last),
  fence: (lock) => lock.fence || last,
  waiters: (lock) => lock.waiters?.count || last,
  since: (lock) => (lock.holder?.since ? Date.parse(lock.holder.since) : last),
};

/**
 * @param {Map<string, Lock>} rows
 * @param {string} sort a column, after a - the other way round
 * @returns {[string, Lock][]}
 */
export function ordered(rows, sort) {
  const down = sort.startsWith("-");
  const rank = ranks[down ? sort.slice(1) : sort];
  /** @type {Ranked[]} */
  const list = [];
  for (const [key, lock] of rows) {
    const by = rank ? rank(lock) : 0;
    list.push({ key, lock, name: nameOf(lock), number: typeof by === "number" ? by : 0, word: typeof by === "string" ? by : "" });
  }
  const way = down ? -1 : 1;
  list.sort((a, b) => {
    if (!rank) return way * compareText(a.name, b.name);
    const sign = a.number === last || b.number === last ? 1 : way;
    return sign * (a.number - b.number || compareText(a.word, b.word)) || compareText(a.name, b.name);
  });
  return list.map(({ key, lock }) => [key, lock]);
}

/**
 * Compares as the server does, by the bytes of UTF-8: by code points.
 * @param {string} a
 * @param {string} b
 */
function compareText(a, b) {
  const most = Math.min(a.length, b.length);
  for (let i = 0; i < most; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return weight(x) - weight(y);
  }
  return a.length - b.length;
}

/** Halves of surrogate pairs stand for what is above all other characters. */
const weight = (/** @type {number} */ unit) => (unit < 0xd800 ? unit : unit >= 0xe000 ? unit - 0x800 : unit + 0x2000);
