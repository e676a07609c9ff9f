// @ts-check
// Nodes, clients and the resource, as they are drawn. A figure is made once and
// then changed; what may change are attributes and texts.

import { fence, hue, remaining, wait } from "./format.js";
import { make, say, set } from "./svg.js";

/** Hues far apart for those who mostly play. */
const cast = ["alice", "bob", "carol", "dave", "erin", "frank"];
const hues = [13, 21, 4, 10, 17, 1];

/** @param {string} name */
export function hueOf(name) {
  const known = cast.indexOf(name);
  return known < 0 ? hue(name) : hues[known];
}

/** @param {number} micros */
const left = (micros) => remaining(micros / 1000);

/** What people call the ways to lock. */
const policies = new Map([["sample", "sample"], ["single", "one node"], ["del", "DEL"], ["polling", "polling"]]);

/**
 * A vote in its square.
 * @param {string} vote
 * @param {number} size
 */
export function voteSign(vote, size) {
  const group = make("g", { class: "vs" });
  group.append(
    make("rect", { x: -size / 2, y: -size / 2, width: size, height: size, rx: size / 5 }),
    make("use", { x: -size / 2, y: -size / 2, width: size, height: size }),
  );
  setVote(group, vote);
  return group;
}

/**
 * @param {Element} sign
 * @param {string} vote
 */
function setVote(sign, vote) {
  if (sign.getAttribute("data-vote") === vote) return;
  set(sign, { "data-vote": vote });
  if (sign.lastElementChild) set(sign.lastElementChild, { href: vote ? `#vote-${vote}` : "" });
}

export class NodeFigure {
  /** @param {{id: string}} node */
  constructor(node) {
    this.id = node.id;
    this.base = make("circle", { class: "rn-base" });
    this.track = make("circle", { class: "rn-track" });
    this.arc = make("circle", { class: "rn-arc", pathLength: 100, transform: "rotate(-90)" });
    this.core = make("circle", { class: "rn-core" });
    this.sign = voteSign("", 22);
    this.label = make("text", { class: "rn-id" }, node.id);
    this.words = make("text", { class: "rn-words" });
    this.element = make("g", { class: "rn", role: "button", tabindex: 0, "data-node": node.id },
      this.base, this.track, this.arc, this.core, this.sign, this.label, this.words);
  }

  /**
   * @param {any} node
   * @param {number} at
   * @param {{x: number, y: number}} place
   * @param {number} unit
   */
  draw(node, at, place, unit) {
    const radius = 30 * unit;
    const share = node.holder && node.ttl > 0 ? Math.max(0, Math.min(1, (node.until - at) / node.ttl)) : 0;
    const out = node.out > at;
    const trouble = !node.up ? "down" : node.frozen ? "timeout" : out ? "quarantined" : "";
    set(this.element, {
      transform: `translate(${place.x.toFixed(1)} ${place.y.toFixed(1)})`,
      "data-hue": node.holder && node.holder !== "?" ? hueOf(node.holder) : "", "data-trouble": trouble,
      "data-holds": share > 0 && node.up ? "1" : "", "data-cut": node.cut, "data-wrong": node.slow || node.lossy || node.offset || node.rate !== 1 ? "1" : "",
    });
    for (const circle of [this.base, this.track, this.arc]) set(circle, { r: radius });
    set(this.core, { r: radius * 0.47 });
    set(this.arc, { "stroke-dasharray": `${(share * 100).toFixed(2)} 200` });
    setVote(this.sign, trouble);
    set(this.sign, { transform: `scale(${unit * 1.15})` });
    set(this.label, { y: radius + 19 * unit });
    set(this.words, { y: radius + 34 * unit });
    const words = nodeWords(node, at);
    say(this.words, words.join(" · "));
    set(this.element, { "aria-label": `node ${node.id}: ${[node.holder ? `holds the lock for ${node.holder}` : "holds nothing", ...words].join(", ")}` });
  }
}

/**
 * What is wrong with a node.
 * @param {any} node
 * @param {number} at
 */
export function nodeWords(node, at) {
  const words = [];
  if (!node.up) words.push("stopped");
  if (node.frozen) words.push("frozen");
  if (node.cut) words.push(node.cut === "both" ? "cut off" : node.cut === "in" ? "hears nothing" : "cannot answer");
  if (node.slow) words.push(`slow, ${node.slow}\u202fms`);
  if (node.lossy) words.push("answers get lost");
  if (node.out > at) words.push(`sits out ${wait((node.out - at) / 1000)}`);
  if (node.offset) words.push(`clock ${node.offset > 0 ? "+" : "−"}${Math.abs(node.offset / 1000)}\u202fs`);
  if (node.rate !== 1) words.push(`clock ${node.rate}×`);
  return words;
}

export const card = { width: 160, height: 88 };

