// @ts-check
// The node strip: the same words as views/words.go.

import { announce } from "./announce.js";
import { number, roundTrip } from "./format.js";
import { fieldOf, find } from "./settings.js";

/** @typedef {import("./types.js").Node} Node */

const strip = find("#nodes");
const quorum = Number(strip.dataset.quorum);
/** @type {Node[]} */
let current = [];

/** The nodes as last told. */
export const nodes = () => current;

/** @param {Node[]} list */
export function showNodes(list) {
  current = list;
  let voting = 0;
  for (const node of list) {
    if (node.up) voting += 1;
    const card = strip.querySelector(`[data-node="${CSS.escape(node.id)}"]`);
    if (card instanceof HTMLElement) showNode(card, node);
  }
  fieldOf("voting", strip).textContent = String(voting);
  fieldOf("quorum", strip).dataset.short = String(voting < quorum);
}

/**
 * @param {HTMLElement} card
 * @param {Node} node
 */
function showNode(card, node) {
  const state = node.up ? "up" : "down";
  if (card.dataset.nodeState !== state) {
    card.dataset.nodeState = state;
    announce(`Node ${node.id} is ${state}.`);
  }
  fieldOf("address", card).textContent = node.address;
  const words = fieldOf("words", card);
  if (words.textContent !== wordsOf(node)) words.textContent = wordsOf(node);
  fieldOf("polling", card).hidden = !node.up || node.notifications !== "polling";
  card.title = titleOf(node);
}

/** @param {Node} node */
function wordsOf(node) {
  if (!node.up) return node.error ? `down · ${node.error}` : "down";
  return node.rttMicros ? roundTrip(node.rttMicros) : "up";
}

/** @param {Node} node */
function titleOf(node) {
  const known = [node.version && `Redis ${node.version}`, node.mode, node.role,
    node.up ? node.notifications && `notifications ${node.notifications}` : node.error, `${number(node.keys)} keys`];
  return known.filter(Boolean).join(" · ");
}
