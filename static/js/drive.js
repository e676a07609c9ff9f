// @ts-check
// What the viewer does on a stage, and whether it may.

import { post, Problem } from "./api.js";
import { find, settings } from "./settings.js";
import { tab } from "./tab.js";
import { toast } from "./toast.js";

const content = find("#content");

/** The stage that is watched. */
export const stage = { id: content.dataset.stage ?? "", mine: false };

/**
 * Opens a stage, in the place of the page's address.
 * @param {object} wanted
 */
export async function open(wanted) {
  const { stage: opened } = await post("stage/open", { ...wanted, tab });
  stage.id = opened.id;
  history.replaceState(null, "", opened.path);
}

/**
 * Gives an order; what is refused is told.
 * @param {string} what
 * @param {object} [more]
 */
export async function order(what, more = {}) {
  if (!stage.id) return false;
  try {
    await post("stage/order", { stage: stage.id, tab, do: what, ...more });
    return true;
  } catch (error) {
    tell(error);
    return false;
  }
}

/** @param {unknown} error */
export function tell(error) {
  if (!(error instanceof Problem)) throw error;
  toast(error.code === "not_driver" ? "warn" : "bad", [error.message]);
}

/** Reads the words of a menu: "for=11s on=true". */
export function argsOf(/** @type {string} */ text) {
  /** @type {Record<string, any>} */
  const args = {};
  for (const word of text.split(" ").filter(Boolean)) {
    const [name, value] = word.split("=");
    args[name] = value === "true" ? true : name === "rate" ? Number(value) : value;
  }
  return args;
}

/** The address of the page for somebody else. */
export function link() {
  return new URL(`${settings.base}/stage?id=${stage.id}`, location.href).href;
}

/**
 * Shows who drives, and lets only the driver touch the controls.
 * @param {{mine: boolean, driver: number, asking: number, free: boolean, you: number, viewers: number}} wheel
 */
export function showWheel(wheel) {
  const before = stage.mine;
  stage.mine = wheel.mine;
  content.dataset.mine = String(wheel.mine);
  for (const control of /** @type {NodeListOf<HTMLButtonElement>} */ (content.querySelectorAll("[data-drive]"))) {
    control.disabled = !wheel.mine;
  }
  const others = wheel.viewers - 1;
  find('[data-field="who"]').textContent = wheel.mine
    ? others > 0 ? `You drive, ${others} ${others === 1 ? "follows" : "follow"}` : "You drive"
    : `You are viewer ${wheel.you}; ${wheel.driver ? `viewer ${wheel.driver} drives` : "the driver has left"}`;
  find('[data-action="ask"]').hidden = wheel.mine || wheel.free || wheel.asking === wheel.you;
  find('[data-action="wheel"]').hidden = wheel.mine || !wheel.free;
  find('[data-action="own"]').hidden = wheel.mine;
  if (!before && wheel.mine && others > 0) toast("good", ["You have the wheel."]);
  asked(wheel);
}

let asking = 0;

/** @param {{mine: boolean, asking: number}} wheel */
function asked(wheel) {
  if (!wheel.mine || wheel.asking === asking) {
    if (!wheel.asking) asking = 0;
    return;
  }
  asking = wheel.asking;
  if (!asking) return;
  const buttons = document.createElement("div");
  buttons.className = "st-asked";
  for (const [label, on] of /** @type {[string, boolean][]} */ ([["Hand it over", true], ["Keep it", false]])) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.textContent = label;
    button.onclick = () => {
      void order("wheel.give", { on });
      /** @type {HTMLElement|null} */ (button.closest(".toast")?.querySelector(".close"))?.click();
    };
    buttons.append(button);
  }
  toast("warn", [`Viewer ${asking} would like to drive.`], buttons);
}
