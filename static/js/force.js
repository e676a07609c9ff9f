// @ts-check
// The dialog that takes a lock from whoever holds it. What the server deletes is
// the token that is shown here; should the lock change hands meanwhile, nothing is
// deleted, and the dialog shows the new holder and asks anew.

import { get, post, Problem } from "./api.js";
import { serverNow } from "./clock.js";
import { age, dash, fence, number, remaining } from "./format.js";
import { aboutTitle, aboutWords, deadline, heldSince, holderHue, holderWords, keyOf, nameFields, nameOf, nameQuery, still } from "./lock.js";
import { fieldOf, find, put, settings } from "./settings.js";
import { utcWords } from "./times.js";
import { toast } from "./toast.js";
import { nodesOf, pieces, sentenceNodes, show } from "./visible.js";
import { makeStrip } from "./votes.js";

/** @typedef {import("./types.js").Lock} Lock */
/** @typedef {import("./visible.js").Sentence} Sentence */

/**
 * Who is let in when the lock is free, as a noun.
 * @param {Lock} lock
 */
export function letsIn({ waiters }) {
  if (!waiters?.visible || waiters.count === 0) return "whoever asks next";
  const more = waiters.count > 1 ? ` and, after that, ${number(waiters.count - 1)} more` : "";
  return `${waiters.who?.[0] ?? "the first who waits"}${more}`;
}

/** @type {Record<string, string>} what became of the token on a node, as a vote sign */
const signs = { deleted: "free", absent: "free", changed: "other", kept: "other", refused: "down", down: "down", timeout: "timeout" };

