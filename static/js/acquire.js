// @ts-check
// The dialog that takes a lock.

import { post, Problem } from "./api.js";
import { fence, millisOf, spaced } from "./format.js";
import { keyOf, nameOf } from "./lock.js";
import { reasonLines, refusalWords } from "./refusal.js";
import { fieldOf, find } from "./settings.js";
import { tab } from "./tab.js";
import { toast } from "./toast.js";
import { nodesOf, sentenceNodes } from "./visible.js";
import { arrive, fillStrip, makeStrip } from "./votes.js";
import { Waiting } from "./waiting.js";

/** @typedef {import("./types.js").Lease} Lease */

const ownerKey = "lockscope-owner";
const fields = ["name", "ttl", "owner", "wait", "note"];

export class AcquireDialog {
  /**
   * @param {(lease: Lease) => void} acquired
   * @param {import("./leases.js").Leases} leases
   */
  constructor(acquired, leases) {
    this.acquired = acquired;
    this.leases = leases;
    this.dialog = /** @type {HTMLDialogElement} */ (find("#acquire"));
    this.form = /** @type {HTMLFormElement} */ (find("#acquire-form"));
    this.refusal = find("#refusal");
    this.submitButton = /** @type {HTMLButtonElement} */ (find('[data-action="submit-acquire"]', this.form));
    this.cancelButton = find('.dialog-foot [data-action="close"]', this.form);
    this.waiting = new Waiting((on) => this.makeRoom(on));
    /** @type {AbortController|null} */
    this.running = null;
    /** The notice of the last lease, while its votes come in. @type {{key: string, fingerprint: string, strip: HTMLElement, count: HTMLElement}|null} */
    this.late = null;
    const owner = this.input("owner");
    owner.value = recall() || owner.value;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit();
    });
    this.form.addEventListener("input", () => this.markPicks());
    this.form.addEventListener("click", (event) => this.clicked(event));
    // Nobody stays in a queue for a dialog or a page that is gone.
    this.dialog.addEventListener("close", () => this.running?.abort());
    addEventListener("pagehide", () => this.running?.abort());
    this.markPicks();
  }

  open() {
    if (this.dialog.open) return;
    this.clear();
    this.dialog.showModal();
    const name = this.input("name");
    if (!name.value) name.value = name.dataset.prefix ?? "";
    name.focus();
    const prefix = name.dataset.prefix ?? "";
    name.setSelectionRange(name.value.startsWith(prefix) ? prefix.length : 0, name.value.length);
  }

  /** @param {Event} event */
  clicked(event) {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (button?.dataset.action === "close") this.dialog.close();
    if (!button?.dataset.pick) return;
    this.input(button.dataset.pick).value = button.dataset.value ?? "";
    this.markPicks();
  }

  markPicks() {
    for (const pick of this.form.querySelectorAll("[data-pick]")) {
      if (!(pick instanceof HTMLElement)) continue;
      pick.setAttribute("aria-pressed", String(this.input(pick.dataset.pick ?? "").value === pick.dataset.value));
    }
  }

  async submit() {
    if (this.running) return;
    this.clear();
    const running = new AbortController();
    this.running = running;
    const values = this.values();
    const before = new Set([...this.leases.held.values()].map((lease) => lease.id));
    this.busy(true);
    if (millisOf(values.wait) > 0) this.waiting.begin(values.name, values.wait);
    try {
      const { lease } = await post("locks/acquire", values, running.signal);
      remember(this.input("owner").value);
      this.input("renew").checked = false; // to hold on to a lock is meant each time
      this.input("note").value = "";
      this.running = null;
      this.dialog.close();
      this.succeeded(lease);
    } catch (error) {
      this.waiting.end();
      if (running.signal.aborted) this.cancelled(values.name, before);
      else this.refused(error);
    } finally {
      if (this.running === running || this.running === null) {
        this.running = null;
        this.waiting.end();
        this.busy(false);
      }
    }
  }

  /**
   * @param {string} name
   * @param {Set<string>} before ids of the leases that were held already
   */
  cancelled(name, before) {
    toast("plain", ["Gave up on ", { name }, "."]);
    void this.leases.disown(name, before);
  }

  /**
   * The fields and what is said while waiting take turns.
   * @param {boolean} waiting
   */
  makeRoom(waiting) {
    fieldOf("fields", this.form).hidden = waiting;
    this.submitButton.hidden = waiting;
    if (waiting) this.cancelButton.focus();
  }

  values() {
    const [name, ttl, owner, wait, note] = fields.map((field) => this.input(field).value);
    const renew = this.input("renew").checked;
    return { name, ttl: ttl.trim(), owner: owner.trim(), wait: wait.trim() || "0s", note: note.trim(), renew, tab };
  }

  /** @param {Lease} lease */
  succeeded(lease) {
    const votes = lease.votes ?? [];
    const strip = makeStrip(votes);
    const count = document.createElement("span");
    count.className = "toast-count";
    count.textContent = countOf(votes);
    const below = document.createElement("div");
    below.className = "toast-votes";
    below.append(strip, count);
    if (lease.fence) {
      const number = document.createElement("span");
      number.textContent = `fence ${fence(lease.fence)}`;
      below.append(number);
    }
    const howLong = lease.renew ? "while this tab is open" : `for ${spaced(lease.ttl)}`;
    toast("good", ["You hold ", { name: nameOf(lease) }, ` ${howLong}.`], below);
    arrive(strip, votes);
    this.late = { key: keyOf(lease), fingerprint: lease.fingerprint, strip, count };
    this.acquired(lease);
  }

  /**
   * A lease is told as soon as a quorum has granted it. The votes that come
   * later are seen in its row, and from there get into the notice.
   * @param {Map<string, import("./types.js").Lock>} rows
   */
  follow(rows) {
    this.waiting.follow(rows);
    if (!this.late) return;
    const { key, fingerprint, strip, count } = this.late;
    const lock = rows.get(key);
    if (!strip.isConnected || (lock && lock.holder?.fingerprint !== fingerprint && lock.holder)) this.late = null;
    if (lock?.holder?.fingerprint !== fingerprint) return;
    const before = new Set([...strip.querySelectorAll('[data-vote="granted"]')].map((cell) => cell.getAttribute("data-node")));
    // It tells how the lock was taken: votes come in, and none goes any more.
    if (lock.votes.some((vote) => before.has(vote.node) && vote.vote !== "granted")) {
      this.late = null;
      return;
    }
    fillStrip(strip, lock.votes);
    arrive(strip, lock.votes.filter((vote) => !before.has(vote.node)));
    count.textContent = countOf(lock.votes);
  }

  /** @param {unknown} error */
  refused(error) {
    const problem = error instanceof Problem ? error : new Problem({ title: String(error) });
    const left = problem.errors.filter((entry) => !this.showError(entry.field, entry.message));
    if (problem.errors.length > 0 && left.length === 0) {
      find('[aria-invalid="true"]', this.form).focus();
      return;
    }
    const words = left.length > 0 ? [{ said: left.map((entry) => entry.message).join("; ") }] : refusalWords(problem);
    const votes = problem.body.votes ?? [];
    this.refusal.dataset.kind = ["held", "no_quorum", "queue_full"].includes(problem.code) ? problem.code : "failed";
    fieldOf("message", this.refusal).replaceChildren(...sentenceNodes(words));
    fieldOf("strip", this.refusal).replaceChildren(...(votes.length > 0 ? [makeStrip(votes)] : []));
    fieldOf("reasons", this.refusal).replaceChildren(...reasonLines(votes));
    this.refusal.hidden = false;
    toast(problem.code === "held" ? "warn" : "bad", [{ name: this.input("name").value }, ": ", ...words]);
  }

  /**
   * @param {string} field
   * @param {string} message
   * @returns {boolean} whether there is such a field
   */
  showError(field, message) {
    const name = field === "nameB64" ? "name" : field;
    if (!fields.includes(name)) return false;
    const place = find(`[data-error-of="${name}"]`, this.form);
    place.replaceChildren(...nodesOf(message));
    place.hidden = false;
    this.input(name).setAttribute("aria-invalid", "true");
    return true;
  }

  clear() {
    this.refusal.hidden = true;
    for (const field of fields) {
      find(`[data-error-of="${field}"]`, this.form).hidden = true;
      this.input(field).removeAttribute("aria-invalid");
    }
  }

  /** @param {boolean} on */
  busy(on) {
    this.submitButton.disabled = on;
    const waits = millisOf(this.values().wait) > 0;
    fieldOf("status", this.form).textContent = on ? (waits ? "waiting…" : "asking the nodes…") : "";
  }

  /** @param {string} name */
  input(name) {
    return /** @type {HTMLInputElement} */ (find(`#acquire-${name}`, this.form));
  }
}

/** @param {import("./types.js").Vote[]} votes */
function countOf(votes) {
  return `${votes.filter((vote) => vote.vote === "granted").length} of ${votes.length} votes`;
}

function recall() {
  try {
    return localStorage.getItem(ownerKey) ?? "";
  } catch {
    return "";
  }
}

/** @param {string} owner */
function remember(owner) {
  try {
    localStorage.setItem(ownerKey, owner);
  } catch {
    // Storage may be forbidden; the owner then is typed again.
  }
}
