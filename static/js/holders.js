// @ts-check
// The table of those who held the lock.

import { age, dash, fence, number } from "./format.js";
import { holderHue, holderWords } from "./lock.js";
import { fieldOf, find } from "./settings.js";
import { showTime } from "./times.js";
import { show } from "./visible.js";

/** @typedef {import("./types.js").Hold} Hold */

const template = /** @type {HTMLTemplateElement} */ (find("#hold-template"));

export class Holders {
  constructor() {
    this.table = find('[data-field="history"]');
    this.body = fieldOf("holds", this.table);
    this.nobody = find('[data-field="no-history"]');
    /** The one that lasts. @type {{cell: HTMLElement, from: number}|null} */
    this.lasting = null;
  }

  /** @param {Hold[]} history */
  show(history) {
    this.lasting = null;
    this.body.replaceChildren(...history.map((hold, i) => this.lineOf(hold, history.slice(i + 1))));
    this.table.hidden = history.length === 0;
    this.nobody.hidden = history.length > 0;
  }

  /**
   * @param {Hold} hold
   * @param {Hold[]} before
   */
  lineOf(hold, before) {
    const line = /** @type {HTMLElement} */ (find("tr", template.content).cloneNode(true));
    /** @param {string} field */
    const part = (field) => fieldOf(field, line);
    line.dataset.how = hold.how ?? "";
    part("swatch").dataset.hue = holderHue({ holder: hold });
    show(part("holder"), holderWords({ holder: hold }));
    part("how").textContent = howWords(hold);
    const from = Date.parse(hold.from);
    part("lasted").textContent = hold.to ? age(Date.parse(hold.to) - from) : "";
    if (!hold.to) this.lasting = { cell: part("lasted"), from };
    showTime(part("from"), hold.from);
    showTime(part("to"), hold.to);
    part("extensions").textContent = hold.extensions ? `${number(hold.extensions)}×` : dash;
    part("fence").textContent = fence(hold.fence);
    part("fence").toggleAttribute("data-fell", before.some((other) => hold.fence !== null && (other.fence ?? 0) >= hold.fence));
    return line;
  }

  /** @param {number} now */
  tick(now) {
    if (!this.lasting) return;
    const words = age(now - this.lasting.from);
    if (this.lasting.cell.textContent !== words) this.lasting.cell.textContent = words;
  }
}

/** @param {Hold} hold */
function howWords({ to, how }) {
  if (!to) return "holds it";
  return !how || how === "unknown" ? "ended, not seen how" : how;
}
