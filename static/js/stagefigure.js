// @ts-check
// Figures: parts of a drawing that are made from a template in the page, and then
// changed. What may change are attributes and texts.

import { fence, hue, remaining, wait } from "./format.js";
import { find } from "./settings.js";

const templates = /** @type {HTMLTemplateElement} */ (find("#figures"));

/** Hues far apart for those who mostly play. */
const cast = ["alice", "bob", "carol", "dave", "erin", "frank"];
const hues = [13, 21, 4, 10, 17, 1];

/** @param {string} name */
export const hueOf = (name) => hues[cast.indexOf(name)] ?? hue(name);

/** @param {number} micros */
const left = (micros) => remaining(micros / 1000);

/**
 * Sets attributes; touches only what has changed. What is false or empty is taken
 * away.
 * @param {Element} element
 * @param {Record<string, any>} attributes
 */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === "" || value === undefined) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
  }
}

/**
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A figure and its parts, by their first class. */
export class Figure {
  /** @param {string} kind */
  constructor(kind) {
    const own = templates.content.querySelector(`svg > .${kind}`);
    this.element = /** @type {SVGElement} */ (own?.cloneNode(true));
    /** @type {Record<string, Element>} */
    this.parts = {};
    for (const part of this.element.querySelectorAll("[class]")) this.parts[part.classList[0]] = part;
  }

  /**
   * @param {{x: number, y: number}} at
   * @param {number} unit
   * @param {Record<string, any>} attributes
   */
  place({ x, y }, unit, attributes) {
    set(this.element, { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${unit.toFixed(3)})`, ...attributes });
  }

  /**
   * @param {string} part
   * @param {string} text
   */
  say(part, text) {
    say(this.parts[part], text);
  }
}

/**
 * @param {Element} sign
 * @param {string} vote
 */
export function setVote(sign, vote) {
  if (sign.getAttribute("data-vote") === vote) return;
  set(sign, { "data-vote": vote });
  if (sign.lastElementChild) set(sign.lastElementChild, { href: vote && `#vote-${vote}` });
}

/** @typedef {(figure: Figure, thing: any, at: number, place: {x: number, y: number}, unit: number) => void} Draw */

/** @type {Draw} */
export function drawNode(figure, node, at, place, unit) {
  const out = node.out > at;
  const trouble = node.trouble || (out ? "quarantined" : "");
  const share = node.holder && node.up ? Math.max(0, (node.until - at) / node.ttl) : 0;
  const words = [node.words, out && `sits out ${wait((node.out - at) / 1000)}`].filter(Boolean).join(" · ");
  figure.place(place, unit, {
    "data-node": node.id, "data-hue": node.holder && hueOf(node.holder), "data-trouble": trouble, "data-holds": share > 0, "data-cut": node.cut,
    "aria-label": `node ${node.id}: ${node.holder ? `holds the lock for ${node.holder}` : "holds nothing"}${words && `, ${words}`}`,
  });
  set(figure.parts["rn-arc"], { "stroke-dasharray": `${(share * 100).toFixed(1)} 200` });
  setVote(figure.parts.vs, trouble);
  figure.say("rn-id", node.id);
  figure.say("rn-words", words);
}

export const card = { width: 160, height: 88 };

/** @type {Draw} */
export function drawClient(figure, client, at, place, unit) {
  const { state, until, from } = client;
  const valid = until > at && from > 0 && state !== "dead";
  const paused = state === "paused";
  const says = paused ? `paused ${left(at - client.paused)}${valid || !until ? "" : ", lease over"}`
    : until && !valid ? "its lease is over" : valid ? `${client.says}, ${left(until - at)} left` : client.says;
  figure.place({ x: place.x - (card.width / 2) * unit, y: place.y - (card.height / 2) * unit }, unit, {
    "data-client": client.name, "data-hue": hueOf(client.name), "data-state": state, "data-holds": valid, "data-bad": client.bad || (until > 0 && !valid),
    "aria-label": `${client.name}: ${says}${client.fence ? `, fencing token ${client.fence}` : ""}`,
  });
  for (const id of "abcde") setVote(figure.parts[`vs-${id}`], client.votes[id] ?? "none");
  set(figure.parts["rc-bar"], { width: valid ? ((until - at) / (until - from)) * (card.width - 22) : 0 });
  figure.say("rc-name", client.name);
  figure.say("rc-fence", client.fence ? fence(client.fence) : "");
  figure.say("rc-says", says);
  figure.say("rc-policy", client.reckless ? "reckless" : client.policy === "ours" ? "" : client.policy);
}

/** @type {Draw} */
export function drawResource(figure, resource, at, place, unit) {
  const words = resource.corrupt ? "corrupt" : !resource.check ? "takes every write" : resource.fence ? `fence ≥ ${fence(resource.fence)}` : "checks the fence";
  const by = resource.by ? `version ${resource.version} by ${resource.by}` : "nothing written yet";
  figure.place(place, unit, { "data-corrupt": resource.corrupt, "aria-label": `resource: ${words}, ${by}` });
  figure.say("rr-words", words);
  figure.say("rr-by", by);
}

/**
 * A message somewhere between two points.
 * @param {Figure} figure
 * @param {any} message
 * @param {number} share how much of the way it has gone
 * @param {{from: {x: number, y: number}, to: {x: number, y: number}}} way
 * @param {number} unit
 * @param {string} text
 */
export function drawMessage(figure, message, share, { from, to }, unit, text) {
  const [x, y] = [from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share];
  set(figure.element, { "data-lost": Boolean(message.lost), "data-held": Boolean(message.held) });
  set(figure.parts["rf-way"], { x1: from.x, y1: from.y, x2: to.x, y2: to.y });
  set(figure.parts["rf-dot"], { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${unit.toFixed(2)})` });
  figure.say("rf-label", text);
}