export class ForceDialog {
  constructor() {
    this.dialog = /** @type {HTMLDialogElement} */ (find("#force"));
    this.form = find("#force-form", this.dialog);
    this.confirm = /** @type {HTMLInputElement} */ (find("#force-confirm", this.dialog));
    this.reason = /** @type {HTMLInputElement} */ (find("#force-reason", this.dialog));
    this.submitButton = /** @type {HTMLButtonElement} */ (find('[data-action="submit-force"]', this.dialog));
    /** The lock as it was seen. @type {Lock|null} */
    this.lock = null;
    this.done = false;
    this.busied = false;
    this.timer = 0;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit();
    });
    this.form.addEventListener("input", () => this.ready());
    this.dialog.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest('[data-action="close"]')) this.dialog.close();
    });
    this.dialog.addEventListener("close", () => clearInterval(this.timer));
  }

  /**
   * Whether there is a holder to take the lock from.
   * @param {Lock|null|undefined} lock
   */
  static offers(lock) {
    return Boolean(!settings.readOnly && lock?.holder?.fingerprint && lock.state !== "free");
  }

  /** @param {Lock} lock */
  open(lock) {
    if (this.dialog.open || !ForceDialog.offers(lock)) return;
    this.done = false;
    this.part("title").textContent = "Force release";
    this.part("cancel").textContent = "Cancel";
    this.part("changed").hidden = true;
    for (const name of ["refusal", "nodes"]) this.part(name).hidden = true;
    for (const part of [this.part("ask"), this.submitButton]) part.hidden = false;
    this.reason.value = "";
    this.see(lock);
    this.busy(false);
    this.dialog.showModal();
    this.confirm.focus();
    this.timer = setInterval(() => { if (!this.done) this.times(); }, 200);
  }

  /**
   * Follows the lock while the dialog is open.
   * @param {Map<string, Lock>} rows
   */
  follow(rows) {
    if (!this.dialog.open || this.done || this.busied || !this.lock) return;
    const now = rows.get(keyOf(this.lock));
    if (!now || now === this.lock) return;
    if (now.holder?.fingerprint === this.lock.holder?.fingerprint && now.state !== "free") {
      this.lock = now;
      this.facts();
    } else if (ForceDialog.offers(now)) this.changed(now);
    else this.gone(now);
  }

  /**
   * Shows a holder, whom the name has to be typed for.
   * @param {Lock} lock
   */
  see(lock) {
    this.lock = lock;
    this.confirm.value = "";
    for (const field of ["confirm", "reason"]) this.showError(field, "");
    this.facts();
    this.ready();
  }

  facts() {
    const lock = /** @type {Lock} */ (this.lock);
    const holder = /** @type {import("./types.js").Holder} */ (lock.holder);
    const yes = lock.votes.filter((vote) => vote.vote === "granted").length;
    show(this.part("name"), nameOf(lock));
    this.part("votes").replaceChildren(makeStrip(lock.votes));
    this.part("count").textContent = `${yes} of ${lock.votes.length} votes${yes < settings.quorum ? ", no quorum: nobody holds it" : ""}`;
    this.part("swatch").dataset.hue = holderHue(lock);
    show(this.part("holder"), holderWords(lock));
    this.part("token").textContent = holder.fingerprint;
    this.fact("about", aboutWords(holder).join("; "));
    this.part("about").title = aboutTitle(holder);
    this.fact("fence", lock.fence ? fence(lock.fence) : "");
    this.fact("note", holder.note ?? "");
    show(this.part("lets-in"), lock.waiters?.visible ? letsIn(lock) : "whoever asks next: other clients’ queues are not in Redis");
    this.part("risk").textContent = holder.managed
      ? "The lock is taken from its holder, who is told at once that it is lost. What the holder has begun may still be under way when the next one starts."
      : "The lock is taken from its holder, who is not told and may still be at work: then two work at a time. Only fences, where they are checked, keep the first from doing harm.";
    const typed = this.typed;
    this.part("confirm-label").textContent = typed === holder.fingerprint ? "Type the token’s fingerprint" : "Type the name";
    this.part("confirm-hint").textContent = typed === holder.fingerprint ? "the name cannot be typed" : "";
    this.times();
  }

  /** What has to be typed: the name, or the fingerprint where the name holds what no keyboard has. */
  get typed() {
    const lock = /** @type {Lock} */ (this.lock);
    const name = nameOf(lock);
    const plain = !lock.nameB64 && name.trim() === name && !pieces(name).some((piece) => piece.escaped);
    return plain ? name : lock.holder?.fingerprint ?? "";
  }

  times() {
    const lock = /** @type {Lock} */ (this.lock);
    const now = serverNow();
    const since = heldSince(lock);
    const words = still(lock);
    put(this.part("held"), since ? `for ${age(now - since)}, since ${new Date(since).toLocaleTimeString()}` : dash);
    this.part("held").title = since ? utcWords(since) : "";
    put(this.part("ends"), words === "no expiry" ? "never: it has no expiry" : words || `by itself in ${remaining(deadline(lock) - now)}`);
  }

  /** Says whether everything is there; the server says whether it is right. */
  ready() {
    if (!this.done && !this.busied) this.submitButton.disabled = this.confirm.value !== this.typed || this.reason.value.trim().length < 3;
    const wrong = this.confirm.value !== "" && !this.typed.startsWith(this.confirm.value);
    this.showError("confirm", wrong ? "This is not what is shown above." : "");
  }

  async submit() {
    if (this.submitButton.disabled || !this.lock?.holder) return;
    const lock = this.lock;
    this.part("refusal").hidden = true;
    this.busy(true);
    try {
      const answer = await post("locks/force-release", {
        ...nameFields(keyOf(lock)), fingerprint: this.lock.holder.fingerprint, reason: this.reason.value.trim(),
      });
      this.busy(false);
      this.released(lock, answer);
    } catch (error) {
      this.busy(false);
      await this.refused(lock, error instanceof Problem ? error : new Problem({ title: String(error) }));
    }
  }

  /**
   * @param {Lock} lock
   * @param {Record<string, any>} answer
   */
  released(lock, { deleted, nodes, managed }) {
    this.part("title").textContent = "Released by force";
    this.end();
    this.showNodes(nodes);
    const count = `${number(deleted)} of ${number(nodes.length)} nodes`;
    this.part("status").textContent = `Deleted on ${count}.`;
    toast("good", ["Released ", { name: nameOf(lock) }, ` by force on ${count}${managed ? "; its holder was told" : ""}.`]);
  }

  /**
   * @param {Lock} lock
   * @param {Problem} problem
   */
  async refused(lock, problem) {
    if (problem.code === "changed") {
      const now = await get(`locks/one?${nameQuery(lock)}`).catch(() => null);
      const holder = problem.body.holder;
      // The nodes were asked just now; the page may be a moment behind.
      const next = now?.holder?.fingerprint === holder?.fingerprint || !holder ? now : { ...lock, fence: null, holder: { ...holder, since: null } };
      if (ForceDialog.offers(next)) this.changed(next);
      else this.gone(next ?? lock);
    } else if (problem.code === "not_held") this.gone(lock);
    else {
      for (const { field, message } of problem.errors) this.showError(field, message);
      if (!problem.errors.some(({ field }) => field === "reason")) this.refuse([{ said: problem.message }, "."]);
    }
    this.showNodes(problem.body.nodes ?? []);
  }

  /** @param {Lock} next */
  changed(next) {
    const note = this.part("changed");
    note.replaceChildren(...sentenceNodes(["It changed hands: it is held by ", { said: holderWords(next) }, " now. Nothing was deleted. Look again before you go on."]));
    note.hidden = false;
    this.see(next);
    this.confirm.focus();
  }

  /** @param {Lock} now */
  gone(now) {
    this.end();
    this.refuse([{ name: nameOf(now) }, " is free already: nothing was deleted."], "queue_full");
  }

  /** Nothing is left to do. */
  end() {
    this.done = true;
    for (const part of [this.part("changed"), this.part("ask"), this.submitButton]) part.hidden = true;
    this.part("cancel").textContent = "Close";
    this.part("cancel").focus();
  }

  /**
   * @param {Sentence} words
   * @param {string} kind
   */
  refuse(words, kind = "failed") {
    const box = this.part("refusal");
    box.dataset.kind = kind;
    fieldOf("message", box).replaceChildren(...sentenceNodes(words));
    box.hidden = false;
  }

  /** @param {{node: string, result: string, fingerprint: string|null, reason: string|null}[]} nodes */
  showNodes(nodes) {
    const list = this.part("nodes");
    list.hidden = nodes.length === 0;
    list.replaceChildren(...nodes.map(({ node, result, fingerprint, reason }) => {
      const line = document.createElement("li");
      const id = document.createElement("b");
      id.textContent = node;
      const sign = document.createElement("span");
      sign.className = "vote";
      sign.dataset.vote = signs[result] ?? "unknown";
      sign.setAttribute("aria-hidden", "true");
      const words = document.createElement("span");
      words.append(result, ...(fingerprint ? [` · holds ${fingerprint}`] : []), ...(reason ? [" · ", ...nodesOf(reason)] : []));
      line.dataset.result = result;
      line.append(id, sign, words);
      return line;
    }));
  }

  /**
   * A fact that is left out where there is nothing to say.
   * @param {string} name
   * @param {string} words
   */
  fact(name, words) {
    const fact = this.part(name);
    show(fact, words);
    fact.hidden = words === "";
    fact.previousElementSibling?.toggleAttribute("hidden", words === "");
  }

  /**
   * @param {string} field
   * @param {string} message "" for none
   */
  showError(field, message) {
    if (field !== "confirm" && field !== "reason") return;
    const place = find(`[data-error-of="${field}"]`, this.form);
    place.replaceChildren(...nodesOf(message));
    place.hidden = message === "";
    this[field].toggleAttribute("aria-invalid", message !== "");
    if (message) this[field].setAttribute("aria-invalid", "true");
  }

  /** @param {boolean} on */
  busy(on) {
    this.busied = on;
    this.submitButton.disabled = on;
    this.part("status").textContent = on ? "asking the nodes…" : "";
    if (!on) this.ready();
  }

  /** @param {string} name */
  part(name) {
    return fieldOf(name, this.dialog);
  }
}
