// @ts-check
// The leases of this browser session: which rows can be released and extended,
// and which ran out.

import { get, post, Problem } from "./api.js";
import { serverNow } from "./clock.js";
import { spaced } from "./format.js";
import { keyOf, nameOf } from "./lock.js";
import { settings } from "./settings.js";
import { tab } from "./tab.js";
import { toast } from "./toast.js";

/** @typedef {import("./types.js").Lease} Lease */
/** @typedef {import("./types.js").Lock} Lock */

/** How often at most the server is asked what became of a lease. */
const askEvery = 1000;

/** Other tabs of this session hear of changes here. */
const tabs = new BroadcastChannel("lockscope-leases");

export class Leases {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    /** @type {Map<string, Lease>} by the key of the lock */
    this.held = new Map();
    this.asked = 0;
    /** The ids of those that this page has released. @type {Set<string>} */
    this.released = new Set();
    tabs.onmessage = () => this.load();
    document.addEventListener("visibilitychange", () => { if (!document.hidden) void this.check(); });
    setInterval(() => this.sweep(), 250);
  }

  async load() {
    if (settings.readOnly) return;
    let answer;
    try {
      answer = await get("leases");
    } catch {
      return; // The stream says that there is no connection.
    }
    const held = answer.leases.filter((/** @type {Lease} */ lease) => !this.released.has(lease.id));
    this.held = new Map(held.map((/** @type {Lease} */ lease) => [keyOf(lease), lease]));
    this.changed();
  }

  /**
   * Loads, and says which of the locks that this tab had held on to are gone.
   */
  async check() {
    this.asked = performance.now();
    const before = [...this.held.values()].filter((lease) => lease.renew && lease.tab === tab);
    await this.load();
    const now = new Set([...this.held.values()].map((lease) => lease.id));
    for (const lease of before) {
      if (!now.has(lease.id) && !this.released.has(lease.id)) toast("warn", [{ name: nameOf(lease) }, " is no longer yours."]);
    }
  }

  /** @param {Lease} lease */
  add(lease) {
    this.held.set(keyOf(lease), lease);
    tabs.postMessage(0);
    this.changed();
  }

  /** @param {string} key */
  drop(key) {
    if (!this.held.delete(key)) return;
    tabs.postMessage(0);
    this.changed();
  }

  /**
   * The lease behind a row, if this session holds it. The fingerprint has to be
   * the same: a name may be somebody else's by now.
   * @param {Lock} lock
   */
  of(lock) {
    const lease = this.held.get(keyOf(lock));
    return lease && lock.holder?.fingerprint === lease.fingerprint ? lease : null;
  }

  /**
   * The server renews what is held while a tab is open; the rows show it.
   * @param {Map<string, Lock>} rows
   */
  follow(rows) {
    for (const [key, lease] of this.held) {
      const lock = lease.renew ? rows.get(key) : null;
      if (!lock?.expiresAt || lock.holder?.fingerprint !== lease.fingerprint) continue;
      if (lock.expiresAt > lease.validUntil) lease.validUntil = lock.expiresAt;
    }
  }

  /** Leases end by themselves; whoever counted on one has to hear it. */
  sweep() {
    for (const [key, lease] of this.held) {
      if (Date.parse(lease.validUntil) > serverNow()) continue;
      if (lease.renew) {
        // It may have been renewed where no row shows it.
        if (performance.now() - this.asked > askEvery) void this.check();
        continue;
      }
      this.held.delete(key);
      toast("warn", [{ name: nameOf(lease) }, " ran out."]);
      this.changed();
    }
  }

  /**
   * The answer to an attempt may cross its cancellation. What it took for this
   * tab nobody wants, so it is given back.
   * @param {string} name
   * @param {Set<string>} before ids of the leases that were held already
   */
  async disown(name, before) {
    await this.load();
    const stray = [...this.held.values()].find((lease) => nameOf(lease) === name && lease.tab === tab && !before.has(lease.id));
    if (!stray) return;
    this.released.add(stray.id);
    this.drop(keyOf(stray));
    await post("locks/release", { lease: stray.id }).catch(() => null);
  }

  /** @param {Lock} lock */
  async release(lock) {
    const lease = this.of(lock);
    if (!lease) return;
    const [outcome, words] = await this.giveBack(lease);
    const name = { name: nameOf(lock) };
    if (outcome === "released") toast("plain", ["Released ", name, "."]);
    else if (outcome === "lost") toast("warn", [name, " is no longer yours."]);
    else toast("bad", ["Could not release ", name, ": ", { said: words }]);
  }

  /**
   * Releases a lease and says how it went, and that in words. Where too many
   * commands came at once it tries again.
   * @param {Lease} lease
   * @returns {Promise<["released"|"lost"|"failed", string]>}
   */
  async giveBack(lease) {
    const key = keyOf(lease);
    // Not swept as run out while the answer is on its way.
    if (this.held.get(key)?.id === lease.id) this.held.delete(key);
    this.released.add(lease.id);
    try {
      await patiently(() => post("locks/release", { lease: lease.id }));
      return ["released", "released"];
    } catch (error) {
      if (lost(error)) return ["lost", "no longer yours"];
      this.held.set(key, lease);
      this.released.delete(lease.id);
      return ["failed", error instanceof Error ? error.message : String(error)];
    } finally {
      tabs.postMessage(0);
      this.changed();
    }
  }

  /** @param {Lock} lock */
  async extend(lock) {
    const lease = this.of(lock);
    if (!lease) return;
    try {
      const answer = await post("locks/extend", { lease: lease.id, ttl: lease.ttl });
      this.add({ ...lease, ...answer.lease });
      toast("good", [{ name: nameOf(lock) }, ` is yours for another ${spaced(lease.ttl)}.`]);
    } catch (error) {
      if (lost(error)) this.drop(keyOf(lock));
      this.failed("extend", lock, error);
    }
  }

  /**
   * @param {string} what
   * @param {Lock} lock
   * @param {unknown} error
   */
  failed(what, lock, error) {
    const name = { name: nameOf(lock) };
    if (lost(error)) toast("warn", [name, " is no longer yours."]);
    else toast("bad", [`Could not ${what} `, name, ": ", { said: error instanceof Error ? error.message : String(error) }]);
  }
}

/** How often to try again what came too fast, and after how long, in milliseconds. */
const tries = 5;
const again = 500;

/**
 * @template T
 * @param {() => Promise<T>} command
 * @returns {Promise<T>}
 */
async function patiently(command) {
  for (let n = 1; ; n++) {
    try {
      return await command();
    } catch (error) {
      if (n === tries || !(error instanceof Problem) || error.code !== "rate_limited") throw error;
      await new Promise((go) => setTimeout(go, again * n));
    }
  }
}

/** @param {unknown} error */
function lost(error) {
  return error instanceof Problem && error.code === "lost";
}
