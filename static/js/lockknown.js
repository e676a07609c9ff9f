// @ts-check
// The facts on the page of a lock.

import { fence, number } from "./format.js";
import { deadline, machineWords, modeOf, still } from "./lock.js";
import { queueWords, throughWords } from "./lockfacts.js";
import { fieldOf, find } from "./settings.js";
import { showTime } from "./times.js";
import { plain, show } from "./visible.js";

/** @typedef {import("./types.js").Lock} Lock */

const content = find(".lock-side");

/** @param {Lock} lock */
export function showFacts(lock) {
  const { holder } = lock;
  find("#facts").hidden = !holder && lock.waiters.count === 0;
  fieldOf("fact-fence", content).textContent = fence(lock.fence);
  for (const element of content.querySelectorAll('[data-of="fence"]')) element.toggleAttribute("hidden", !lock.fence);
  put("token", holder?.fingerprint ?? "");
  put("through", holder ? throughWords(lock) : "");
  put("also", (holder?.also ?? []).map(plain).join(" · "));
  put("mode", holder ? plain(modeOf(holder)) : "");
  put("machine", holder ? machineWords(holder) : "");
  put("holds", holder?.holds ? `${holder.holds === 1 ? "once" : `${number(holder.holds)} times`} by its holder` : "");
  put("note", holder?.note ?? "");
  putTime("since", holder?.since);
  const end = still(lock) ? 0 : deadline(lock);
  putTime("until", holder?.validUntil);
  putTime("ends", end ? new Date(end).toISOString() : null);
}

/**
 * Who waits: it says for how long.
 * @param {Lock} lock
 * @param {number} now
 */
export function showQueue(lock, now) {
  put("waiting", queueWords(lock, now));
}

/**
 * Shows a fact, or leaves it out where there is nothing to say.
 * @param {string} fact
 * @param {string} words
 */
function put(fact, words) {
  const element = fieldOf(`fact-${fact}`, content);
  if (element.textContent === words) return;
  show(element, words);
  leaveOut(element, !words);
}

/**
 * @param {string} fact
 * @param {string|null|undefined} iso
 */
function putTime(fact, iso) {
  const element = fieldOf(`fact-${fact}`, content);
  showTime(element, iso);
  leaveOut(element, !iso);
}

/**
 * @param {HTMLElement} fact
 * @param {boolean} out
 */
function leaveOut(fact, out) {
  fact.hidden = out;
  fact.previousElementSibling?.toggleAttribute("hidden", out);
}
