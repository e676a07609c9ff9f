// @ts-check
// How well a few letters fit a text: all of them must be in it, in their order.

/**
 * @param {string} wanted
 * @param {string} text
 * @returns {number} the higher the better, 0 where it does not fit
 */
export function fit(wanted, text) {
  const letters = wanted.toLowerCase().replaceAll(/\s+/g, "");
  if (!letters) return 1;
  const low = text.toLowerCase();
  const whole = low.indexOf(wanted.toLowerCase().trim());
  if (whole >= 0) return 1000 - whole + (begins(low, whole) ? 500 : 0);
  let score = 0;
  let at = -1;
  for (const letter of letters) {
    const next = nextOf(low, letter, at);
    if (next < 0) return 0;
    // Neighbours and beginnings of words are what people type.
    score += next === at + 1 ? 4 : begins(low, next) ? 3 : 1;
    at = next;
  }
  return score / letters.length >= 1.5 ? score : 0;
}

/**
 * The next place of a letter: the neighbour, else the beginning of a word, else any.
 * @param {string} text
 * @param {string} letter
 * @param {number} at
 */
function nextOf(text, letter, at) {
  if (text[at + 1] === letter) return at + 1;
  for (let i = text.indexOf(letter, at + 1); i >= 0; i = text.indexOf(letter, i + 1)) if (begins(text, i)) return i;
  return text.indexOf(letter, at + 1);
}

/**
 * @param {string} text
 * @param {number} at
 */
function begins(text, at) {
  return at === 0 || /[^\p{L}\p{N}]/u.test(text[at - 1]);
}
