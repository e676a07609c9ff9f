// @ts-check
// Puts the parts of the stage page together.

import { setConnection } from "./connection.js";
import { link, open, order, showWheel, stage, tell } from "./drive.js";
import { remaining } from "./format.js";
import { onKey } from "./keys.js";
import { Lanes } from "./lanes.js";
import { Playhead } from "./playhead.js";
import { Ring } from "./ring.js";
import { showScript, showWrites, told } from "./script.js";
import { find, settings } from "./settings.js";
import { Menus } from "./stagemenu.js";
import { StageStream } from "./stagestream.js";
import { say } from "./svg.js";
import { Tape } from "./tape.js";
import { startTheme } from "./theme.js";
import { toast } from "./toast.js";

const content = find("#content");
for (const element of content.querySelectorAll("[data-live]")) element.removeAttribute("hidden");
find('[data-action="theme"]').hidden = false;
startTheme();

const tape = new Tape();
const playhead = new Playhead();
const still = matchMedia("(prefers-reduced-motion: reduce)");
const scrub = /** @type {HTMLInputElement} */ (find("#scrub"));
const speed = /** @type {HTMLSelectElement} */ (find("#speed"));
const even = /** @type {HTMLInputElement} */ (find("#even"));
const policy = /** @type {HTMLSelectElement} */ (find("#policy"));
policy.append(/** @type {HTMLTemplateElement} */ (find("#policies")).content.cloneNode(true));

/** @type {Ring[]} */
let rings = [];
/** @type {Lanes[]} */
let lanes = [];
/** What is on: {sides, scenario, compare}. */
let showing = { sides: 1, scenario: "", compare: false };

const menus = new Menus((key) => tape.things.get(`0/${key}`), async () => {
  if (script()?.state === "ready" || script()?.state === "running") await order("script.take");
});

/** Where the scenario stands now, not where it is looked at. */
let stands = null;
/** @returns {any} */
const script = () => stands;

/** @param {any} frame */
function receive(frame) {
  if (frame.t === "stage") begin(frame);
  else if (frame.t === "frames") {
    tape.add(frame.f);
    for (const { set } of frame.f) if (set?.s) stands = set.s;
    showState();
  } else if (frame.t === "now") {
    playhead.hear(frame, performance.now());
    showWheel(frame.wheel);
    showMoment();
  }
  schedule();
}

/** Another showing has begun. */
function begin(hello) {
  tape.begin(hello.picture, hello.at);
  playhead.begin();
  stands = hello.picture.s ?? null;
  showing = hello;
  for (const part of [...rings, ...lanes]) part.remove();
  rings = Array.from({ length: hello.sides }, (_, side) => new Ring(find("#rings"), side));
  lanes = Array.from({ length: hello.sides }, (_, side) => new Lanes(find("#lanes"), side));
  content.dataset.sides = String(hello.sides);
  const about = told(hello.scenario);
  const compare = find('[data-action="compare"]');
  compare.hidden = Boolean(hello.scenario) && about.compare === undefined;
  compare.setAttribute("aria-pressed", String(hello.compare));
  showState();
}

/** The address says what is on and how far it is, for whoever gets it. */
function showState() {
  const at = new URL(location.href);
  at.searchParams.set("id", stage.id);
  for (const [name, value] of /** @type {[string, string][]} */ ([
    ["scenario", showing.scenario], ["step", stands?.step && stands.scenario ? String(stands.step) : ""], ["compare", showing.compare ? "1" : ""],
  ])) {
    if (value) at.searchParams.set(name, value);
    else at.searchParams.delete(name);
  }
  if (at.href !== location.href) history.replaceState(null, "", at);
  const scripted = stands?.state === "ready" || stands?.state === "running";
  find('[data-action="take"]').hidden = !scripted;
  find('[data-action="next"]').hidden = !showing.scenario;
  find('[data-action="back"]').hidden = !showing.scenario;
  find('[data-field="hands"]').hidden = scripted;
  showMoment();
}

/** Whether something moves by itself, of the present or of a replay. */
const runs = () => {
  const { moment } = playhead;
  return Boolean(moment && (!moment.paused || (stands?.auto && moment.live && stands.state === "ready")));
};

