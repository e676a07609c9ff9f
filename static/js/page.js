// @ts-check
// What every page begins with: its stream, the node strip, how fresh it is, the
// colour scheme, times in the reader's words, buttons that copy a command.

import { heard, heardPage, wayOf } from "./clock.js";
import { heardFrame, setConnection } from "./connection.js";
import { copy } from "./copy.js";
import { showNodes } from "./nodes.js";
import { allowPause, hold } from "./pause.js";
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
 * @param {(on: boolean) => void} [paused] told when the page is paused, and goes on
 * @returns {Stream} that has not been started
 */
export function begin(receive, changed, paused) {
  heardPage(settings.serverTime);
  for (const element of document.querySelectorAll("[data-live]")) element.removeAttribute("hidden");
  startShared();
  localise(document);
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest('[data-action="copy"]') : null;
    if (button?.parentElement) copy(button, fieldOf("command", button.parentElement).textContent ?? "");
  });
  let greeted = false;
  const stream = new Stream((frame) => {
    if (frame.serverTime) heard(frame.serverTime, frame.t === "hello" && greeted);
    // The hello waits for a page that is busy with its start.
    heardFrame(frame.t === "beat" ? wayOf(frame.serverTime) + frame.lagMs : undefined);
    if (frame.t === "hello") greeted = true;
    if (frame.nodes) showNodes(frame.nodes);
    if (frame.counts) tellCounts(frame.counts);
    // A window that was asked for during the pause is shown.
    if (frame.first || !hold(frame)) receive(frame);
  }, (state) => {
    setConnection(state);
    tellLive(state === "live");
    changed?.(state);
  });
  allowPause((on) => {
    if (!on) stream.again();
    paused?.(on);
  });
  return stream;
}
