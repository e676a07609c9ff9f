// @ts-check
// The socket through which a stage is watched.

import { settings } from "./settings.js";
import { tab } from "./tab.js";

const protocol = "lockscope.stage.v1.json";
const swept = 4410;
const firstDelay = 300;
const lastDelay = 8_000;

export class StageStream {
  /**
   * @param {string} stage
   * @param {(frame: any) => void} onFrame
   * @param {(state: "connecting"|"live"|"reconnecting"|"gone") => void} onState
   */
  constructor(stage, onFrame, onState) {
    this.stage = stage;
    this.onFrame = onFrame;
    this.onState = onState;
    this.attempts = 0;
    this.ended = false;
    /** @type {WebSocket|null} */
    this.socket = null;
    addEventListener("online", () => { if (!this.socket) this.connect(); });
    addEventListener("pagehide", () => this.socket?.close());
    addEventListener("pageshow", (event) => { if (event.persisted && !this.socket) this.connect(); });
    onState("connecting");
    this.connect();
  }

  connect() {
    if (this.ended) return;
    const url = new URL(`${settings.base}/api/v1/stage/stream`, location.href);
    url.searchParams.set("stage", this.stage);
    url.searchParams.set("tab", tab);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, protocol);
    this.socket = socket;
    let heard = false;
    socket.onmessage = (event) => {
      if (!heard) this.onState("live");
      heard = true;
      this.attempts = 0;
      this.onFrame(JSON.parse(event.data));
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (event.code === swept) return this.end();
      this.onState("reconnecting");
      void this.retry(heard);
    };
  }

  /**
   * A refusal at the door looks like any lost connection: the page itself says
   * whether there is still a stage.
   * @param {boolean} heard
   */
  async retry(heard) {
    if (!heard && this.attempts > 0) {
      const page = await fetch(location.href, { cache: "no-store" }).catch(() => null);
      if (page?.status === 410) return this.end();
    }
    const most = Math.min(lastDelay, firstDelay * 2 ** this.attempts);
    this.attempts += 1;
    setTimeout(() => this.connect(), most * (0.5 + Math.random() / 2));
  }

  /** The stage is over. */
  end() {
    this.ended = true;
    this.onState("gone");
  }
}
