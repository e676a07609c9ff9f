// @ts-check
// Hostile text made visible: the same as views/visible.go.

/** @typedef {{text: string, escaped: boolean}} Piece */

const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Variation_Selector}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc]|(?! )\p{Z}/u;
const suspicious = /[^\x20-\x7e]/;
const named = new Map([["\n", "\\n"], ["\r", "\\r"], ["\t", "\\t"]]);

/** @param {number} byte */
const hex = (byte) => `\\x${byte.toString(16).padStart(2, "0")}`;

/**
 * Cuts text into what can be shown and what has to be written out.
 * @param {string} text
 * @returns {Piece[]}
 */
export function pieces(text) {
  if (!suspicious.test(text)) return text ? [{ text, escaped: false }] : [];
  /** @type {Piece[]} */
  const all = [];
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const lone = code >= 0xd800 && code <= 0xdfff;
    if (lone || invisible.test(char)) {
      all.push({ text: written(char, code), escaped: true });
    } else if (all.length > 0 && !all[all.length - 1].escaped) {
      all[all.length - 1].text += char;
    } else {
      all.push({ text: char, escaped: false });
    }
  }
  return all;
}

/**
 * @param {string} char
 * @param {number} code
 */
function written(char, code) {
  if (isByte(code)) return hex(code & 0xff);
  if (code < 0x20 || code === 0x7f) return named.get(char) ?? hex(code);
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/**
 * Says whether a character is a byte as decodeBytes keeps it.
 * @param {number} code
 */
export const isByte = (code) => code >= 0xdc80 && code <= 0xdcff;

/**
 * Text from base64 of any bytes. A byte that is not UTF-8 is kept as a lone
 * surrogate, which no decoded text has, and pieces() writes it as "\xff".
 * @param {string} b64
 */
export function decodeBytes(b64) {
  const bytes = Uint8Array.from(atob(b64), (c) => c.charCodeAt(0));
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  for (let i = 0; i < bytes.length;) {
    const size = sequence(bytes[i]);
    try {
      text += strict.decode(bytes.subarray(i, i + size));
      i += size;
    } catch {
      text += String.fromCharCode(0xdc00 + bytes[i]);
      i += 1;
    }
  }
  return text;
}

/** @param {number} lead the first byte of a character */
function sequence(lead) {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

/**
 * Puts text into an element so that what cannot be seen is seen.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function show(element, text) {
  element.replaceChildren(...nodesOf(text));
}

/**
 * @param {string} text
 * @returns {(string|HTMLElement)[]}
 */
export function nodesOf(text) {
  return pieces(text).map((piece) => {
    if (!piece.escaped) return piece.text;
    const span = document.createElement("span");
    span.className = "esc";
    span.textContent = piece.text;
    return span;
  });
}

/**
 * A sentence of our own words (strings) and of others' words.
 * @typedef {(string | {name: string} | {said: string})[]} Sentence
 */

/**
 * @param {Sentence} sentence
 * @returns {(string|HTMLElement)[]}
 */
export function sentenceNodes(sentence) {
  return sentence.map((part) => {
    if (typeof part === "string") return part;
    const bdi = document.createElement("bdi");
    if ("name" in part) bdi.className = "said-name";
    bdi.append(...nodesOf("name" in part ? part.name : part.said));
    return bdi;
  });
}

/** @param {Sentence} sentence */
export function sentenceText(sentence) {
  return sentence.map((part) => (typeof part === "string" ? part : plain("name" in part ? part.name : part.said))).join("");
}

/**
 * The same in one string, for places that hold only text.
 * @param {string} text
 */
export function plain(text) {
  return pieces(text).map((piece) => piece.text).join("");
}
