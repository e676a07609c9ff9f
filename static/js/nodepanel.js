// @ts-check
// The panel of a node: how it is, what an operator should mend, and the way out
// of quarantine.

import { serverNow } from "./clock.js";
import { age, dash, number, roundTrip } from "./format.js";
import { showFindings } from "./finding.js";
import { backWords, clockWords, stateOf, versionOf } from "./node.js";
import { notificationWords, rateWords, whyWords } from "./nodefacts.js";
import { cardOf, nodes } from "./nodes.js";
import { fieldOf, find } from "./settings.js";
import { plain } from "./visible.js";

/** @typedef {import("./types.js").Node} Node */

const panel = find("#node-panel");
const danger = panel.querySelector('[data-field="danger"]');

export class NodePanel {
  /** @param {(id: string) => void} admit */
  constructor(admit) {
    /** @type {string|null} */
    this.id = null;
    panel.addEventListener("click", (event) => {
      const action = event.target instanceof Element ? event.target.closest("[data-action]")?.getAttribute("data-action") : null;
      if (action === "close-panel") this.close();
      if (action === "admit" && this.id !== null) admit(this.id);
    });
    setInterval(() => { if (this.id !== null && !document.hidden) this.follow(); }, 500);
  }

  /** @param {string} id */
  open(id) {
    this.mark(false);
    this.id = id;
    this.mark(true);
    panel.hidden = false;
    panel.scrollTop = 0;
    this.follow();
    find("#node-panel-title").focus({ preventScroll: true });
  }

  /** @param {boolean} [back] whether the focus goes back to the card */
  close(back = true) {
    if (this.id === null) return;
    const card = cardOf(this.id);
    this.mark(false);
    this.id = null;
    panel.hidden = true;
    if (back && card instanceof HTMLElement) card.focus();
  }

  /** @param {boolean} on */
  mark(on) {
    if (this.id !== null) cardOf(this.id)?.setAttribute("aria-expanded", String(on));
  }

  follow() {
    const node = nodes().find(({ id }) => id === this.id);
    if (!node) return;
    const now = serverNow();
    const state = stateOf(node);
    put("id", node.id);
    put("state", state);
    fieldOf("state", panel).dataset.state = state;
    put("words", state === "quarantined" ? backWords(node, now) : node.since ? `for ${age(now - Date.parse(node.since))}` : "");
    put("why", whyWords(node));
    put("address", plain(node.address) || dash);
    put("masters", (node.masters ?? []).map(plain).join(" "));
    put("failover", node.failover ? `${age(now - Date.parse(node.failover))} ago` : node.masters?.length ? "not seen" : "");
    put("version", versionOf(node) || dash);
    put("uptime", node.up && node.startedAt ? age(now - Date.parse(node.startedAt)) : dash);
    put("rtt", node.up && node.rttMicros ? roundTrip(node.rttMicros) : dash);
    put("clock", node.up && node.clock ? clockWords(node) : "not measured");
    put("notifications", notificationWords(node));
    put("keys", `${number(node.keys)} watched`);
    put("cost", node.up && node.cost ? rateWords(node.cost) : dash);
    if (danger instanceof HTMLElement) danger.hidden = state !== "quarantined";
    fieldOf("fine", panel).hidden = node.findings.length > 0;
    showFindings(fieldOf("findings", panel), node.findings);
  }
}

/**
 * @param {string} name
 * @param {string} text
 */
function put(name, text) {
  const element = fieldOf(name, panel);
  if (element.textContent !== text) element.textContent = text;
  if (element.tagName !== "DD") return;
  element.hidden = text === ""; // a fact that there is not
  element.previousElementSibling?.toggleAttribute("hidden", text === "");
}
