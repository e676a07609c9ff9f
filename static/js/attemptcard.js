// @ts-check
// The attempt card: one bar per node from the question to its answer, a line
// where they were a quorum, and how long the lease still lasts.

import { attemptOf, saidOf, saidWords } from "./attempt.js";
import { count, forget } from "./countdown.js";
import { roundTrip } from "./format.js";
import { keyOf } from "./lock.js";
import { fieldOf, find, put, settings } from "./settings.js";
import { showTime } from "./times.js";

/** @typedef {import("./types.js").Lock} Lock */
/** @typedef {import("./attempt.js").Attempt} Attempt */

/** How long the slowest answer takes to arrive on the screen. */
const growMillis = 600;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class AttemptCard {
  constructor() {
    this.element = find("#attempt");
    /** @param {string} name */
    const part = (name) => fieldOf(name, this.element);
    this.parts = {
      mark: part("quorum-mark"), quorum: part("quorum"), line: part("quorum-line"), slowest: part("slowest"),
      validity: part("validity"), until: part("until"),
    };
    /** The loop writes the age of a hold, too, which has its place elsewhere. */
    this.lease = { bar: part("lease"), text: part("lease-left"), held: document.createElement("span") };
    /** @type {Attempt|null} */
    this.attempt = null;
    this.key = "";
    this.token = "";
  }

  /**
   * Shows how the lock was taken, or nothing where that is not known.
   * @param {Lock} lock
   * @returns {boolean} whether it says until when the lease is valid
   */
  show(lock) {
    const same = this.key === keyOf(lock);
    const attempt = attemptOf(lock, settings.quorum);
    const before = same && attempt?.fingerprint === this.attempt?.fingerprint ? this.attempt : null;
    this.key = keyOf(lock);
    this.attempt = attempt;
    this.element.hidden = !attempt;
    if (attempt) this.draw(attempt, before);
    return this.validity(attempt ? lock : null);
  }

  /** Stops what runs while nobody sees it. */
  rest() {
    this.validity(null);
  }

  /**
   * @param {Attempt} attempt
   * @param {Attempt|null} before what the card shows of it already
   */
  draw({ votes, slowest, quorum }, before) {
    for (const vote of votes) {
      const line = this.element.querySelector(`[data-attempt-node="${CSS.escape(vote.node)}"]`);
      if (!(line instanceof HTMLElement)) continue;
      const bar = fieldOf("bar", line);
      const said = saidOf(vote);
      const words = saidWords(vote);
      // Without an answer the question is still out at the end of the scale.
      const part = vote.rttMicros ? vote.rttMicros / slowest : 1;
      if (line.dataset.said !== said) line.dataset.said = said;
      line.toggleAttribute("data-answered", Boolean(vote.rttMicros));
      put(fieldOf("words", line), words);
      bar.style.width = percent(part);
      if (vote.rttMicros && !before?.votes.find(({ node }) => node === vote.node)?.rttMicros) grow(bar, part);
    }
    const { mark, line } = this.parts;
    mark.hidden = line.hidden = quorum === null;
    put(this.parts.slowest, roundTrip(slowest));
    if (quorum === null) return;
    const at = quorum / slowest;
    put(this.parts.quorum, `quorum ${roundTrip(quorum)}`);
    // The label hangs on the line by the same part of its own width, so that it
    // never leaves the scale.
    mark.style.left = line.style.left = percent(at);
    this.parts.quorum.style.transform = `translateX(-${percent(at)})`;
    if (!before) appear([mark, line], at);
  }

  /** @param {Lock|null} lock */
  validity(lock) {
    const { validity, until } = this.parts;
    const valid = lock && ["held", "expiring"].includes(lock.state) && lock.expiresAt ? lock : null;
    const token = valid ? `${keyOf(valid)} ${valid.holder?.fingerprint}` : "";
    // Another lease is no extension of the one before.
    if (token !== this.token) forget(validity);
    this.token = token;
    validity.hidden = !valid;
    if (!valid) return false;
    const end = Date.parse(valid.expiresAt ?? "");
    validity.dataset.state = valid.state;
    showTime(until, new Date(end).toISOString());
    count(validity, this.lease, end, valid.holder?.since ? Date.parse(valid.holder.since) : 0);
    return true;
  }
}

/**
 * All bars grow at one speed, so that the answers come in the order in which
 * they came.
 * @param {HTMLElement} bar
 * @param {number} part
 */
function grow(bar, part) {
  if (calm.matches) return;
  bar.animate({ clipPath: ["inset(0 100% 0 0)", "inset(0)"] }, { duration: part * growMillis });
}

/**
 * @param {HTMLElement[]} elements
 * @param {number} part
 */
function appear(elements, part) {
  if (calm.matches) return;
  for (const element of elements) {
    element.animate({ opacity: [0, 1] }, { delay: part * growMillis, duration: 120, fill: "backwards" });
  }
}

/** @param {number} part */
const percent = (part) => `${(part * 100).toFixed(2)}%`;
