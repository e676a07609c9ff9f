// @ts-check
// Making and changing elements of a drawing.

const space = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Record<string, string|number>} [attributes]
 * @param {...(Element|string)} children
 * @returns {SVGElement}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElementNS(space, tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

/**
 * Sets attributes; touches only what has changed. An empty string takes one away.
 * @param {Element} element
 * @param {Record<string, string|number>} attributes
 */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    const text = typeof value === "number" ? String(Math.round(value * 100) / 100) : value;
    if (text === "") element.removeAttribute(name);
    else if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/**
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Keeps one figure for each thing: makes those that are new, removes those that
 * are gone.
 * @template F, T
 * @param {Map<string, F>} figures
 * @param {Iterable<[string, T]>} things
 * @param {(thing: T) => F} appear
 * @param {(figure: F) => void} leave
 */
export function keep(figures, things, appear, leave) {
  const seen = new Set();
  for (const [key, thing] of things) {
    seen.add(key);
    if (!figures.has(key)) figures.set(key, appear(thing));
  }
  for (const [key, figure] of figures) {
    if (seen.has(key)) continue;
    figures.delete(key);
    leave(figure);
  }
}
