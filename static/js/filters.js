// @ts-check
// What the table shows: search, filters, order and place. All of it stands in the
// address of the page, and the server renders the same from it.

import { number } from "./format.js";
import { fieldOf, find, settings } from "./settings.js";

/** @typedef {import("./types.js").Watch} Watch */
/** @typedef {{q: string, state: string, owner: string, library: string, waiting: boolean, mine: boolean, sort: string}} Wanted */

const chips = find("#chips");
const search = /** @type {HTMLInputElement} */ (find("#q"));
const typingPause = 150;
/** How long the place has to be the same before the address tells it: browsers bound how often it changes. */
const placePause = 250;
/** What a click on a column first asks for the other way round: the most comes first. */
const mostFirst = ["fence", "waiters"];
const all = { q: "", state: "", owner: "", library: "", waiting: false, mine: false };

export class Filters {
  /** @param {() => void} changed told when other rows are wanted */
  constructor(changed) {
    this.changed = changed;
    // As the server understood the address, not as it was typed.
    const { q = "", state = "", owner = "", library = "", sort = "", offset = "" } = find("#content").dataset;
    const flags = new URLSearchParams(location.search);
    /** @type {Wanted} */
    this.wanted = { q, state, owner, library, waiting: flags.has("waiting"), mine: flags.has("mine"), sort: sort || "name" };
    /** The first row on the screen. */
    this.place = Number(offset) || 0;
    this.typing = 0;
    this.telling = 0;
    search.value = q;
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

  /**
   * @param {number} offset
   * @param {number} limit
   * @returns {Watch}
   */
  watch(offset, limit) {
    return { view: "locks", ...this.wanted, offset, limit };
  }

  /** The part of an address that asks the API for the same locks. */
  get query() {
    return this.href({}).split("?")[1] ?? "";
  }

  get active() {
    const { q, state, owner, library, waiting, mine } = this.wanted;
    return Boolean(q || state || owner || library || waiting || mine);
  }

  /** @param {Partial<Wanted>} to */
  set(to) {
    Object.assign(this.wanted, to);
    if (search.value.trim() !== this.wanted.q) search.value = this.wanted.q;
    this.place = 0;
    this.tell();
    this.show();
    this.changed();
  }

  clear() {
    this.set(all);
  }

  /** @param {number} place the first row on the screen */
  at(place) {
    if (this.place === place) return;
    this.place = place;
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.tell(), placePause);
  }

  tell() {
    clearTimeout(this.telling);
    const href = this.href({}, this.place);
    if (href !== location.pathname + location.search) history.replaceState(null, "", href);
  }

  /**
   * @param {MouseEvent} event
   */
  clicked(event) {
    const target = event.target instanceof Element ? event.target : null;
    if (!target || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const chip = target.closest("[data-chip]");
    const facet = target.closest("[data-facet]");
    const header = target.closest(".sort")?.closest('[role="columnheader"]');
    const action = target.closest("[data-action]")?.getAttribute("data-action");
    if (chip instanceof HTMLElement) this.pick(chip.dataset.chip ?? "");
    else if (facet instanceof HTMLElement) {
      const { facet: name = "", value = "" } = facet.dataset;
      this.set({ [name]: value });
      facet.closest("details")?.removeAttribute("open");
    } else if (header instanceof HTMLElement) this.set({ sort: next(header.dataset.sort ?? "", this.wanted.sort) });
    else if (action === "clear") this.clear();
    else return;
    event.preventDefault();
  }

  /** @param {string} chip */
  pick(chip) {
    if (chip === "mine" || chip === "waiting") this.set({ [chip]: !this.wanted[chip] });
    else if (chip === "") this.clear();
    else this.set({ state: this.wanted.state === chip ? "" : chip });
  }

  show() {
    const { wanted } = this;
    for (const chip of chips.querySelectorAll("[data-chip]")) {
      if (!(chip instanceof HTMLAnchorElement)) continue;
      const name = chip.dataset.chip ?? "";
      const toggle = name === "mine" || name === "waiting";
      const on = toggle ? wanted[name] : name === "" ? !this.active : name === wanted.state;
      if (on) chip.setAttribute("aria-current", "true");
      else chip.removeAttribute("aria-current");
      chip.href = this.href(toggle ? { [name]: !on } : name === "" ? all : { state: on ? "" : name });
    }
    for (const name of /** @type {("owner"|"library")[]} */ (["library", "owner"])) {
      const chip = find(`#facet-${name} summary`);
      chip.toggleAttribute("data-on", wanted[name] !== "");
      fieldOf("value", chip).textContent = wanted[name] ? `: ${wanted[name]}` : "";
    }
    for (const link of document.querySelectorAll("a[data-facet]")) {
      const chosen = link.getAttribute("data-value") === wanted[/** @type {"owner"} */ (link.getAttribute("data-facet"))];
      if (chosen) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    for (const header of document.querySelectorAll('[role="columnheader"][data-sort]')) {
      const column = header.getAttribute("data-sort") ?? "";
      header.setAttribute("aria-sort", wanted.sort === column ? "ascending" : wanted.sort === `-${column}` ? "descending" : "none");
      const link = header.querySelector("a");
      if (link) link.href = this.href({ sort: next(column, wanted.sort) });
    }
    for (const link of document.querySelectorAll("[data-export]")) {
      if (link instanceof HTMLAnchorElement) link.href = `${settings.base}/api/v1/locks?${new URLSearchParams(`format=${link.dataset.export}&${this.query}`)}`;
    }
  }

  /**
   * @param {Partial<Wanted>} change
   * @param {number} [place]
   */
  href(change, place = 0) {
    const to = { ...this.wanted, ...change };
    const query = new URLSearchParams();
    for (const name of /** @type {const} */ (["q", "state", "owner", "library"])) if (to[name]) query.set(name, to[name]);
    for (const name of /** @type {const} */ (["waiting", "mine"])) if (to[name]) query.set(name, "true");
    if (to.sort !== "name") query.set("sort", to.sort);
    if (place) query.set("offset", String(place));
    return `${settings.base}/${query.size > 0 ? `?${query}` : ""}`;
  }
}

/**
 * The order that a click on a column asks for.
 * @param {string} column
 * @param {string} now
 */
function next(column, now) {
  const [first, second] = mostFirst.includes(column) ? [`-${column}`, column] : [column, `-${column}`];
  return now === first ? second : first;
}

/**
 * Shows how many locks each chip would leave.
 * @param {import("./types.js").Counts} counts
 * @param {number} mine
 */
export function showCounts(counts, mine) {
  for (const chip of chips.querySelectorAll("[data-chip]")) {
    if (!(chip instanceof HTMLElement)) continue;
    const name = chip.dataset.chip ?? "";
    const held = name === "held" ? counts.expiring ?? 0 : 0; // what is expiring is held too
    const n = name === "mine" ? mine : (counts[name || "total"] ?? 0) + held;
    const place = fieldOf("count", chip);
    const text = number(n);
    if (place.textContent === text) continue;
    place.textContent = text;
    chip.toggleAttribute("data-none", n === 0);
  }
}
