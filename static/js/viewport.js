// @ts-check
// Where the table stands on the screen. The page's own scrollbar stands for all
// rows; what is read of the layout is read when it is clean, and kept.

import { find } from "./settings.js";

/** Rows that are drawn beyond the edges of the screen. */
const overscan = 10;
/** How long after the last scrolling nobody scrolls any more, in milliseconds. */
const restAfter = 150;
/** What is left free around a panel, in pixels: as in panel.css. */
const panelGap = 12;
/** No browser lays out a box that is much higher, in pixels. */
const highest = 16_000_000;

export class Viewport {
  /**
   * @param {HTMLElement} body the element that is as high as all rows
   * @param {() => void} moved
   */
  constructor(body, moved) {
    this.body = body;
    this.moved = moved;
    /** The height of a row. */
    this.row = 33;
    /** Where the first row would be, and from where to where rows are seen. */
    this.top = 0;
    this.from = 0;
    this.to = 0;
    this.total = 0;
    this.scrolled = 0;
    /** Whether the next scroll event is of our own doing. */
    this.own = false;
    this.bars = [find(".head"), find(".thead")];
    this.split = find(".split");
    this.panels = [find("#panel"), find("#node-panel")];
    this.room = "";
    history.scrollRestoration = "manual";
    // The browser must not move what the table moves itself.
    document.documentElement.style.overflowAnchor = "none";
    this.measure();
    addEventListener("scroll", () => {
      if (!this.own) this.scrolled = performance.now();
      this.own = false;
      this.place();
      moved();
    }, { passive: true });
    const observer = new ResizeObserver(() => { this.measure(); moved(); });
    for (const element of [body.parentElement, document.documentElement, find("#nodes"), find(".toolbar")]) if (element) observer.observe(element);
    addEventListener("resize", () => { this.measure(); moved(); });
  }

  /** Reads everything from the layout. A row that was at the top stays there. */
  measure() {
    const row = parseFloat(getComputedStyle(this.body).getPropertyValue("--row")) || this.row;
    const first = this.first;
    const other = row !== this.row;
    this.row = row;
    if (other && this.total > 0) {
      this.resize(this.total);
      if (first > 0) return this.show(first);
    }
    this.place();
  }

  place() {
    this.top = this.body.getBoundingClientRect().top;
    this.from = Math.max(...this.bars.map((bar) => bar.getBoundingClientRect().bottom));
    this.to = innerHeight;
    this.fit();
  }

  /** Lets a panel end where the screen does, also before it has come to rest at the top. */
  fit() {
    const top = Math.max(this.split.getBoundingClientRect().top, this.bars[0].offsetHeight + panelGap);
    const room = `${innerHeight - top - panelGap}px`;
    if (room === this.room) return;
    this.room = room;
    for (const panel of this.panels) panel.style.setProperty("--room", room);
  }

  /** @param {number} total the number of rows */
  resize(total) {
    this.total = Math.min(total, Math.floor(highest / this.row));
    this.body.style.height = `${this.total * this.row}px`;
  }

  /** Whether somebody is scrolling. */
  get scrolling() {
    return performance.now() - this.scrolled < restAfter;
  }

  /** The first row that is seen in whole or in part. */
  get first() {
    return Math.min(Math.max(Math.floor((this.from - this.top + 1) / this.row), 0), Math.max(this.total - 1, 0));
  }

  /** How many rows fit. */
  get count() {
    return Math.max(Math.ceil((this.to - this.from) / this.row), 1);
  }

  /** Which rows to draw. */
  get range() {
    const first = this.first;
    return { from: Math.max(first - overscan, 0), to: Math.min(first + this.count + overscan, this.total) };
  }

  /**
   * Scrolls so that a row is the first one.
   * @param {number} index
   */
  show(index) {
    // The bars come to rest at the top on the way, so where rows begin is known
    // only then.
    for (let i = 0; i < 2; i++) {
      this.place();
      this.by(this.top + index * this.row - this.from);
    }
  }

  /**
   * Scrolls as little as needed to show a row in whole.
   * @param {number} index
   */
  reveal(index) {
    this.place();
    const top = this.top + index * this.row;
    if (top < this.from) this.by(top - this.from);
    else if (top + this.row > this.to) this.by(top + this.row - this.to + 4);
  }

  /**
   * Scrolls by a length, at once.
   * @param {number} length
   */
  by(length) {
    const before = scrollY;
    scrollBy({ top: length, behavior: "instant" });
    if (scrollY !== before) this.own = true;
    this.place();
  }

  /**
   * Undoes what the browser scrolled by itself when rows were exchanged.
   * @param {number} top where the first row would be
   */
  hold(top) {
    this.place();
    if (this.top !== top) this.by(this.top - top);
  }

  /** Scrolls to the top of the page. */
  home() {
    this.by(-scrollY);
  }
}
