// @ts-check
// What an operator should mend, with the command that does it.

import { fieldOf, find } from "./settings.js";
import { show } from "./visible.js";

/** @typedef {import("./types.js").Finding} Finding */

const template = /** @type {HTMLTemplateElement} */ (find("#finding-template"));
/** What each list shows, so that a button under the pointer stays. @type {WeakMap<Element, string>} */
const shown = new WeakMap();

/**
 * @param {HTMLElement} list
 * @param {Finding[]} findings
 */
export function showFindings(list, findings) {
  const now = JSON.stringify(findings);
  if (shown.get(list) === now) return;
  shown.set(list, now);
  list.replaceChildren(...findings.map(findingOf));
}

/** @param {Finding} finding */
function findingOf({ code, grave, text, mend }) {
  const line = /** @type {HTMLElement} */ (find(".finding", template.content).cloneNode(true));
  line.dataset.finding = code;
  fieldOf("grave", line).hidden = !grave;
  show(fieldOf("text", line), capital(text));
  fieldOf("command", line).textContent = mend;
  for (const button of line.querySelectorAll("[data-live]")) button.removeAttribute("hidden");
  fieldOf("mend", line).hidden = !mend;
  return line;
}

/** @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
