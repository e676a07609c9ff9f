// @ts-check
// The window of locks that the stream shows, and where it stands among all.

import { keyOf } from "./lock.js";
import { ordered } from "./order.js";

/** @typedef {import("./types.js").Lock} Lock */
/** @typedef {import("./types.js").Frame} Frame */

export class Store {
  constructor() {
    /** @type {Map<string, Lock>} */
    this.rows = new Map();
    /** @type {import("./types.js").Counts} */
    this.counts = { total: 0 };
    this.total = 0;
    /** How many rows come before the window. */
    this.offset = 0;
    this.sort = "name";
    this.loaded = false;
    /** @type {[string, Lock][]|null} */
    this.order = null;
  }

  /**
   * @param {Frame} frame
   * @param {string} sort the order of its rows
   */
  snapshot(frame, sort) {
    this.rows = new Map(frame.rows.map((/** @type {Lock} */ lock) => [keyOf(lock), lock]));
    this.offset = frame.offset ?? 0;
    this.sort = sort;
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
    this.order = null;
    if (frame.counts) this.counts = frame.counts;
    if (typeof frame.total === "number") this.total = frame.total;
  }

  /** The rows of the window in order. */
  get sorted() {
    this.order ??= ordered(this.rows, this.sort);
    return this.order;
  }
}
