// @ts-check
// Times in the reader's words, with UTC for whoever rests on them.

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const dated = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium" });

/**
 * A time in full, for whoever compares it with a log.
 * @param {number} at in milliseconds since 1970
 */
export const utcWords = (at) => new Date(at).toISOString().replace("T", " ").replace("Z", " UTC");

/**
 * @param {HTMLElement} element a time element
 * @param {string} iso
 */
export function setTime(element, iso) {
  if (element.getAttribute("datetime") === iso && element.dataset.time === "local") return;
  const at = new Date(iso);
  element.dataset.time = "local";
  element.setAttribute("datetime", iso);
  element.title = utcWords(at.getTime());
  element.textContent = (at.toDateString() === new Date().toDateString() ? clock : dated).format(at);
}

/**
 * Shows a time in an element, or nothing.
 * @param {HTMLElement} element
 * @param {string|null|undefined} iso
 */
export function showTime(element, iso) {
  if (!iso) {
    element.replaceChildren();
    return;
  }
  let time = element.querySelector("time");
  if (!time) {
    time = document.createElement("time");
    element.replaceChildren(time);
  }
  setTime(time, iso);
}

/**
 * Rewrites the times that the server wrote.
 * @param {ParentNode} within
 */
export function localise(within) {
  for (const element of within.querySelectorAll("time[data-time]")) {
    if (element instanceof HTMLElement) setTime(element, element.getAttribute("datetime") ?? "");
  }
}
