// @ts-check
// One loop that drives every countdown on the page from its deadline. The
// server sends deadlines as times and never ticks.

import { shownNow } from "./clock.js";
import { age, remaining, spanFor } from "./format.js";
import { put, settings } from "./settings.js";

/**
 * @typedef {object} Countdown
 * @property {HTMLElement} bar
 * @property {HTMLElement} text
 * @property {HTMLElement} held
 * @property {number} end deadline in milliseconds, 0 for none
 * @property {number} span what a full bar stands for, in milliseconds
 * @property {number} since when the hold began, 0 for none
 * @property {number} shown the bar's length now
 * @property {boolean} seen whether the row is on the screen
 */

/** Of a lease that is shorter than this, the bar moves with every frame. */
const shortLease = 5000;
/** A bar moves when it would move by this part of its length: a pixel. */
const step = 1 / 120;
const textEvery = 100;

/** @type {Map<Element, Countdown>} by row */
const running = new Map();
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const countdown = running.get(entry.target);
    if (!countdown) continue;
    countdown.seen = entry.isIntersecting;
    if (countdown.seen) draw(countdown, shownNow(), true);
  }
}, { rootMargin: "80px" });

/**
 * Starts, or changes, the countdown of a row.
 * @param {HTMLElement} row
 * @param {{bar: HTMLElement, text: HTMLElement, held: HTMLElement}} parts
 * @param {number} end
 * @param {number} since
 */
export function count(row, parts, end, since) {
  const old = running.get(row);
  if (!end && !since) {
    forget(row);
    return;
  }
  const countdown = old ?? { ...parts, end: 0, span: 0, since: 0, shown: -1, seen: true };
  // A row that is first seen before its quorum has no beginning yet.
  const begun = since !== 0 && countdown.since === 0;
  if (end !== countdown.end || begun) {
    // The bar is drawn against the whole of a lease. How long that is shows
    // when a lease begins or is extended; before that it is a fair guess.
    const now = shownNow();
    const left = Math.max(end - now, 1);
    const extended = old && !begun && countdown.end && end > countdown.end;
    countdown.span = extended ? left : spanFor(left, since ? Math.max(now - since, 0) : -1, settings.maxTTL);
    countdown.end = end;
  }
  countdown.since = since;
  if (!old) {
    running.set(row, countdown);
    watcher.observe(row);
  }
  if (countdown.seen) draw(countdown, shownNow(), true);
}

/** @param {HTMLElement} row */
export function forget(row) {
  if (running.delete(row)) watcher.unobserve(row);
}

/**
 * @param {Countdown} countdown
 * @param {number} now
 * @param {boolean} withText
 */
function draw(countdown, now, withText) {
  if (countdown.end) {
    const left = Math.max(countdown.end - now, 0);
    const length = Math.min(left / countdown.span, 1);
    const due = withText || countdown.span < shortLease;
    if ((due && Math.abs(length - countdown.shown) >= step) || (length === 0 && countdown.shown !== 0)) {
      countdown.shown = length;
      countdown.bar.style.transform = `scaleX(${length.toFixed(4)})`;
    }
    if (withText) put(countdown.text, remaining(left));
  }
  if (withText && countdown.since) put(countdown.held, age(now - countdown.since));
}

let lastText = 0;

/** @param {number} frame */
function loop(frame) {
  requestAnimationFrame(loop);
  const withText = frame - lastText >= (calm.matches ? 1000 : textEvery);
  if (withText) lastText = frame;
  else if (calm.matches) return;
  const now = shownNow();
  for (const countdown of running.values()) {
    if (countdown.seen) draw(countdown, now, withText);
  }
}
requestAnimationFrame(loop);