export class ClientFigure {
  /**
   * @param {{name: string}} client
   * @param {string[]} nodes
   * @param {number} quorum
   */
  constructor(client, nodes, quorum) {
    this.box = make("rect", { class: "rc-box", rx: 9 });
    this.name = make("text", { class: "rc-name", x: 11, y: 21 }, client.name);
    this.fence = make("text", { class: "rc-fence", x: card.width - 11, y: 21 });
    this.says = make("text", { class: "rc-says", x: 11, y: 39 });
    this.policy = make("text", { class: "rc-policy", x: card.width - 11, y: 63 });
    this.votes = nodes.map((_, i) => {
      const sign = voteSign("none", 14);
      set(sign, { transform: `translate(${18 + i * 16 + (i >= quorum ? 4 : 0)} 59)` });
      return sign;
    });
    const notch = 18 + quorum * 16 - 6.5;
    this.bar = make("rect", { class: "rc-bar", x: 11, y: card.height - 14, height: 5, rx: 2.5 });
    this.element = make("g", { class: "rc", role: "button", tabindex: 0, "data-client": client.name, "data-hue": hueOf(client.name) },
      this.box, this.name, this.fence, this.says, this.policy, ...this.votes,
      make("line", { class: "rc-notch", x1: notch, x2: notch, y1: 49, y2: 69 }),
      make("rect", { class: "rc-track", x: 11, y: card.height - 14, width: card.width - 22, height: 5, rx: 2.5 }), this.bar);
    set(this.box, { width: card.width, height: card.height });
    this.nodes = nodes;
  }

  /**
   * @param {any} client
   * @param {number} at
   * @param {{x: number, y: number}} place its middle
   * @param {number} unit
   */
  draw(client, at, place, unit) {
    const valid = client.until > at && client.from > 0;
    const share = valid ? (client.until - at) / (client.until - client.from) : 0;
    const over = client.until > 0 && !valid;
    set(this.element, {
      transform: `translate(${(place.x - (card.width / 2) * unit).toFixed(1)} ${(place.y - (card.height / 2) * unit).toFixed(1)}) scale(${unit.toFixed(3)})`,
      "data-state": client.state, "data-holds": valid && client.state !== "dead" ? "1" : "", 
      "data-bad": over || /refused|quorum|over|killed/.test(client.says) ? "1" : "",
    });
    this.nodes.forEach((id, i) => setVote(this.votes[i], client.votes[id] ?? "none"));
    set(this.bar, { width: Math.max(0, share * (card.width - 22)) });
    const state = stateWords(client, at);
    say(this.policy, policies.get(client.policy) ?? (client.reckless ? "reckless" : ""));
    say(this.says, clip(over && client.state === "paused" ? `paused ${left(at - client.paused)}, lease over` : state));
    say(this.fence, client.fence ? fence(client.fence) : "");
    set(this.element, { "aria-label": `${client.name}: ${state}${client.fence ? `, fencing token ${client.fence}` : ""}` });
  }
}

/** @param {string} text */
const clip = (text) => (text.length > 27 ? `${text.slice(0, 26)}…` : text);

/**
 * @param {any} client
 * @param {number} at
 */
function stateWords(client, at) {
  switch (client.state) {
    case "holding":
    case "working":
    case "writing":
      return client.until > at ? `${client.state === "holding" ? "holds it" : client.state}, ${left(client.until - at)} left` : "its lease is over";
    case "paused":
      return `paused for ${left(at - client.paused)}`;
    case "asking":
      return client.try > 1 ? `asks, try ${client.try}` : "asks";
    case "waiting":
      return client.says ? `waits · ${client.says}` : "waits";
    case "releasing":
      return "gives it back";
    case "dead":
      return "killed";
  }
  return client.says || "idle";
}

export class ResourceFigure {
  constructor() {
    this.box = make("rect", { class: "rr-box", rx: 10 });
    this.name = make("text", { class: "rr-name" }, "resource");
    this.words = make("text", { class: "rr-words" });
    this.by = make("text", { class: "rr-by" });
    this.element = make("g", { class: "rr", role: "button", tabindex: 0, "data-resource": "1" }, this.box, this.name, this.words, this.by);
  }

  /**
   * @param {any} resource
   * @param {{x: number, y: number}} place
   * @param {number} unit
   */
  draw(resource, place, unit) {
    const [width, height] = [172 * unit, 72 * unit];
    set(this.element, { transform: `translate(${place.x.toFixed(1)} ${place.y.toFixed(1)})`, "data-corrupt": resource.corrupt ? "1" : "", "data-hue": resource.by ? hueOf(resource.by) : "" });
    set(this.box, { x: -width / 2, y: -height / 2, width, height });
    set(this.name, { y: -15 * unit });
    set(this.words, { y: 4 * unit });
    set(this.by, { y: 22 * unit });
    const words = resource.corrupt ? "corrupt" : !resource.check ? "takes every write" : resource.fence ? `fence ≥ ${fence(resource.fence)}` : "checks the fence";
    const by = resource.by ? `version ${resource.version} by ${resource.by}` : "nothing written yet";
    say(this.words, words);
    say(this.by, by);
    set(this.element, { "aria-label": `resource: ${words}, ${by}` });
  }
}
