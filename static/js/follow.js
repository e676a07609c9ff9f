// @ts-check
// The window of the stream follows the screen: as many rows as the server shows at
// once at most, with some before and after those that are seen.

import { nameFields } from "./lock.js";
import { windowSize } from "./settings.js";

/** The least rows of a window, and what its beginning is a multiple of, so that readers of the same place share it. */
const least = 100;
const grid = 25;
/** The least time between two questions, in milliseconds. */
const pause = 100;

export class Follower {
  /**
   * @param {import("./stream.js").Stream} stream
   * @param {import("./filters.js").Filters} filters
   * @param {import("./viewport.js").Viewport} view
   */
  constructor(stream, filters, view) {
    this.stream = stream;
    this.filters = filters;
    this.view = view;
    this.offset = 0;
    this.limit = 0;
    this.asked = 0;
    this.timer = 0;
  }

  /**
   * Asks for the rows around one.
   * @param {number} first
   * @param {string} [key] of a lock that is to be among them, wherever it is by now
   */
  ask(first, key) {
    clearTimeout(this.timer);
    this.timer = 0;
    const { count } = this.view;
    this.limit = Math.min(Math.max(Math.ceil((count * 4) / grid) * grid, least), windowSize);
    this.offset = Math.max(Math.floor((first - (this.limit - count) / 2) / grid) * grid, 0);
    this.asked = performance.now();
    this.stream.watch("locks", { ...this.filters.watch(this.offset, this.limit), ...(key ? nameFields(key) : {}) });
  }

  /** Asks for other rows when those near the screen are not in the window. */
  check() {
    const { from, to } = this.view.range;
    if (this.timer || (from >= this.offset && to <= this.offset + this.limit)) return;
    const wait = Math.max(this.asked + pause - performance.now(), 0);
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.ask(this.view.first);
    }, wait);
  }
}
