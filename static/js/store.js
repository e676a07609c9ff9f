// @ts-check
// The window of locks that the table shows, as the stream tells it.

import { keyOf, nameOf } from "./lock.js";

/** @typedef {import("./types.js").Lock} Lock */
/** @typedef {import("./types.js").Frame} Frame */

/** The order of the states by how much they need attention, as on the server. */
const urgency = ["contested", "unknown", "residue", "expiring", "held", "free"];
const never = Number.MAX_SAFE_INTEGER;

/** @type {Record<string, (lock: Lock) => number>} */
const ranks = {
  state: (lock) => urgency.indexOf(lock.state),
  expires: (lock) => (lock.expiresAt ? Date.parse(lock.expiresAt) : never),
  since: (lock) => (lock.holder?.since ? Date.parse(lock.holder.since) : never),
};

export class Store {
  constructor() {
    /** @type {Map<string, Lock>} */
    this.rows = new Map();
    /** @type {import("./types.js").Counts} */
    this.counts = { total: 0 };
    this.total = 0;
    this.offset = 0;
    this.loaded = false;
  }

  /** @param {Frame} frame */
  snapshot(frame) {
    this.rows = new Map(frame.rows.map((/** @type {Lock} */ lock) => [keyOf(lock), lock]));
    this.offset = frame.offset ?? 0;
    this.loaded = true;
    this.numbers(frame);
  }

  /**
   * Rows are merged, so that a frame may carry only what changed of them.
   * @param {Frame} frame
   */
  delta(frame) {
    for (const lock of frame.set ?? []) {
      const key = keyOf(lock);
      this.rows.set(key, { ...this.rows.get(key), ...lock });
    }
    for (const gone of frame.del ?? []) this.rows.delete(keyOf(gone));
    this.numbers(frame);
  }

  /** @param {Frame} frame */
  numbers(frame) {
    if (frame.counts) this.counts = frame.counts;
    if (typeof frame.total === "number") this.total = frame.total;
  }

  /**
   * The rows in order. Names decide between equals, so that rows stay put.
   * @param {string} sort
   * @returns {[string, Lock][]}
   */
  sorted(sort) {
    const down = sort.startsWith("-");
    const rank = ranks[down ? sort.slice(1) : sort];
    const list = [...this.rows].map(([key, lock]) => ({ key, lock, rank: rank ? rank(lock) : 0, name: nameOf(lock) }));
    list.sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    if (down) list.reverse();
    return list.map(({ key, lock }) => [key, lock]);
  }
}
