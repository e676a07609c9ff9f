// @ts-check
// The server's clock, as well as it can be told from here. Deadlines are times
// of the server, and the browser's clock may be minutes off.

let offset = 0;
/** When the page was paused, 0 while it is not. */
let frozen = 0;

/** The server's time now, in milliseconds since 1970. */
export function serverNow() {
  return Date.now() + offset;
}

/** The moment that the page shows: now, or when it was paused. */
export function shownNow() {
  return frozen || serverNow();
}

/** @param {boolean} on whether the page stands still from now on */
export function freeze(on) {
  frozen = on ? serverNow() : 0;
}

/**
 * How long a frame was under way, in milliseconds, as well as it can be told: the
 * quickest way that was seen counts half a round trip, and this one what it took
 * longer.
 * @param {string} serverTime when the server sent it
 */
export function wayOf(serverTime) {
  return Math.max(serverNow() - Date.parse(serverTime), 0) + halfTrip();
}

/** Half of the round trip in which the page's connection was made, 0 where that is not known. */
function halfTrip() {
  const [page] = performance.getEntriesByType("navigation");
  if (!(page instanceof PerformanceNavigationTiming)) return 0;
  return Math.max((page.secureConnectionStart || page.connectEnd) - page.connectStart, 0) / 2;
}

/**
 * Takes a time that the server said when it sent a frame. A frame is late by
 * its way through the network, so of several the one that says the latest time
 * is the nearest to the truth. A connection that comes back starts over.
 * @param {string} serverTime
 * @param {boolean} startOver
 * @param {number} [came] when it came here, in milliseconds since 1970
 */
export function heard(serverTime, startOver, came = Date.now()) {
  const told = Date.parse(serverTime) - came;
  if (Number.isNaN(told)) return;
  if (startOver || told > offset) offset = told;
}

/**
 * Takes the time that the server wrote into the page. The browser knows when
 * the page came, however long it then took to get here; frames that come while
 * it is busy starting seem later than they are.
 * @param {string} serverTime
 */
export function heardPage(serverTime) {
  const [page] = performance.getEntriesByType("navigation");
  const came = page instanceof PerformanceNavigationTiming ? page.responseStart : 0;
  heard(serverTime, true, came > 0 ? performance.timeOrigin + came : Date.now());
}
