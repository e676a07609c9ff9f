// @ts-check
// Who held the lock when: a lane for each client, and the writes that came too
// late.

import { hueOf } from "./figures.js";
import { make, say, set } from "./svg.js";

const row = 30;
const top = 4;

export class Lanes {
  /**
   * @param {HTMLElement} home
   * @param {number} side
   */
  constructor(home, side) {
    this.prefix = `${side}/`;
    this.title = document.createElement("h3");
    this.svg = make("svg", { class: "lanes", role: "img" });
    home.append(this.title, this.svg);
    this.drawn = "";
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
    const holds = [];
    /** @type {string[]} */
    const names = [];
    let first = Infinity;
    let last = at;
    for (const [key, thing] of things) {
      if (!key.startsWith(this.prefix)) continue;
      const kind = key.slice(2, 4);
      if (kind === "c/") names.push(thing.name);
      if (kind !== "h/") continue;
      holds.push(thing);
      first = Math.min(first, thing.from);
      if (thing.kind === "hold") last = Math.max(last, thing.to || Math.min(thing.until, at + (at - first) / 3));
    }
    say(this.title, things.get(`${this.prefix}side`)?.label ?? "");
    const writes = things.get(`${this.prefix}r`)?.writes ?? [];
    const width = this.svg.clientWidth || 280;
    const scale = compress([first, at, last, ...holds.flatMap((h) => [h.from, h.to || at]), ...writes.map((/** @type {any} */ w) => w.at)]);
    const shown = holds.length ? Math.round(scale(at) * width) : 0;
    const state = `${names} ${holds.map((h) => [h.from, h.to, h.until, h.clash])} ${writes.length} ${shown} ${width}`;
    if (state === this.drawn) return;
    this.drawn = state;
    const x = (/** @type {number} */ t) => scale(Math.max(t, first)) * width;
    const height = top + names.length * row;
    const parts = names.flatMap((name, i) => [
      make("text", { class: "l-name", x: 0, y: top + i * row + 10 }, name),
      make("line", { class: "l-base", x1: 0, x2: width, y1: top + i * row + 24.5, y2: top + i * row + 24.5 }),
    ]);
    for (const hold of holds) {
      const i = names.indexOf(hold.client);
      if (i < 0) continue;
      const y = top + i * row + 14;
      const end = hold.to && hold.to <= at ? hold.to : at;
      const wide = Math.max(1.5, x(end) - x(hold.from));
      const kind = hold.kind === "hold" ? { y, height: 10 } : { y: y + 3, height: 4 };
      parts.push(make("rect", { class: `l-${hold.kind}`, "data-hue": hueOf(hold.client), "data-clash": hold.clash ? "1" : "", x: x(hold.from), width: wide, rx: 2, ...kind }));
      if (hold.kind === "hold" && !hold.to && hold.until > at) {
        parts.push(make("rect", { class: "l-rest", "data-hue": hueOf(hold.client), x: x(at), width: Math.max(0, Math.min(width, x(hold.until)) - x(at)), rx: 2, ...kind }));
      }
    }
    for (const write of writes) {
      const i = names.indexOf(write.client);
      if (i < 0 || write.at > at || holds.length === 0) continue;
      const bad = !write.ok || write.corrupt;
      parts.push(make("path", { class: "l-write", "data-bad": bad ? "1" : "", d: `M${x(write.at).toFixed(1)} ${top + i * row + 11}v15` }));
    }
    set(this.svg, { viewBox: `0 0 ${width} ${height}`, height, "aria-label": laneWords(holds, at) });
    this.svg.replaceChildren(...parts);
  }
}

/**
 * A scale on which the milliseconds of a hand-over can be seen beside the seconds
 * of a lease: the longer nothing happens, the less room it gets.
 * @param {number[]} moments
 */
function compress(moments) {
  const stops = [...new Set(moments)].filter(Number.isFinite).sort((a, b) => a - b);
  const ends = [0];
  for (let i = 1; i < stops.length; i += 1) ends.push(ends[i - 1] + Math.log(1 + (stops[i] - stops[i - 1]) / 1000));
  const whole = ends[ends.length - 1] || 1;
  return (/** @type {number} */ t) => {
    const i = Math.max(1, stops.findIndex((stop) => stop >= t));
    const share = (t - stops[i - 1]) / (stops[i] - stops[i - 1] || 1);
    return (ends[i - 1] + (ends[i] - ends[i - 1]) * Math.min(1, share || 0)) / whole;
  };
}

/**
 * @param {any[]} holds
 * @param {number} at
 */
function laneWords(holds, at) {
  const now = holds.filter((h) => h.kind === "hold" && !h.to && h.until > at).map((h) => h.client);
  return now.length > 1 ? `${now.join(" and ")} hold the lock at once` : now.length ? `${now[0]} holds the lock` : "nobody holds the lock";
}
