// @ts-check
// What can be done to a client or a node: menus where they are pressed.

import { orderOf, stage } from "./stagedrive.js";
import { fieldOf, find } from "./settings.js";

/**
 * Whether a thing is as a menu wants it: words such as "up", "!frozen" and
 * "state!=paused|dead", all of which have to hold.
 * @param {any} thing
 * @param {string} when
 */
function suits(thing, when) {
  return when.split(" ").filter(Boolean).every((word) => {
    const [, not, name, , values] = /^(!?)(\w+)(!?=(.*))?$/.exec(word) ?? [];
    const is = values === undefined ? Boolean(thing[name]) : values.split("|").includes(String(thing[name])) !== word.includes("!=");
    return is !== Boolean(not);
  });
}

/**
 * Opens the menu of a figure that was pressed.
 * @param {Element} figure
 * @param {any} thing
 */
export function openMenu(figure, thing) {
  if (!stage.mine || !thing) return;
  const client = figure.getAttribute("data-client");
  const menu = find(client ? "#client-menu" : "#node-menu");
  subject = client ? { client, policy: thing.policy } : { node: thing.id };
  fieldOf("title", menu).textContent = client ?? `Node ${thing.id}`;
  fieldOf("says", menu).textContent = client ? thing.policy : thing.addr;
  for (const item of items(menu, "")) item.hidden = !suits(thing, item.dataset.when ?? "");
  menu.showPopover();
  const at = figure.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const right = at.right + 6 + width < innerWidth;
  menu.style.left = `${Math.max(8, right ? at.right + 6 : at.left - width - 6)}px`;
  menu.style.top = `${Math.max(8, Math.min(innerHeight - height - 8, at.top))}px`;
  items(menu)[0]?.focus();
}

/** What the open menu is about. */
let subject = {};

/** @returns {HTMLElement[]} */
const items = (/** @type {HTMLElement} */ menu, not = ":not([hidden])") => [.../** @type {any} */ (menu.querySelectorAll(`[data-do]${not}`))];

for (const menu of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".st-menu"))) {
  menu.addEventListener("click", ({ target }) => {
    const item = target instanceof Element ? target.closest("[data-do]") : null;
    if (!(item instanceof HTMLElement)) return;
    menu.hidePopover();
    void orderOf(item.dataset.do ?? "", subject);
  });
  addEventListener("resize", () => menu.hidePopover()); // it stands where its figure was
  menu.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const all = items(menu);
    all[(all.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + by + all.length) % all.length]?.focus();
  });
}
