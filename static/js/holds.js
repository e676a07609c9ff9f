// @ts-check
// Who held a lock, which only the server remembers. It is asked when something
// about the holders changes, not for every change.

import { get } from "./api.js";
import { keyOf, nameQuery } from "./lock.js";

/** @typedef {import("./types.js").Hold} Hold */
/** @typedef {import("./types.js").Lock} Lock */

/** How long to wait for further changes, in milliseconds. */
const pause = 300;
/** How long until it is asked again how a holder's time ended, in milliseconds. */
const doubt = 2000;

export class Holds {
  /**
   * @param {(holds: Hold[]) => void} known told all holds that are remembered
   * @param {() => void} [other] told that it is about another lock now
   */
  constructor(known, other) {
    this.known = known;
    this.other = other;
    this.key = "";
    this.seen = "";
    this.timer = 0;
  }

  /** @param {Lock} lock */
  follow(lock) {
    const key = keyOf(lock);
    const seen = [lock.holder?.fingerprint, lock.state === "free", lock.expiresAt, lock.flags.includes("overlap")].join();
    const other = this.key !== key;
    if (!other && this.seen === seen) return;
    this.key = key;
    this.seen = seen;
    if (other) this.other?.();
    // Changes that follow each other without a rest do not put it off.
    if (other || !this.timer) this.later(lock, other ? 0 : pause);
  }

  /** @param {Lock} lock @param {number} after */
  later(lock, after) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.timer = 0; void this.ask(lock); }, after);
  }

  /** @param {Lock} lock */
  async ask(lock) {
    const { key, seen } = this;
    let answer;
    try {
      answer = await get(`locks/one?${nameQuery(lock)}`);
    } catch {
      return; // the stream says that there is no connection
    }
    if (this.key !== key) return;
    /** @type {Hold[]} */
    const holds = answer.history;
    this.known(holds);
    if (this.seen === seen && !this.timer && holds.some(({ to, how }) => to && !how)) this.later(lock, doubt);
  }
}
