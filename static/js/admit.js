// @ts-check
// The dialog that lets a node vote before its quarantine is over.

import { post, Problem } from "./api.js";
import { serverNow } from "./clock.js";
import { backWords } from "./node.js";
import { nodes, showOne } from "./nodes.js";
import { fieldOf, find } from "./settings.js";
import { toast } from "./toast.js";
import { show } from "./visible.js";

export class AdmitDialog {
  constructor() {
    this.dialog = /** @type {HTMLDialogElement} */ (find("#admit"));
    this.submitButton = /** @type {HTMLButtonElement} */ (find('[data-action="submit-admit"]', this.dialog));
    this.id = "";
    this.timer = 0;
    find("#admit-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit();
    });
    this.dialog.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest('[data-action="close"]')) this.dialog.close();
    });
    this.dialog.addEventListener("close", () => clearInterval(this.timer));
  }

  /** @param {string} id */
  open(id) {
    if (this.dialog.open) return;
    this.id = id;
    this.part("error").hidden = true;
    this.busy(false);
    if (!this.draw()) return;
    this.dialog.showModal();
    this.timer = setInterval(() => {
      // Nothing is left to decide.
      if (!this.submitButton.disabled && !this.draw()) this.dialog.close();
    }, 250);
  }

  /** @returns {boolean} whether the node still sits out */
  draw() {
    const node = nodes().find(({ id }) => id === this.id);
    if (!node?.quarantine) return false;
    this.part("id").textContent = node.id;
    if (this.part("reason").textContent !== node.quarantine.reason) show(this.part("reason"), node.quarantine.reason);
    const back = node.quarantine.until ? backWords(node, serverNow()) : "back in a while";
    if (this.part("back").textContent !== back) this.part("back").textContent = back;
    return true;
  }

  async submit() {
    if (this.submitButton.disabled) return;
    const { id } = this;
    this.busy(true);
    try {
      const { node } = await post("nodes/admit", { node: id });
      if (node) showOne(node);
      this.dialog.close();
      toast("good", [`Node ${id} votes again.`]);
    } catch (error) {
      this.failed(id, error);
    } finally {
      this.busy(false);
    }
  }

  /**
   * @param {string} id
   * @param {unknown} error
   */
  failed(id, error) {
    const said = { said: error instanceof Error ? error.message : String(error) };
    if (error instanceof Problem && error.code === "not_quarantined") {
      this.dialog.close();
      toast("plain", [`Node ${id} is no longer in quarantine.`]);
      return;
    }
    const place = this.part("error");
    show(place, said.said);
    place.hidden = false;
    toast("bad", [`Could not admit node ${id}: `, said]);
  }

  /** @param {boolean} on */
  busy(on) {
    this.submitButton.disabled = on;
    this.part("status").textContent = on ? "telling the node…" : "";
  }

  /** @param {string} name */
  part(name) {
    return fieldOf(name, this.dialog);
  }
}
