// @ts-check
// Buttons that copy a text.

/**
 * @param {Element} button
 * @param {string} text
 */
export function copy(button, text) {
  void navigator.clipboard?.writeText(text).then(() => {
    button.setAttribute("data-copied", "");
    setTimeout(() => button.removeAttribute("data-copied"), 1200);
  });
}
