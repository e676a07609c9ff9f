// @ts-check
// A list of what happened and of who did what, the last first: follows the stream, can be held, and
// says where something is missing.

import { auditLineOf } from "./auditline.js";
import { lineOf as eventLineOf } from "./eventline.js";
import { number } from "./format.js";

/** @typedef {import("./types.js").Happening} Happening */
/** @typedef {import("./types.js").AuditEntry} AuditEntry */
/** @typedef {import("./types.js").Frame} Frame */

/** How many events wait at most while the feed is paused. */
const mostWaiting = 5000;

/** @param {Happening|AuditEntry} entry */
const lineOf = (entry) => ("action" in entry ? auditLineOf(entry) : eventLineOf(entry));

export class Feed {
  /**
   * @param {HTMLElement} list
   * @param {number} most how many lines it shows
   * @param {() => void} changed told when lines or the number of those that wait have changed
   */
  constructor(list, most, changed) {
    this.list = list;
    this.most = most;
    this.changed = changed;
    this.paused = false;
    this.epoch = "";
    /** What came since the last drawing, or while paused. @type {(Happening|AuditEntry|{said: string})[]} */
    this.waiting = [];
    this.dropped = 0;
    this.drawing = 0;
    /** The entries of the audit that came: a journal tells them again to whom it numbers them anew. @type {Set<string>} */
    this.known = new Set();
  }

  get empty() {
    return !this.list.firstElementChild;
  }

  /** How many events wait for the pause to end. */
  get held() {
    return this.paused ? this.waiting.length + this.dropped : 0;
  }

  /**
   * Begins anew with these, the first one first.
   * @param {(Happening|AuditEntry)[]} events
   * @param {string} epoch
   */
  begin(events, epoch) {
    this.waiting = [];
    this.dropped = 0;
    this.epoch = epoch;
    for (const event of events) if ("action" in event) this.known.add(event.id);
    this.list.replaceChildren(...events.slice(-this.most).reverse().map(lineOf));
    this.changed();
  }

  /** @param {Frame} frame */
  receive(frame) {
    if (this.epoch && frame.e !== this.epoch) this.waiting.push({ said: "The program was restarted. What happened meanwhile is not known." });
    this.epoch = frame.e ?? "";
    if (frame.t === "gap") {
      this.waiting.push({ said: `${number(frame.count)} events came too fast, or while there was no connection, and are not known any more` });
    } else this.waiting.push(...(frame.events ?? frame.entries.filter(this.fresh, this)));
    const most = this.paused ? mostWaiting : this.most;
    const extra = this.waiting.length - most;
    if (extra > 0) {
      this.waiting.splice(0, extra);
      this.dropped += this.paused ? extra : 0;
    }
    if (this.paused) this.changed();
    else this.drawing ||= requestAnimationFrame(() => this.draw());
  }

  /** @param {AuditEntry} entry */
  fresh({ id }) {
    const fresh = !this.known.has(id);
    this.known.add(id);
    return fresh;
  }

  /** @param {boolean} on */
  pause(on) {
    this.paused = on;
    if (!on && this.dropped > 0) {
      this.waiting.unshift({ said: `${number(this.dropped)} more came during the pause than are kept: see the export` });
      this.dropped = 0;
    }
    if (!on) this.draw();
    this.changed();
  }

  draw() {
    this.drawing = 0;
    if (this.paused || this.waiting.length === 0) return;
    const lines = this.waiting.slice(-this.most).reverse().map((entry) => ("said" in entry ? gapLine(entry.said) : lineOf(entry)));
    this.waiting = [];
    this.list.prepend(...lines);
    while (this.list.childElementCount > this.most) this.list.lastElementChild?.remove();
    this.changed();
  }
}

/** @param {string} text */
function gapLine(text) {
  const line = document.createElement("li");
  line.className = "gap-line";
  line.textContent = text;
  return line;
}
