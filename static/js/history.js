// @ts-check
// Who held the selected lock before.

import { age } from "./format.js";
import { Holds } from "./holds.js";
import { holderWords } from "./lock.js";
import { find } from "./settings.js";
import { setTime } from "./times.js";
import { show } from "./visible.js";

/** @typedef {import("./types.js").Hold} Hold */

/**
 * @param {HTMLElement} section
 * @param {(holds: Hold[]) => void} known told all holds that are remembered
 * @returns {Holds} to be told of the selected lock
 */
export function historyIn(section, known) {
  const list = find("ol", section);
  return new Holds((holds) => {
    known(holds);
    const past = holds.filter(({ to }) => to);
    section.hidden = past.length === 0;
    list.replaceChildren(...past.map(lineOf));
  }, () => { section.hidden = true; });
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
