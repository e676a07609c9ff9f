// @ts-check
// What can be done to a client, a node or the resource: menus where they are
// pressed.

import { argsOf, order, stage } from "./drive.js";
import { nodeWords } from "./figures.js";
import { fieldOf, find } from "./settings.js";

/** @type {Record<string, (thing: any) => boolean>} */
const whens = {
  idle: (c) => c.state === "idle",
  running: (c) => c.state !== "paused" && c.state !== "dead",
  holding: (c) => c.from > 0 && c.state !== "dead",
  looped: (c) => c.loop && c.state !== "dead",
  unlooped: (c) => !c.loop && c.state !== "dead",
  paused: (c) => c.state === "paused",
  careful: (c) => !c.reckless && c.state !== "dead",
  reckless: (c) => c.reckless && c.state !== "dead",
  alive: (c) => c.state !== "dead",
  dead: (c) => c.state === "dead",
  up: (n) => n.up,
  down: (n) => !n.up,
  thawed: (n) => n.up && !n.frozen,
  frozen: (n) => n.frozen,
  answers: (n) => n.up && !n.frozen,
  lossless: (n) => n.up && !n.lossy,
  troubled: (n) => n.cut || n.slow || n.lossy,
};

export class Menus {
  /**
   * @param {(key: string) => any} see finds a thing of the picture, whatever its side
   * @param {() => Promise<unknown>} before what has to be done before somebody acts
   */
  constructor(see, before) {
    this.see = see;
    this.before = before;
    this.subject = {};
    for (const id of ["client-menu", "node-menu"]) {
      const menu = find(`#${id}`);
      menu.addEventListener("click", (event) => this.choose(menu, event.target));
      menu.addEventListener("keydown", (event) => this.move(menu, event));
    }
  }

  /**
   * Opens the menu of a figure that was pressed, if it has one.
   * @param {Element} figure
   */
  open(figure) {
    if (!stage.mine) return;
    const client = figure.getAttribute("data-client");
    const node = figure.getAttribute("data-node");
    const thing = this.see(client ? `c/${client}` : `n/${node}`);
    if (!thing) return;
    this.subject = client ? { client, policy: thing.policy } : { node };
    const menu = find(client ? "#client-menu" : "#node-menu");
    fieldOf("title", menu).textContent = client ?? `Node ${node}`;
    fieldOf("says", menu).textContent = client ? thing.policy : [thing.addr, ...nodeWords(thing, 0)].join(" · ");
    for (const item of /** @type {NodeListOf<HTMLElement>} */ (menu.querySelectorAll("[data-do]"))) {
      const when = whens[item.dataset.when ?? ""];
      item.hidden = when ? !when(thing) : false;
    }
    menu.showPopover();
    const at = figure.getBoundingClientRect();
    const { width, height } = menu.getBoundingClientRect();
    menu.style.left = `${Math.max(8, Math.min(innerWidth - width - 8, at.right + 6 + width < innerWidth ? at.right + 6 : at.left - width - 6))}px`;
    menu.style.top = `${Math.max(8, Math.min(innerHeight - height - 8, at.top))}px`;
    this.items(menu)[0]?.focus();
  }

  /** @param {HTMLElement} menu */
  items(menu) {
    return /** @type {HTMLElement[]} */ ([...menu.querySelectorAll("[data-do]:not([hidden])")]);
  }

  /**
   * @param {HTMLElement} menu
   * @param {EventTarget|null} target
   */
  choose(menu, target) {
    const item = target instanceof Element ? target.closest("[data-do]") : null;
    if (!(item instanceof HTMLElement)) return;
    menu.hidePopover();
    const what = item.dataset.do ?? "";
    const { policy, ...subject } = /** @type {any} */ (this.subject);
    const more = what === "add" ? { policy } : {};
    void this.before().then(() => order(what, { ...subject, ...more, ...argsOf(item.dataset.args ?? "") }));
  }

  /**
   * @param {HTMLElement} menu
   * @param {KeyboardEvent} event
   */
  move(menu, event) {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const items = this.items(menu);
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    items[(at + by + items.length) % items.length]?.focus();
  }
}
