// @ts-check
// What the server wrote into the page for its scripts.

const root = document.documentElement;
const content = /** @type {HTMLElement} */ (document.getElementById("content"));

/** The most rows that a window has. */
export const windowSize = 200;

export const settings = {
  /** The path under which the program is served, without a slash at its end. */
  base: root.dataset.base ?? "",
  readOnly: "readonly" in root.dataset,
  quorum: Number(content.dataset.quorum),
  /** Lengths of leases in milliseconds. */
  defaultTTL: Number(content.dataset.defaultTtl),
  maxTTL: Number(content.dataset.maxTtl),
  serverTime: content.dataset.serverTime ?? "",
};

/**
 * Finds an element that the server must have rendered.
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement}
 */
export function find(selector, within = document) {
  const element = within.querySelector(selector);
  if (!(element instanceof HTMLElement)) throw new Error(`nothing matches ${selector}`);
  return element;
}

/**
 * Finds the element that carries a data-field.
 * @param {string} name
 * @param {ParentNode} within
 */
export function fieldOf(name, within) {
  return find(`[data-field="${name}"]`, within);
}

/**
 * Sets the text of an element; leaves one that has it alone, so that nothing is
 * laid out anew and no selection is lost.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
