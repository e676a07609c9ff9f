// @ts-check
// The server's clock, as well as it can be told from here. Deadlines are times
// of the server, and the browser's clock may be minutes off.

let offset = 0;

/** The server's time now, in milliseconds since 1970. */
export function serverNow() {
  return Date.now() + offset;
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
