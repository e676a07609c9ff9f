// @ts-check
// Puts the parts of the page of one lock together.

import { AcquireDialog } from "./acquire.js";
import { AttemptCard } from "./attemptcard.js";
import { shownNow } from "./clock.js";
import { onCommand } from "./commands.js";
import { copy } from "./copy.js";
import { count } from "./countdown.js";
import { Feed } from "./feed.js";
import { ForceDialog, letsIn } from "./force.js";
import { age } from "./format.js";
import { Holders } from "./holders.js";
import { Holds } from "./holds.js";
import { Leases } from "./leases.js";
import { deadline, heldSince, holderHue, holderWords, keyOf, nameFields, nameOf, still } from "./lock.js";
import { flagsWords, whyWords } from "./lockfacts.js";
import { showFacts, showQueue } from "./lockknown.js";
import { showVotes, tickVotes } from "./lockvotes.js";
import { nodes } from "./nodes.js";
import { begin } from "./page.js";
import { holdEvents } from "./pause.js";
import { fieldOf, find, settings } from "./settings.js";
import { commands } from "./shell.js";
import { tab } from "./tab.js";
import { tellPage } from "./title.js";
import { plain, show } from "./visible.js";
import { arrive, fillStrip } from "./votes.js";

/** @typedef {import("./types.js").Lock} Lock */

const content = find("#content");
const head = find(".lock-head");
const key = keyOf(content.dataset);
const name = nameOf(content.dataset);
/** @param {string} field */
const part = (field) => fieldOf(field, head);
const parts = { bar: part("bar"), text: part("left"), held: document.createElement("span") };

/** @type {Lock|null} */
let lock = null;
const attempt = new AttemptCard();
const holders = new Holders();
const holds = new Holds((known) => holders.show(known));
const feed = new Feed(find("#feed"), 50, () => { 
  find('[data-field="no-events"]').hidden = !feed.empty;
  holdEvents(feed.held + audit.held);
});
const audit = new Feed(find("#audit"), 50, () => {
  find('[data-field="no-audit"]').hidden = !audit.empty;
  holdEvents(feed.held + audit.held);
});
feed.epoch = audit.epoch = content.dataset.epoch ?? "";
const leases = new Leases(showActions);
const dialog = settings.readOnly ? null : new AcquireDialog(acquired, leases);
const forceDialog = settings.readOnly ? null : new ForceDialog();

/** @type {Map<string, Lock>} what others of the page's parts look the lock up in */
const rows = new Map();

const stream = begin((frame) => {
  if (frame.id === "audit") audit.receive(frame);
  else if (frame.t === "event" || frame.t === "gap") feed.receive(frame);
  else if (frame.t === "snapshot") showLock(frame.rows[0] ?? null);
  else if (frame.t === "delta" && frame.set?.length) showLock({ ...lock, ...frame.set[0] });
  else if (frame.t === "delta" && frame.del?.length) showLock(null);
  else if (frame.t === "wait") dialog?.waiting.placed(frame);
}, (state) => {
  if (state === "live") void leases.check();
}, (on) => { feed.pause(on); audit.pause(on); });

/** @param {Lock|null} now null while nothing is known of the name */
function showLock(now) {
  lock = now ?? (lock && forgotten(lock));
  rows.clear();
  if (!lock) return;
  rows.set(key, lock);
  leases.follow(rows);
  dialog?.follow(rows);
  forceDialog?.follow(rows);
  showHead(lock);
  showActions();
  attempt.show(lock);
  find('[data-field="attempt-card"]').hidden = attempt.attempt === null;
  find(".votes-table").toggleAttribute("data-attempted", attempt.attempt !== null);
  showVotes(lock);
  showFacts(lock);
  holds.follow(lock);
  fieldOf("command", find('[data-check="read"]')).textContent = commands(nodes(), lock, name);
  tick();
}

/**
 * A lock that the server has forgotten: it was free for long.
 * @param {Lock} before
 * @returns {Lock}
 */
function forgotten(before) {
  const votes = before.votes.map((vote) => ({ ...vote, fingerprint: null, type: null, expiresAt: null }));
  return { ...before, state: "free", flags: [], holder: null, fence: null, expiresAt: null, votes };
}

