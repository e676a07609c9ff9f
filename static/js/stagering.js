// @ts-check
// One world: clients, nodes in a ring, the resource in the middle, and the
// messages between them.

import { drawClient, drawMessage, drawNode, drawResource, Figure, holds, hueOf, say, set, setVote } from "./stagefigure.js";
import { beside, layOut, meet, way } from "./stagelayout.js";

/** More messages than this are not named, but for those that are lost. */
const nameable = 6;

export class Ring {
  /**
   * @param {HTMLElement} home
   * @param {number} side
   */
  constructor(home, side) {
    this.prefix = `${side}/`;
    this.frame = new Figure("ring");
    this.svg = this.frame.element;
    this.title = document.createElement("h2");
    this.home = document.createElement("div");
    this.home.className = "ring-home";
    this.home.append(this.title, this.svg);
    home.append(this.home);
    /** @type {Map<string, Figure>} */
    this.figures = new Map();
    this.laid = "";
    this.plan = layOut(0, 0, [], []);
  }

  remove() {
    this.home.remove();
  }

  /**
   * @param {Map<string, any>} things
   * @param {number} at
   * @param {boolean} still
   */
  draw(things, at, still) {
    /** @type {Record<string, [string, any][]>} */
    const own = { n: [], c: [], m: [], h: [] };
    for (const [key, thing] of things) if (key.startsWith(this.prefix)) own[key[2]]?.push([key, thing]);
    const resource = things.get(`${this.prefix}r`);
    if (!resource) return;
    say(this.title, things.get(`${this.prefix}side`)?.label ?? "");
    this.lay(own.n.map(([, node]) => node.id).sort(), own.c.map(([, client]) => client.name));
    this.drawn = new Set();
    const { unit, cardUnit } = this.plan;
    const holders = own.c.filter(([, client]) => holds(client, at)).length;
    drawResource(this.figure("r", "rr", "r-top"), resource, at, this.box("resource"), unit);
    for (const [key, node] of own.n) drawNode(this.figure(key, "rn", "r-bodies"), node, at, this.box(node.id), unit);
    for (const [key, client] of own.c) drawClient(this.figure(key, "rc", "r-bodies"), client, at, this.box(client.name), cardUnit, holders > 1);
    this.frame.say("r-alarm", holders > 1 ? `${holders} holders at once` : "");
    this.messages(own.m, resource, at, still);
    for (const [key, old] of this.figures) {
      if (this.drawn.has(key)) continue;
      old.element.remove();
      this.figures.delete(key);
    }
  }

  /**
   * The messages that are on their way, and the last write if it went wrong.
   * @param {[string, any][]} messages
   * @param {any} resource
   * @param {number} at
   * @param {boolean} still
   */
  messages(messages, resource, at, still) {
    const last = resource.writes.at(-1);
    const wrong = last && (!last.ok || last.corrupt) && this.plan.boxes.has(last.client);
    const all = wrong ? [...messages, ["bad", { from: last.client, to: "resource", kind: "bad", lost: last.ok ? "overwrites" : "refused" }]] : messages;
    const { boxes, unit, foot } = this.plan;
    const { clientWidth: width, clientHeight: height } = this.svg;
    const taken = [...boxes].flatMap(([id, box]) => {
      if (id.length > 1) return [box];
      const own = this.figures.get(`${this.prefix}n/${id}`)?.parts["rn-words0"].textContent ? foot : 20 * unit;
      return [box, { x: box.x, y: box.y + box.h + own / 2, w: own === foot ? box.w : 8 * unit, h: own / 2 }];
    });
    const marks = all.map(([key, message]) => {
      const { from, to, lost, held, sent, due } = message;
      const ends = way(this.box(from), this.box(to), 11 * unit);
      const along = (/** @type {number} */ share) => ({ x: ends.from.x + (ends.to.x - ends.from.x) * share, y: ends.from.y + (ends.to.y - ends.from.y) * share, w: 10 * unit, h: 10 * unit });
      const clear = (/** @type {import("./stagelayout.js").Box} */ spot) => !taken.some((box) => meet(box, spot)) && beside(spot, lost, unit, [...taken, spot], { width, height, must: false });
      const place = key === "bad" ? [0.5, 0.35, 0.65, 0.2, 0.8, 0.1, 0.9].map(along).find(clear) ?? along(0.5)
        : along(lost ? 0.88 : held ? 1 : still ? 0.5 : Math.max(0, Math.min(1, (at - sent) / (due - sent))));
      return { key, message, ends, place };
    });
    taken.push(...marks.map(({ place }) => place));
    marks.sort((a, b) => Number(Boolean(b.message.lost)) - Number(Boolean(a.message.lost)));
    for (const { key, message: { from, to, kind, lost, held, text }, ends, place } of marks) {
      const answer = !["ask", "free", "bad"].includes(text === "free" ? "free" : kind);
      // What passes behind the resource is not named where it cannot be seen.
      const hidden = meet(this.box("resource"), place, -18 * unit);
      const name = lost || (hidden || messages.length > nameable ? "" : text);
      const spot = name && beside(place, name, unit, taken, { width, height, must: Boolean(lost) });
      const looks = { "data-hue": hueOf(from.length > 1 && from !== "resource" ? from : to), "data-kind": answer ? "answer" : kind, "data-lost": Boolean(lost), "data-held": Boolean(held) };
      const line = this.figure(`${key}-`, "rw", "r-ways");
      set(line.element, { x1: ends.from.x, y1: ends.from.y, x2: ends.to.x, y2: ends.to.y, ...looks });
      const mark = this.figure(key, "rf", "r-marks");
      set(mark.element, looks);
      setVote(mark.parts.vs, answer ? kind : "");
      drawMessage(mark, place, unit, spot ? name : "", spot || place);
    }
  }

  /**
   * The figure of a thing, which is made when it is drawn first.
   * @param {string} key
   * @param {string} kind
   * @param {string} home
   */
  figure(key, kind, home) {
    this.drawn?.add(key);
    let found = this.figures.get(key);
    if (!found) {
      found = new Figure(kind);
      this.figures.set(key, found);
      this.frame.parts[home].append(found.element);
    }
    return found;
  }

  /** @param {string} who */
  box(who) {
    return this.plan.boxes.get(who) ?? { x: 0, y: 0, w: 0, h: 0 };
  }

  /**
   * Finds a place for everybody, when there is somebody new or another size.
   * @param {string[]} nodes
   * @param {string[]} clients
   */
  lay(nodes, clients) {
    const { clientWidth: width, clientHeight: height } = this.svg;
    const wanted = `${nodes} ${clients} ${width} ${height}`;
    if (this.laid === wanted || !width) return;
    this.laid = wanted;
    this.plan = layOut(width, height, nodes, clients);
    const { x, y, rx, ry, unit } = this.plan;
    set(this.svg, { viewBox: `0 0 ${width} ${height}` });
    set(this.frame.parts["r-circle"], { cx: x, cy: y, rx, ry });
    set(this.frame.parts["r-alarm"], { transform: `translate(${x} ${y + 68 * unit}) scale(${unit.toFixed(3)})` });
  }
}
