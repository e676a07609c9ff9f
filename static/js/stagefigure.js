// @ts-check
// Figures: parts of a drawing that are made from a template in the page, and then
// changed. What may change are attributes and texts.

import { fence, hue, remaining, wait } from "./format.js";
import { find } from "./settings.js";
import { card } from "./stagelayout.js";

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

/** Whether a client may believe that it holds the lock. */
export const holds = (/** @type {any} */ { from, until, state }, /** @type {number} */ at) => until > at && from > 0 && state !== "dead";

/** @typedef {(figure: Figure, thing: any, at: number, box: import("./stagelayout.js").Box, unit: number, clash?: boolean) => void} Draw */

/** @type {Draw} */
export function drawNode(figure, node, at, box, unit) {
  const out = node.out > at;
  const trouble = node.trouble || (out ? "quarantined" : "");
  const share = node.holder && node.up ? Math.max(0, (node.until - at) / node.ttl) : 0;
  const words = node.words.split(" · ").concat(out ? `sits out ${wait((node.out - at) / 1000)}` : []).filter(Boolean);
  figure.place(box, unit, {
    "data-node": node.id, "data-hue": node.holder && hueOf(node.holder), "data-trouble": trouble, "data-holds": share > 0, "data-cut": node.cut,
    "aria-label": `node ${node.id}: ${node.holder ? `holds the lock for ${node.holder}` : "holds nothing"}${words.map((word) => `, ${word}`).join("")}`,
  });
  set(figure.parts["rn-arc"], { "stroke-dasharray": `${(share * 100).toFixed(1)} 200` });
  setVote(figure.parts.vs, trouble);
  figure.say("rn-id", node.id);
  // Each on a line of its own; what there is no room for stands in the menu.
  for (const i of [0, 1, 2]) figure.say(`rn-words${i}`, words[i] ?? "");
}

/** @type {Draw} */
export function drawClient(figure, client, at, box, unit, clash) {
  const { state, until, from, name, votes, policy } = client;
  const valid = holds(client, at);
  const over = until > 0 && !valid;
  const says = state === "paused" ? `paused ${left(at - client.paused)}${over ? ", lease over" : ""}`
    : over ? "its lease is over" : valid ? `${client.says}, ${left(until - at)} left` : client.says;
  const own = policy === "ours";
  const tag = !own ? policyLabel(policy) : client.fence && !over ? fence(client.fence) : "";
  const habit = client.reckless ? "reckless" : client.loop ? "in a loop" : "";
  figure.place({ x: box.x - (card.width / 2) * unit, y: box.y - (card.height / 2) * unit }, unit, {
    "data-client": name, "data-hue": hueOf(name), "data-state": state, "data-holds": valid, "data-bad": client.bad || over, "data-clash": clash && valid,
    // All that is written on the card, in its order, and then what its looks say.
    "aria-label": `${[name, tag].filter(Boolean).join(", ")}: ${[says, habit, own && tag && "with that fencing token", clash && valid && "and is not the only one"].filter(Boolean).join(", ")}`,
  });
  // What the nodes said then means nothing once the lease is over.
  for (const id of "abcde") setVote(figure.parts[`vs-${id}`], (!over && votes[id]) || "none");
  set(figure.parts["rc-bar"], { width: valid ? ((until - at) / (until - from)) * (card.width - 24) : 0 });
  figure.say("rc-name", name);
  figure.say("rc-fence", tag);
  figure.say("rc-says", says);
  figure.say("rc-habit", habit);
}

/** What people call a way to lock. */
const policyLabel = (/** @type {string} */ policy) => document.querySelector(`#policy option[value="${policy}"]`)?.textContent ?? policy;

/** @type {Draw} */
export function drawResource(figure, resource, at, box, unit) {
  const words = resource.corrupt ? "corrupt" : !resource.check ? "takes every write" : resource.fence ? `fence ≥ ${fence(resource.fence)}` : "checks the fence";
  const by = resource.by ? `version ${resource.version} by ${resource.by}` : "nothing written yet";
  figure.place(box, unit, { "data-corrupt": resource.corrupt, "aria-label": `resource: ${words}, ${by}` });
  figure.say("rr-words", words);
  figure.say("rr-by", by);
}

/**
 * A message where it is, and its name where there is room.
 * @param {Figure} figure
 * @param {{x: number, y: number}} at
 * @param {number} unit
 * @param {string} text
 * @param {{x: number, y: number}} spot
 */
export function drawMessage(figure, at, unit, text, spot) {
  const put = ({ x = 0, y = 0 }) => ({ transform: `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${unit.toFixed(2)})` });
  set(figure.parts["rf-dot"], put(at));
  set(figure.parts["rf-label"], put(spot));
  figure.say("rf-label", text);
}
