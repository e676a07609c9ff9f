// @ts-check
// The keyboard: one registry of shortcuts.

/** @typedef {{key: string, label: string, run: (event: KeyboardEvent) => void, always?: boolean}} Shortcut */

/** @type {Map<string, Shortcut>} */
const shortcuts = new Map();

/** @param {Shortcut} shortcut always: also while typing into a field */
export function onKey(shortcut) {
  shortcuts.set(shortcut.key, shortcut);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const shortcut = shortcuts.get(event.key);
  if (!shortcut || document.querySelector("dialog[open]")) return;
  const target = event.target instanceof HTMLElement ? event.target : null;
  const typing = target?.matches("input, textarea, select") || target?.isContentEditable;
  if (typing && !shortcut.always) return;
  shortcut.run(event);
});
