// @ts-check
// What is done with a row: by its buttons, its menu, the mouse and the keyboard.

import { commands as given, onCommand } from "./commands.js";
import { copyNames } from "./bulk.js";
import { ForceDialog } from "./force.js";
import { keyOf, lockHref, nameOf, nameQuery } from "./lock.js";
import { nodes } from "./nodes.js";
import { RowMenu } from "./rowmenu.js";
import { fetchRows } from "./selection.js";
import { settings } from "./settings.js";
import { commands } from "./shell.js";
import { toast } from "./toast.js";

/** @typedef {import("./types.js").Lock} Lock */
/** @typedef {import("./row.js").Row} Row */

export class RowActions {
  /**
   * @param {import("./table.js").Table} table
   * @param {{leases: import("./leases.js").Leases, selection: import("./selection.js").Selection, filters: import("./filters.js").Filters,
   *   open: (lock: Lock) => void, force: (lock: Lock) => void, close: () => void, opened: () => string|null}} page
   */
  constructor(table, page) {
    this.table = table;
    this.page = page;
    this.menu = new RowMenu();
    /** What was clicked before the locks were there, and on which. @type {{on: HTMLElement, key: string}|null} */
    this.early = null;
    table.body.addEventListener("click", (event) => this.clicked(event));
    table.body.addEventListener("mousedown", (event) => {
      // A range of rows, and not of text.
      if (event.shiftKey) event.preventDefault();
    });
    table.body.addEventListener("contextmenu", (event) => this.context(event));
    table.body.addEventListener("keydown", (event) => {
      if (event.target instanceof HTMLButtonElement || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      const row = table.rowOf(document.activeElement);
      table.move(event.key === "ArrowDown" ? 1 : -1);
      if (event.shiftKey && row) this.range(table.active);
    });
    document.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest('[data-action="pick-mine"]')) void this.pickMine();
    });
    this.keys();
  }

  /** The row that the keyboard is at. */
  get row() {
    return this.table.rowOf(document.activeElement);
  }

  keys() {
    const { table } = this;
    const at = () => this.row !== null;
    /** @type {(id: string, run: (row: Row, lock: Lock) => unknown, when?: (lock: Lock) => boolean) => void} */
    const onRow = (id, run, when = () => true) => {
      if (!given.has(id)) return; // not on a read-only page
      onCommand(id, () => {
        const { row } = this;
        if (row?.lock) run(row, row.lock);
      }, () => at() && when(/** @type {Lock} */ (this.row?.lock)));
    };
    onCommand("next", () => table.move(1));
    onCommand("previous", () => table.move(-1));
    onCommand("page-down", () => table.move(table.page));
    onCommand("page-up", () => table.move(-table.page));
    onCommand("first", () => table.go(0));
    onCommand("last", () => table.go(table.view.total - 1));
    onRow("open", (_row, lock) => this.page.open(lock));
    onRow("pick", (row, lock) => this.page.selection.toggle(lock, row.place));
    onRow("menu", (row, lock) => this.openMenu(row, lock));
    onRow("extend", (_row, lock) => this.page.leases.extend(lock), (lock) => Boolean(lock) && this.page.leases.of(lock) !== null);
    if (given.has("pick-mine")) onCommand("pick-mine", () => void this.pickMine());
  }

  /** @param {MouseEvent} event */
  clicked(event) {
    const row = this.table.rowOf(event.target);
    if (!row || !(event.target instanceof HTMLElement)) return;
    if (!row.lock) {
      this.early = { on: event.target, key: row.renderedKey };
      return;
    }
    const { lock } = row;
    const element = event.target.closest("[data-action]");
    const action = element?.getAttribute("data-action");
    const { selection, leases } = this.page;
    if (action === "menu") return this.openMenu(row, lock, element);
    if (element instanceof HTMLButtonElement) {
      element.disabled = true;
      const done = action === "release" ? leases.release(lock) : leases.extend(lock);
      return void done.finally(() => { element.disabled = false; });
    }
    if (event.shiftKey) return this.range(row.place);
    if (action === "pick" || event.ctrlKey || event.metaKey) return selection.toggle(lock, row.place);
    if (getSelection()?.type === "Range") return;
    this.table.active = row.place;
    if (this.page.opened() === keyOf(lock)) this.page.close();
    else this.page.open(lock);
  }

  /** Does what was clicked before the locks were there, should it still be the same row. */
  late() {
    const { early } = this;
    this.early = null;
    if (early && this.table.rowOf(early.on)?.renderedKey === early.key) early.on.click();
  }

  /**
   * Right click, and the key for it. Over selected text the browser's own menu
   * opens, and with Shift in any case.
   * @param {MouseEvent} event
   */
  context(event) {
    const row = this.table.rowOf(event.target);
    const text = getSelection();
    if (!row?.lock || event.shiftKey || (text?.type === "Range" && event.target instanceof Node && text.containsNode(event.target, true))) return;
    event.preventDefault();
    const key = event.button !== 2 || (event.clientX === 0 && event.clientY === 0);
    this.openMenu(row, row.lock, null, key ? undefined : { x: event.clientX, y: event.clientY });
  }

  /**
   * Selects all rows from the last selected one on.
   * @param {number} to
   */
  range(to) {
    const { selection, filters } = this.page;
    const from = selection.from < 0 ? to : selection.from;
    const [first, last] = [Math.min(from, to), Math.max(from, to)];
    const { store } = this.table;
    const known = store.sorted.slice(Math.max(first - store.offset, 0), Math.max(last - store.offset + 1, 0)).map(([, lock]) => lock);
    if (known.length === last - first + 1) return selection.add(known);
    fetchRows(`${filters.query}`, first, last - first + 1).then((locks) => selection.add(locks), failed);
  }

  async pickMine() {
    const { selection, filters } = this.page;
    try {
      const mine = await fetchRows(`${new URLSearchParams(`${filters.query}&mine=true`)}`, 0, Infinity);
      if (mine.length > 0 && mine.every((lock) => selection.has(keyOf(lock)))) selection.clear();
      else if (mine.length === 0) toast("plain", ["None of these locks is yours."]);
      else selection.add(mine);
    } catch (error) {
      failed(error);
    }
  }

  /**
   * @param {Row} row
   * @param {Lock} lock
   * @param {Element|null} [button]
   * @param {{x: number, y: number}} [at]
   */
  openMenu(row, lock, button, at) {
    const { leases, selection } = this.page;
    const box = (button ?? row.element).getBoundingClientRect();
    const name = nameOf(lock);
    const lease = leases.of(lock);
    const copyText = (/** @type {string} */ text, /** @type {string} */ what) =>
      navigator.clipboard?.writeText(text).then(() => toast("good", [`${what} copied.`]), failed);
    this.table.active = row.place;
    this.menu.open([
      { label: "Open", key: "Enter", run: () => this.page.open(lock) },
      { label: "Open its page", href: lockHref(lock) },
      { label: "Show its activity", href: `${settings.base}/activity?${nameQuery(lock)}` },
      null,
      ...(lease ? [
        ...(lease.renew ? [] : [{ label: "Extend", key: "e", run: () => leases.extend(lock) }]),
        { label: "Release", run: () => leases.release(lock) },
        null,
      ] : []),
      { label: selection.has(keyOf(lock)) ? "Select no longer" : "Select", key: "x", run: () => selection.toggle(lock, row.place) },
      { label: "Copy name", run: () => copyNames([lock]) },
      { label: "Copy link", run: () => copyText(new URL(lockHref(lock), location.href).href, "The link is") },
      { label: "Copy redis-cli commands", run: () => copyText(commands(nodes(), lock, name), "The commands are") },
      ...(ForceDialog.offers(lock) ? [null, { label: "Force release…", danger: true, run: () => this.page.force(lock) }] : []),
    ], row.element, at ?? { x: button ? box.right - 200 : box.left + 60, y: button ? box.bottom + 2 : box.bottom });
  }
}

/** @param {unknown} error */
function failed(error) {
  toast("bad", [error instanceof Error ? error.message : String(error)]);
}
