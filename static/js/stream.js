// @ts-check
// The socket: one connection that is kept, windows that are watched on it, and
// what was missed asked for after a break.

import { settings } from "./settings.js";
import { tab } from "./tab.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./types.js").Watch} Watch */

const protocol = "lockscope.v1.json";
/** Delays between attempts grow from the first to the last, in milliseconds. */
const firstDelay = 500;
const lastDelay = 30_000;
/** The server speaks at least every 15 s; after this silence it is gone. */
const silence = 40_000;
/** When somebody comes back to a page that slept, this is enough. */
const missedBeat = 20_000;

export class Stream {
  /**
   * @param {(frame: Frame) => void} onFrame
   * @param {(state: "connecting"|"live"|"reconnecting"|"offline") => void} onState
   */
  constructor(onFrame, onState) {
    this.onFrame = onFrame;
    this.onState = onState;
    /** @type {WebSocket|null} */
    this.socket = null;
    /** @type {Map<string, {watch: Watch, seq: number|null}>} */
    this.watches = new Map();
    this.epoch = "";
    this.attempts = 0;
    this.ready = false;
    this.retry = 0;
    this.guard = 0;
    this.lastHeard = Date.now();
    addEventListener("online", () => this.hurry());
    addEventListener("offline", () => this.drop("offline"));
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.hurry();
      this.send({ t: "visible", visible: !document.hidden });
    });
    addEventListener("pageshow", (event) => { if (event.persisted) this.hurry(); });
  }

  start() {
    this.onState("connecting");
    this.connect();
  }

  /**
   * Watches a window or a feed, in place of the one with the same id.
   * @param {string} id
   * @param {Watch} watch
   */
  watch(id, watch) {
    this.watches.set(id, { watch: { ...watch }, seq: null });
    this.send({ t: "watch", id, ...watch });
  }

  /** Asks for all windows as they are now. */
  again() {
    for (const [id, { watch }] of this.watches) if (watch.view !== "events") this.watch(id, watch);
  }

  /** @param {string} id */
  unwatch(id) {
    if (this.watches.delete(id)) this.send({ t: "unwatch", id });
  }

  connect() {
    clearTimeout(this.retry);
    const url = new URL(`${settings.base}/api/v1/stream`, location.href);
    url.searchParams.set("tab", tab);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, protocol);
    this.socket = socket;
    this.listen();
    socket.onmessage = (event) => {
      if (this.socket !== socket) return;
      this.listen();
      this.receive(event.data);
    };
    socket.onclose = () => {
      if (this.socket === socket) this.drop(navigator.onLine ? "reconnecting" : "offline");
    };
  }

  /** @param {string} text */
  receive(text) {
    /** @type {Frame} */
    const frame = JSON.parse(text);
    if (frame.t === "hello") {
      this.hello(frame);
      return;
    }
    if (frame.t === "snapshot" || frame.t === "delta") {
      const entry = this.watches.get(frame.id);
      // A frame of a window that is no longer wanted, or a change to one that
      // has not come yet.
      if (!entry || (frame.t === "delta" && entry.seq === null)) return;
      frame.first = entry.seq === null;
      entry.seq = frame.s ?? null;
    }
    if (frame.t === "event" || frame.t === "audit" || frame.t === "gap") {
      const entry = this.watches.get(frame.id);
      if (!entry) return;
      // After a break the feed goes on from here. The audit has an epoch of its own.
      Object.assign(entry.watch, { after: frame.after, epoch: frame.epoch ?? frame.e });
    }
    this.onFrame(frame);
  }

  /** @param {Frame} hello */
  hello(hello) {
    const windows = [...this.watches.values()].filter(({ watch }) => watch.view !== "events" && watch.view !== "audit");
    const seqs = windows.map((entry) => entry.seq);
    const known = seqs.filter((seq) => seq !== null);
    if (this.epoch && known.length > 0 && known.length === seqs.length) {
      this.post({ t: "resume", epoch: this.epoch, seq: Math.min(...known) });
    }
    this.epoch = hello.e ?? hello.epoch;
    this.attempts = 0;
    this.ready = true;
    for (const [id, { watch }] of this.watches) this.post({ t: "watch", id, ...watch });
    if (document.hidden) this.post({ t: "visible", visible: false });
    this.onFrame(hello);
    this.onState("live");
  }

  /** @param {object} message */
  send(message) {
    if (this.ready) this.post(message);
  }

  /** @param {object} message */
  post(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** Each frame winds the guard up; a connection that says nothing is cut. */
  listen() {
    this.lastHeard = Date.now();
    clearTimeout(this.guard);
    this.guard = setTimeout(() => this.drop("reconnecting"), silence);
  }

  /** @param {"reconnecting"|"offline"} state */
  drop(state) {
    const socket = this.socket;
    this.socket = null;
    this.ready = false;
    clearTimeout(this.guard);
    clearTimeout(this.retry);
    socket?.close();
    this.onState(state);
    // Full jitter: a thousand browsers must not come back in step.
    const most = Math.min(lastDelay, firstDelay * 2 ** this.attempts);
    this.attempts += 1;
    this.retry = setTimeout(() => this.connect(), Math.random() * most);
  }

  /** Connects at once when waiting to, or when the server has missed a beat. */
  hurry() {
    if (this.socket && Date.now() - this.lastHeard < missedBeat) return;
    const stale = this.socket;
    this.attempts = 0;
    this.ready = false;
    if (stale) this.onState("reconnecting");
    this.connect();
    stale?.close();
  }
}
