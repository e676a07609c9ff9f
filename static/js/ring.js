// @ts-check
// One world: clients outside, nodes in a ring, the resource in the middle, and
// the messages between them.

import { card, ClientFigure, NodeFigure, ResourceFigure } from "./figures.js";
import { Flight } from "./flight.js";
import { keep, make, say, set } from "./svg.js";

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
    this.ways = make("g");
    this.circle = make("circle", { class: "r-circle" });
    this.bodies = make("g");
    this.svg = make("svg", { class: "ring", role: "group" }, this.circle, this.ways, this.bodies);
    this.title = document.createElement("h2");
    this.title.className = "ring-title";
    this.home = document.createElement("div");
    this.home.className = "ring-home";
    this.home.append(this.title, this.svg);
    home.append(this.home);
    /** @type {Map<string, NodeFigure>} */
    this.nodes = new Map();
    /** @type {Map<string, ClientFigure>} */
    this.clients = new Map();
    /** @type {Map<string, Flight>} */
    this.flights = new Map();
    this.resource = new ResourceFigure();
    this.bodies.append(this.resource.element);
    this.size = { width: 0, height: 0 };
    /** @type {Map<string, Point>} where everything is */
    this.places = new Map();
    this.unit = 1;
    this.laid = "";
  }

  remove() {
    this.home.remove();
  }

  /** Takes the room that there is; reports whether that has changed. */
  measure() {
    const { width, height } = this.svg.getBoundingClientRect();
    if (width === this.size.width && height === this.size.height) return false;
    this.size = { width, height };
    set(this.svg, { viewBox: `0 0 ${Math.round(width)} ${Math.round(height)}` });
    this.laid = "";
    return true;
  }

  /**
   * @param {Map<string, any>} things
   * @param {number} at
   * @param {boolean} still
   */
  draw(things, at, still) {
    const own = (/** @type {string} */ kind) => {
      const all = [];
      for (const [key, thing] of things) {
        if (key.startsWith(this.prefix + kind)) all.push(/** @type {[string, any]} */ ([key.slice(this.prefix.length + 2), thing]));
      }
      return all;
    };
    const nodes = own("n/").sort(([a], [b]) => (a < b ? -1 : 1));
    const clients = own("c/");
    const side = things.get(`${this.prefix}side`);
    if (!side || nodes.length === 0) return;
    say(this.title, side.label);
    keep(this.nodes, nodes, (node) => this.add(new NodeFigure(node)), (figure) => figure.element.remove());
    keep(this.clients, clients, (client) => this.add(new ClientFigure(client, nodes.map(([id]) => id), side.quorum)), (figure) => figure.element.remove());
    this.lay(nodes.map(([id]) => id), clients.map(([name]) => name));
    for (const [id, node] of nodes) this.nodes.get(id)?.draw(node, at, this.place(id), this.unit);
    for (const [name, client] of clients) this.clients.get(name)?.draw(client, at, this.place(name), this.cardUnit);
    const resource = things.get(`${this.prefix}r`);
    if (resource) this.resource.draw(resource, this.place("resource"), this.unit);
    const messages = own("m/");
    keep(this.flights, messages, (message) => {
      const flight = new Flight(message);
      this.ways.append(flight.element);
      return flight;
    }, (flight) => flight.element.remove());
    const named = messages.length <= nameable;
    for (const [key, message] of messages) {
      const { from, to } = this.way(message.from, message.to);
      this.flights.get(key)?.draw(message, at, from, to, this.unit, { named, still });
    }
  }

  /**
   * @template {{element: Element}} F
   * @param {F} figure
   */
  add(figure) {
    this.bodies.append(figure.element);
    this.laid = "";
    return figure;
  }

  /** @param {string} who */
  place(who) {
    return this.places.get(who) ?? { x: 0, y: 0 };
  }

  /**
   * Finds a place for everybody.
   * @param {string[]} nodes
   * @param {string[]} clients
   */
  lay(nodes, clients) {
    const { width, height } = this.size;
    const wanted = `${nodes} ${clients} ${width} ${height}`;
    if (this.laid === wanted) return;
    this.laid = wanted;
    const wide = width >= 520 && width > height * 0.95;
    this.unit = Math.max(0.62, Math.min(1.7, Math.min(width / (wide ? 860 : 430), height / (wide ? 540 : 640))));
    const u = this.unit;
    const middle = { x: width / 2, y: height / 2 };
    let radius;
    if (wide) {
      const rows = Math.max(1, Math.ceil(clients.length / 2));
      this.cardUnit = Math.min(u * 1.05, (height - 8) / (rows * (card.height + 14)));
      const c = this.cardUnit;
      radius = Math.min(height / 2 - 66 * u, width / 2 - card.width * c - 62 * u);
      clients.forEach((name, i) => {
        const count = i % 2 === 0 ? Math.ceil(clients.length / 2) : Math.floor(clients.length / 2);
        const row = Math.floor(i / 2);
        const step = Math.min((card.height + 46) * c, (height - card.height * c - 8) / Math.max(1, count - 1));
        this.places.set(name, {
          x: i % 2 === 0 ? (card.width / 2) * c + 3 : width - (card.width / 2) * c - 3,
          y: middle.y + (row - (count - 1) / 2) * step,
        });
      });
    } else {
      const perRow = clients.length > 4 || width < 2 * card.width * 0.9 ? 3 : 2;
      const c = this.cardUnit = Math.min(1.1, (width - 8 * (perRow - 1)) / (perRow * card.width));
      const top = Math.ceil(clients.length / 2);
      const rowsOf = (/** @type {number} */ count) => Math.ceil(count / perRow);
      const taken = (/** @type {number} */ count) => rowsOf(count) * (card.height * c + 8);
      middle.y = (taken(top) + height - taken(clients.length - top)) / 2 - 6 * u;
      radius = Math.min(width / 2 - 52 * u, (height - taken(top) - taken(clients.length - top)) / 2 - 58 * u);
      clients.forEach((name, i) => {
        const above = i < top;
        const at = above ? i : i - top;
        const count = above ? top : clients.length - top;
        const row = Math.floor(at / perRow);
        const inRow = Math.min(perRow, count - row * perRow);
        this.places.set(name, {
          x: width / 2 + ((at % perRow) - (inRow - 1) / 2) * (card.width * c + 8),
          y: above ? (row + 0.5) * (card.height * c + 8) - 4 : height - (rowsOf(count) - row - 0.5) * (card.height * c + 8) + 4,
        });
      });
    }
    radius = Math.max(radius, 60 * u);
    set(this.circle, { cx: middle.x, cy: middle.y, r: radius });
    nodes.forEach((id, i) => {
      const angle = (i / nodes.length) * 2 * Math.PI - Math.PI / 2;
      this.places.set(id, { x: middle.x + radius * Math.cos(angle), y: middle.y + radius * Math.sin(angle) });
    });
    this.places.set("resource", middle);
    this.svg.style.setProperty("--u", String(u));
  }

  /**
   * The way of a message, from edge to edge.
   * @param {string} from
   * @param {string} to
   */
  way(from, to) {
    const [a, b] = [this.place(from), this.place(to)];
    return { from: this.edge(from, a, b), to: this.edge(to, b, a) };
  }

  /**
   * Where a line leaves a figure.
   * @param {string} who
   * @param {Point} at
   * @param {Point} toward
   */
  edge(who, at, toward) {
    const [dx, dy] = [toward.x - at.x, toward.y - at.y];
    const length = Math.hypot(dx, dy) || 1;
    let step;
    if (this.nodes.has(who)) step = 33 * this.unit;
    else {
      const half = who === "resource" ? { x: 88 * this.unit, y: 38 * this.unit }
        : { x: (card.width / 2) * this.cardUnit, y: (card.height / 2) * this.cardUnit };
      step = Math.min(Math.abs(half.x / (dx / length || 1e-9)), Math.abs(half.y / (dy / length || 1e-9)));
    }
    return { x: at.x + (dx / length) * step, y: at.y + (dy / length) * step };
  }
}
