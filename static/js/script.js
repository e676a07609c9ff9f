// @ts-check
// The scenario: its caption, where it stands, what came of it.

import { announce } from "./announce.js";
import { hueOf } from "./figures.js";
import { fence } from "./format.js";
import { fieldOf, find } from "./settings.js";
import { say } from "./svg.js";

const head = find(".st-head");
const parts = {
  caption: fieldOf("caption", head), sub: fieldOf("sub", head), checks: fieldOf("checks", head),
  teachesCard: find('[data-field="teaches-card"]'), teaches: find('[data-field="teaches"]'),
  help: /** @type {HTMLAnchorElement} */ (find('[data-field="help"]')), free: find('[data-field="free-card"]'), writes: find("#writes"),
};

const items = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".st-item")]);

/** What is told in the list of a scenario, an empty one for free play. */
export function told(/** @type {string} */ id) {
  return items.find((item) => item.dataset.scenario === id)?.dataset ?? {};
}

let drawn = "";

/**
 * @param {any} script
 * @param {any[]} sides
 */
export function showScript(script, sides) {
  const state = JSON.stringify([script, sides]);
  if (state === drawn) return;
  drawn = state;
  const about = told(script.scenario);
  const free = !script.scenario;
  const begun = script.step > 0;
  const caption = free ? "Free play: lock, write, and break things." : begun ? script.caption : script.title;
  if (parts.caption.textContent !== caption) {
    say(parts.caption, caption);
    announce(caption);
  }
  const where = begun ? `Step ${script.step} of ${script.steps}` : `${script.steps} steps`;
  const taken = script.state === "taken" ? " · now it is up to you" : "";
  say(parts.sub, free ? "Press a client or a node to see what can be done to it."
    : begun ? `${where} · watch ${script.watch}${taken}` : `${where} · ${about.expected ?? ""}`);
  document.body.dataset.script = free ? "free" : script.state;
  for (const item of items) {
    if (item.dataset.scenario === script.scenario) item.setAttribute("aria-current", "true");
    else item.removeAttribute("aria-current");
    if (item.dataset.scenario === script.scenario && script.state === "done") item.dataset.done = script.checks.every((/** @type {any} */ c) => c.ok) ? "yes" : "no";
  }
  parts.checks.replaceChildren(...script.checks.map((/** @type {any} */ check) => {
    const line = document.createElement("li");
    line.dataset.ok = String(check.ok);
    const label = sides.length > 1 ? sides[check.side]?.label : "";
    line.textContent = label ? `${label}: ${check.text}` : check.text;
    return line;
  }));
  parts.teachesCard.hidden = free;
  parts.free.hidden = !free;
  say(parts.teaches, about.teaches ?? "");
  if (about.help) parts.help.href = about.help;
}

let written = "";

/**
 * The last writes to the resource, of each side.
 * @param {any[]} resources
 * @param {any[]} sides
 */
export function showWrites(resources, sides) {
  const state = JSON.stringify(resources.map((r) => [r?.writes, r?.check]));
  if (state === written) return;
  written = state;
  const check = find('[data-action="check"]');
  const on = resources.map((r) => (r?.check ? "on" : "off"));
  say(check, on.every((word) => word === on[0]) ? on[0] ?? "" : on.join(" / "));
  check.setAttribute("aria-pressed", String(on.includes("on")));
  const lines = resources.flatMap((resource, side) => {
    const rows = (resource?.writes ?? []).map(row);
    if (resources.length === 1 || rows.length === 0) return rows;
    const label = document.createElement("li");
    label.className = "st-writes-side";
    label.textContent = sides[side]?.label ?? "";
    return [label, ...rows];
  });
  if (lines.length === 0) {
    const none = document.createElement("li");
    none.className = "quiet";
    none.textContent = "Nothing was written yet.";
    lines.push(none);
  }
  parts.writes.replaceChildren(...lines);
}

/** @param {any} write */
function row(write) {
  const line = document.createElement("li");
  line.dataset.ok = String(write.ok && !write.corrupt);
  const who = document.createElement("span");
  who.dataset.hue = String(hueOf(write.client));
  who.className = "st-who-wrote";
  who.textContent = write.client;
  const number = document.createElement("span");
  number.className = "mono";
  number.textContent = write.fence ? `fence ${fence(write.fence)}` : "no fence";
  const verdict = document.createElement("b");
  verdict.textContent = write.corrupt ? "destroyed another" : write.ok ? (write.late ? "accepted, late" : "accepted") : "refused";
  line.append(who, number, verdict);
  return line;
}
