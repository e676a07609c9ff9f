// @ts-check
// Says how fresh the page is: "live · 3 ms behind", "reconnecting, data 8 s
// old", "offline".

import { announce } from "./announce.js";
import { age } from "./format.js";
import { fieldOf, find } from "./settings.js";

const element = find("#connection");
const text = fieldOf("text", element);
let state = "connecting";
let lag = -1;
let lastHeard = Date.now();

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
 * @param {number} [lagMs]
 */
export function heardFrame(lagMs) {
  lastHeard = Date.now();
  if (typeof lagMs !== "number") return;
  lag = lagMs;
  draw();
}

function draw() {
  text.textContent = words();
}

function words() {
  if (state === "live") return lag >= 0 ? `live · ${Math.round(lag)}\u202fms behind` : "live";
  if (state === "connecting") return "connecting";
  return `${state}, data ${age(Date.now() - lastHeard)} old`;
}

setInterval(() => {
  if (state === "reconnecting" || state === "offline") draw();
}, 1000);
