// @ts-check
// The last five minutes of a lock: solid while somebody held it, in the colour of
// the owner, and hatched below while somebody waited.

import { age } from "./format.js";
import { holderHue, holderWords } from "./lock.js";
import { plain } from "./visible.js";

/** @typedef {import("./types.js").Hold} Hold */

const span = 5 * 60_000;
const width = 340;
/** How many of those who wait have a line. */
const mostLines = 3;
const svg = "http://www.w3.org/2000/svg";

export class Lane {
  /** @param {HTMLElement} section */
  constructor(section) {
    this.section = section;
    this.picture = /** @type {SVGElement} */ (/** @type {Element} */ (section.querySelector("svg")));
    /** @type {Hold[]} */
    this.holds = [];
    this.drawn = 0;
  }

  /** @param {Hold[]} holds */
  know(holds) {
    this.holds = holds;
    this.drawn = 0;
  }

  /**
   * @param {import("./types.js").Lock} lock
   * @param {number} now
   */
  draw(lock, now) {
    if (now - this.drawn < 1000) return; // a pixel is nearly as long
    this.drawn = now;
    const begin = now - span;
    const x = (/** @type {number} */ at) => Math.max(((at - begin) / span) * width, 0);
    const seen = this.holds.filter(({ to }) => !to || Date.parse(to) > begin);
    this.section.hidden = seen.length === 0;
    if (this.section.hidden) return;
    const bars = seen.map((hold) => {
      const from = x(Date.parse(hold.from));
      const to = hold.to ? x(Date.parse(hold.to)) : width;
      const bar = rect(from, 6, Math.max(to - from - 0.5, 1), 16);
      bar.dataset.hue = holderHue({ holder: hold });
      if (hold.how === "overlapped") bar.dataset.how = hold.how;
      const title = document.createElementNS(svg, "title");
      title.textContent = `${plain(holderWords({ holder: hold }))}, ${age((hold.to ? Date.parse(hold.to) : now) - Date.parse(hold.from))}${hold.how ? `, ${hold.how}` : ""}`;
      bar.append(title);
      return bar;
    });
    const waits = (lock.waiters?.since ?? []).slice(0, mostLines).map((since, i) => {
      const bar = rect(x(Date.parse(since)), 28 + i * 9, Math.max(width - x(Date.parse(since)), 1), 5);
      bar.setAttribute("class", "lane-wait");
      return bar;
    });
    const edge = rect(width - 1, 0, 1, 56);
    edge.setAttribute("class", "lane-edge");
    this.picture.replaceChildren(...bars, ...waits, edge);
  }
}

/**
 * @param {number} x
 * @param {number} y
 * @param {number} w
 * @param {number} h
 */
function rect(x, y, w, h) {
  const element = document.createElementNS(svg, "rect");
  for (const [name, value] of Object.entries({ x, y, width: w, height: h, rx: 1.5 })) element.setAttribute(name, value.toFixed(1));
  return element;
}
