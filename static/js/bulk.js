// @ts-check
// What can be done with all selected locks: the bar that says how many there are,
// and the dialog that releases those that are held from here.

import { announce } from "./announce.js";
import { number } from "./format.js";
import { keyOf, nameOf } from "./lock.js";
import { fieldOf, find, put, settings } from "./settings.js";
import { toast } from "./toast.js";
import { show } from "./visible.js";

/** @typedef {import("./types.js").Lease} Lease */

/** How many releases are under way at once, and the least time between two that begin: the server takes 20 commands a second. */
const lanes = 4;
const pace = 60;

const bar = find("#bulk");
/** There is none on a page that is read only. */
const dialog = /** @type {HTMLDialogElement} */ (document.querySelector("#bulk-dialog"));
const part = (/** @type {string} */ name) => fieldOf(name, dialog);
const button = (/** @type {string} */ name) => /** @type {HTMLButtonElement} */ (part(name));

export class Bulk {
  /**
   * @param {import("./selection.js").Selection} selection
   * @param {import("./leases.js").Leases} leases
   */
  constructor(selection, leases) {
    this.selection = selection;
    this.leases = leases;
    /** @type {Lease[]} */
    this.due = [];
    this.running = false;
    this.stopped = false;
    bar.addEventListener("click", (event) => {
      const action = actionOf(event);
      if (action === "bulk-clear") selection.clear();
      else if (action === "bulk-copy") void copyNames([...selection.locks.values()]);
      else if (action === "bulk-export") this.export();
      else if (action === "bulk-release") this.ask();
    });
    if (settings.readOnly) return;
    dialog.addEventListener("click", (event) => {
      const action = actionOf(event);
      if (action === "run-bulk") void this.run();
      else if (action === "close-bulk") this.close();
    });
    dialog.addEventListener("cancel", (event) => {
      if (!this.running) return;
      event.preventDefault();
      this.close();
    });
  }

  /** The leases of this session among what is selected. */
  get mine() {
    return [...this.selection.locks.keys()].map((key) => this.leases.held.get(key)).filter((lease) => lease !== undefined);
  }

  show() {
    const { size } = this.selection.locks;
    bar.hidden = size === 0;
    if (size === 0) return;
    const mine = this.mine.length;
    put(fieldOf("count", bar), `${number(size)} selected${settings.readOnly || mine === 0 ? "" : ` · ${number(mine)} ${mine === 1 ? "is" : "are"} yours`}`);
    if (settings.readOnly) return;
    fieldOf("release", bar).hidden = mine === 0;
    put(fieldOf("release", bar), `Release ${number(mine)}…`);
  }

  export() {
    const lines = [...this.selection.locks.values()].map((lock) => `${JSON.stringify(lock)}\n`);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(lines, { type: "application/x-ndjson" }));
    link.download = "lockscope-selected.ndjson";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  ask() {
    this.due = this.mine;
    if (this.due.length === 0) return;
    const count = `${number(this.due.length)} ${this.due.length === 1 ? "lock" : "locks"}`;
    put(part("title"), `Release ${count}?`);
    const others = this.selection.locks.size - this.due.length;
    put(part("note"), `They are yours. Who waits for one of them gets it at once.${others > 0 ? ` What else is selected, ${number(others)} of others, is left alone.` : ""}`);
    part("list").replaceChildren(...this.due.map((lease) => {
      const line = document.createElement("li");
      const name = document.createElement("bdi");
      show(name, nameOf(lease));
      const how = document.createElement("span");
      line.append(name, how);
      return line;
    }));
    put(part("status"), "");
    put(part("cancel"), "Cancel");
    put(part("run"), `Release ${count}`);
    button("run").hidden = false;
    dialog.showModal();
    button("run").focus();
  }

  async run() {
    this.running = true;
    this.stopped = false;
    button("run").hidden = true;
    put(part("cancel"), "Stop");
    const lines = [...part("list").children];
    const done = { released: 0, lost: 0, failed: 0 };
    let next = 0;
    let free = performance.now();
    const lane = async () => {
      while (next < this.due.length && !this.stopped) {
        const at = next++;
        free = Math.max(free, performance.now()) + pace;
        await new Promise((go) => setTimeout(go, free - performance.now()));
        const lease = this.due[at];
        const [outcome, words] = await this.leases.giveBack(lease);
        done[outcome]++;
        tell(lines[at], outcome, words);
        if (outcome !== "failed") this.selection.drop(keyOf(lease));
        put(part("status"), `${number(done.released + done.lost + done.failed)} of ${number(this.due.length)}`);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    this.running = false;
    const rest = this.due.length - next;
    for (const line of lines.slice(next)) tell(line, "left", "still yours");
    const words = [
      `${number(done.released)} released`, done.lost ? `${number(done.lost)} no longer yours` : "",
      done.failed ? `${number(done.failed)} failed` : "", rest > 0 ? `${number(rest)} left as they were` : "",
    ].filter(Boolean).join(" · ");
    put(part("status"), words);
    put(part("cancel"), "Close");
    announce(words);
    if (done.failed === 0 && rest === 0 && done.lost === 0 && dialog.open) {
      dialog.close();
      toast("good", [`Released ${number(done.released)} locks.`]);
    }
  }

  /** While releases are under way, the first press stops them and the next one closes. */
  close() {
    if (this.running && !this.stopped) this.stopped = true;
    else dialog.close();
  }
}

/** @param {import("./types.js").Lock[]} locks */
export async function copyNames(locks) {
  const names = locks.map(nameOf);
  try {
    await navigator.clipboard.writeText(names.join("\n"));
    toast("good", [names.length === 1 ? "The name is copied." : `${number(names.length)} names are copied.`]);
  } catch {
    toast("bad", ["The browser does not let this page copy."]);
  }
}

/** @param {Event} event */
function actionOf(event) {
  return event.target instanceof Element ? event.target.closest("[data-action]")?.getAttribute("data-action") : null;
}

/**
 * @param {Element} line
 * @param {string} outcome
 * @param {string} words
 */
function tell(line, outcome, words) {
  line.setAttribute("data-outcome", outcome);
  show(find("span:last-child", line), words);
}
