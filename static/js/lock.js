// @ts-check
// What a lock says, in words: the same as views/words.go.

import { dash, hue, number } from "./format.js";
import { settings } from "./settings.js";
import { utcWords } from "./times.js";
import { decodeBytes, plain } from "./visible.js";

/** @typedef {import("./types.js").Lock} Lock */
/** @typedef {import("./types.js").Vote} Vote */
/** @typedef {import("./types.js").Holder} Holder */

/**
 * What tells a name from all others. A name in base64 begins with a character
 * that no clean name has.
 * @param {{name?: string|null, nameB64?: string|null}} of
 */
export function keyOf(of) {
  return of.nameB64 ? `\0${of.nameB64}` : of.name ?? "";
}

/**
 * The name as text; bytes that are not UTF-8 are kept as visible.js keeps them.
 * @param {{name?: string|null, nameB64?: string|null}} of
 */
export function nameOf(of) {
  return of.nameB64 ? decodeBytes(of.nameB64) : of.name ?? "";
}

/**
 * The part of a command that names a lock.
 * @param {string} key
 */
export function nameFields(key) {
  return key.startsWith("\0") ? { nameB64: key.slice(1) } : { name: key };
}

/**
 * The part of an address that names a lock.
 * @param {{name?: string|null, nameB64?: string|null}} of
 */
export function nameQuery({ name, nameB64 }) {
  return nameB64 ? `nameB64=${encodeURIComponent(nameB64)}` : `name=${encodeURIComponent(name ?? "")}`;
}

/**
 * The address of the page of a lock.
 * @param {{name?: string|null, nameB64?: string|null}} of
 */
export const lockHref = (of) => `${settings.base}/lock?${nameQuery(of)}`;

/**
 * The time that a row counts down to, in milliseconds, or 0 for none.
 * @param {Lock} lock
 */
export function deadline(lock) {
  if (["held", "expiring", "free"].includes(lock.state)) return lock.expiresAt ? Date.parse(lock.expiresAt) : 0;
  if (lock.flags.includes("no-expiry")) return 0;
  return Math.max(0, ...lock.votes.map((vote) => (vote.expiresAt ? Date.parse(vote.expiresAt) : 0)));
}

/**
 * What stands instead of a countdown, or "" where there is one.
 * @param {Lock} lock
 */
export function still(lock) {
  if (lock.state === "free" || !lock.holder) return dash;
  if (deadline(lock) === 0) return "no expiry";
  return "";
}

/** @param {{holder: Holder|null}} lock */
export function holderWords({ holder }) {
  if (!holder) return dash;
  const { owner, library, fingerprint } = holder;
  if (owner && (!library || library === "lockscope")) return owner;
  return `${libraryWords(holder)} · ${owner || machineWords(holder) || fingerprint}`;
}

/**
 * Whose lock it is, and how sure that is.
 * @param {Holder} holder
 */
export function libraryWords({ library, confidence }) {
  if (!library) return "unknown client";
  if (library === "lockscope" || confidence === "certain") return library;
  return `${confidence === "ambiguous" ? "perhaps" : "probably"} ${library}`;
}

/**
 * Where the holder runs, or "".
 * @param {Holder} holder
 */
export function machineWords({ host, pid }) {
  return host ? `${host}${pid ? ` pid ${pid}` : ""}` : "";
}

/** @type {Record<string, (holder: Holder) => string>} */
const modeWords = {
  read: ({ readers }) => `read by ${number(readers ?? 0)}`,
  write: () => "held for writing",
  waiting: () => "a writer waits for the readers to leave",
  semaphore: ({ readers }) => (readers ? `a semaphore with ${number(readers)} of its permits taken` : "a semaphore without permits left"),
  integer: () => "a number, perhaps a counter and no lock",
};

/**
 * How a lock is held, or "" for a plain one.
 * @param {Holder} holder
 */
export function modeOf(holder) {
  return holder.mode ? modeWords[holder.mode]?.(holder) ?? holder.mode : "";
}

/**
 * What else is known of the holder, one phrase each.
 * @param {Holder} holder
 */
export function aboutWords(holder) {
  const { also, holds, validUntil } = holder;
  return [
    also?.length ? `by its form it may be ${also.join(" or ")} as well` : "",
    modeOf(holder),
    machineWords(holder) ? `on ${machineWords(holder)}` : "",
    holds ? `taken ${holds === 1 ? "once" : `${number(holds)} times`} by its holder` : "",
    validUntil ? `its value says until ${new Date(validUntil).toLocaleTimeString()}` : "",
  ].filter(Boolean);
}

/**
 * What a pointer is told that rests on these phrases: the time in them in full.
 * @param {Holder|null} holder
 */
export const aboutTitle = (holder) => (holder?.validUntil ? utcWords(Date.parse(holder.validUntil)) : "");

/**
 * The owner's hue, "foreign" for a holder without a name, "" for none.
 * @param {{holder: Holder|null}} lock
 */
export function holderHue({ holder }) {
  if (!holder) return "";
  return holder.owner ? String(hue(holder.owner)) : "foreign";
}

/**
 * Since when it is held, in milliseconds, or 0.
 * @param {Lock} lock
 */
export function heldSince(lock) {
  if (!lock.holder?.since || lock.state === "free" || lock.state === "residue") return 0;
  return Date.parse(lock.holder.since);
}

/**
 * How many wait: of observed locks nobody can tell.
 * @param {Lock} lock
 */
export function waitingWords({ state, waiters }) {
  if (waiters?.visible && waiters.count > 0) return number(waiters.count);
  return waiters?.visible || state === "free" ? dash : "not visible";
}

/**
 * The accessible name of a vote strip.
 * @param {Vote[]} votes
 */
export function stripName(votes) {
  return `votes: ${votes.map((vote) => `${vote.node} ${vote.vote}${vote.reason ? ` (${plain(vote.reason)})` : ""}`).join(", ")}`;
}

/**
 * What a cell of a vote strip says to a pointer that rests on it.
 * @param {Vote} vote
 */
export function voteTitle({ node, vote, reason }) {
  return `${node}: ${vote}${reason ? ` · ${plain(reason)}` : ""}`;
}
