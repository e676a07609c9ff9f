// @ts-check
// The rows that are selected, by name: they stay selected when they leave the
// screen or the window.

import { get } from "./api.js";
import { keyOf } from "./lock.js";

/** @typedef {import("./types.js").Lock} Lock */

/** The most locks that are selected, and that are asked for at once. */
const most = 5000;
const pageSize = 1000;

export class Selection {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    /** Each as it was last known. @type {Map<string, Lock>} */
    this.locks = new Map();
    /** Where a range begins: the last row that was selected alone. */
    this.from = -1;
  }

  /** @param {string} key */
  has(key) {
    return this.locks.has(key);
  }

  /**
   * @param {Lock} lock
   * @param {number} place
   */
  toggle(lock, place) {
    const key = keyOf(lock);
    if (!this.locks.delete(key)) this.locks.set(key, lock);
    this.from = place;
    this.changed();
  }

  /** @param {Iterable<Lock>} locks */
  add(locks) {
    for (const lock of locks) if (this.locks.size < most) this.locks.set(keyOf(lock), lock);
    this.changed();
  }

  clear() {
    this.locks.clear();
    this.from = -1;
    this.changed();
  }

  /** @param {string} key */
  drop(key) {
    if (this.locks.delete(key)) this.changed();
  }

  /**
   * Knows the selected ones as they are now.
   * @param {Map<string, Lock>} rows
   */
  follow(rows) {
    for (const key of this.locks.keys()) {
      const lock = rows.get(key);
      if (lock) this.locks.set(key, lock);
    }
  }
}

/**
 * Rows that the table need not have: asked of the server, page by page.
 * @param {string} query what the table shows, as in an address
 * @param {number} offset
 * @param {number} count
 * @returns {Promise<Lock[]>}
 */
export async function fetchRows(query, offset, count) {
  /** @type {Lock[]} */
  const found = [];
  const wanted = Math.min(count, most);
  while (found.length < wanted) {
    const limit = Math.min(pageSize, wanted - found.length);
    const page = await get(`locks?${query}&offset=${offset + found.length}&limit=${limit}`);
    found.push(...page.locks);
    if (page.locks.length < limit) break;
  }
  return found;
}
