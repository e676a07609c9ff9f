// @ts-check
// The vote strip: filling one, making one, letting its votes arrive.

import { roundTrip } from "./format.js";
import { stripName, voteTitle } from "./lock.js";
import { find } from "./settings.js";

/** @typedef {import("./types.js").Vote} Vote */

/** How long the slowest vote of an attempt takes to arrive on the screen. */
const arrivalMillis = 420;

/**
 * Shows votes in a strip; touches only cells that changed.
 * @param {HTMLElement} strip
 * @param {Vote[]} votes
 */
export function fillStrip(strip, votes) {
  const name = stripName(votes);
  if (strip.getAttribute("aria-label") === name) return;
  strip.setAttribute("aria-label", name);
  votes.forEach((vote, i) => {
    const cell = /** @type {HTMLElement|undefined} */ (strip.children[i]);
    const title = voteTitle(vote);
    if (!cell || cell.title === title) return;
    cell.dataset.vote = vote.vote;
    cell.title = title;
  });
}

/**
 * A strip of its own, for toasts and refusals.
 * @param {Vote[]} votes
 */
export function makeStrip(votes) {
  const template = /** @type {HTMLTemplateElement} */ (find("#strip-template"));
  const strip = /** @type {HTMLElement} */ (find(".strip", template.content).cloneNode(true));
  fillStrip(strip, votes);
  for (const vote of votes) {
    const cell = cellOf(strip, vote.node);
    if (cell && vote.rttMicros) cell.title = `${voteTitle(vote)} · ${roundTrip(vote.rttMicros)}`;
  }
  return strip;
}

/**
 * Lets the votes of an attempt arrive one after the other, in the order and
 * with the gaps of their round trips, drawn out so that they can be seen.
 * @param {HTMLElement} strip
 * @param {Vote[]} votes
 */
export function arrive(strip, votes) {
  const slowest = Math.max(1, ...votes.map((vote) => vote.rttMicros ?? 0));
  for (const vote of votes) {
    const cell = cellOf(strip, vote.node);
    if (!cell || vote.vote !== "granted") continue;
    cell.style.animationDelay = `${Math.round(((vote.rttMicros ?? slowest) / slowest) * arrivalMillis)}ms`;
    cell.dataset.arrive = "";
    cell.addEventListener("animationend", () => delete cell.dataset.arrive, { once: true });
  }
}

/**
 * What the votes of a refused attempt amount to: "2 of 5 said yes, 3 needed ·
 * d down, e down".
 * @param {Vote[]} votes
 * @param {number} quorum
 */
export function tally(votes, quorum) {
  const yes = votes.filter((vote) => vote.vote === "granted").length;
  const rest = votes.filter((vote) => vote.vote !== "granted").map((vote) => `${vote.node}\u00a0${vote.vote}`);
  return `${yes} of ${votes.length} said yes, ${quorum} needed${rest.length ? ` · ${rest.join(", ")}` : ""}`;
}

/**
 * @param {HTMLElement} strip
 * @param {string} node
 */
function cellOf(strip, node) {
  for (const cell of strip.children) {
    if (cell instanceof HTMLElement && cell.dataset.node === node) return cell;
  }
  return null;
}
