// @ts-check
// Puts the parts of the Locks page together.

import { AcquireDialog } from "./acquire.js";
import { AdmitDialog } from "./admit.js";
import { announce } from "./announce.js";
import { Bulk } from "./bulk.js";
import { onCommand } from "./commands.js";
import { startFacets } from "./facets.js";
import { Filters, showCounts } from "./filters.js";
import { Follower } from "./follow.js";
import { ForceDialog } from "./force.js";
import { Leases } from "./leases.js";
import { keyOf } from "./lock.js";
import { NodePanel } from "./nodepanel.js";
import { nodes } from "./nodes.js";
import { begin } from "./page.js";
import { Panel } from "./panel.js";
import { RowActions } from "./rowactions.js";
import { Selection } from "./selection.js";
import { find, settings } from "./settings.js";
import { Store } from "./store.js";
import { Table } from "./table.js";
import { arrive } from "./votes.js";

const store = new Store();
const leases = new Leases(() => {
  table.schedule();
  bulk.show();
});
const filters = new Filters(() => {
  fresh = true;
  follower.ask(0);
});
const table = new Table(store, (lock) => leases.of(lock));
const selection = new Selection(() => {
  table.remark();
  bulk.show();
});
const bulk = new Bulk(selection, leases);
table.picked = (/** @type {string} */ key) => selection.has(key);
const forceDialog = settings.readOnly ? null : new ForceDialog();
const panel = new Panel((key) => table.select(key), (lock) => forceDialog?.open(lock), leases);
const dialog = settings.readOnly ? null : new AcquireDialog(acquired, leases);
const admitDialog = settings.readOnly ? null : new AdmitDialog();
const nodePanel = new NodePanel((id) => admitDialog?.open(id));
const stream = begin(receive, (state) => {
  if (state === "live") void leases.check();
});
const follower = new Follower(stream, filters, table.view);
/** Whether other rows were asked for, which begin at the first one. */
let fresh = false;

/** @param {import("./types.js").Frame} frame */
function receive(frame) {
  if (frame.t === "snapshot") {
    store.snapshot(frame, filters.wanted.sort);
    follower.offset = store.offset;
    table.waits = false;
    if (fresh) table.restart();
    fresh = false;
  }
  else if (frame.t === "delta") store.delta(frame);
  else if (frame.t === "wait") return dialog?.waiting.placed(frame);
  else return;
  table.schedule();
}

table.lost = (/** @type {string} */ key) => follower.ask(table.view.first, key);

let alarm = "";

table.drawn = () => {
  if (!store.loaded) return;
  const shown = store.total;
  panel.follow(store.rows);
  dialog?.follow(store.rows);
  forceDialog?.follow(store.rows);
  leases.follow(store.rows);
  selection.follow(store.rows);
  follower.check();
  actions.late();
  filters.at(table.view.first);
  table.element.hidden = shown === 0;
  table.element.setAttribute("aria-rowcount", String(store.total + 1));
  find("#empty").hidden = shown > 0 || filters.active;
  find("#no-match").hidden = shown > 0 || !filters.active;
  showCounts(store.counts, leases.held.size);
  const { contested = 0, residue = 0, unknown = 0 } = store.counts;
  const now = `${contested} contested, ${residue} residue, ${unknown} unknown.`;
  if (alarm && alarm !== now) announce(now);
  alarm = now;
};

/** Attempts of this page whose rows have not come yet. */
/** @type {Map<string, import("./types.js").Vote[]>} */
const arriving = new Map();

/** @type {Table["entered"]} */
table.entered = (row, key) => {
  const votes = arriving.get(key);
  if (!votes) return;
  arriving.delete(key);
  arrive(row.parts.votes, votes);
};

/** @param {import("./types.js").Lease} lease */
function acquired(lease) {
  const key = keyOf(lease);
  const row = table.rows.get(key);
  if (row && lease.votes) arrive(row.parts.votes, lease.votes);
  else if (lease.votes) arriving.set(key, lease.votes);
  leases.add(lease);
}

if (dialog) {
  onCommand("acquire", () => dialog.open());
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest('[data-action="acquire"]')) dialog.open();
  });
}

/**
 * One panel is open at a time.
 * @param {import("./types.js").Lock} lock
 */
function openLock(lock) {
  nodePanel.close(false);
  panel.open(lock);
}

find("#nodes").addEventListener("click", (event) => {
  const card = event.target instanceof Element ? event.target.closest('[data-action="node"]') : null;
  const id = card?.getAttribute("data-node") ?? "";
  if (nodePanel.id === id) nodePanel.close();
  else if (nodes().some((node) => node.id === id)) {
    panel.close();
    nodePanel.open(id);
  }
});

const actions = new RowActions(table, { leases, selection, filters, open: openLock, force: (lock) => forceDialog?.open(lock), close: () => panel.close(), opened: () => panel.key });

const search = /** @type {HTMLInputElement} */ (find("#q"));
onCommand("search", () => { search.focus(); search.select(); });
onCommand("escape", () => {
  if (document.activeElement === search) {
    if (search.value) filters.set({ q: "" });
    search.blur();
  } else if (nodePanel.id !== null) nodePanel.close();
  else if (panel.key !== null) panel.close();
  else selection.clear();
});

startFacets(filters);
table.begin(Number(table.element.getAttribute("aria-rowcount")) - 1, filters.place, filters.place);
follower.ask(filters.place);
stream.start();
