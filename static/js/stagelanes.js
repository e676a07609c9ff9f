// @ts-check
// Who held the lock when: a lane for each client, and what was written.

import { Figure, hueOf, say, set } from "./stagefigure.js";

const row = 24;
/** The names stand to the left. */
const gutter = 56;

export class Lanes {
  /**
   * @param {HTMLElement} home
   * @param {number} side
   */
  constructor(home, side) {
    this.prefix = `${side}/`;
    this.title = document.createElement("h3");
    this.svg = new Figure("lanes").element;
    home.append(this.title, this.svg);
  }

  remove() {
    this.title.remove();
    this.svg.remove();
  }

  /**
   * @param {Map<string, any>} things
   * @param {number} at
   */
  draw(things, at) {
    /** @type {any[]} */
    const holds = [];
    /** @type {string[]} */
    const names = [];
    for (const [key, thing] of things) {
      if (key.startsWith(`${this.prefix}c`)) names.push(thing.name);
      else if (key.startsWith(`${this.prefix}h`)) holds.push(thing);
    }
    const writes = (things.get(`${this.prefix}r`)?.writes ?? []).filter((/** @type {any} */ w) => w.at <= at);
    say(this.title, things.get(`${this.prefix}side`)?.label ?? "");
    const open = holds.some((h) => h.kind === "hold" && !h.to && h.until > at);
    const scale = compress([at, ...holds.flatMap((h) => [h.from, h.to]).filter((t) => t && t <= at), ...writes.map((/** @type {any} */ w) => w.at)]);
    const real = this.svg.clientWidth || 260;
    const width = real / Math.max(1, Math.min(1.6, real / 250));
    const x = (/** @type {number} */ t) => (gutter + scale(t) * (width - gutter) * (open ? 0.8 : 1));
    /** @type {Element[]} */
    const parts = [];
    const add = (/** @type {string} */ kind, /** @type {string} */ who, /** @type {Record<string, any>} */ attributes) => {
      const { element } = new Figure(kind);
      set(element, { transform: `translate(0 ${names.indexOf(who) * row})`, "data-hue": hueOf(who), ...attributes });
      parts.push(element);
      return element;
    };
    for (const name of names) {
      add("l-base", name, { x2: width });
      add("l-name", name, {}).textContent = name;
    }
    for (const { client, kind, from, to, until, clash } of holds) {
      if (!names.includes(client)) continue;
      const end = to && to <= at ? to : at;
      add(`l-${kind}`, client, { x: x(from), width: Math.max(1.5, x(end) - x(from)), "data-clash": clash });
      if (kind === "hold" && end === at && until > at) add("l-rest", client, { x: x(at), width: (width - gutter) * 0.2 - 1 });
    }
    for (const { client, at: when, ok, corrupt } of writes) {
      if (!names.includes(client)) continue;
      const bad = !ok || corrupt;
      add("l-write", client, { "data-bad": bad, x: x(when) - 1 });
      if (bad) add("l-note", client, { x: x(when) + (x(when) > width - 64 ? -5 : 6), "text-anchor": x(when) > width - 64 ? "end" : "start" }).textContent = ok ? "overwrites" : "refused";
    }
    const now = holds.filter((h) => h.kind === "hold" && !h.to && h.until > at).map((h) => h.client);
    const height = names.length * row;
    set(this.svg, { viewBox: `0 0 ${width} ${height}`, height: (height * real) / width, "aria-label": now.length ? `held by ${now.join(" and ")}` : "held by nobody" });
    this.svg.replaceChildren(...parts);
  }
}

/**
 * A scale on which the milliseconds of a hand-over can be seen beside the seconds
 * of a lease: the longer nothing happens, the less room it gets.
 * @param {number[]} moments
 */
function compress(moments) {
  const stops = [...new Set(moments)].sort((a, b) => a - b);
  const ends = [0];
  for (let i = 1; i < stops.length; i += 1) ends.push(ends[i - 1] + Math.log(1 + (stops[i] - stops[i - 1]) / 1000));
  return (/** @type {number} */ t) => ends[Math.max(0, stops.indexOf(t))] / (ends[ends.length - 1] || 1);
}
