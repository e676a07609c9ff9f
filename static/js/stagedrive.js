// @ts-check
// What the viewer does on a stage, and whether it may.

import { post, Problem } from "./api.js";
import { fieldOf, find } from "./settings.js";
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
  try {
    await post("stage/order", { stage: stage.id, tab, do: what, ...more });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    toast(error.code === "not_driver" ? "warn" : "bad", [error.message]);
  }
}

/**
 * Gives the order that an element carries: data-order="pause for=11s on=true".
 * @param {string} text
 * @param {object} [more]
 */
export function orderOf(text, more = {}) {
  const [what, ...words] = text.split(" ");
  const args = Object.fromEntries(words.map((word) => word.split("=")));
  if (args.on) args.on = args.on === "true";
  for (const name of ["rate", "at"]) if (args[name]) args[name] = Number(args[name]);
  return order(what, { ...more, ...args });
}

/**
 * Shows who drives, and lets only the driver touch the controls.
 * @param {{mine: boolean, driver: number, asking: number, free: boolean, you: number, viewers: number}} wheel
 */
export function showWheel({ mine, driver, asking, free, you, viewers }) {
  stage.mine = mine;
  content.dataset.mine = String(mine);
  for (const control of /** @type {NodeListOf<HTMLButtonElement>} */ (content.querySelectorAll("[data-drive]"))) control.disabled = !mine;
  const others = viewers - 1;
  const followers = others > 0 ? `, ${others} ${others === 1 ? "follows" : "follow"}` : "";
  fieldOf("who", content).textContent = mine ? `You drive${followers}`
    : `You are viewer ${you}; ${asking === you ? "the driver was asked" : driver ? `viewer ${driver} drives` : "the driver has left"}`;
  find('[data-order="wheel.ask"]').hidden = mine || free || asking === you;
  find('[data-order="wheel.take"]').hidden = !free || mine;
  find('[data-action="own"]').hidden = mine;
  find("#asked").hidden = !mine || !asking;
  fieldOf("asking", content).textContent = `Viewer ${asking} would like to drive.`;
}
