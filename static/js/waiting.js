// @ts-check
// What the dialog shows while it waits for a lock that somebody else holds: the
// place in the queue, the time, the holder and what is left of its lease.

import { get } from "./api.js";
import { serverNow } from "./clock.js";
import { clock, millisOf, ordinal, remaining, spaced } from "./format.js";
import { deadline, holderHue, holderWords, nameOf, still } from "./lock.js";
import { fieldOf, find, put } from "./settings.js";
import { show } from "./visible.js";

/** @typedef {import("./types.js").Lock} Lock */

/** A lock that is free is had at once; only a wait that lasts is shown. */
const patience = 250;
/** How often a lock is asked for whose row is not in the window. */
const askEvery = 2000;

export class Waiting {
  /** @param {(on: boolean) => void} shown told when the fields have to make room */
  constructor(shown) {
    this.shown = shown;
    this.element = find("#waiting");
    this.name = "";
    this.wait = "";
    this.began = 0;
    this.asked = 0;
    this.timer = 0;
    /** @type {Lock|null} */
    this.lock = null;
  }

  /** @param {string} name */
  part(name) {
    return fieldOf(name, this.element);
  }

  /**
   * @param {string} name
   * @param {string} wait as it stands in the API
   */
  begin(name, wait) {
    this.end();
    Object.assign(this, { name, wait, began: performance.now(), asked: 0, lock: null });
    show(this.part("wanted"), name);
    put(this.part("position"), "");
    this.timer = setInterval(() => this.draw(), 100);
  }

  end() {
    clearInterval(this.timer);
    this.timer = 0;
    if (this.element.hidden) return;
    this.element.hidden = true;
    this.shown(false);
  }

  /**
   * A frame that says how far the queue has moved; 1 is next.
   * @param {import("./types.js").Frame} frame
   */
  placed({ name, nameB64, position, of }) {
    if (!this.timer || nameOf({ name, nameB64 }) !== this.name) return;
    put(this.part("position"), position > 1 ? `${ordinal(position)} of ${of} in line` : "next in line");
    this.reveal();
  }

  /**
   * The holder, where its row is on the page.
   * @param {Map<string, Lock>} rows
   */
  follow(rows) {
    if (!this.timer) return;
    const lock = rows.get(this.name);
    if (!lock) return;
    this.asked = performance.now();
    this.lock = lock;
  }

  reveal() {
    if (!this.element.hidden) return;
    this.element.hidden = false;
    this.shown(true);
    this.draw();
  }

  draw() {
    const past = performance.now() - this.began;
    if (this.element.hidden) {
      if (past > patience) this.reveal();
      return;
    }
    const whole = millisOf(this.wait);
    put(this.part("elapsed"), `${clock(Math.min(past, whole))} of ${spaced(this.wait)}`);
    this.part("progress").style.transform = `scaleX(${Math.min(past / whole, 1).toFixed(3)})`;
    if (performance.now() - this.asked > askEvery) void this.ask();
    this.drawHolder();
  }

  drawHolder() {
    const { lock } = this;
    const held = lock?.holder && ["held", "expiring"].includes(lock.state);
    put(this.part("by-word"), lock ? (held ? "held by" : `it is ${lock.state}`) : "asking who holds it");
    this.part("swatch").dataset.hue = lock && held ? holderHue(lock) : "";
    const holder = lock && held ? holderWords(lock) : "";
    if (this.part("holder").textContent !== holder) show(this.part("holder"), holder);
    put(this.part("left"), lock && held ? still(lock) || `${remaining(deadline(lock) - serverNow())} left` : "");
  }

  async ask() {
    this.asked = performance.now();
    const { name } = this;
    const lock = await get(`locks/one?name=${encodeURIComponent(name)}`).catch(() => null);
    if (lock && this.timer && name === this.name) this.lock = lock;
  }
}
