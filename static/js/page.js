// @ts-check
// What every page begins with: its stream, the node strip, how fresh it is, the
// colour scheme, times in the reader's words, buttons that copy a command.

import { heard, heardPage } from "./clock.js";
import { heardFrame, setConnection } from "./connection.js";
import { copy } from "./copy.js";
import { showNodes } from "./nodes.js";
import { fieldOf, settings } from "./settings.js";
import { startShared } from "./shared.js";
import { Stream } from "./stream.js";
import { localise } from "./times.js";
import { tellCounts, tellLive } from "./title.js";

/** A window that shows nothing but brings the counts of all locks. */
export const onlyCounts = { view: "locks", limit: 1 };

/**
 * @param {(frame: import("./types.js").Frame) => void} receive
 * @param {(state: string) => void} [changed] told how the connection is
 * @returns {Stream} that has not been started
 */
export function begin(receive, changed) {
  heardPage(settings.serverTime);
  for (const element of document.querySelectorAll("[data-live]")) element.removeAttribute("hidden");
  startShared();
  localise(document);
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest('[data-action="copy"]') : null;
    if (button?.parentElement) copy(button, fieldOf("command", button.parentElement).textContent ?? "");
  });
  let greeted = false;
  return new Stream((frame) => {
    heardFrame(frame.lagMs);
    if (frame.serverTime) heard(frame.serverTime, frame.t === "hello" && greeted);
    if (frame.t === "hello") greeted = true;
    if (frame.nodes) showNodes(frame.nodes);
    if (frame.counts) tellCounts(frame.counts);
    receive(frame);
  }, (state) => {
    setConnection(state);
    tellLive(state === "live");
    changed?.(state);
  });
}
