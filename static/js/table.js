// @ts-check
// The table: it is as high as all rows, and has elements for those near the
// screen alone. They are kept in order and reused, and only what changed is
// touched. Frames may come faster than the screen; it draws once per frame.

import { find } from "./settings.js";
import { keyOf } from "./lock.js";
import { Row, setFlag } from "./row.js";
import { Viewport } from "./viewport.js";

/** @typedef {import("./types.js").Lock} Lock */

const mostFlashes = 12;
/** How many elements wait to be used again. */
const mostSpare = 60;
/** Which of the rows on the screen are sought, one after the other, as parts of it. */
const seekAt = [0.5, 0, 0.9, 0.25];

export class Table {
  /**
   * @param {import("./store.js").Store} store
   * @param {(lock: Lock) => import("./types.js").Lease|null} leaseOf the lease of this browser session
   */
  constructor(store, leaseOf) {
    this.store = store;
    this.leaseOf = leaseOf;
    this.element = find("#table");
    this.body = find("#rows");
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    /** @type {Row[]} */
    this.spare = [];
    /** The row that the keyboard is at, by its place among all; -1 for none. */
    this.active = -1;
    /** Whether its element is to have the focus once it is there. */
    this.wanted = false;
    /** The row whose panel is open. @type {string|null} */
    this.open = null;
    /** @type {(key: string) => boolean} */
    this.picked = () => false;
    this.pending = false;
    /** Whether nothing is drawn until the next window is there. */
    this.waits = false;
    /** The row that this window has to show, and how often one was asked for. */
    this.sought = "";
    this.tries = 0;
    /** Called when the window has moved away from the rows on the screen. @type {(key: string) => void} */
    this.lost = () => {};
    /** Called after each drawing. @type {() => void} */
    this.drawn = () => {};
    /** @type {(row: Row, key: string) => void} */
    this.entered = () => {};
    for (const element of this.body.children) {
      const row = new Row(/** @type {HTMLElement} */ (element));
      this.rows.set(row.renderedKey, row);
      row.adopt();
    }
    this.view = new Viewport(this.body, () => this.schedule());
    this.tabStop();
  }

  /**
   * Takes its height before the stream has begun.
   * @param {number} total
   * @param {number} offset of the first row that the server rendered
   * @param {number} first the row that is to be at the top
   */
  begin(total, offset, first) {
    this.view.resize(total);
    this.pad(offset);
    this.body.dataset.live = "";
    if (first > 0) this.view.show(first);
    else this.view.place();
  }

  /** Begins at the first row again, when other rows are shown. */
  restart() {
    this.active = -1;
    this.wanted = this.waits = false;
    this.view.resize(this.store.total);
    if (this.view.first > 0) this.view.home();
    // What moves now is no row that comes or goes.
    for (const [key, row] of this.rows) if (!this.store.rows.has(key)) this.discard(key, row);
  }

  /** @param {number} before how many rows come before the first element */
  pad(before) {
    this.body.style.paddingTop = `${before * this.view.row}px`;
  }

