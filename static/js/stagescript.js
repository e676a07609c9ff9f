// @ts-check
// The scenario: its caption, where it stands, what came of it.

import { announce } from "./announce.js";
import { hueOf, say } from "./stagefigure.js";
import { fence } from "./format.js";
import { fieldOf, find } from "./settings.js";

const content = find("#content");
const part = (/** @type {string} */ name) => fieldOf(name, content);
const items = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".st-item")]);

/** What the list tells of a scenario, the empty one for free play. */
export const told = (/** @type {string} */ id) => items.find((item) => item.dataset.scenario === id)?.dataset ?? {};

/** Draws only what has changed. */
/** @type {Record<string, string>} */
const drawn = {};
const changed = (/** @type {string} */ what, /** @type {any} */ state) => {
  const text = JSON.stringify(state);
  return drawn[what] !== text && Boolean(drawn[what] = text);
};

/**
 * @param {any} script
 * @param {any[]} sides
 */
export function showScript(script, sides) {
  if (!changed("script", script)) return;
  const { scenario, step, steps, state, checks } = script;
  const about = told(scenario);
  const caption = !scenario ? "Free play: lock, write, and break things." : step ? script.caption : script.title;
  say(part("caption"), caption);
  if (changed("caption", caption)) announce(caption);
  say(part("sub"), !scenario ? "Press a client or a node to see what can be done to it."
    : step ? `Step ${step} of ${steps} · watch ${script.watch}${state === "taken" ? " · now it is up to you" : ""}` : `${steps} steps · ${about.expected}`);
  document.body.dataset.script = scenario ? state : "free";
  for (const item of items) {
    const own = item.dataset.scenario === scenario;
    if (own && !item.ariaCurrent) bringIn(item);
    item.ariaCurrent = own ? "true" : null;
    if (own && state === "done") item.dataset.done = String(checks.every((/** @type {any} */ check) => check.ok));
  }
  part("checks").replaceChildren(...checks.map((/** @type {any} */ { ok, text, side }) => line("li", { ok }, (sides[1] ? `${sides[side]?.label}: ` : "") + text)));
  part("teaches-card").hidden = !scenario;
  part("free-card").hidden = Boolean(scenario);
  say(part("teaches"), about.teaches ?? "");
  part("help").setAttribute("href", about.help ?? "");
}

/**
 * Scrolls the list to what is on, and nothing but the list.
 * @param {HTMLElement} item
 */
function bringIn(item) {
  const list = find(".st-list");
  const [at, all] = [item.getBoundingClientRect(), list.getBoundingClientRect()];
  list.scrollBy(at.left - all.left - 14, Math.min(0, at.top - all.top) || Math.max(0, at.bottom - all.bottom));
}
addEventListener("resize", () => items.filter((item) => item.ariaCurrent).forEach(bringIn)); // it may lie now that stood before

/**
 * @param {string} tag
 * @param {Record<string, any>} data
 * @param {...(string|Element)} content
 */
function line(tag, data, ...content) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(data)) element.dataset[name] = String(value);
  element.append(...content);
  return element;
}

/**
 * The last writes to the resource, of each side.
 * @param {any[]} resources
 * @param {any[]} sides
 */
export function showWrites(resources, sides) {
  if (!changed("writes", resources)) return;
  const check = find(".st-check");
  const on = resources.map((resource) => (resource?.check ? "on" : "off"));
  say(check, [...new Set(on)].join(" / "));
  check.ariaPressed = String(on.includes("on"));
  part("writes").replaceChildren(...resources.flatMap((resource, side) => [
    line("li", { side: sides[side]?.label ?? "" }, resource?.writes.length ? "" : "Nothing was written yet."),
    ...(resource?.writes ?? []).slice(sides[1] ? -3 : 0).map((/** @type {any} */ { client, fence: number, ok, corrupt, late }) => line("li", { ok: ok && !corrupt },
      line("span", { hue: hueOf(client) }, client), line("code", {}, number ? fence(number) : "no fence"),
      line("b", {}, corrupt ? "corrupts it" : !ok ? "refused" : late ? "accepted, late" : "accepted"))),
  ]));
}
