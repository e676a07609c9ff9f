// @ts-check
// Numbers and times in words: the same as views/format.go.

const thin = "\u202f";
export const dash = "—";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** @param {number} n */
const two = (n) => (n < 10 ? `0${n}` : String(n));

/**
 * How long something still lasts: "8.4 s", "1 m 05 s", "3 h 12 m".
 * @param {number} ms
 */
export function remaining(ms) {
  const left = Math.max(ms, 0);
  if (left < minute) return `${(Math.floor(left / 100) / 10).toFixed(1)}${thin}s`;
  const [big, bigUnit, small, smallUnit] =
    left < hour ? [left / minute, "m", (left / second) % 60, "s"]
      : left < day ? [left / hour, "h", (left / minute) % 60, "m"]
        : [left / day, "d", (left / hour) % 24, "h"];
  return `${Math.floor(+big)}${thin}${bigUnit} ${two(Math.floor(+small))}${thin}${smallUnit}`;
}

/**
 * How long to wait for something in whole seconds: "27 s", "1 m 05 s".
 * @param {number} ms
 */
export function wait(ms) {
  const seconds = Math.ceil(Math.max(ms, 0) / second);
  return seconds < 60 ? `${seconds}${thin}s` : remaining(seconds * second);
}

/**
 * How long something has lasted, in its largest unit: "0.3 s", "42 s", "4 m".
 * @param {number} ms
 */
export function age(ms) {
  const past = Math.max(ms, 0);
  if (past < second) return `0.${Math.floor(past / 100)}${thin}s`;
  if (past < minute) return `${Math.floor(past / second)}${thin}s`;
  if (past < hour) return `${Math.floor(past / minute)}${thin}m`;
  if (past < day) return `${Math.floor(past / hour)}${thin}h`;
  return `${Math.floor(past / day)}${thin}d`;
}

/**
 * A round trip in microseconds: "310 µs", "1.9 ms", "48 ms".
 * @param {number|null|undefined} micros
 */
export function roundTrip(micros) {
  if (!micros || micros <= 0) return dash;
  if (micros < 1000) return `${Math.floor(micros)}${thin}µs`;
  if (micros < 10000) return `${(Math.floor(micros / 100) / 10).toFixed(1)}${thin}ms`;
  return `${Math.floor(micros / 1000)}${thin}ms`;
}

/**
 * A length as it stands in the API ("10s", "1m30s") for people: "10 s".
 * @param {string} ttl
 */
export function spaced(ttl) {
  return ttl.replace(/m0s$/, "m").replace(/h0m$/, "h").replace(/([a-zµ]+)(?=\d)/g, "$1 ").replace(/(\d)(?=[a-zµ])/g, `$1${thin}`);
}

/** @type {Record<string, number>} */
const units = { h: hour, m: minute, s: second, ms: 1, us: 1e-3, µs: 1e-3, ns: 1e-6 };

/**
 * A length as it stands in the API in milliseconds; 0 for what is none.
 * @param {string} length
 */
export function millisOf(length) {
  let sum = 0;
  for (const [, n, unit] of length.matchAll(/([\d.]+)(h|ms|m|s|us|µs|ns)/g)) sum += Number(n) * units[unit];
  return sum;
}

/**
 * A time as a clock shows it: "00:07".
 * @param {number} ms
 */
export function clock(ms) {
  const seconds = Math.floor(ms / second);
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}

/**
 * A place in a queue: "2nd", "11th".
 * @param {number} n
 */
export function ordinal(n) {
  const teen = n % 100 > 10 && n % 100 < 14;
  return `${number(n)}${teen ? "th" : ["th", "st", "nd", "rd"][n % 10] ?? "th"}`;
}

/**
 * @param {number|null} n
 * @param {string} separator
 */
const group = (n, separator) => String(n).replace(/\B(?=(\d{3})+$)/g, separator);

/** @param {number|null} n */
export const fence = (n) => (n ? group(n, thin) : dash);

/** @param {number} n */
export const number = (n) => group(n, ",");

/**
 * The hue of an owner, 0 to 23: FNV-1a over its bytes.
 * @param {string} owner
 */
export function hue(owner) {
  let sum = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(owner)) {
    sum = Math.imul(sum ^ byte, 0x01000193);
  }
  return (sum >>> 0) % 24;
}

const spans = [second, 5 * second, 10 * second, 30 * second, minute, 5 * minute, 15 * minute, hour, 6 * hour, day];

/** By how much clocks may differ before 10 s seem to be 30 s. */
const clockSlack = 250;

/**
 * The length that a lease is taken to have when left of it remains and it has
 * been held for some time, negative when that is not known. Within the longest
 * allowed lease the two make the whole; a longer hold was extended, and a usual
 * length has to do.
 * @param {number} left
 * @param {number} held
 * @param {number} longest
 */
export function spanFor(left, held, longest) {
  if (held >= 0 && left + held <= longest + clockSlack) return left + held;
  return spans.find((span) => span + clockSlack >= left) ?? left;
}
