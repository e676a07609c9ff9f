// @ts-check
// One entry of the audit in a feed: the same as views/audit.templ.

import { lockHref, nameOf } from "./lock.js";
import { fieldOf, find, settings } from "./settings.js";
import { showTime } from "./times.js";
import { nodesOf, plain } from "./visible.js";

/** @typedef {import("./types.js").AuditEntry} AuditEntry */

const template = /** @type {HTMLTemplateElement} */ (find("#event-template"));

/** @param {AuditEntry} entry */
export function auditLineOf(entry) {
  const line = /** @type {HTMLElement} */ (find(".event", template.content).cloneNode(true));
  line.dataset.kind = entry.action;
  line.dataset.group = "commands";
  line.toggleAttribute("data-refused", entry.outcome !== "done");
  showTime(fieldOf("at", line), entry.at);
  fieldOf("kind", line).textContent = entry.action;
  fieldOf("what", line).replaceChildren(...whatOf(entry));
  fieldOf("who", line).replaceChildren(...whoOf(entry));
  fieldOf("more", line).textContent = moreOf(entry);
  return line;
}

/** @param {AuditEntry} entry */
function whatOf(entry) {
  const link = document.createElement("a");
  if (entry.name || entry.nameB64) {
    link.className = "event-name";
    link.href = lockHref(entry);
    const name = document.createElement("bdi");
    name.append(...nodesOf(nameOf(entry)));
    link.append(name);
    return [link];
  }
  if (!entry.node) return [];
  link.className = "event-node";
  link.href = `${settings.base}/nodes#node-${entry.node}`;
  link.textContent = `node ${plain(entry.node)}`;
  return [link];
}

/** @param {AuditEntry} entry */
function whoOf({ actor }) {
  if (!actor) return [];
  const link = document.createElement("a");
  link.className = "event-actor";
  link.href = `${settings.base}/activity?${new URLSearchParams({ actor })}`;
  link.textContent = `by ${plain(actor)}`;
  return [link];
}

/** @param {AuditEntry} entry */
function outcomeOf({ action, outcome, found, nodes }) {
  if (outcome !== "done") return `refused: ${plain(outcome).replaceAll("_", " ")}${found ? ` (${plain(found)})` : ""}`;
  if (action !== "force-release" || nodes.length === 0) return "done";
  return `deleted on ${nodes.filter(({ result }) => result === "deleted").length} of ${nodes.length} nodes`;
}

/** @param {AuditEntry} entry */
function moreOf(entry) {
  const { action, actor, owner, reason, note, address } = entry;
  const by = owner && owner !== actor ? `${action === "force-release" ? "taken from" : "as"} ${plain(owner)}` : "";
  return [
    outcomeOf(entry),
    reason ? `“${plain(reason)}”` : "",
    note ? `note “${plain(note)}”` : "",
    by,
    address ? `from ${plain(address)}` : "",
  ].filter(Boolean).join(" · ");
}
