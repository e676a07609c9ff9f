// @ts-check
// One world: clients outside, nodes in a ring, the resource in the middle, and
// the messages between them.

import { card, drawClient, drawMessage, drawNode, drawResource, Figure, hueOf, say, set, setVote } from "./stagefigure.js";

/** @typedef {{x: number, y: number}} Point */

/** More messages than this are not named: their names would cover each other. */
const nameable = 5;

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
    /** @type {Map<string, Point>} where everything is */
    this.places = new Map();
    this.laid = "";
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
    const nodes = own.n.map(([, node]) => node.id).sort();
    this.lay(nodes, own.c.map(([, client]) => client.name));
    const drawn = new Set();
    const figure = (/** @type {string} */ key, /** @type {string} */ kind, /** @type {string} */ home) => {
      drawn.add(key);
      let found = this.figures.get(key);
      if (!found) {
        found = new Figure(kind);
        this.figures.set(key, found);
        this.frame.parts[home].append(found.element);
      }
      return found;
    };
    drawResource(figure("r", "rr", "r-bodies"), resource, at, this.place("resource"), this.unit);
    for (const [key, node] of own.n) drawNode(figure(key, "rn", "r-bodies"), node, at, this.place(node.id), this.unit);
    for (const [key, client] of own.c) drawClient(figure(key, "rc", "r-bodies"), client, at, this.place(client.name), this.cardUnit);
    const last = resource.writes.at(-1);
    if (last && (!last.ok || last.corrupt)) own.m.push(["bad", { from: last.client, to: "resource", kind: "bad", lost: last.ok ? "overwrites another" : "write refused" }]);
    for (const [key, message] of own.m) {
      const mark = figure(key, "rf", "r-ways");
      const answer = !["ask", "free", "bad"].includes(message.text === "free" ? "free" : message.kind);
      set(mark.element, { "data-hue": hueOf(this.places.has(message.from) && message.from.length > 1 ? message.from : message.to), "data-kind": answer ? "answer" : message.kind });
      setVote(mark.parts.vs, answer ? message.kind : "");
      const share = key === "bad" ? 0.5 : message.lost ? 0.9 : message.held ? 1 : still ? 0.5 : Math.max(0, Math.min(1, (at - message.sent) / (message.due - message.sent)));
      drawMessage(mark, message, share, this.way(message.from, message.to), this.unit, message.lost || (own.m.length > nameable ? "" : message.text));
    }
    for (const [key, old] of this.figures) {
      if (drawn.has(key)) continue;
      old.element.remove();
      this.figures.delete(key);
    }
  }

  /** @param {string} who */
  place(who) {
    return this.places.get(who) ?? { x: 0, y: 0 };
  }

  /**
   * Finds a place for everybody: the clients along two opposite edges, at the
   * sides where there is width, otherwise above and below.
   * @param {string[]} nodes
   * @param {string[]} clients
   */
  lay(nodes, clients) {
    const { clientWidth: width, clientHeight: height } = this.svg;
    const wanted = `${nodes} ${clients} ${width} ${height}`;
    if (this.laid === wanted || !width) return;
    this.laid = wanted;
    set(this.svg, { viewBox: `0 0 ${width} ${height}` });
    const wide = width >= 520 && width > height * 0.95;
    const u = this.unit = Math.max(0.62, Math.min(1.7, width / (wide ? 860 : 430), height / (wide ? 540 : 640)));
    const most = Math.ceil(clients.length / 2) || 1;
    const [along, card0] = wide ? [height, card.height + 14] : [width, card.width + 8];
    const c = this.cardUnit = Math.min(u * 1.1, along / (most * card0));
    const edge = ((wide ? card.width : card.height) / 2) * c + 3;
    const step = Math.min((wide ? card.height + 46 : card0) * c, along / most);
    clients.forEach((name, i) => {
      const count = Math.ceil((clients.length - (i % 2)) / 2);
      const main = along / 2 + (Math.floor(i / 2) - (count - 1) / 2) * step;
      const cross = i % 2 ? (wide ? width : height) - edge : edge;
      this.places.set(name, wide ? { x: cross, y: main } : { x: main, y: cross });
    });
    const taken = 2 * edge;
    const radius = Math.max(70 * u, wide ? Math.min(height / 2 - 66 * u, width / 2 - taken - 56 * u) : Math.min(width / 2 - 48 * u, height / 2 - taken - 56 * u));
    const [x, y] = [width / 2, height / 2 - (wide ? 0 : 8 * u)];
    set(this.frame.parts["r-circle"], { cx: x, cy: y, r: radius });
    this.places.set("resource", { x, y });
    nodes.forEach((id, i) => {
      const angle = (i / nodes.length - 0.25) * 2 * Math.PI;
      this.places.set(id, { x: x + radius * Math.cos(angle), y: y + radius * Math.sin(angle) });
    });
  }

  /**
   * The way of a message, from edge to edge.
   * @param {string} from
   * @param {string} to
   */
  way(from, to) {
    return { from: this.edge(from, to), to: this.edge(to, from) };
  }

  /**
   * Where a line to another leaves a figure.
   * @param {string} who
   * @param {string} other
   */
  edge(who, other) {
    const [at, toward] = [this.place(who), this.place(other)];
    const [dx, dy] = [toward.x - at.x, toward.y - at.y];
    const length = Math.hypot(dx, dy) || 1;
    const [x, y] = who.length === 1 ? [0, 0] : who === "resource" ? [88 * this.unit, 38 * this.unit]
      : [(card.width / 2) * this.cardUnit, (card.height / 2) * this.cardUnit];
    const step = x ? Math.min(Math.abs(x / (dx || 1e-9)), Math.abs(y / (dy || 1e-9))) * length : 33 * this.unit;
    return { x: at.x + (dx / length) * step, y: at.y + (dy / length) * step };
  }
}
