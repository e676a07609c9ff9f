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
  const alarm = (counts?.overlapping ?? 0) > 0;
  const title = counts && (alarm || !own) ? `${words(counts)} · ${page}` : page;
  if (document.title !== title) document.title = title;
  const wanted = iconHref.replace(/\.svg$/, live ? (alarm ? "-alarm.svg" : ".svg") : "-quiet.svg");
  if (icon && icon.href !== wanted) icon.href = wanted;
}

/** @param {Counts} counts */
function words({ overlapping = 0, contested = 0, held = 0, expiring = 0 }) {
  if (overlapping > 0) return `⚠ ${number(overlapping)} overlap`;
  if (contested > 0) return `${number(contested)} contested`;
  return `${number(held + expiring)} held`;
}
