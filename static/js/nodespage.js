// @ts-check
// Puts the parts of the Nodes page together: a card for each node, its charts,
// and the dialog that ends a quarantine.

import { AdmitDialog } from "./admit.js";
import { get } from "./api.js";
import { Chart } from "./chart.js";
import { serverNow, shownNow } from "./clock.js";
import { showFindings } from "./finding.js";
import { age, dash, number, roundTrip } from "./format.js";
import { backWords, clockWords, stateOf, versionOf } from "./node.js";
import { evictionWords, notificationWords, persistenceWords, rateWords, sumWords, whyWords } from "./nodefacts.js";
import { nodes } from "./nodes.js";
import { begin, onlyCounts } from "./page.js";
import { holdNodes, isPaused } from "./pause.js";
import { fieldOf, find, put, settings } from "./settings.js";
import { showTime } from "./times.js";
import { plain } from "./visible.js";

/** @typedef {import("./types.js").Node} Node */

const maxDrift = Number(find("#content").dataset.maxDrift);
const admit = settings.readOnly ? null : new AdmitDialog();

/** What the charts have to draw when the pause ends: as much as they show. @type {[number, Node[]][]} */
let samples = [];
const mostSamples = 600;

const stream = begin((frame) => {
  if (!frame.nodes) return;
  samples = [...samples.slice(1 - mostSamples), [serverNow(), frame.nodes]];
  if (isPaused()) holdNodes(frame.nodes.map((/** @type {Node} */ { id }) => id));
  else showNow();
}, undefined, (on) => { if (!on) showNow(); });

function showNow() {
  showAll();
  for (const sample of samples) for (const chart of charts) chart.add(...sample);
  samples = [];
}

/** @type {Chart[]} */
let charts = [];

/** Draws how the nodes were before this page was opened, and goes on from there. */
async function drawCharts() {
  const trend = await get("nodes/trend").catch(() => null);
  if (!trend) return; // the stream says that there is no connection
  const ids = trend.nodes.map((/** @type {{id: string}} */ { id }) => id);
  charts = ids.flatMap((/** @type {string} */ id) => {
    const card = cardOf(id);
    if (!card) return [];
    return [new Chart(card, "rtt", id, trend, maxDrift), new Chart(card, "clock", id, trend, maxDrift)];
  });
}

/** @param {string} id */
const cardOf = (id) => /** @type {HTMLElement|null} */ (document.querySelector(`[data-node-of="${CSS.escape(id)}"]`));

function showAll() {
  const list = nodes();
  for (const node of list) {
    const card = cardOf(node.id);
    if (card) showNode(card, node);
  }
  const sum = { operationsPerSecond: 0, bytesPerSecond: 0 };
  for (const { cost } of list) {
    sum.operationsPerSecond += cost?.operationsPerSecond ?? 0;
    sum.bytesPerSecond += cost?.bytesPerSecond ?? 0;
  }
  put(find('[data-field="cost-of-all"]'), rateWords(sum));
}

/**
 * @param {HTMLElement} card
 * @param {Node} node
 */
function showNode(card, node) {
  /** @param {string} field */
  const part = (field) => fieldOf(field, card);
  const state = stateOf(node);
  card.dataset.nodeState = part("state").dataset.state = state;
  put(part("state"), state);
  put(part("address"), plain(node.address));
  put(part("badge"), node.notifications);
  part("badge").dataset.notifications = node.notifications;
  part("badge").hidden = !node.up;
  put(part("why"), whyWords(node));
  part("alert").hidden = !part("why").textContent;
  card.querySelector('[data-action="admit"]')?.toggleAttribute("data-quarantined", Boolean(node.quarantine));
  put(part("rtt"), node.up ? roundTrip(node.rttMicros) : dash);
  put(part("clock"), node.up && node.clock ? clockWords(node) : "not measured");
  put(part("version"), versionOf(node) || dash);
  put(part("run"), plain(node.runId ?? "") || dash);
  put(part("persistence"), persistenceWords(node));
  put(part("eviction"), evictionWords(node));
  put(part("notifications"), notificationWords(node));
  put(part("keys"), `${number(node.keys)} watched`);
  if (node.cost) {
    put(part("cost"), rateWords(node.cost));
    put(part("cost-sum"), sumWords(node.cost));
  }
  showTime(part("synced"), node.synced);
  part("fine").hidden = node.findings.length > 0;
  showFindings(part("findings"), node.findings);
  tick(card, node);
}

/**
 * What changes by time alone.
 * @param {HTMLElement} card
 * @param {Node} node
 */
function tick(card, node) {
  const now = shownNow();
  const since = node.since ? `for ${age(now - Date.parse(node.since))}` : "";
  put(fieldOf("since", card), stateOf(node) === "quarantined" ? backWords(node, now) : since);
  put(fieldOf("uptime", card), node.up && node.startedAt ? age(now - Date.parse(node.startedAt)) : dash);
}

setInterval(() => {
  if (document.hidden) return;
  for (const node of nodes()) {
    const card = cardOf(node.id);
    if (card) tick(card, node);
  }
}, 500);

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest('[data-action="admit"]') : null;
  if (button instanceof HTMLElement) admit?.open(button.dataset.node ?? "");
});

/** The card that the address names is where the reader is. */
function goToCard() {
  const card = location.hash ? document.getElementById(location.hash.slice(1)) : null;
  card?.focus({ preventScroll: true });
}
addEventListener("hashchange", goToCard);
goToCard();

void drawCharts();
stream.watch("counts", onlyCounts);
stream.start();
