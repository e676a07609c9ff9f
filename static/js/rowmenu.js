// @ts-check
// The menu of a row: what can be done with its lock.

import { find } from "./settings.js";

/** @typedef {{label: string, key?: string, href?: string, danger?: boolean, run?: () => unknown}|null} Item null draws a line */

const menu = find("#row-menu");
const margin = 8;

export class RowMenu {
  constructor() {
    /** What gets the focus back. @type {HTMLElement|null} */
    this.from = null;
    /** @type {Map<Element, () => unknown>} */
    this.runs = new Map();
    menu.addEventListener("keydown", (event) => this.key(event));
    menu.addEventListener("click", (event) => {
      const item = event.target instanceof Element ? event.target.closest('[role="menuitem"]') : null;
      if (!item) return;
      const run = this.runs.get(item);
      this.close();
      run?.();
    });
    menu.addEventListener("pointermove", (event) => {
      const item = event.target instanceof Element ? event.target.closest('[role="menuitem"]') : null;
      if (item instanceof HTMLElement && item !== document.activeElement) item.focus({ preventScroll: true });
    });
    // The menu stays where it was opened, and the row does not.
    addEventListener("scroll", () => this.close(), { passive: true });
  }

  /**
   * @param {Item[]} items
   * @param {HTMLElement} from
   * @param {{x: number, y: number}} at
   */
  open(items, from, at) {
    this.from = from;
    this.runs.clear();
    menu.replaceChildren(...items.map((item) => {
      if (!item) {
        const line = document.createElement("hr");
        return line;
      }
      const element = document.createElement(item.href ? "a" : "button");
      element.setAttribute("role", "menuitem");
      element.tabIndex = -1;
      if (element instanceof HTMLAnchorElement) element.href = item.href ?? "";
      else element.type = "button";
      element.toggleAttribute("data-danger", Boolean(item.danger));
      const label = document.createElement("span");
      label.textContent = item.label;
      element.append(label);
      if (item.key) {
        const key = document.createElement("kbd");
        key.textContent = item.key;
        element.append(key);
      }
      if (item.run) this.runs.set(element, item.run);
      return element;
    }));
    menu.showPopover();
    const { width, height } = menu.getBoundingClientRect();
    menu.style.left = `${Math.max(Math.min(at.x, innerWidth - width - margin), margin)}px`;
    menu.style.top = `${Math.max(at.y + height > innerHeight - margin ? at.y - height : at.y, margin)}px`;
    this.items[0]?.focus({ preventScroll: true });
  }

  get items() {
    return /** @type {HTMLElement[]} */ ([...menu.querySelectorAll('[role="menuitem"]')]);
  }

  close() {
    if (!menu.matches(":popover-open")) return;
    const inside = menu.contains(document.activeElement);
    menu.hidePopover();
    if (inside && this.from?.isConnected) this.from.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { items } = this;
    const at = items.findIndex((item) => item === document.activeElement);
    const to = { ArrowDown: (at + 1) % items.length, ArrowUp: (at + items.length - 1) % items.length, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) items[to].focus();
    else if (event.key === "Tab" || event.key === "Escape") this.close();
    else if (event.key === " ") items[at]?.click();
    else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
      const letter = event.key.toLowerCase();
      [...items.slice(at + 1), ...items].find((item) => item.textContent?.toLowerCase().startsWith(letter))?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