function showMoment() {
  const { moment } = playhead;
  if (!moment) return;
  const play = find('[data-action="play"]');
  play.dataset.runs = String(runs());
  play.setAttribute("aria-label", runs() ? "Pause" : "Play");
  find('[data-action="present-time"]').hidden = moment.live;
  if (document.activeElement !== speed) speed.value = String(moment.speed);
  even.checked = moment.even;
  const rate = moment.rate;
  say(find('[data-field="rate"]'), moment.paused ? (moment.live ? "paused" : "looking back")
    : moment.speed === 0 ? "as fast as it can" : rate <= 0 ? "" : rate >= 1 ? `now ${rate < 10 ? Number(rate.toFixed(1)) : Math.round(rate)}×` : `now 1/${Math.round(1 / rate)}×`);
}

let scheduled = 0;
function schedule() {
  if (!scheduled) scheduled = requestAnimationFrame(draw);
}

let lastStill = 0;

/** @param {number} real */
function draw(real) {
  scheduled = 0;
  const now = performance.now();
  const moves = playhead.moves(now);
  if (moves) schedule();
  // With reduced motion, things change where they are, and not sixty times a second.
  if (still.matches && moves && real - lastStill < 250) return;
  lastStill = real;
  const at = playhead.at(now);
  tape.seek(at);
  for (const ring of rings) {
    ring.measure();
    ring.draw(tape.things, at, still.matches);
  }
  const sides = rings.map((_, side) => tape.things.get(`${side}/side`));
  for (const lane of lanes) lane.draw(tape.things, at);
  showWrites(rings.map((_, side) => tape.things.get(`${side}/r`)), sides);
  const seen = tape.things.get("s");
  if (seen) showScript(seen, sides);
  const head = Math.max(playhead.moment?.head ?? 0, tape.last);
  if (!dragging) {
    scrub.min = String(tape.first);
    scrub.max = String(Math.max(head, tape.first + 1));
    scrub.value = String(Math.round(at));
  }
  const time = `${remaining(at / 1000)}`;
  say(find('[data-field="time"]'), at < 1e6 ? `${(at / 1000).toFixed(1)}\u202fms` : time);
  scrub.setAttribute("aria-valuetext", time);
}

// The controls.

let dragging = false;
let seeking = 0;
scrub.addEventListener("input", () => {
  dragging = true;
  if (!seeking) {
    seeking = setTimeout(() => {
      seeking = 0;
      void order("view.seek", { at: Number(scrub.value) });
    }, 120);
  }
});
scrub.addEventListener("change", () => {
  dragging = false;
  clearTimeout(seeking);
  seeking = 0;
  void order("view.seek", { at: Number(scrub.value) });
});
const setSpeed = () => order("time.speed", { speed: Number(speed.value), on: even.checked });
speed.addEventListener("change", () => void setSpeed());
even.addEventListener("change", () => void setSpeed());

/** Plays or pauses: the script where there is one that waits, the time otherwise. */
function play() {
  const live = playhead.moment?.live !== false;
  if (live && stands?.scenario && (stands.state === "ready" || stands.state === "running")) {
    const on = !runs();
    if (stands.state === "running") {
      void order(on ? "time.run" : "time.pause");
      if (!on && stands.auto) void order("script.auto", { on: false });
      return;
    }
    void order("script.auto", { on });
    return;
  }
  void order(runs() ? "time.pause" : "time.run");
}

const names = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "mallory", "peggy"];

