// @ts-check
// What a screen reader says, politely and at most every five seconds.

import { find } from "./settings.js";

const pause = 5000;
const region = find("#announcer");
/** @type {string[]} */
let waiting = [];
let last = -pause;
let timer = 0;

/** @param {string} text */
export function announce(text) {
  waiting.push(text);
  if (timer) return;
  timer = setTimeout(say, Math.max(0, last + pause - performance.now()));
}

function say() {
  timer = 0;
  last = performance.now();
  region.textContent = waiting.slice(-3).join(" ");
  waiting = [];
}
