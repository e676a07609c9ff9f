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
import { aboutWords, deadline, heldSince, holderHue, holderWords, keyOf, nameOf, still } from "./lock.js";
import { flagsWords, queueWords, throughWords, whyWords } from "./lockfacts.js";
import { nodes } from "./nodes.js";
import { fieldOf, find, put } from "./settings.js";
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
   */
  constructor(selected, force) {
    this.selected = selected;
    /** @type {Lock|null} */
    this.lock = null;
    /** The key of the lock that it shows. */
    this.shown = "";
    this.attempt = new AttemptCard();
    this.lane = new Lane(part("lane"));
    this.history = historyIn(part("history"), (holds) => this.lane.know(holds));
    panel.addEventListener("click", (event) => {
      const action = event.target instanceof Element ? event.target.closest("[data-action]") : null;
      if (action?.getAttribute("data-action") === "close-panel") this.close();
      if (action?.getAttribute("data-action") === "force" && this.lock) force(this.lock);
      if (action?.getAttribute("data-action") === "copy-name" && this.lock) copy(action, nameOf(this.lock));
      if (action?.getAttribute("data-action") === "copy-fence" && this.lock?.fence) copy(action, String(this.lock.fence));
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
    if (!lock || lock === this.lock) return;
    this.lock = lock;
    this.show(lock);
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
    hideFact("about", !part("about").textContent);
    show(part("note"), lock.holder?.note ?? "");
    hideFact("note", !lock.holder?.note);
    const offer = panel.querySelector('[data-field="force"]');
    if (offer instanceof HTMLElement) {
      offer.hidden = !ForceDialog.offers(lock);
      show(fieldOf("lets-in", offer), letsIn(lock));
    }
    part("library").textContent = throughWords(lock);
    part("flags").textContent = flagsWords(lock).join("; ") || "none";
    part("command").textContent = commands(nodes(), lock, nameOf(lock));
    for (const vote of lock.votes) this.showVote(vote);
    if (!same) this.lane.know([]);
    this.history.follow(lock);
    hideFact("ends", this.attempt.show(lock)); // the card has it
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
