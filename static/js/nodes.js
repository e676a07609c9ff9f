// @ts-check
// The node strip.

import { announce } from "./announce.js";
import { serverNow } from "./clock.js";
import { graveOf, stateOf, tipOf, wordsOf } from "./node.js";
import { fieldOf, find, put } from "./settings.js";
import { tellNodes } from "./title.js";

/** @typedef {import("./types.js").Node} Node */

const strip = find("#nodes");
const quorum = Number(strip.dataset.quorum);
/** @type {Node[]} */
let current = [];

/** The nodes as last told. */
export const nodes = () => current;

/** @param {string} id */
export const cardOf = (id) => strip.querySelector(`[data-node="${CSS.escape(id)}"]`);

/** @param {Node[]} list */
export function showNodes(list) {
  current = list;
  for (const node of list) {
    const card = cardOf(node.id);
    if (card instanceof HTMLElement) showNode(card, node);
  }
  const voting = list.filter((node) => stateOf(node) === "up").length;
  fieldOf("voting", strip).textContent = String(voting);
  fieldOf("quorum", strip).dataset.short = String(voting < quorum);
  tellNodes(voting, list.length, quorum);
}

/**
 * Puts the new word of one node in the place of the old.
 * @param {Node} node
 */
export function showOne(node) {
  showNodes(current.map((old) => (old.id === node.id ? node : old)));
}

/**
 * @param {HTMLElement} card
 * @param {Node} node
 */
function showNode(card, node) {
  const state = stateOf(node);
  if (card.dataset.nodeState !== state) {
    card.dataset.nodeState = state;
    announce(`Node ${node.id} is ${state}.`);
  }
  put(fieldOf("address", card), node.address);
  put(fieldOf("words", card), wordsOf(node, serverNow()));
  fieldOf("polling", card).hidden = !node.up || node.notifications !== "polling";
  fieldOf("warn", card).hidden = !graveOf(node);
  card.toggleAttribute("data-grave", graveOf(node) !== "");
  put(find(`[data-tip-of="${CSS.escape(node.id)}"]`, strip), tipOf(node));
}

// A node that sits out counts down to its return.
setInterval(() => {
  for (const node of current) {
    const card = node.quarantine ? cardOf(node.id) : null;
    if (card) put(fieldOf("words", card), wordsOf(node, serverNow()));
  }
}, 250);
