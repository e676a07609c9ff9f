// @ts-check
// Puts the parts of the Activity page together: what the feed shows stands in
// the address of the page, and the server renders the same from it.

import { get } from "./api.js";
import { announce } from "./announce.js";
import { onCommand } from "./commands.js";
import { Feed } from "./feed.js";
import { number } from "./format.js";
import { nameOf } from "./lock.js";
import { begin, onlyCounts } from "./page.js";
import { holdEvents } from "./pause.js";
import { fieldOf, find, settings } from "./settings.js";
import { show } from "./visible.js";

const content = find("#content");
const search = /** @type {HTMLInputElement} */ (find("#q"));
const kinds = /** @type {HTMLSelectElement} */ (find("#kind"));
/** How many lines are shown, and with how many the page begins. */
const most = 1000;
const first = 200;
const typingPause = 200;

/** The query, as the server understood the address. @type {Record<string, string>} */
const query = {};
for (const key of ["q", "kind", "name", "nameB64", "owner"]) query[key] = content.dataset[key] ?? "";

const feed = new Feed(find("#feed"), most, () => {
  const filtered = Object.values(query).some(Boolean);
  find("#feed").hidden = feed.empty;
  find("#nothing").hidden = !feed.empty || filtered;
  find("#no-match").hidden = !feed.empty || !filtered;
  holdEvents(feed.held);
});
feed.epoch = content.dataset.epoch ?? "";

/** Each query has a watch of its own, so that no frame of the one before comes in between. */
let watched = 0;

const stream = begin((frame) => {
  if ((frame.t === "event" || frame.t === "gap") && frame.id === `feed-${watched}`) feed.receive(frame);
}, undefined, (on) => feed.pause(on));

/** @param {number} after */
function watch(after) {
  stream.unwatch(`feed-${watched}`);
  watched += 1;
  stream.watch(`feed-${watched}`, { view: "events", ...query, after, epoch: feed.epoch });
}

let asked = 0;

/**
 * Changes the query.
 * @param {Record<string, string>} to
 */
async function set(to) {
  Object.assign(query, to);
  history.replaceState(null, "", href(query));
  showQuery();
  asked += 1;
  const mine = asked;
  find("#feed").setAttribute("aria-busy", "true");
  try {
    const answer = await get(`events?${params({ ...query, newest: "true", limit: String(first) })}`);
    if (mine !== asked) return;
    feed.begin(answer.events, answer.epoch);
    watch(answer.next);
    announce(`${number(answer.events.length)} events.`);
  } catch {
    // The stream says that there is no connection; it brings nothing wrong.
  }
  if (mine === asked) find("#feed").removeAttribute("aria-busy");
}

/** @param {Record<string, string>} of */
function params(of) {
  return new URLSearchParams(Object.entries(of).filter(([, value]) => value));
}

/** @param {Record<string, string>} of */
function href(of) {
  const text = params(of).toString();
  return `${settings.base}/activity${text ? `?${text}` : ""}`;
}

function showQuery() {
  if (search.value.trim() !== query.q) search.value = query.q;
  for (const chip of document.querySelectorAll("#groups [data-group]")) {
    if (!(chip instanceof HTMLAnchorElement)) continue;
    const on = chip.dataset.kinds === query.kind;
    chip.toggleAttribute("aria-current", on);
    if (on) chip.setAttribute("aria-current", "true");
    chip.href = href({ ...query, kind: chip.dataset.kinds ?? "" });
  }
  kinds.value = query.kind.includes(",") ? "" : query.kind;
  for (const [tag, value] of [["name", nameOf(query)], ["owner", query.owner]]) {
    const element = find(`[data-tag="${tag}"]`);
    element.hidden = !value;
    show(fieldOf("value", element), value);
  }
  for (const link of document.querySelectorAll("[data-export]")) {
    if (!(link instanceof HTMLAnchorElement)) continue;
    link.href = `${settings.base}/api/v1/events?${params({ ...query, format: link.dataset.export ?? "", limit: "10000" })}`;
  }
}

/** @type {Record<string, () => void>} */
const actions = {
  clear: () => void set({ q: "", kind: "", name: "", nameB64: "", owner: "" }),
};

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (!target || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const action = target.closest("[data-action]")?.getAttribute("data-action") ?? "";
  const chip = target.closest("#groups [data-group]");
  const owner = target.closest(".event-owner");
  const tag = action === "untag" ? target.closest("[data-tag]") : null;
  if (actions[action]) actions[action]();
  else if (chip instanceof HTMLElement) void set({ kind: chip.dataset.kinds ?? "" });
  else if (owner instanceof HTMLAnchorElement) void set({ owner: new URL(owner.href).searchParams.get("owner") ?? "" });
  else if (tag) void set(tag.getAttribute("data-tag") === "owner" ? { owner: "" } : { name: "", nameB64: "" });
  else return;
  event.preventDefault();
});

let typing = 0;
search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => void set({ q: search.value.trim() }), typingPause);
});
find("#search").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  void set({ q: search.value.trim() });
});
kinds.addEventListener("change", () => void set({ kind: kinds.value }));

onCommand("search", () => { search.focus(); search.select(); });
onCommand("escape", () => {
  if (search.value) void set({ q: "" });
  search.blur();
}, () => document.activeElement === search);

stream.watch("counts", onlyCounts);
watch(Number(content.dataset.after));
stream.start();
