// @ts-check
// The pause: the page stands still as it was at one moment, marked as such, while
// what changes is counted. Whatever is not about locks goes on: the nodes, the
// title of the tab, the connection.

import { announce } from "./announce.js";
import { freeze } from "./clock.js";
import { commands, onCommand } from "./commands.js";
import { showPause } from "./connection.js";
import { number } from "./format.js";
import { keyOf } from "./lock.js";
import { fieldOf } from "./settings.js";

/** @typedef {import("./types.js").Frame} Frame */

const buttons = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-action="pause"]'));

/** What has changed since the page stands still. @type {Set<string>} */
const changed = new Set();
let on = false;
/** How many events wait beside the rows that have changed. */
let events = 0;
/** @type {(on: boolean) => void} */
let told = () => {};

/**
 * Lets the page be paused, where it has the command.
 * @param {(on: boolean) => void} change told when the pause begins and ends
 */
export function allowPause(change) {
  if (!commands.has("pause")) return;
  told = change;
  onCommand("pause", () => pause(!on));
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest('[data-action="pause"]')) pause(!on);
  });
  draw();
}

/** Whether the page stands still. */
export const isPaused = () => on;

/** @param {boolean} to */
export function pause(to) {
  if (to === on) return;
  on = to;
  changed.clear();
  events = 0;
  freeze(on);
  document.body.toggleAttribute("data-paused", on);
  draw();
  announce(on ? "Paused." : "Live again.");
  told(on);
}

/**
 * Keeps a frame from the page while it stands still.
 * @param {Frame} frame
 * @returns {boolean} whether it was kept
 */
export function hold(frame) {
  if (!on) return false;
  if (frame.t === "snapshot") for (const row of frame.rows) changed.add(keyOf(row));
  else if (frame.t === "delta") for (const row of [...(frame.set ?? []), ...(frame.del ?? [])]) changed.add(keyOf(row));
  else return false;
  draw();
  return true;
}

/** @param {number} count how many events wait */
export function holdEvents(count) {
  events = count;
  if (on) draw();
}

/** @param {string[]} ids nodes that have changed while the page of the nodes stands still */
export function holdNodes(ids) {
  for (const id of ids) changed.add(`node ${id}`);
  draw();
}

function draw() {
  const waiting = changed.size + events;
  showPause(on, waiting);
  for (const button of buttons) {
    const words = on ? `Resume${waiting > 0 ? ` · ${number(waiting)}` : ""}` : "Pause";
    if (fieldOf("pause", button).textContent !== words) fieldOf("pause", button).textContent = words;
  }
}