/** @param {Lock} of */
function showHead(of) {
  part("state").dataset.state = head.dataset.state = of.state;
  part("state").textContent = of.state;
  part("by").hidden = !of.holder;
  part("by-word").textContent = ["held", "expiring"].includes(of.state) ? "by" : "most votes:";
  part("swatch").dataset.hue = holderHue(of);
  if (part("owner").textContent !== plain(holderWords(of))) show(part("owner"), holderWords(of));
  fillStrip(part("votes"), of.votes);
  const words = still(of);
  part("ttl").toggleAttribute("data-still", words !== "");
  if (words) part("left").textContent = words;
  count(head, parts, words ? 0 : deadline(of), heldSince(of));
  part("why").textContent = whyWords(of);
  part("why").hidden = false;
  part("unknown").hidden = true;
  showFlags(flagsWords(of));
  tellPage(`${of.state} · ${plain(name)} · Lockscope`);
}

/** @param {string[]} flags */
function showFlags(flags) {
  const list = part("flags");
  if ([...list.children].map((line) => line.textContent).join() === flags.join()) return;
  list.replaceChildren(...flags.map((flag) => {
    const line = document.createElement("li");
    const sign = document.createElement("span");
    sign.className = "warn";
    sign.setAttribute("aria-hidden", "true");
    line.append(sign, flag);
    return line;
  }));
}

/** Offers what this browser session can do with the lock. */
function showActions() {
  if (settings.readOnly) return;
  const lease = lock && leases.of(lock);
  const renewing = part("renewing");
  find('[data-action="release"]', head).hidden = !lease;
  find('[data-action="extend"]', head).hidden = !lease || Boolean(lease.renew);
  const offer = find('[data-field="force"]');
  offer.hidden = !ForceDialog.offers(lock);
  if (lock) show(fieldOf("lets-in", offer), letsIn(lock));
  find('[data-action="acquire"]', head).hidden = Boolean(lease) || "nameB64" in content.dataset;
  renewing.hidden = !lease?.renew;
  if (lease?.renew) renewing.title = `Renewed while ${lease.tab === tab ? "this" : "another"} tab is open`;
}

/** @param {import("./types.js").Lease} lease */
function acquired(lease) {
  if (keyOf(lease) === key && lease.votes) arrive(part("votes"), lease.votes);
  leases.add(lease);
}

function acquire() {
  if (!dialog || "nameB64" in content.dataset) return;
  /** @type {HTMLInputElement} */ (find("#acquire-name")).value = name;
  dialog.open();
}

/**
 * @param {HTMLButtonElement} button
 * @param {"release"|"extend"} what
 */
async function change(button, what) {
  if (!lock || button.disabled) return;
  button.disabled = true;
  await leases[what](lock).finally(() => { button.disabled = false; });
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  switch (button?.dataset.action) {
    case "acquire": return acquire();
    case "release": case "extend": return void change(button, button.dataset.action);
    case "force": if (lock) forceDialog?.open(lock); return;
    case "copy-name": return copy(button, name);
    case "copy-fence": if (lock?.fence) copy(button, String(lock.fence));
  }
});

if (dialog) {
  onCommand("acquire", acquire, () => !find('[data-action="acquire"]', head).hidden);
  for (const what of /** @type {("extend"|"release")[]} */ (["extend", "release"])) {
    const button = /** @type {HTMLButtonElement} */ (find(`[data-action="${what}"]`, head));
    onCommand(what, () => change(button, what), () => !button.hidden);
  }
}

function tick() {
  if (!lock || document.hidden) return;
  const now = shownNow();
  const since = heldSince(lock);
  const words = since ? `for ${age(now - since)}` : "";
  if (part("since").textContent !== words) part("since").textContent = words;
  tickVotes(lock, now);
  showQueue(lock, now);
  holders.tick(now);
}
setInterval(tick, 200);

stream.watch("lock", { view: "lock", ...nameFields(key) });
stream.watch("feed", { view: "events", ...nameFields(key), after: Number(content.dataset.after), epoch: feed.epoch });
stream.watch("audit", { view: "audit", ...nameFields(key), after: Number(content.dataset.auditAfter), epoch: content.dataset.auditEpoch });
stream.start();