  /** Draws with the next frame of the screen, or soon where there is none. */
  schedule() {
    if (!this.store.loaded) return; // the rows are those that the server rendered
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
    const { store, view } = this;
    if (this.waits && !view.scrolling) return;
    const all = store.sorted;
    if (this.left(all)) {
      this.waits = true;
      return this.lost(this.sought);
    }
    this.sought = "";
    this.tries = 0;
    if (store.total !== view.total) view.resize(store.total);
    const focused = this.body.contains(document.activeElement) ? document.activeElement : null;
    // Where the keyboard is going to counts, and not where it was.
    const at = this.wanted ? null : this.rowOf(focused);
    if (at) this.active = at.place;
    const moved = this.anchor(all);
    const { top } = view;
    const range = view.range;
    const from = Math.max(range.from, store.offset);
    const wanted = all.slice(from - store.offset, Math.max(range.to - store.offset, 0));
    const keep = new Set(wanted.map(([key]) => key));
    for (const [key, row] of this.rows) {
      if (!keep.has(key)) this.discard(key, row);
    }
    this.pad(wanted.length > 0 ? from : 0);
    this.fill(wanted, from);
    if (moved) view.hold(top);
    if (focused instanceof HTMLElement && focused.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
    if (at?.element.isConnected) this.active = at.place;
    // The keyboard stays in the table when its row leaves the screen.
    if (focused && !focused.isConnected) {
      this.wanted = true;
      this.body.focus({ preventScroll: true });
    }
    this.columns(wanted);
    this.tabStop();
    this.drawn();
  }

  /** The rows on the screen, from the top, with the keys of their locks. */
  get seen() {
    const { first, count } = this.view;
    return [...this.rows].filter(([, { place }]) => place >= first && place < first + count).sort(([, a], [, b]) => a.place - b.place);
  }

  /**
   * Whether so many rows came or went above the screen that the window shows others
   * than those on it; then one of these is sought, which the next window has to
   * show. They may have gone for good, so not for ever.
   * @param {[string, Lock][]} all
   */
  left(all) {
    const { view, store } = this;
    if (view.first === 0 || view.scrolling || this.tries === seekAt.length || store.rows.has(this.sought)) return false;
    const seen = this.seen.map(([key]) => key);
    if (all.filter(([key]) => seen.includes(key)).length * 2 >= seen.length) return false;
    this.sought = seen[Math.floor(seekAt[this.tries] * seen.length)];
    this.tries += 1;
    return true;
  }

  /**
   * Rows that come and go above the screen must not move those on it: the page
   * is scrolled by as many rows as most of them moved.
   * @param {[string, Lock][]} all
   * @returns {boolean} whether it was
   */
  anchor(all) {
    const { view, store } = this;
    const first = view.first;
    if (first === 0 || view.scrolling) return false;
    /** @type {number[]} */
    const moves = [];
    all.forEach(([key], i) => {
      const row = this.rows.get(key);
      if (row && row.place >= first && row.place < first + view.count) moves.push(store.offset + i - row.place);
    });
    moves.sort((a, b) => a - b);
    const by = moves[moves.length >> 1] ?? 0;
    if (by === 0) return false;
    if (this.active >= 0) this.active += by;
    view.by(by * view.row);
    return true;
  }

  /**
   * @param {[string, Lock][]} wanted
   * @param {number} from
   */
  fill(wanted, from) {
    /** @type {Row[]} */
    const handed = [];
    let next = this.body.firstElementChild;
    wanted.forEach(([key, lock], i) => {
      const row = this.rows.get(key) ?? this.take(key);
      if (row.lock !== lock && row.update(lock)) handed.push(row);
      row.setLease(this.leaseOf(lock));
      row.setPlace(from + i);
      row.mark(key === this.open, this.picked(key));
      if (row.element === next) next = next.nextElementSibling;
      else this.body.insertBefore(row.element, next);
      if (row.fresh) {
        row.fresh = false;
        this.entered(row, key);
      }
    });
    // Where everything flashes, nothing stands out.
    if (handed.length <= mostFlashes) for (const row of handed) row.flash();
  }

  /** @param {string} key */
  take(key) {
    const row = this.spare.pop() ?? Row.blank();
    row.fresh = true;
    this.rows.set(key, row);
    return row;
  }

  /**
   * @param {string} key
   * @param {Row} row
   */
  discard(key, row) {
    row.remove();
    this.rows.delete(key);
    if (this.spare.length < mostSpare) this.spare.push(row);
  }

  /**
   * A column appears with the first thing to say in it, and then stays; where
   * there is little room, that of the actions goes with the last lease.
   * @param {[string, Lock][]} wanted
   */
  columns(wanted) {
    setFlag(this.element, "data-any-mine", wanted.some(([, lock]) => this.leaseOf(lock) !== null));
    for (const [, lock] of wanted) {
      if (lock.fence) setFlag(this.element, "data-has-fence", true);
      if (lock.waiters?.visible) setFlag(this.element, "data-has-waiters", true);
    }
  }

  /** Exactly one row takes part in the order of tabs. */
  tabStop() {
    const at = this.rowAt(this.active) ?? this.rowAt(this.view.first) ?? [...this.rows.values()][0];
    for (const row of this.rows.values()) row.setStop(row === at);
    const focused = document.activeElement;
    if (focused !== document.body && !this.body.contains(focused)) this.wanted = false; // it went elsewhere
    if (!this.wanted || at?.place !== this.active) return;
    this.wanted = false;
    at.element.focus({ preventScroll: true });
  }

  /** @param {number} place */
  rowAt(place) {
    for (const row of this.rows.values()) if (row.place === place) return row;
    return null;
  }

  /** How many rows a page of the keyboard is. */
  get page() {
    return Math.max(this.view.count - 2, 1);
  }

  /**
   * Moves the keyboard by rows, through all of them.
   * @param {number} by
   */
  move(by) {
    const focused = this.rowOf(document.activeElement);
    if (focused) this.active = focused.place;
    this.go(this.active < 0 ? this.view.first : this.active + by);
  }

  /** @param {number} place */
  go(place) {
    const total = this.view.total;
    if (total === 0) return;
    this.active = Math.min(Math.max(place, 0), total - 1);
    this.wanted = true;
    if (!this.body.contains(document.activeElement)) this.body.focus({ preventScroll: true });
    if (this.active === 0) this.view.home();
    else this.view.reveal(this.active);
    if (this.store.loaded) this.draw();
    else this.tabStop();
  }

  /** @param {EventTarget|null} target */
  rowOf(target) {
    const element = target instanceof Element ? target.closest(".row") : null;
    if (!(element instanceof HTMLElement)) return null;
    return this.rows.get(keyOf({ name: element.dataset.name, nameB64: element.dataset.nameB64 })) ?? null;
  }

  /**
   * The lock whose row holds an element.
   * @param {EventTarget|null} target
   */
  lockAt(target) {
    return this.rowOf(target)?.lock ?? null;
  }

  /** @param {string|null} key */
  select(key) {
    this.open = key;
    this.remark();
  }

  /** Shows which rows are picked, and which one is open. */
  remark() {
    for (const [key, row] of this.rows) row.mark(key === this.open, this.picked(key));
  }
}
