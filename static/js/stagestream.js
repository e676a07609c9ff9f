// @ts-check
// The socket through which a stage is watched.

import { settings } from "./settings.js";
import { tab } from "./tab.js";

const swept = 4410;
const lastDelay = 8_000;

/**
 * Watches a stage until it is over.
 * @param {string} stage
 * @param {(frame: any) => void} onFrame
 * @param {(state: "connecting"|"live"|"reconnecting"|"gone") => void} onState
 */
export function watch(stage, onFrame, onState) {
  let delay = 300;
  const url = new URL(`${settings.base}/api/v1/stage/stream?stage=${stage}&tab=${tab}`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const connect = () => {
    const socket = new WebSocket(url, "lockscope.stage.v1.json");
    socket.onopen = () => {
      delay = 300;
      onState("live");
    };
    socket.onmessage = (event) => onFrame(JSON.parse(event.data));
    socket.onclose = ({ code }) => {
      if (code === swept) return onState("gone");
      onState("reconnecting");
      delay = Math.min(2 * delay, lastDelay);
      setTimeout(connect, delay * (0.5 + Math.random() / 2));
    };
  };
  onState("connecting");
  connect();
}
