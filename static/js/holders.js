// @ts-check
// The table of those who held the lock. The server is asked when the holder
// changes, not for every change.

import { get } from "./api.js";
import { age, dash, fence, number } from "./format.js";
import { holderHue, holderWords, nameQuery } from "./lock.js";
import { fieldOf, find } from "./settings.js";
import { showTime } from "./times.js";
import { show } from "./visible.js";

/** @typedef {import("./types.js").Hold} Hold */
/** @typedef {import("./types.js").Lock} Lock */

/** How long to wait for further changes, in milliseconds. */
const pause = 300;
const template = /** @type {HTMLTemplateElement} */ (find("#hold-template"));

export class Holders {
  constructor() {
    this.table = find('[data-field="history"]');
    this.body = fieldOf("holds", this.table);
    this.nobody = find('[data-field="no-history"]');
    this.asked = "";
    this.timer = 0;
    /** The one that lasts. @type {{cell: HTMLElement, from: number}|null} */
    this.lasting = null;
  }

  /** @param {Lock} lock */
  follow(lock) {
    const wanted = `${lock.holder?.fingerprint ?? ""} ${lock.state === "free"} ${lock.expiresAt ?? ""}`;
    if (this.asked === wanted) return;
    const first = this.asked === "";
    this.asked = wanted;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(lock, wanted), first ? 0 : pause);
  }

  /** @param {Lock} lock @param {string} wanted */
  async ask(lock, wanted) {
    let answer;
    try {
      answer = await get(`locks/one?${nameQuery(lock)}`);
    } catch {
      return; // the stream says that there is no connection
    }
    if (this.asked !== wanted) return;
    /** @type {Hold[]} */
    const history = answer.history;
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
