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
for (const key of ["q", "kind", "name", "nameB64", "owner", "actor"]) query[key] = content.dataset[key] ?? "";

const feed = new Feed(find("#feed"), most, () => {
  const filtered = Object.values(query).some(Boolean);
  find("#feed").hidden = feed.empty;
  find("#nothing").hidden = !feed.empty || filtered;
  find("#no-match").hidden = !feed.empty || !filtered;
  holdEvents(feed.held);
});
feed.epoch = content.dataset.epoch ?? "";

/** The kinds that are commands: they stand in the audit, all others are events. */
const commands = find('#groups [data-group="commands"]').getAttribute("data-kinds")?.split(",") ?? [];
/** Whose numbers the entries of the audit have. */
let auditEpoch = content.dataset.auditEpoch ?? "";

/**
 * What the query asks for of the events and of the audit, null for nothing.
 * @returns {{events: Record<string, string>|null, audit: Record<string, string>|null}}
 */
function parts() {
  const { kind, actor, ...others } = query;
  const kinds = kind ? kind.split(",") : [];
  const ofAudit = kinds.filter((one) => commands.includes(one));
  const ofEvents = kinds.filter((one) => !commands.includes(one));
  const all = kinds.length === 0;
  return {
    events: !actor && (all || ofEvents.length > 0) ? { ...others, kind: ofEvents.join() } : null,
    audit: all || ofAudit.length > 0 ? { ...others, actor, kind: ofAudit.join() } : null,
  };
}

/** Each query has watches of its own, so that no frame of the one before comes in between. */
let watched = 0;

const stream = begin((frame) => {
  if (frame.t !== "event" && frame.t !== "audit" && frame.t !== "gap") return;
  if (frame.id === `events-${watched}` || frame.id === `audit-${watched}`) feed.receive(frame);
}, undefined, (on) => feed.pause(on));

/** @param {{events: number, audit: number}} after */
function watch(after) {
  for (const view of ["events", "audit"]) stream.unwatch(`${view}-${watched}`);
  watched += 1;
  const { events, audit } = parts();
  if (events) stream.watch(`events-${watched}`, { view: "events", ...events, after: after.events, epoch: feed.epoch });
  if (audit) stream.watch(`audit-${watched}`, { view: "audit", ...audit, after: after.audit, epoch: auditEpoch });
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
  const lately = { newest: "true", limit: String(first) };
  const wanted = parts();
  try {
    const [happened, done] = await Promise.all([
      wanted.events ? get(`events?${params({ ...wanted.events, ...lately })}`) : null,
      wanted.audit ? get(`audit?${params({ ...actionsOf(wanted.audit), ...lately })}`) : null,
    ]);
    if (mine !== asked) return;
    const lines = [...(happened?.events ?? []), ...(done?.entries ?? [])].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    auditEpoch = done?.epoch ?? auditEpoch;
    feed.begin(lines.slice(-first), happened?.epoch ?? feed.epoch);
    watch({ events: happened?.next ?? 0, audit: done?.next ?? 0 });
    announce(`${number(Math.min(lines.length, first))} lines.`);
  } catch {
    // The stream says that there is no connection; it brings nothing wrong.
  }
  if (mine === asked) find("#feed").removeAttribute("aria-busy");
}

/**
 * The kinds of the audit as its call has them.
 * @param {Record<string, string>} of
 * @returns {Record<string, string>}
 */
function actionsOf({ kind, ...others }) {
  return { ...others, action: kind };
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
  for (const [tag, value] of [["name", nameOf(query)], ["owner", query.owner], ["actor", query.actor]]) {
    const element = find(`[data-tag="${tag}"]`);
    element.hidden = !value;
    show(fieldOf("value", element), value);
  }
  const { events, audit } = parts();
  showExports("events", events);
  showExports("audit", audit && actionsOf(audit));
}

/**
 * @param {string} of
 * @param {Record<string, string>|null} asks
 */
function showExports(of, asks) {
  const group = find(`[data-export-of="${of}"]`);
  group.hidden = !asks;
  for (const link of group.querySelectorAll("[data-export]")) {
    if (!(link instanceof HTMLAnchorElement)) continue;
    link.href = `${settings.base}/api/v1/${of}?${params({ ...asks, format: link.dataset.export ?? "", limit: "10000" })}`;
  }
}

/** @type {Record<string, () => void>} */
const actions = {
  clear: () => void set({ q: "", kind: "", name: "", nameB64: "", owner: "", actor: "" }),
};

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (!target || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const action = target.closest("[data-action]")?.getAttribute("data-action") ?? "";
  const chip = target.closest("#groups [data-group]");
  const who = target.closest(".event-owner, .event-actor");
  const tag = action === "untag" ? target.closest("[data-tag]") : null;
  if (actions[action]) actions[action]();
  else if (chip instanceof HTMLElement) void set({ kind: chip.dataset.kinds ?? "" });
  else if (who instanceof HTMLAnchorElement) void set(Object.fromEntries(new URL(who.href).searchParams));
  else if (tag) void set(tag.getAttribute("data-tag") === "name" ? { name: "", nameB64: "" } : { [tag.getAttribute("data-tag") ?? ""]: "" });
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
watch({ events: Number(content.dataset.after), audit: Number(content.dataset.auditAfter) });
stream.start();
