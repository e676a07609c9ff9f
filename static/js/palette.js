// @ts-check
// The palette: finds what can be done now, and locks by their names.

import { get } from "./api.js";
import { offers } from "./commands.js";
import { fit } from "./fuzzy.js";
import { fieldOf, find, settings } from "./settings.js";
import { decodeBytes, show } from "./visible.js";

/** @typedef {{label: string, line: HTMLElement|null, state?: string, run: () => unknown}} Entry */

const dialog = /** @type {HTMLDialogElement} */ (find("#palette"));
const input = /** @type {HTMLInputElement} */ (find("#palette-q"));
const list = find("#palette-list");
const template = /** @type {HTMLTemplateElement} */ (document.querySelector("#palette-template"));
/** How many locks are looked up, and when: not at each letter. */
const mostLocks = 8;
const typingPause = 120;

/** What is shown. @type {Entry[]} */
let entries = [];
/** Which of it is picked. */
let at = 0;
/** @type {Entry[]} */
let locks = [];
let typing = 0;
let asked = 0;

export function openPalette() {
  if (dialog.open) return;
  input.value = "";
  locks = [];
  dialog.showModal();
  draw();
}

input.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => void look(input.value.trim()), typingPause);
  at = 0;
  draw();
});

input.addEventListener("keydown", (event) => {
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
  if (event.isComposing) return;
  if (by) pick(Math.abs(by) === 1 ? (at + by + entries.length) % entries.length : Math.min(Math.max(at + by, 0), entries.length - 1));
  else if (event.key === "Enter") choose(entries[at]);
  else if (event.key === "k" && (event.ctrlKey || event.metaKey)) dialog.close();
  else return;
  event.preventDefault();
});

list.addEventListener("click", (event) => {
  const option = event.target instanceof Element ? event.target.closest('[role="option"]') : null;
  if (option) choose(entries[[...list.children].indexOf(option)]);
});
list.addEventListener("mousemove", (event) => {
  const option = event.target instanceof Element ? event.target.closest('[role="option"]') : null;
  if (option && option.ariaSelected !== "true") pick([...list.children].indexOf(option), false);
});
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
dialog.addEventListener("close", () => { asked += 1; });

/** @param {Entry|undefined} entry */
function choose(entry) {
  if (!entry) return;
  dialog.close();
  entry.run();
}

/** @param {string} wanted a part of a lock's name */
async function look(wanted) {
  asked += 1;
  const mine = asked;
  const answer = wanted ? await get(`locks?${new URLSearchParams({ q: wanted, limit: String(mostLocks) })}`).catch(() => null) : null;
  if (mine !== asked) return;
  locks = (answer?.locks ?? []).map((/** @type {import("./types.js").Lock} */ { name, nameB64, state }) => ({
    label: name ?? decodeBytes(nameB64 ?? ""),
    line: null,
    state,
    run: () => location.assign(`${settings.base}/lock?${new URLSearchParams(nameB64 ? { nameB64 } : { name: name ?? "" })}`),
  }));
  draw();
}

function draw() {
  const wanted = input.value.trim();
  const fitting = offers().map((entry) => ({ entry, score: fit(wanted, entry.label) })).filter(({ score }) => score > 0);
  if (wanted) fitting.sort((a, b) => b.score - a.score);
  entries = [...fitting.map(({ entry }) => entry), ...locks];
  list.replaceChildren(...entries.map(option));
  list.hidden = entries.length === 0;
  find("#palette-none").hidden = entries.length > 0;
  pick(Math.min(at, Math.max(entries.length - 1, 0)));
}

/**
 * @param {Entry} entry
 * @param {number} index
 */
function option(entry, index) {
  const element = /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);
  element.id = `palette-${index}`;
  const label = fieldOf("label", element);
  const end = fieldOf("end", element);
  show(label, entry.label);
  label.classList.toggle("mono", entry.state !== undefined);
  if (entry.state !== undefined) {
    end.className = "state";
    end.dataset.state = end.textContent = entry.state;
  } else if (entry.line) end.append(...find("dt", entry.line).cloneNode(true).childNodes);
  return element;
}

/**
 * @param {number} index
 * @param {boolean} [scroll]
 */
function pick(index, scroll = true) {
  list.children[at]?.setAttribute("aria-selected", "false");
  at = index;
  const option = list.children[at];
  input.setAttribute("aria-activedescendant", option?.id ?? "");
  option?.setAttribute("aria-selected", "true");
  if (scroll) option?.scrollIntoView({ block: "nearest" });
}
