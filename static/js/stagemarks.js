// @ts-check
// Where each step began: ticks under the scrubber, and numbers that lead there.

import { stage } from "./stagedrive.js";
import { say, set } from "./stagefigure.js";
import { find } from "./settings.js";

/** Half as wide as the knob of the scrubber, whose middle comes no nearer to the ends. */
const knob = 8;
/** What a number needs to be pressed. Where steps are shorter, their ticks lean, but not far. */
const room = 26;
const lean = 30;

const list = find(".st-marks");
const ticks = /** @type {SVGPathElement} */ (document.querySelector(".st-ticks path"));

/**
 * @param {number[]} marks when steps began
 * @param {number} first the moments between which one can look
 * @param {number} last
 * @param {number} step the one that is looked at
 */
export function showMarks(marks, first, last, step) {
  const width = list.clientWidth;
  const kept = marks.map((at, i) => ({ at, number: i + 1 })).filter(({ at }) => at >= first && at <= last);
  const exact = kept.map(({ at }) => knob + ((at - first) / (last - first)) * (width - 2 * knob));
  const spread = [...exact];
  spread.forEach((x, i) => { spread[i] = Math.max(x, i ? spread[i - 1] + room : room / 2); });
  for (let i = spread.length - 1, most = width - room / 2; i >= 0; i -= 1, most -= room) spread[i] = Math.min(spread[i], most);
  while (list.children.length > kept.length) list.lastElementChild?.remove();
  while (list.children.length < kept.length) list.append(mark());
  kept.forEach(({ at, number }, i) => {
    const item = /** @type {HTMLElement} */ (list.children[i]);
    const button = item.children[0];
    item.style.left = `${spread[i].toFixed(1)}px`;
    say(button, String(number));
    set(button, { "data-order": `view.seek at=${at}`, title: `Step ${number}`, "aria-label": `Look at step ${number}`, "aria-current": number === step && "step" });
  });
  set(ticks, { d: exact.map((x, i) => `M${x.toFixed(1)} 0v3${Math.abs(x - spread[i]) < lean ? `L${spread[i].toFixed(1)} 8` : ""}`).join("") });
}

function mark() {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.drive = "";
  button.disabled = !stage.mine;
  item.append(button);
  return item;
}
