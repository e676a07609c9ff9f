// @ts-check
// The panel: everything that is known of the selected lock, and how to see the
// same without this page.

import { AttemptCard } from "./attemptcard.js";
import { shownNow } from "./clock.js";
import { copy } from "./copy.js";
import { ForceDialog, letsIn } from "./force.js";
import { age, dash, fence, remaining } from "./format.js";
import { showBehind } from "./behind.js";
import { historyIn } from "./history.js";
import { Lane } from "./lane.js";
import { aboutTitle, aboutWords, deadline, heldSince, holderHue, holderWords, keyOf, nameOf, still } from "./lock.js";
import { flagsWords, queueWords, throughWords, whyWords } from "./lockfacts.js";
import { nodes } from "./nodes.js";
import { fieldOf, find, put, settings } from "./settings.js";
import { commands } from "./shell.js";
import { utcWords } from "./times.js";
import { plain, show } from "./visible.js";

/** @typedef {import("./types.js").Lock} Lock */

const panel = find("#panel");
/** @param {string} name */
const part = (name) => fieldOf(name, panel);

export class Panel {
  /**
   * @param {(key: string|null) => void} selected
   * @param {(lock: Lock) => void} force asked to take the lock from its holder
   * @param {import("./leases.js").Leases} leases
   */
  constructor(selected, force, leases) {
    this.selected = selected;
    this.leases = leases;
    /** @type {Lock|null} */
    this.lock = null;
    /** The key of the lock that it shows. */
    this.shown = "";
    this.attempt = new AttemptCard();
    this.lane = new Lane(part("lane"));
    this.history = historyIn(part("history"), (holds) => this.lane.know(holds));
    panel.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-action]") : null;
      const action = button?.getAttribute("data-action");
      const { lock } = this;
      if (!button || !lock) return;
      if (action === "close-panel") this.close();
      if (action === "force") force(lock);
      if (action === "release" || action === "extend") void leases[action](lock);
      if (action === "copy-name") copy(button, nameOf(lock));
      if (action === "copy-fence" && lock.fence) copy(button, String(lock.fence));
    });
    setInterval(() => { if (this.lock && !document.hidden) this.times(this.lock); }, 200);
  }

  get key() {
    return this.lock ? keyOf(this.lock) : null;
  }

  /** @param {Lock} lock */
  open(lock) {
    const other = this.key !== keyOf(lock);
    this.lock = lock;
    this.show(lock);
    panel.hidden = false;
    if (other) panel.scrollTop = 0;
    this.selected(keyOf(lock));
  }

  close() {
    if (!this.lock) return;
    this.lock = null;
    panel.hidden = true;
    this.attempt.rest();
    this.selected(null);
  }

  /**
   * Follows the selected lock; keeps its last words when it left the window.
   * @param {Map<string, Lock>} rows
   */
  follow(rows) {
    const lock = this.key === null ? null : rows.get(this.key);
    if (lock && lock !== this.lock) {
      this.lock = lock;
      this.show(lock);
    } else if (this.lock) this.offer(this.lock);
  }

  /**
   * Offers what this browser session can do with the lock.
   * @param {Lock} lock
   */
  offer(lock) {
    if (settings.readOnly) return;
    const lease = this.leases.of(lock);
    const own = part("own");
    own.hidden = !lease;
    find('[data-action="extend"]', own).hidden = Boolean(lease?.renew);
    put(part("own-words"), lease?.renew ? "It is yours, and renewed while its tab is open." : "It is yours.");
    const force = part("force");
    force.hidden = Boolean(lease) || !ForceDialog.offers(lock);
    show(fieldOf("lets-in", force), letsIn(lock));
  }

  /** @param {Lock} lock */
  show(lock) {
    const same = this.shown === keyOf(lock);
    this.shown = keyOf(lock);
    show(part("name"), nameOf(lock));
    part("state").dataset.state = lock.state;
    part("state").textContent = lock.state;
    part("by").hidden = !lock.holder;
    part("by-word").textContent = lock.state === "held" || lock.state === "expiring" ? "by" : "most votes:";
    part("swatch").dataset.hue = holderHue(lock);
    show(part("owner"), holderWords(lock));
    part("why").textContent = whyWords(lock);
    part("fence").textContent = fence(lock.fence);
    find('[data-action="copy-fence"]', panel).hidden = !lock.fence;
    part("fingerprint").textContent = lock.holder?.fingerprint ?? dash;
    show(part("about"), lock.holder ? aboutWords(lock.holder).join("; ") : "");
    part("about").title = aboutTitle(lock.holder);
    hideFact("about", !part("about").textContent);
    show(part("note"), lock.holder?.note ?? "");
    hideFact("note", !lock.holder?.note);
    part("library").textContent = throughWords(lock);
    part("flags").textContent = flagsWords(lock).join("; ") || "none";
    part("command").textContent = commands(nodes(), lock, nameOf(lock));
    for (const vote of lock.votes) this.showVote(vote);
    if (!same) this.lane.know([]);
    this.history.follow(lock);
    hideFact("ends", this.attempt.show(lock)); // the card has it
    this.offer(lock);
    this.times(lock);
  }

  /** @param {import("./types.js").Vote} vote */
  showVote(vote) {
    const line = lineOf(vote.node);
    if (!line) return;
    fieldOf("vote", line).dataset.vote = vote.vote;
    fieldOf("word", line).textContent = vote.vote;
    const reason = fieldOf("reason", line);
    reason.hidden = !vote.reason;
    if (reason.textContent !== plain(vote.reason ?? "")) show(reason, vote.reason ?? "");
    fieldOf("token", line).textContent = vote.fingerprint ?? "";
  }

  /** @param {Lock} lock */
  times(lock) {
    const now = shownNow();
    const since = heldSince(lock);
    put(part("since"), since ? `for ${age(now - since)}` : "");
    put(part("waiting"), queueWords(lock, now));
    const end = deadline(lock);
    showBehind(part("behind"), lock, now);
    this.lane.draw(lock, now);
    put(part("ends"), still(lock) || `in ${remaining(end - now)} · ${new Date(end).toLocaleTimeString()}`);
    part("ends").title = still(lock) ? "" : utcWords(end);
    for (const vote of lock.votes) {
      const line = lineOf(vote.node);
      if (!line) continue;
      const left = vote.expiresAt ? remaining(Date.parse(vote.expiresAt) - now) : vote.fingerprint ? "no expiry" : "";
      put(fieldOf("left", line), left);
    }
  }
}

/**
 * Hides a fact that stands elsewhere in the panel.
 * @param {string} name
 * @param {boolean} hidden
 */
function hideFact(name, hidden) {
  const fact = part(name);
  fact.hidden = hidden;
  fact.previousElementSibling?.toggleAttribute("hidden", hidden);
}

/** @param {string} node */
function lineOf(node) {
  return panel.querySelector(`[data-panel-node="${CSS.escape(node)}"]`);
}
