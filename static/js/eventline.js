// @ts-check
// One event of a feed: the same as views/events.templ.

import { age, fence } from "./format.js";
import { holderHue, holderWords, lockHref, nameOf } from "./lock.js";
import { fieldOf, find, settings } from "./settings.js";
import { showTime } from "./times.js";
import { nodesOf, plain } from "./visible.js";

/** @typedef {import("./types.js").Happening} Happening */

const template = /** @type {HTMLTemplateElement} */ (find("#event-template"));

/** The groups that kinds belong to, as in views/event.go. @type {Record<string, string>} */
const groups = {
  acquired: "taken",
  overlap: "trouble", contested: "trouble", lost: "trouble", forced: "trouble", gap: "trouble",
  "node-up": "nodes", "node-down": "nodes", notifications: "nodes", quarantined: "nodes", admitted: "nodes", clock: "nodes",
};

/** @param {Happening} event */
export function lineOf(event) {
  const line = /** @type {HTMLElement} */ (find(".event", template.content).cloneNode(true));
  line.dataset.kind = event.kind;
  line.dataset.group = groups[event.kind] ?? "ended";
  showTime(fieldOf("at", line), event.at);
  fieldOf("kind", line).textContent = event.kind.replace("node-", "");
  fieldOf("what", line).replaceChildren(...whatOf(event));
  fieldOf("who", line).replaceChildren(...whoOf(event));
  fieldOf("more", line).textContent = moreOf(event);
  return line;
}

/** @param {Happening} event */
function whatOf(event) {
  const link = document.createElement("a");
  if (event.node) {
    link.className = "event-node";
    link.href = `${settings.base}/nodes#node-${event.node}`;
    link.textContent = `node ${event.node}`;
    return [link];
  }
  if (!event.name && !event.nameB64) return [];
  link.className = "event-name";
  link.href = lockHref(event);
  link.append(said(nameOf(event)));
  return [link];
}

/** @param {Happening} event */
function whoOf({ fingerprint, owner, library }) {
  if (!fingerprint) return [];
  const of = { holder: { owner, fingerprint, library } };
  const swatch = document.createElement("span");
  swatch.className = "swatch";
  swatch.dataset.hue = holderHue(of);
  swatch.setAttribute("aria-hidden", "true");
  const words = said(holderWords(of));
  if (!owner) return [swatch, words];
  const link = document.createElement("a");
  link.className = "event-owner";
  link.href = `${settings.base}/activity?${new URLSearchParams({ owner })}`;
  link.append(words);
  return [swatch, link];
}

/** @param {string} text */
function said(text) {
  const bdi = document.createElement("bdi");
  bdi.append(...nodesOf(text));
  return bdi;
}

/** @param {Happening} event */
function moreOf({ kind, heldMicros, other, fence: number, text }) {
  return [
    kind !== "acquired" && heldMicros ? `after ${age(heldMicros / 1000)}` : "",
    other ? `second token ${plain(other)}` : "",
    number ? `fence ${fence(number)}` : "",
    text ? plain(text) : "",
  ].filter(Boolean).join(" · ");
}
