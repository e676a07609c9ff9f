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
 * is the nearest to the truth. A new connection starts over.
 * @param {string} serverTime
 * @param {boolean} startOver
 */
export function heard(serverTime, startOver) {
  const told = Date.parse(serverTime) - Date.now();
  if (Number.isNaN(told)) return;
  if (startOver || told > offset) offset = told;
}