/** @type {Record<string, () => unknown>} */
const actions = {
  play,
  next: () => order("script.next"),
  back: () => order("script.back"),
  step: () => order("time.step"),
  restart: () => order("stage.restart"),
  take: () => order("script.take"),
  "present-time": () => order("view.live"),
  ask: () => order("wheel.ask").then((asked) => asked && toast("plain", ["The driver has been asked. Without an answer you can take the wheel in ten seconds."])),
  wheel: () => order("wheel.take"),
  own: () => location.assign(`${settings.base}/stage${showing.scenario ? `?scenario=${showing.scenario}` : ""}`),
  again: () => location.assign(`${settings.base}/stage${showing.scenario ? `?scenario=${showing.scenario}` : ""}`),
  compare: () => order("stage.open", { scenario: showing.scenario, compare: !showing.compare && showing.sides === 1, ...policies() }),
  check: () => order("check", { on: !tape.things.get("0/r")?.check }),
  add: () => {
    const client = names.find((name) => !tape.things.has(`0/c/${name}`)) ?? `client-${Math.floor(Math.random() * 1000)}`;
    return order("add", { client, policy: showing.sides > 1 ? "" : policy.value });
  },
  share: async () => {
    const text = link();
    await navigator.clipboard?.writeText(text).then(() => toast("good", ["The link is copied. Whoever opens it follows you."]), () => toast("plain", [text]));
  },
  present,
};

/** What two worlds to play with are to be compared: ours with what is chosen. */
function policies() {
  if (showing.scenario || showing.sides > 1) return {};
  return { policies: ["ours", policy.value === "ours" ? "sample" : policy.value] };
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const button = target?.closest("[data-action]");
  const action = actions[button?.getAttribute("data-action") ?? ""];
  if (action) return void action();
  const item = target?.closest(".st-item");
  if (item instanceof HTMLElement && stage.mine && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    void order("stage.open", { scenario: item.dataset.scenario });
    return;
  }
  const figure = target?.closest("[data-client], [data-node], [data-resource]");
  if (figure) press(figure);
});

/** @param {Element} figure */
function press(figure) {
  if (figure.hasAttribute("data-resource")) {
    if (stage.mine) void actions.check();
  } else menus.open(figure);
}

find("#rings").addEventListener("keydown", (event) => {
  const figure = event.target instanceof Element ? event.target.closest('[role="button"]') : null;
  if (!figure || (event.key !== "Enter" && event.key !== " ")) return;
  event.preventDefault();
  press(figure);
});

// Presenting: full screen, large type, and the keys of a clicker.

function present() {
  document.body.classList.toggle("presenting");
  const on = document.body.classList.contains("presenting");
  if (on) void document.documentElement.requestFullscreen?.().catch(() => {});
  else if (document.fullscreenElement) void document.exitFullscreen();
  schedule();
}
document.addEventListener("fullscreenchange", () => {
  if (!document.fullscreenElement) document.body.classList.remove("presenting");
  schedule();
});

/** @type {[string, string, () => unknown][]} */
const keys = [
  ["PageDown", "Next step", actions.next], ["ArrowRight", "Next step", actions.next],
  ["PageUp", "Previous step", actions.back], ["ArrowLeft", "Previous step", actions.back],
  ["p", "Play or pause", play], ["s", "Next message", actions.step], ["f", "Present", present],
];
for (const [key, label, run] of keys) {
  onKey({ key, label, run: (event) => {
    if (document.querySelector(":popover-open[role=menu]")) return;
    event.preventDefault();
    if (stage.mine || key === "f") void run();
  } });
}

new ResizeObserver(schedule).observe(find("#rings"));
still.addEventListener("change", schedule);

/**
 * Says that there is no stage, and how to get one.
 * @param {string} title
 * @param {string} text
 */
function over(title, text) {
  const card = find("#over");
  say(find('[data-field="title"]', card), title);
  say(find('[data-field="text"]', card), text);
  card.hidden = false;
  find("button", card).focus();
}

async function start() {
  const { scenario, step, compare } = content.dataset;
  if (!stage.id) {
    try {
      await open({ scenario: scenario ?? "", step: Number(step) || 0, compare: compare !== undefined });
    } catch (error) {
      tell(error);
      over("There is no room for another stage", error instanceof Error ? error.message : "");
      setConnection("offline");
      return;
    }
  }
  new StageStream(stage.id, receive, (state) => {
    if (state === "gone") {
      setConnection("offline");
      over("This stage was swept", "Nobody had watched it for a minute, or nothing had happened on it for long. What was on it is gone; a new one is a click away.");
    } else setConnection(state);
  });
}

void start();
