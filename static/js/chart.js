// @ts-check
// The charts of a node: round trips, and its clock against what is allowed.
// uPlot is no module and stands in the page by itself.

import { roundTrip } from "./format.js";
import { fieldOf, find } from "./settings.js";

/** @typedef {import("./types.js").Node} Node */
/** @typedef {{id: string, rttMicros: (number|null)[], offsetMicros: (number|null)[]}} Line */
/** @typedef {{at: number[], nodes: Line[]}} Trend */

/** How much time a chart shows, in seconds. */
const shown = 300;
const height = 56;
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

export class Chart {
  /**
   * @param {HTMLElement} card
   * @param {"rtt"|"clock"} what
   * @param {string} id of the node
   * @param {Trend} trend
   * @param {number} maxDrift in microseconds
   */
  constructor(card, what, id, trend, maxDrift) {
    this.what = what;
    this.id = id;
    this.maxDrift = maxDrift;
    this.plot = find(`[data-plot="${what}"]`, card);
    this.more = fieldOf(`${what}-more`, card);
    this.at = trend.at.map((at) => at / 1000);
    this.values = trend.at.map((_, i) => this.valueOf(trend.nodes.map((line) => ({
      id: line.id, rttMicros: line.rttMicros[i], offset: line.offsetMicros[i],
    }))));
    this.plot.replaceChildren();
    this.chart = this.build();
    new ResizeObserver(() => this.chart.setSize({ width: this.width, height })).observe(this.plot);
    // Colours are read when they are drawn, so a new scheme needs a drawing.
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.chart.redraw());
    new MutationObserver(() => this.chart.redraw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.words();
  }

  get width() {
    return Math.max(this.plot.clientWidth, 40);
  }

  /**
   * @param {{id: string, rttMicros: number|null, offset: number|null}[]} nodes how all are at one moment
   * @returns {number|null}
   */
  valueOf(nodes) {
    const node = nodes.find(({ id }) => id === this.id);
    if (this.what === "rtt") return node?.rttMicros ?? null;
    if (node?.offset === undefined || node.offset === null) return null;
    // What may not be far off is a clock beside the others, not beside ours.
    const known = nodes.flatMap(({ offset }) => (offset === null || offset === undefined ? [] : [offset])).sort((a, b) => a - b);
    return known.length < 3 ? node.offset : node.offset - known[known.length >> 1];
  }

  /**
   * @param {number} now in milliseconds
   * @param {Node[]} nodes
   */
  add(now, nodes) {
    const at = now / 1000;
    const value = this.valueOf(nodes.map(({ id, up, rttMicros, clock: told }) => ({
      id, rttMicros: up ? rttMicros : null, offset: up && told ? told.offsetMicros : null,
    })));
    const last = this.at.length - 1;
    if (at - this.at[last] < 0.5) this.values[last] = value; // told twice
    else {
      this.at.push(at);
      this.values.push(value);
    }
    while (this.at[0] < at - shown) {
      this.at.shift();
      this.values.shift();
    }
    if (document.hidden) return;
    this.chart.setData([this.at, this.values], true);
    this.words();
  }

  /** The values that are known, the smallest first. */
  known() {
    return this.values.filter((value) => value !== null).sort((a, b) => a - b);
  }

  /** The middle and the longest round trip, while nobody points at one. */
  words() {
    if (this.what !== "rtt" || this.chart.cursor.idx !== null && this.chart.cursor.idx !== undefined) return;
    const known = this.known();
    this.more.textContent = known.length > 0 ? `p50 ${roundTrip(known[known.length >> 1])} · most ${roundTrip(known[known.length - 1])}` : "";
  }

  /** @param {number|null|undefined} i where the pointer is */
  point(i) {
    const rest = this.more.dataset.rest ??= this.more.textContent ?? "";
    const value = i === null || i === undefined ? null : this.values[i];
    if (i === null || i === undefined || value === null) {
      if (this.what === "rtt") this.words();
      else this.more.textContent = rest;
      return;
    }
    const words = this.what === "rtt" ? roundTrip(value) : `${value < 0 ? "−" : "+"}${roundTrip(Math.abs(value))}`;
    this.more.textContent = `${words} at ${clock.format(this.at[i] * 1000)}`;
  }

  /** @returns {any} */
  build() {
    const colour = (/** @type {string} */ name) => () => colourOf(this.plot, name);
    return new (/** @type {any} */ (globalThis).uPlot)({
      width: this.width,
      height,
      padding: [4, 0, 4, 0],
      legend: { show: false },
      select: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 5 } },
      axes: [{ show: false }, { show: false }],
      scales: {
        x: { range: () => { const end = this.at[this.at.length - 1] ?? 0; return [end - shown, end]; } },
        y: { range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => this.range(low, high) },
      },
      series: [{}, {
        stroke: colour(this.what === "rtt" ? "--action" : "--granted"), width: 1.5, spanGaps: false, points: { show: false },
        fill: this.what === "rtt" ? colour("--spark-fill") : undefined,
      }],
      hooks: {
        drawClear: [(/** @type {any} */ chart) => this.drawAllowed(chart)],
        setCursor: [(/** @type {any} */ chart) => this.point(chart.cursor.idx)],
      },
    }, [this.at, this.values], this.plot);
  }

  /**
   * @param {number|null} low
   * @param {number|null} high
   */
  range(low, high) {
    if (this.what === "rtt") {
      // One that was slow must not flatten all others: it leaves at the top, and
      // the words say how slow it was.
      const known = this.known();
      return [0, Math.max(1, Math.min(known[Math.floor(known.length * 0.95)] * 2, high ?? 0) || 1) * 1.05];
    }
    const most = Math.max(Math.abs(low ?? 0), Math.abs(high ?? 0), this.maxDrift || 1) * 1.2;
    return [-most, most];
  }

  /**
   * The band in which a clock may be, and its middle.
   * @param {any} chart
   */
  drawAllowed(chart) {
    if (this.what !== "clock") return;
    const { ctx, bbox: { left, width } } = chart;
    const y = (/** @type {number} */ value) => Math.round(chart.valToPos(value, "y", true));
    ctx.save();
    if (this.maxDrift) {
      ctx.fillStyle = colourOf(this.plot, "--allowed");
      ctx.fillRect(left, y(this.maxDrift), width, y(-this.maxDrift) - y(this.maxDrift));
    }
    ctx.fillStyle = colourOf(this.plot, "--line-strong");
    ctx.fillRect(left, y(0), width, 1);
    ctx.restore();
  }
}

/**
 * A colour of the style sheets as a canvas takes it.
 * @param {HTMLElement} near
 * @param {string} name
 */
function colourOf(near, name) {
  near.style.color = `var(${name})`;
  const colour = getComputedStyle(near).color;
  near.style.color = "";
  return colour;
}
