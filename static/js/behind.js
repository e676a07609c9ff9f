// @ts-check
// Who waits for a lock, in the order of their turns, and for how long.

import { age, hue, number } from "./format.js";
import { fieldOf, find, put } from "./settings.js";
import { plain, show } from "./visible.js";

/** How many are named. */
const most = 8;

/**
 * @param {HTMLElement} section
 * @param {import("./types.js").Lock} lock
 * @param {number} now
 */
export function showBehind(section, lock, now) {
  const { waiters } = lock;
  const who = waiters?.visible ? (waiters.who ?? []).slice(0, most) : [];
  section.hidden = who.length === 0;
  const list = find("ol", section);
  while (list.children.length > who.length) list.lastElementChild?.remove();
  while (list.children.length < who.length) list.append(line());
  who.forEach((name, i) => {
    const item = list.children[i];
    const owner = find("bdi", item);
    if (owner.title !== plain(name)) {
      owner.title = plain(name);
      show(owner, name);
      find(".swatch", item).dataset.hue = String(hue(name));
    }
    const since = waiters.since?.[i];
    put(find(".num", item), since ? age(now - Date.parse(since)) : "");
  });
  const more = who.length > 0 ? waiters.count - who.length : 0;
  const rest = fieldOf("behind-more", section);
  rest.hidden = more <= 0;
  put(rest, `and ${number(more)} more`);
}

function line() {
  const item = document.createElement("li");
  const swatch = document.createElement("span");
  swatch.className = "swatch";
  swatch.setAttribute("aria-hidden", "true");
  const time = document.createElement("span");
  time.className = "num";
  item.append(swatch, document.createElement("bdi"), time);
  return item;
}
