// @ts-check
// Says how fresh the page is: "live · 3 ms behind", "paused, 312 waiting",
// "reconnecting, data 8 s old", "offline".

import { announce } from "./announce.js";
import { age, number } from "./format.js";
import { fieldOf, find } from "./settings.js";

const element = find("#connection");
const text = fieldOf("text", element);
const time = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
let state = "connecting";
let behind = -1;
let lastHeard = Date.now();
let paused = false;
let waiting = 0;

/** @param {string} to */
export function setConnection(to) {
  if (to === state && element.dataset.conn === to) return;
  if (to === "live" && (state === "reconnecting" || state === "offline")) announce("Live again.");
  else if (to === "reconnecting" && state === "live") announce("Connection lost, reconnecting.");
  else if (to === "offline") announce("Offline.");
  state = to;
  element.dataset.conn = to;
  document.body.dataset.conn = to;
  draw();
}

/**
 * Any frame is a sign of life; a beat tells how far behind it is.
 * @param {number} [millis] how old what it tells is
 */
export function heardFrame(millis) {
  lastHeard = Date.now();
  if (millis === undefined) return;
  behind = millis;
  draw();
}

/**
 * @param {boolean} on whether the page stands still
 * @param {number} count how much has changed since
 */
export function showPause(on, count) {
  if (on !== paused) element.title = on ? `The page shows ${time.format(Date.now())}` : "";
  paused = on;
  waiting = count;
  element.toggleAttribute("data-paused", on);
  draw();
}

function draw() {
  const now = words();
  if (text.textContent !== now) text.textContent = now;
}

function words() {
  if (state === "live") {
    if (paused) return `paused, ${number(waiting)} waiting`;
    return behind >= 0 ? `live · ${Math.round(behind)}\u202fms behind` : "live";
  }
  if (state === "connecting") return "connecting";
  return `${state}, data ${age(Date.now() - lastHeard)} old`;
}

setInterval(() => {
  if (state === "reconnecting" || state === "offline") draw();
}, 1000);
