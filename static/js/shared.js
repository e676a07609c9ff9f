// @ts-check
// The commands of every page: the palette, the list of keys, the ways to the
// pages, the colour scheme.

import { announce } from "./announce.js";
import { allowSingleKeys, commands, onCommand, single } from "./commands.js";
import { openPalette } from "./palette.js";
import { find } from "./settings.js";
import { nextTheme, startTheme } from "./theme.js";
import { toast } from "./toast.js";

const dialog = /** @type {HTMLDialogElement} */ (find("#keys-dialog"));
const box = /** @type {HTMLInputElement} */ (find("#single-keys"));

export function startShared() {
  startTheme();
  onCommand("palette", openPalette);
  onCommand("keys", openKeys);
  onCommand("theme", () => announce(`Colour scheme: ${nextTheme()}.`));
  onCommand("copy-link", copyLink);
  for (const link of document.querySelectorAll("[data-page]")) {
    if (link instanceof HTMLAnchorElement) onCommand(`go-${link.dataset.page}`, () => location.assign(link.href));
  }
  document.addEventListener("click", (event) => {
    const action = event.target instanceof Element ? event.target.closest("[data-action]")?.getAttribute("data-action") : null;
    if (action === "palette") openPalette();
    else if (action === "keys") openKeys();
    else if (action === "close-keys" || event.target === dialog) dialog.close();
  });
  box.checked = single;
  box.addEventListener("change", () => allowSingleKeys(box.checked));
}

function openKeys() {
  for (const { line, keys, run } of commands.values()) line.hidden = !run || keys.length === 0;
  dialog.showModal();
}

function copyLink() {
  const copied = navigator.clipboard?.writeText(location.href) ?? Promise.reject(new Error("no clipboard"));
  return copied.then(() => toast("good", ["The link to this view is copied."]), () => toast("plain", [location.href]));
}
