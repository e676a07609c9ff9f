// @ts-check
// Commands for a shell that show what this page shows: the same as
// views/cli.go.

import { isByte, pieces } from "./visible.js";

/** @typedef {import("./types.js").Node} Node */
/** @typedef {import("./types.js").Lock} Lock */

/**
 * The lines that ask every node for a lock and its time to live.
 * @param {Node[]} nodes
 * @param {Lock} lock
 * @param {string} name
 */
export function commands(nodes, lock, name) {
  const quoted = quote(name);
  const read = lock.votes.some((vote) => vote.type === "hash") ? "HGETALL" : "GET";
  const ports = nodes.map((node) => /^(?:127\.0\.0\.1|localhost):(\d+)$/.exec(node.address)?.[1]);
  if (nodes.length > 1 && ports.every(Boolean) && !nodes.some(({ mode }) => mode === "cluster")) {
    return [
      `for p in ${ports.join(" ")}; do`,
      `  redis-cli -p $p ${read} ${quoted}`,
      `  redis-cli -p $p PTTL ${quoted}`,
      "done",
    ].join("\n");
  }
  return nodes.flatMap((node) => {
    const cli = client(node);
    return [`${cli} ${read} ${quoted}`, `${cli} PTTL ${quoted}`];
  }).join("\n");
}

/** @param {Node} node */
function client({ address, mode }) {
  const cli = mode === "cluster" ? "redis-cli -c" : "redis-cli";
  const cut = address.lastIndexOf(":");
  if (address.startsWith("/") || cut < 0) return `${cli} -s ${quote(address)}`;
  const host = address.slice(0, cut).replace(/^\[(.*)\]$/, "$1");
  const port = address.slice(cut + 1);
  return host === "127.0.0.1" || host === "localhost" ? `${cli} -p ${port}` : `${cli} -h ${quote(host)} -p ${port}`;
}

/**
 * One word of a shell; with bash's $'' where it holds what cannot be seen.
 * @param {string} text
 */
export function quote(text) {
  if (/^[\w:./@+,=-]+$/.test(text)) return text;
  if (!pieces(text).some((piece) => piece.escaped)) return `'${text.replaceAll("'", "'\\''")}'`;
  let out = "";
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const bytes = isByte(code) ? [code & 0xff] : [...new TextEncoder().encode(char)];
    for (const byte of bytes) {
      const plain = String.fromCharCode(byte);
      out += /[\w:./@+,=-]/.test(plain) && byte < 0x80 ? plain : `\\x${byte.toString(16).padStart(2, "0")}`;
    }
  }
  return `$'${out}'`;
}
