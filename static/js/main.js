// @ts-check
// Puts the parts of the Locks page together.

import { AcquireDialog } from "./acquire.js";
import { AdmitDialog } from "./admit.js";
import { announce } from "./announce.js";
import { onCommand } from "./commands.js";
import { Filters, showCounts, showWindow } from "./filters.js";
import { Leases } from "./leases.js";
import { keyOf } from "./lock.js";
import { NodePanel } from "./nodepanel.js";
import { nodes } from "./nodes.js";
import { begin } from "./page.js";
import { Panel } from "./panel.js";
import { find, settings } from "./settings.js";
import { Store } from "./store.js";
import { Table } from "./table.js";
import { arrive } from "./votes.js";

const store = new Store();
const leases = new Leases(() => {
  // Before the first snapshot the rows are those that the server rendered.
  if (store.loaded) table.schedule();
});
const filters = new Filters(() => stream.watch("locks", filters.watch));
/** @type {Table} */
const table = new Table(
  () => store.sorted(filters.sort).filter(([, lock]) => !filters.mine || leases.of(lock) !== null),
  (lock) => leases.of(lock),
  () => store.offset,
);
const panel = new Panel((key) => table.select(key));
const dialog = settings.readOnly ? null : new AcquireDialog(acquired, leases);
const admitDialog = settings.readOnly ? null : new AdmitDialog();
const nodePanel = new NodePanel((id) => admitDialog?.open(id));
const stream = begin(receive, (state) => {
  if (state === "live") void leases.check();
});

/** @param {import("./types.js").Frame} frame */
function receive(frame) {
  if (frame.t === "snapshot") store.snapshot(frame);
  else if (frame.t === "delta") store.delta(frame);
  else if (frame.t === "wait") return dialog?.waiting.placed(frame);
  else return;
  table.schedule();
}

let alarm = "";

table.drawn = () => {
  if (!store.loaded) return;
  const shown = table.rows.size;
  panel.follow(store.rows);
  dialog?.follow(store.rows);
  leases.follow(store.rows);
  table.select(panel.key);
  table.element.hidden = shown === 0;
  table.element.setAttribute("aria-rowcount", String(store.total + 1));
  find("#empty").hidden = shown > 0 || filters.active;
  find("#no-match").hidden = shown > 0 || !filters.active;
  showCounts(store.counts, leases.held.size);
  showWindow(store.rows.size, store.offset, store.total);
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

table.body.addEventListener("click", (event) => {
  const lock = table.lockAt(event.target);
  if (!lock) return;
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  if (!button) {
    if (getSelection()?.type === "Range") return;
    if (panel.key === keyOf(lock)) panel.close();
    else openLock(lock);
    return;
  }
  button.disabled = true;
  const done = button.dataset.action === "release" ? leases.release(lock) : leases.extend(lock);
  void done.finally(() => { button.disabled = false; });
});

const search = /** @type {HTMLInputElement} */ (find("#q"));
onCommand("search", () => { search.focus(); search.select(); });
onCommand("next", () => table.move(1));
onCommand("previous", () => table.move(-1));
onCommand("open", () => {
  const lock = table.lockAt(document.activeElement);
  if (lock) openLock(lock);
}, () => table.lockAt(document.activeElement) !== null);
table.body.addEventListener("keydown", (event) => {
  if (event.target instanceof HTMLButtonElement) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    table.move(event.key === "ArrowDown" ? 1 : -1);
  }
});
onCommand("escape", () => {
  if (document.activeElement === search) {
    if (search.value) filters.set({ q: "" });
    search.blur();
  } else if (nodePanel.id !== null) nodePanel.close();
  else panel.close();
});

stream.watch("locks", filters.watch);
stream.start();
