// @ts-check
// What the table shows: search, state, order and window. All of it stands in
// the address of the page, and the server renders the same from it.

import { number } from "./format.js";
import { fieldOf, find, settings, windowSize } from "./settings.js";

/** @typedef {import("./types.js").Watch} Watch */

const chips = find("#chips");
const search = /** @type {HTMLInputElement} */ (find("#q"));
const pager = find("#window");
const typingPause = 150;

export class Filters {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    // As the server understood the address, not as it was typed.
    const { q = "", state = "", sort = "", offset = "" } = find("#content").dataset;
    this.q = q;
    this.state = state;
    this.sort = sort || "name";
    this.offset = Number(offset) || 0;
    this.mine = new URLSearchParams(location.search).has("mine");
    this.typing = 0;
    search.value = this.q;
    search.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.set({ q: search.value.trim() }), typingPause);
    });
    find("#search").addEventListener("submit", (event) => {
      event.preventDefault();
      this.set({ q: search.value.trim() });
    });
    document.addEventListener("click", (event) => this.clicked(event));
    this.show();
  }

  /** @returns {Watch} */
  get watch() {
    return { view: "locks", q: this.q, state: this.state, mine: this.mine, sort: this.sort, offset: this.offset, limit: windowSize };
  }

  get active() {
    return this.q !== "" || this.state !== "" || this.mine;
  }

  /** @param {Partial<{q: string, state: string, sort: string, offset: number, mine: boolean}>} to */
  set(to) {
    Object.assign(this, { offset: 0 }, to);
    if (search.value.trim() !== this.q) search.value = this.q;
    history.replaceState(null, "", this.href({}));
    this.show();
    this.changed();
  }

  /**
   * @param {MouseEvent} event
   */
  clicked(event) {
    const target = event.target instanceof Element ? event.target : null;
    if (!target || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const chip = target.closest("[data-chip]");
    const header = target.closest(".sort")?.closest('[role="columnheader"]');
    const action = target.closest("[data-action]")?.getAttribute("data-action");
    if (chip instanceof HTMLElement) this.pick(chip.dataset.chip ?? "");
    else if (header instanceof HTMLElement) this.set({ sort: next(header.dataset.sort ?? "", this.sort) });
    else if (action === "clear") this.set({ q: "", state: "", mine: false });
    else if (action === "previous") this.set({ offset: Math.max(0, this.offset - windowSize) });
    else if (action === "next") this.set({ offset: this.offset + windowSize });
    else return;
    event.preventDefault();
  }

  /** @param {string} chip */
  pick(chip) {
    if (chip === "mine") this.set({ mine: !this.mine, state: "" });
    else this.set({ state: chip, mine: false });
  }

  show() {
    for (const chip of chips.children) {
      if (!(chip instanceof HTMLElement)) continue;
      const on = chip.dataset.chip === "mine" ? this.mine : !this.mine && chip.dataset.chip === this.state;
      if (chip instanceof HTMLAnchorElement) {
        chip.toggleAttribute("aria-current", on);
        if (on) chip.setAttribute("aria-current", "true");
        chip.href = this.href({ state: chip.dataset.chip, mine: false });
      } else chip.setAttribute("aria-pressed", String(on));
    }
    for (const header of document.querySelectorAll('[role="columnheader"][data-sort]')) {
      const column = header.getAttribute("data-sort") ?? "";
      header.setAttribute("aria-sort", this.sort === column ? "ascending" : this.sort === `-${column}` ? "descending" : "none");
      const link = header.querySelector("a");
      if (link) link.href = this.href({ sort: next(column, this.sort) });
    }
  }

  /** @param {Partial<{q: string, state: string, sort: string, offset: number, mine: boolean}>} change */
  href(change) {
    const to = { q: this.q, state: this.state, sort: this.sort, offset: this.offset, mine: this.mine, ...change };
    const query = new URLSearchParams();
    if (to.q) query.set("q", to.q);
    if (to.state) query.set("state", to.state);
    if (to.sort !== "name") query.set("sort", to.sort);
    if (to.offset) query.set("offset", String(to.offset));
    if (to.mine) query.set("mine", "");
    return `${settings.base}/${query.size > 0 ? `?${query}` : ""}`;
  }
}

/**
 * The order that a click on a column asks for.
 * @param {string} column
 * @param {string} now
 */
function next(column, now) {
  return column === "name" && now === "name" ? "-name" : column;
}

/**
 * Shows how many locks each chip would leave.
 * @param {import("./types.js").Counts} counts
 * @param {number} mine
 */
export function showCounts(counts, mine) {
  for (const chip of chips.children) {
    if (!(chip instanceof HTMLElement)) continue;
    const name = chip.dataset.chip ?? "";
    const held = name === "held" ? counts.expiring ?? 0 : 0; // what is expiring is held too
    const n = name === "mine" ? mine : (counts[name || "total"] ?? 0) + held;
    const place = fieldOf("count", chip);
    if (place.textContent !== number(n)) place.textContent = number(n);
    chip.toggleAttribute("data-none", n === 0);
  }
}

/**
 * Says which part of all locks the window shows.
 * @param {number} shown
 * @param {number} offset
 * @param {number} total
 */
export function showWindow(shown, offset, total) {
  pager.hidden = total <= shown && offset === 0;
  if (pager.hidden) return;
  const range = offset === 0 ? number(shown) : `${number(offset + 1)}–${number(offset + shown)}`;
  const bold = document.createElement("b");
  bold.textContent = range;
  fieldOf("window", pager).replaceChildren(bold, ` of ${number(total)} — narrow the search`);
  find('[data-action="previous"]', pager).toggleAttribute("disabled", offset === 0);
  find('[data-action="next"]', pager).toggleAttribute("disabled", offset + shown >= total);
}
