// @ts-check
// The colour scheme: as the system, light, dark.

import { find } from "./settings.js";

const order = ["auto", "light", "dark"];
const labels = { auto: "as the system", light: "light", dark: "dark" };
const root = document.documentElement;

const button = find('[data-action="theme"]');

export function startTheme() {
  label();
  button.hidden = false;
  button.addEventListener("click", nextTheme);
}

/** Goes on to the next scheme, and returns how it is called. */
export function nextTheme() {
  const next = order[(order.indexOf(root.dataset.theme ?? "auto") + 1) % order.length];
  if (next === "auto") delete root.dataset.theme;
  else root.dataset.theme = next;
  try {
    localStorage.setItem("lockscope-theme", next);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
  return label();
}

function label() {
  const now = labels[/** @type {keyof typeof labels} */ (root.dataset.theme ?? "auto")];
  button.setAttribute("aria-label", `Colour scheme: ${now}`);
  button.title = `Colour scheme: ${now}`;
  return now;
}
