// @ts-check
// What the browser shows of a page that is not in front: its title says how
// many locks are held or need attention, its icon how all of it is.

import { number } from "./format.js";

/** @typedef {import("./types.js").Counts} Counts */

const icon = /** @type {HTMLLinkElement|null} */ (document.querySelector('link[rel="icon"]'));
const iconHref = icon?.href ?? "";
let page = document.title;
/** Whether the page says by itself what matters in its title. */
let own = false;
/** @type {Counts|null} */
let counts = null;
let live = false;

/** How many nodes vote, of how many, and how many must. */
const votes = { voting: 0, nodes: 0, quorum: 0 };

/**
 * @param {number} voting
 * @param {number} nodes
 * @param {number} quorum
 */
export function tellNodes(voting, nodes, quorum) {
  Object.assign(votes, { voting, nodes, quorum });
  draw();
}

/** @param {Counts} now */
export function tellCounts(now) {
  counts = now;
  const count = document.querySelector('[data-count-of="locks"]');
  if (count) count.textContent = number(now.total);
  draw();
}

/** @param {boolean} now */
export function tellLive(now) {
  live = now;
  draw();
}

/** @param {string} now what the page is about */
export function tellPage(now) {
  page = now;
  own = true;
  draw();
}

function draw() {
  const { mood, words } = state();
  const title = words && (mood === "alarm" || !own) ? `${words} · ${page}` : page;
  if (document.title !== title) document.title = title;
  const kind = live ? mood && `-${mood}` : "-quiet";
  const wanted = iconHref.replace(/\.svg$/, `${kind}.svg`);
  if (icon && icon.href !== wanted) icon.href = wanted;
}

/**
 * What matters most now: red where locks are not what they promise or none can
 * be had, amber where somebody should look.
 * @returns {{mood: ""|"warn"|"alarm", words: string}}
 */
function state() {
  const { overlapping = 0, contested = 0, held = 0, expiring = 0 } = /** @type {Partial<import("./types.js").Counts>} */ (counts ?? {});
  const out = votes.nodes - votes.voting;
  if (overlapping > 0) return { mood: "alarm", words: `⚠ ${number(overlapping)} overlap` };
  if (votes.voting < votes.quorum) return { mood: "alarm", words: `⚠ no quorum, ${votes.voting} of ${votes.nodes} vote` };
  if (contested > 0) return { mood: "warn", words: `${number(contested)} contested` };
  if (out > 0) return { mood: "warn", words: `${out} of ${votes.nodes} nodes out` };
  return { mood: "", words: counts ? `${number(held + expiring)} held` : "" };
}
