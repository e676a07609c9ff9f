// @ts-check
// The registry of commands. What is said of a command and which keys give it
// stands in views/commands.go; the server wrote it into the page. Here the
// page's scripts say what it does, and keys give it.

import { find } from "./settings.js";

/**
 * @typedef {object} Command
 * @property {string} id
 * @property {string} label
 * @property {string[][]} keys the ways to give it, each some keys one after the other
 * @property {boolean} repeats whether holding the key gives it again
 * @property {boolean} bare whether it makes no sense in the palette
 * @property {HTMLElement} line where the list of keys tells of it
 * @property {((event?: Event) => unknown)|null} run
 * @property {() => boolean} when whether it can be given now
 */

/** How long the first key of two waits for the second. */
const patience = 1500;
const storage = "lockscope-single-keys";
const mac = /Mac|iPhone|iPad/.test(navigator.platform);
/** Where these keys press what has the focus. */
const pressed = 'a[href], button, summary, select, [role="button"], [role="option"], [role="menuitem"]';

/** All commands of the page, by their ids, in the order of the lists. @type {Map<string, Command>} */
export const commands = new Map();
for (const line of document.querySelectorAll("[data-command]")) {
  if (!(line instanceof HTMLElement)) continue;
  const { command: id = "", keys = "" } = line.dataset;
  commands.set(id, {
    id,
    label: find("dd", line).textContent ?? "",
    keys: keys.split(",").filter(Boolean).map((way) => way.split(" ")),
    repeats: "repeats" in line.dataset,
    bare: "bare" in line.dataset,
    line,
    run: null,
    when: () => true,
  });
}

/**
 * Says what a command of the page does.
 * @param {string} id as views/commands.go has it
 * @param {(event?: Event) => unknown} run given by a key, the event of the key; it does not reach the page
 * @param {() => boolean} [when] whether it can be given now; otherwise its keys do what they always do
 */
export function onCommand(id, run, when) {
  const command = commands.get(id);
  if (!command) throw new Error(`views/commands.go has no command ${id} for this page`);
  command.run = run;
  if (when) command.when = when;
}

/**
 * What can be given now: the commands of the page, and everything that can be
 * clicked and says with data-offer how it is called in the palette.
 * @returns {{label: string, line: HTMLElement|null, run: () => unknown}[]}
 */
export function offers() {
  const given = [...commands.values()].filter(({ bare, run, when }) => !bare && run && when());
  const clicked = [...document.querySelectorAll("[data-offer]")].filter((element) => element.checkVisibility());
  return [
    ...given.map(({ label, line, run }) => ({ label, line, run: () => run?.() })),
    ...clicked.map((element) => {
      const button = /** @type {HTMLElement} */ (element);
      return { label: button.dataset.offer ?? "", line: null, run: () => button.click() };
    }),
  ];
}

/** @param {boolean} on whether keys without Ctrl give commands */
export function allowSingleKeys(on) {
  single = on;
  try {
    if (on) localStorage.removeItem(storage);
    else localStorage.setItem(storage, "off");
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

/** Whether keys without Ctrl give commands. */
export let single = true;
try {
  single = localStorage.getItem(storage) !== "off";
} catch {
  // As it is without a choice.
}

if (mac) for (const cap of document.querySelectorAll("[data-mod]")) cap.textContent = "⌘";

/** The keys struck so far that begin a way. @type {string[]} */
let struck = [];
let last = 0;

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey || event.key === "Shift") return;
  const mod = mac ? event.metaKey : event.ctrlKey;
  if (!mod && (event.ctrlKey || event.metaKey)) return;
  const target = event.target instanceof HTMLElement ? event.target : document.body;
  const typing = target.matches("input:not([type=checkbox]), textarea, select") || target.isContentEditable;
  if (document.querySelector("dialog[open], [popover]:not([popover=manual]):popover-open")) return;
  if (!mod && event.key !== "Escape" && (typing || !single)) return;
  if ((event.key === "Enter" || event.key === " ") && target.closest(pressed)) return;

  const before = event.timeStamp - last < patience ? struck : [];
  last = event.timeStamp;
  const key = mod ? `mod+${event.key.toLowerCase()}` : event.key === " " ? "Space" : event.key;
  const command = of([...before, key]) ?? (before.length > 0 ? of([key]) : null);
  struck = [];
  if (command && (!event.repeat || command.repeats)) {
    event.preventDefault();
    command.run?.(event);
  } else if (!command && !event.repeat && begins(key)) struck = [key];
});

/** @param {string[]} keys */
function of(keys) {
  const wanted = keys.join(" ");
  return [...commands.values()].find(({ keys: ways, run, when }) => run && ways.some((way) => way.join(" ") === wanted) && when()) ?? null;
}

/** @param {string} key */
function begins(key) {
  return [...commands.values()].some(({ keys: ways, run }) => run && ways.some((way) => way.length > 1 && way[0] === key));
}
