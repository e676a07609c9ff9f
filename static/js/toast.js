// @ts-check
// Short notices that go away by themselves, also above an open dialog.

import { announce } from "./announce.js";
import { find } from "./settings.js";
import { sentenceNodes, sentenceText } from "./visible.js";

const region = find("#toasts");
const most = 4;

/** @typedef {import("./visible.js").Sentence} Sentence */

/**
 * @param {"good"|"warn"|"bad"|"plain"} kind
 * @param {Sentence} sentence
 * @param {HTMLElement} [below] a picture to it
 */
export function toast(kind, sentence, below) {
  const element = document.createElement("div");
  element.className = "toast";
  element.dataset.kind = kind;
  const body = document.createElement("div");
  body.className = "toast-body";
  body.append(...sentenceNodes(sentence));
  if (below) body.append(below);
  const close = document.createElement("button");
  close.type = "button";
  close.className = "icon-button close";
  close.setAttribute("aria-label", "Dismiss");
  close.onclick = () => dismiss(element);
  element.append(body, close);
  while (region.children.length >= most) region.firstElementChild?.remove();
  region.append(element);
  raise();
  announce(sentenceText(sentence));
  linger(element, kind === "good" || kind === "plain" ? 5000 : 9000);
}

/** Leaves after a while, but not under the pointer or the focus. */
function linger(/** @type {HTMLElement} */ element, /** @type {number} */ millis) {
  setTimeout(() => {
    if (element.matches(":hover, :focus-within")) linger(element, 2000);
    else dismiss(element);
  }, millis);
}

/** @param {HTMLElement} element */
function dismiss(element) {
  element.remove();
  if (!region.firstElementChild && region.matches(":popover-open")) region.hidePopover();
}

/** Puts the notices into the top layer, above a dialog opened since. */
function raise() {
  region.popover = "manual";
  if (region.matches(":popover-open")) region.hidePopover();
  region.showPopover();
}
