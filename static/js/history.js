// @ts-check
// Who held the selected lock before. The server is asked when its holder
// changes, not for every change.

import { get } from "./api.js";
import { age } from "./format.js";
import { holderWords, keyOf, nameQuery } from "./lock.js";
import { find } from "./settings.js";
import { setTime } from "./times.js";
import { show } from "./visible.js";

/** @typedef {import("./types.js").Hold} Hold */
/** @typedef {import("./types.js").Lock} Lock */

/** How long to wait for further changes, in milliseconds. */
const pause = 300;

export class History {
  /**
   * @param {HTMLElement} section
   * @param {(holds: Hold[]) => void} known told all holds that are remembered
   */
  constructor(section, known) {
    this.section = section;
    this.known = known;
    this.list = find("ol", section);
    this.asked = "";
    this.timer = 0;
  }

  /** @param {Lock} lock */
  follow(lock) {
    const key = keyOf(lock);
    const wanted = `${key} ${lock.holder?.fingerprint ?? ""} ${lock.state === "free"}`;
    if (this.asked === wanted) return;
    const other = !this.asked.startsWith(`${key} `);
    this.asked = wanted;
    if (other) this.section.hidden = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(lock, wanted), other ? 0 : pause);
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
    this.known(answer.history);
    const past = answer.history.filter((/** @type {Hold} */ hold) => hold.to);
    this.section.hidden = past.length === 0;
    this.list.replaceChildren(...past.map(lineOf));
  }
}

/** @param {Hold} hold */
function lineOf(hold) {
  const line = document.createElement("li");
  const who = document.createElement("bdi");
  show(who, holderWords({ holder: hold }));
  const to = Date.parse(hold.to ?? "");
  const how = document.createElement("span");
  line.dataset.how = hold.how ?? "unknown";
  how.textContent = `${hold.how === "unknown" || !hold.how ? "ended" : hold.how} after ${age(to - Date.parse(hold.from))}`;
  const when = document.createElement("time");
  setTime(when, new Date(to).toISOString());
  line.append(who, how, when);
  return line;
}
