// @ts-check
// The table: keeps a row element per lock, in order, and touches only what
// changed. Frames may come faster than the screen; it draws once per frame.

import { find } from "./settings.js";
import { keyOf } from "./lock.js";
import { Row } from "./row.js";

/** @typedef {import("./types.js").Lock} Lock */

const mostFlashes = 12;
/** A table of more rows is long: see css/table.css. */
const long = 60;

export class Table {
  /**
   * @param {() => [string, Lock][]} wanted the rows to show, in order
   * @param {(lock: Lock) => import("./types.js").Lease|null} leaseOf the lease of this browser session
   * @param {() => number} offset how many rows come before the window
   */
  constructor(wanted, leaseOf, offset) {
    this.wanted = wanted;
    this.leaseOf = leaseOf;
    this.offset = offset;
    this.element = find("#table");
    this.body = find("#rows");
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    this.pending = false;
    /** Called after each drawing. @type {() => void} */
    this.drawn = () => {};
    /** @type {(row: Row, key: string) => void} */
    this.entered = () => {};
    for (const element of this.body.children) {
      const row = new Row(/** @type {HTMLElement} */ (element));
      this.rows.set(row.renderedKey, row);
      row.adopt();
    }
    this.tabStop();
  }

  /** Draws with the next frame of the screen, or soon where there is none. */
  schedule() {
    if (document.hidden) {
      // Nothing is painted, timers are slowed down, and frames come once a
      // second at most.
      this.draw();
      return;
    }
    if (this.pending) return;
    this.pending = true;
    const draw = () => {
      if (this.pending) this.draw();
    };
    requestAnimationFrame(draw);
    setTimeout(draw, 120);
  }

  draw() {
    this.pending = false;
    const wanted = this.wanted();
    const keep = new Set(wanted.map(([key]) => key));
    const focused = this.body.contains(document.activeElement) ? document.activeElement : null;
    for (const [key, row] of this.rows) {
      if (keep.has(key)) continue;
      row.remove();
      this.rows.delete(key);
    }
    /** @type {Row[]} */
    const handed = [];
    let next = this.body.firstElementChild;
    let index = this.offset() + 1;
    for (const [key, lock] of wanted) {
      const row = this.rows.get(key) ?? this.add(key);
      if (row.lock !== lock && row.update(lock)) handed.push(row);
      row.setLease(this.leaseOf(lock));
      row.setIndex(++index);
      if (row.element === next) next = next.nextElementSibling;
      else this.body.insertBefore(row.element, next);
      if (row.fresh) {
        row.fresh = false;
        this.entered(row, key);
      }
    }
    // Where everything flashes, nothing stands out.
    if (handed.length <= mostFlashes) for (const row of handed) row.flash();
    if (focused instanceof HTMLElement && focused.isConnected && document.activeElement !== focused) focused.focus();
    this.columns(wanted);
    this.tabStop();
    this.drawn();
  }

  /** @param {string} key */
  add(key) {
    const row = Row.blank();
    row.fresh = true;
    this.rows.set(key, row);
    return row;
  }

  /**
   * A column appears with the first thing to say in it, and then stays; where
   * there is little room, that of the actions goes with the last lease.
   * @param {[string, Lock][]} wanted
   */
  columns(wanted) {
    this.element.toggleAttribute("data-long", wanted.length > long);
    this.element.toggleAttribute("data-any-mine", wanted.some(([, lock]) => this.leaseOf(lock)));
    for (const [, lock] of wanted) {
      if (lock.fence) this.element.dataset.hasFence = "";
      if (lock.waiters?.visible) this.element.dataset.hasWaiters = "";
    }
  }

  /** Exactly one row takes part in the order of tabs. */
  tabStop() {
    if (this.body.querySelector('.row[tabindex="0"]')) return;
    this.body.firstElementChild?.setAttribute("tabindex", "0");
  }

  /**
   * Moves the focus by rows.
   * @param {number} by
   */
  move(by) {
    const rows = [...this.body.children];
    const now = rows.findIndex((row) => row.contains(document.activeElement));
    const to = rows[now < 0 ? rows.findIndex((row) => row.getAttribute("tabindex") === "0") : Math.min(Math.max(now + by, 0), rows.length - 1)];
    if (!(to instanceof HTMLElement)) return;
    for (const row of rows) row.setAttribute("tabindex", row === to ? "0" : "-1");
    to.focus();
    to.scrollIntoView({ block: "nearest" });
  }

  /**
   * The lock whose row holds an element.
   * @param {EventTarget|null} target
   */
  lockAt(target) {
    const element = target instanceof Element ? target.closest(".row") : null;
    if (!(element instanceof HTMLElement)) return null;
    return this.rows.get(keyOf({ name: element.dataset.name, nameB64: element.dataset.nameB64 }))?.lock ?? null;
  }

  /** @param {string|null} key */
  select(key) {
    for (const [of, row] of this.rows) {
      if (of === key) row.element.setAttribute("aria-selected", "true");
      else row.element.removeAttribute("aria-selected");
    }
  }
}
