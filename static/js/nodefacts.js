// @ts-check
// What is said of one node in sentences: the same as views/nodes_data.go.

import { capital } from "./finding.js";
import { dash, number } from "./format.js";
import { stateOf } from "./node.js";
import { plain } from "./visible.js";

/** @typedef {import("./types.js").Node} Node */
/** @typedef {NonNullable<Node["cost"]>} Cost */

const units = ["KB", "MB", "GB", "TB", "PB", "EB"];

/**
 * An amount of data: "812 B", "3.2 KB", "64 MB".
 * @param {number} n
 */
export function bytes(n) {
  if (n < 1000) return `${n}\u202fB`;
  let scaled = n / 1000;
  let unit = 0;
  for (; scaled >= 999.5 && unit < units.length - 1; unit += 1) scaled /= 1000;
  return `${scaled.toFixed(scaled < 9.95 ? 1 : 0)}\u202f${units[unit]}`;
}

/** @param {Pick<Cost, "operationsPerSecond"|"bytesPerSecond">} cost */
export const rateWords = ({ operationsPerSecond, bytesPerSecond }) => `${number(operationsPerSecond)} operations and ${bytes(bytesPerSecond)} a second`;

/** @param {Cost} cost */
export const sumWords = ({ operations, bytesIn, bytesOut }) => `${number(operations)} operations, ${bytes(bytesIn)} read, ${bytes(bytesOut)} sent`;

/** @param {Node} node */
export function persistenceWords({ version, appendOnly, fsync }) {
  if (!version) return dash;
  if (!appendOnly) return "no append-only file";
  return `append-only file, appendfsync ${fsync ? plain(fsync) : "not known"}`;
}

/** @param {Node} node */
export function evictionWords({ eviction, maxMemory }) {
  if (!eviction) return dash;
  return plain(eviction) + (maxMemory ? ` at ${bytes(maxMemory)}` : ", no memory limit");
}

/** @type {Record<string, string>} */
const arrivals = { live: "events arrive", polling: "are not followed: it is scanned again and again" };

/** @param {Node} node */
export function notificationWords({ up, notifications, missed = 0, gaps = 0 }) {
  if (!up) return dash;
  let words = arrivals[notifications] ?? "none";
  if (missed > 0) words += `, ${number(missed)} changes were not told`;
  if (gaps > 0) words += `, interrupted ${gaps === 1 ? "once" : `${number(gaps)} times`}`;
  return words;
}

/**
 * Why a node that does not vote does not.
 * @param {Node} node
 */
export function whyWords(node) {
  switch (stateOf(node)) {
    case "down": return plain(node.error ?? "");
    case "quarantined": return `${plain(capital(node.quarantine?.reason ?? ""))}. Its votes do not count until whatever it may have forgotten has expired.`;
    case "uncounted": return "Its votes do not count until its memory is known.";
  }
  return "";
}
