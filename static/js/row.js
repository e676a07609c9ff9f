// @ts-check
// One row of the table: an element that the server rendered, or a clone of its
// template, and what it shows now.

import { count, forget } from "./countdown.js";
import { dash, fence } from "./format.js";
import { deadline, heldSince, holderHue, holderWords, keyOf, nameOf, still, waitingWords } from "./lock.js";
import { fieldOf, find, put } from "./settings.js";
import { tab } from "./tab.js";
import { plain, show } from "./visible.js";
import { fillStrip } from "./votes.js";

/** @typedef {import("./types.js").Lock} Lock */

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const template = /** @type {HTMLTemplateElement} */ (find("#row-template"));

export class Row {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    /** @type {Lock|null} */
    this.lock = null;
    /** True until it has been drawn for the first time. */
    this.fresh = false;
    /** Its place among all rows. */
    this.place = Number(element.getAttribute("aria-rowindex")) - 2;
    /** @type {Animation|null} */
    this.flashing = null;
    this.leased = "";
    this.parts = {
      state: fieldOf("state", element),
      name: fieldOf("name", element),
      votes: fieldOf("votes", element),
      swatch: fieldOf("swatch", element),
      owner: fieldOf("owner", element),
      ttl: fieldOf("ttl", element),
      bar: fieldOf("bar", element),
      text: fieldOf("left", element),
      fence: fieldOf("fence", element),
      renewing: fieldOf("renewing", element),
      waiting: fieldOf("waiting", element),
      held: fieldOf("held", element),
      release: find('[data-action="release"]', element),
      extend: find('[data-action="extend"]', element),
    };
  }

  static blank() {
    return new Row(/** @type {HTMLElement} */ (find(".row", template.content).cloneNode(true)));
  }

  /** The key of the lock that the server rendered into this element. */
  get renderedKey() {
    return keyOf({ name: this.element.dataset.name, nameB64: this.element.dataset.nameB64 });
  }

  /** Lets a row of the first paint count down before the stream has begun. */
  adopt() {
    const { expires, since, state } = this.element.dataset;
    const end = expires ? Date.parse(expires) : 0;
    this.parts.ttl.toggleAttribute("data-still", !end);
    count(this.element, this.countParts(), end, since && state !== "free" && state !== "residue" ? Date.parse(since) : 0);
  }

  /**
   * Shows a lock; touches only what changed.
   * @param {Lock} lock
   * @returns {boolean} whether it changed hands
   */
  update(lock) {
    const before = this.lock;
    this.lock = lock;
    const { element, parts } = this;
    if (!before) this.showName(lock);
    setData(element, "state", lock.state);
    if (setData(parts.state, "state", lock.state) || !before) put(parts.state, lock.state);
    if (before?.votes !== lock.votes) fillStrip(parts.votes, lock.votes);
    this.showHolder(lock);
    put(parts.fence, fence(lock.fence));
    setFlag(element, "data-fenced", Boolean(lock.fence));
    setFlag(element, "data-overlap", lock.flags.includes("overlap"));
    put(parts.waiting, waitingWords(lock));
    setFlag(element, "data-waited", lock.waiters?.visible && lock.waiters.count > 0);
    this.showTime(lock);
    return before !== null && before.holder?.fingerprint !== lock.holder?.fingerprint && lock.holder !== null;
  }

  /** @param {Lock} lock */
  showName(lock) {
    const name = nameOf(lock);
    if (this.renderedKey !== keyOf(lock) || !this.parts.name.firstChild) {
      show(this.parts.name, name);
      this.parts.name.title = plain(name);
    }
    if (lock.nameB64) {
      delete this.element.dataset.name;
      setData(this.element, "nameB64", lock.nameB64);
    } else {
      setData(this.element, "name", name);
    }
  }

  /** @param {Lock} lock */
  showHolder(lock) {
    const words = holderWords(lock);
    const hue = holderHue(lock);
    setData(this.parts.swatch, "hue", hue);
    setData(this.parts.owner, "foreign", hue);
    const title = plain(words);
    if (this.parts.owner.title === title) return;
    this.parts.owner.title = title;
    show(this.parts.owner, words);
  }

  /** @param {Lock} lock */
  showTime(lock) {
    const words = still(lock);
    const since = heldSince(lock);
    setFlag(this.parts.ttl, "data-still", words !== "");
    setData(this.element, "expires", words ? "" : new Date(deadline(lock)).toISOString());
    if (words) put(this.parts.text, words);
    if (!since) put(this.parts.held, dash);
    count(this.element, this.countParts(), words ? 0 : deadline(lock), since);
  }

  /**
   * Offers release and extend for a lock that this browser session holds. One
   * that is renewed needs no extending.
   * @param {import("./types.js").Lease|null} lease
   */
  setLease(lease) {
    const leased = lease ? `${lease.id} ${lease.renew} ${lease.tab}` : "";
    if (leased === this.leased) return;
    this.leased = leased;
    const { release, extend, renewing } = this.parts;
    release.hidden = !lease;
    extend.hidden = !lease || Boolean(lease.renew);
    renewing.hidden = !lease?.renew;
    if (lease?.renew) renewing.title = `Renewed while ${lease.tab === tab ? "this" : "another"} tab is open`;
    this.element.toggleAttribute("data-mine", lease !== null);
  }

  /** @param {number} place among all; the header is row 1 */
  setPlace(place) {
    if (this.place === place) return;
    this.place = place;
    this.element.setAttribute("aria-rowindex", String(place + 2));
  }

  /**
   * @param {boolean} open whether its panel is open
   * @param {boolean} picked
   */
  mark(open, picked) {
    setFlag(this.element, "data-open", open);
    if ((this.element.ariaSelected === "true") !== picked) this.element.ariaSelected = String(picked);
  }

  /** @param {boolean} on whether it takes part in the order of tabs */
  setStop(on) {
    const stop = on ? 0 : -1;
    if (this.element.tabIndex !== stop) this.element.tabIndex = stop;
  }

  /** Draws the eye to a row that changed hands. */
  flash() {
    if (calm.matches) return;
    this.flashing = this.element.animate({ backgroundColor: ["color-mix(in srgb, var(--action) 24%, var(--surface))", "var(--surface)"] }, 1200);
  }

  /** Takes it from the table, ready for another lock. */
  remove() {
    forget(this.element);
    this.flashing?.cancel();
    this.flashing = null;
    this.lock = null;
    this.element.remove();
  }

  countParts() {
    return { bar: this.parts.bar, text: this.parts.text, held: this.parts.held };
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} name
 * @param {string} value
 * @returns {boolean} whether it changed
 */
function setData(element, name, value) {
  if (element.dataset[name] === value) return false;
  element.dataset[name] = value;
  return true;
}

/**
 * @param {HTMLElement} element
 * @param {string} name
 * @param {boolean} on
 */
export function setFlag(element, name, on) {
  if (element.hasAttribute(name) !== on) element.toggleAttribute(name, on);
}
