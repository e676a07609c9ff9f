// @ts-check
// The panel of a node: how it is, what an operator should mend, and the way out
// of quarantine.

import { serverNow } from "./clock.js";
import { age, dash, number, roundTrip } from "./format.js";
import { backWords, clockWords, stateOf, versionOf } from "./node.js";
import { cardOf, nodes } from "./nodes.js";
import { fieldOf, find } from "./settings.js";
import { plain, show } from "./visible.js";

/** @typedef {import("./types.js").Node} Node */

const panel = find("#node-panel");
const template = /** @type {HTMLTemplateElement} */ (find("#finding-template"));
const danger = panel.querySelector('[data-field="danger"]');

/** @type {Record<string, string>} */
const notificationWords = {
  live: "live",
  polling: "do not arrive: it is scanned again and again",
  none: "none",
};

export class NodePanel {
  /** @param {(id: string) => void} admit */
  constructor(admit) {
    /** @type {string|null} */
    this.id = null;
    this.findings = "";
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
    put("why", plain(whyOf(node)));
    put("address", plain(node.address) || dash);
    put("masters", (node.masters ?? []).map(plain).join(" "));
    put("failover", node.failover ? `${age(now - Date.parse(node.failover))} ago` : node.masters?.length ? "not seen" : "");
    put("version", versionOf(node) || dash);
    put("uptime", node.up && node.startedAt ? age(now - Date.parse(node.startedAt)) : dash);
    put("rtt", node.up && node.rttMicros ? roundTrip(node.rttMicros) : dash);
    put("clock", node.up && node.clock ? clockWords(node) : "not measured");
    put("notifications", node.up ? notificationWords[node.notifications] ?? plain(node.notifications) : dash);
    put("keys", `${number(node.keys)} watched`);
    put("cost", node.up && node.cost ? costWords(node.cost) : dash);
    if (danger instanceof HTMLElement) danger.hidden = state !== "quarantined";
    this.showFindings(node);
  }

  /** @param {Node} node */
  showFindings({ findings }) {
    const list = findings ?? [];
    fieldOf("fine", panel).hidden = list.length > 0;
    const now = JSON.stringify(list);
    if (now === this.findings) return; // a button under the pointer stays
    this.findings = now;
    fieldOf("findings", panel).replaceChildren(...list.map(findingOf));
  }
}

/** @param {NonNullable<Node["cost"]>} cost */
function costWords({ operationsPerSecond, bytesPerSecond, budget }) {
  const kilobytes = bytesPerSecond < 10_000 ? (bytesPerSecond / 1000).toFixed(1) : number(Math.round(bytesPerSecond / 1000));
  return `${number(operationsPerSecond)} of ${number(budget)} operations, ${kilobytes} KB a second`;
}

/** @param {Node} node */
function whyOf(node) {
  if (!node.up) return node.error ?? "";
  if (node.quarantine) return `${capital(node.quarantine.reason)}. Its votes do not count until whatever it may have forgotten has expired.`;
  return stateOf(node) === "uncounted" ? "Its votes do not count until its memory is known." : "";
}

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** @param {import("./types.js").Finding} finding */
function findingOf({ code, grave, text, mend }) {
  const line = /** @type {HTMLElement} */ (find(".finding", template.content).cloneNode(true));
  line.dataset.finding = code;
  fieldOf("grave", line).hidden = !grave;
  show(fieldOf("text", line), capital(text));
  fieldOf("command", line).textContent = mend;
  for (const button of line.querySelectorAll("[data-live]")) button.removeAttribute("hidden");
  find(".command", line).hidden = !mend;
  return line;
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
