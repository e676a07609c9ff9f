// @ts-check
// Messages on their way.

import { hueOf, voteSign } from "./figures.js";
import { make, say, set } from "./svg.js";

const votes = new Set(["granted", "other", "free", "down", "timeout", "amnesia", "quarantined", "unknown"]);

/** A message and the way that it goes. */
export class Flight {
  /** @param {any} message */
  constructor(message) {
    this.way = make("line", { class: "rf-way" });
    const answer = votes.has(message.kind) && !(message.kind === "free" && message.text === "free");
    const client = message.from.length > 1 && message.from !== "resource" ? message.from : message.to;
    this.mark = answer ? voteSign(message.kind, 18)
      : message.kind === "free" ? make("circle", { class: "rf-free", r: 6 })
        : make("circle", { class: "rf-ask", r: 7 });
    this.label = make("text", { class: "rf-label" });
    this.cross = make("path", { class: "rf-cross", d: "M-6-6L6 6M6-6L-6 6" });
    this.dot = make("g", {}, this.mark, this.cross, this.label);
    this.element = make("g", { class: "rf", "data-hue": hueOf(client), "data-kind": message.kind }, this.way, this.dot);
  }

  /**
   * @param {any} message
   * @param {number} at
   * @param {{x: number, y: number}} from
   * @param {{x: number, y: number}} to
   * @param {number} unit
   * @param {{named: boolean, still: boolean}} how
   */
  draw(message, at, from, to, unit, how) {
    const share = message.lost ? 0.88 : message.held ? 1 : how.still ? 0.5
      : Math.max(0, Math.min(1, (at - message.sent) / Math.max(1, message.due - message.sent)));
    const x = from.x + (to.x - from.x) * share;
    const y = from.y + (to.y - from.y) * share;
    set(this.way, { x1: from.x, y1: from.y, x2: to.x, y2: to.y });
    set(this.dot, { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${unit.toFixed(2)})` });
    set(this.element, { "data-lost": message.lost ? "1" : "", "data-held": message.held ? "1" : "" });
    say(this.label, message.lost ? message.lost : how.named ? message.text : "");
    set(this.label, { y: y < to.y ? -13 : 22 });
  }
}
