// @ts-check
// Puts the parts of the stage page together.

import { onCommand } from "./commands.js";
import { setConnection } from "./connection.js";
import { open, order, orderOf, showWheel, stage } from "./stagedrive.js";
import { say } from "./stagefigure.js";
import { remaining } from "./format.js";
import { Lanes } from "./stagelanes.js";
import { showMarks } from "./stagemarks.js";
import { Playhead } from "./stageplayhead.js";
import { Ring } from "./stagering.js";
import { showScript, showWrites, told } from "./stagescript.js";
import { fieldOf, find, settings } from "./settings.js";
import { startShared } from "./shared.js";
import { openMenu } from "./stagemenu.js";
import { watch } from "./stagestream.js";
import { Tape } from "./stagetape.js";
import { toast } from "./toast.js";

const content = find("#content");
for (const element of document.querySelectorAll("#content [data-live], .head [data-live]")) element.removeAttribute("hidden");
startShared();

const tape = new Tape();
const playhead = new Playhead();
const still = matchMedia("(prefers-reduced-motion: reduce)");
const [scrub, even] = /** @type {HTMLInputElement[]} */ ([find("#scrub"), find("#even")]);
const [speed, policy, rival] = /** @type {HTMLSelectElement[]} */ (/** @type {unknown} */ ([find("#speed"), find("#policy"), find("#beside")]));

/** @type {Ring[]} */
let rings = [];
/** @type {Lanes[]} */
let lanes = [];
/** What is on, and where its script stands now, whatever moment is looked at. */
let showing = { sides: 1, scenario: "", compare: false, policies: [""] };
/** @type {any} */
let script = {};

/** @param {any} frame */
function receive(frame) {
  if (frame.t === "stage") begin(frame);
  else if (frame.t === "frames") add(frame.f);
  else hear(frame);
  showState();
  schedule();
}

/** @param {import("./stagetape.js").StageFrame[]} frames */
function add(frames) {
  tape.add(frames);
  for (const { set } of frames) script = set?.s ?? script;
}

/** @param {any} now */
function hear(now) {
  playhead.hear(now);
  showWheel(now.wheel);
}

/**
 * Another showing has begun.
 * @param {any} hello
 */
function begin(hello) {
  tape.begin(hello.picture, hello.at);
  playhead.begin();
  script = hello.picture.s ?? {};
  add(hello.f);
  hear(hello.now);
  showing = hello;
  for (const part of [...rings, ...lanes]) part.remove();
  rings = Array.from({ length: hello.sides }, (_, side) => new Ring(find("#rings"), side));
  lanes = Array.from({ length: hello.sides }, (_, side) => new Lanes(find("#lanes"), side));
  content.dataset.sides = String(hello.sides);
  const compare = find('[data-action="compare"]');
  compare.hidden = hello.scenario ? told(hello.scenario).compare === undefined : hello.sides === 1;
  rival.hidden = Boolean(hello.scenario) || hello.sides > 1;
  rival.value = "";
  compare.ariaPressed = String(hello.compare);
}

/** The address says what is on and how far it is, for whoever gets it. */
function showState() {
  const at = new URL(location.href);
  at.search = String(new URLSearchParams(Object.entries({
    id: stage.id, scenario: showing.scenario, step: showing.scenario && script.step, compare: showing.compare && 1, policies: showing.policies.join(),
  }).filter(([, value]) => value).map(([name, value]) => [name, String(value)])));
  if (at.href !== location.href) history.replaceState(null, "", at);
  document.body.dataset.state = script.state;
  const { moment } = playhead;
  if (!moment) return;
  const on = runs();
  const play = find('[data-action="play"]');
  play.dataset.runs = String(on);
  play.ariaLabel = on ? "Pause" : "Play";
  find('[data-order="view.live"]').hidden = moment.live;
  const again = !moment.live && Boolean(script.scenario);
  document.body.toggleAttribute("data-again", again);
  find(".st-take").title = again ? "Play it again up to the step that is looked at, as fast as can be, and take over there" : "Take over from the script: what happens from now on is up to you";
  if (document.activeElement !== speed) speed.value = String(moment.speed);
  even.checked = moment.even;
  const { rate, live, paused } = moment;
  say(fieldOf("rate", content), paused ? (live ? "paused" : "looking back") : moment.speed === 0 || rate <= 0 ? ""
    : rate >= 1 ? `now ${Number(rate.toFixed(1))}×` : `now 1/${Math.round(1 / rate)}×`);
}

/** Whether something moves by itself, of the present or of a replay. */
function runs() {
  const { moment } = playhead;
  return Boolean(moment && (!moment.paused || (script.auto && moment.live && script.state === "ready")));
}

let scheduled = 0;
function schedule() {
  scheduled ||= requestAnimationFrame(draw);
}

let last = 0;

function draw(/** @type {number} */ real) {
  scheduled = 0;
  const { moves, at, moment } = playhead;
  if (moves) schedule();
  // With reduced motion, things change where they are, and not sixty times a second.
  if (still.matches && moves && real - last < 250) return;
  tape.seek(at);
  const { things } = tape;
  const sides = rings.map((_, side) => things.get(`${side}/side`));
  for (const ring of rings) ring.draw(things, at, still.matches);
  if (!moves || real - last > 60) {
    last = real;
    for (const lane of lanes) lane.draw(things, at);
    showMarks(script.marks ?? [], tape.first, Number(scrub.max), things.get("s")?.step);
  }
  showWrites(rings.map((_, side) => things.get(`${side}/r`)), sides);
  if (things.has("s")) showScript(things.get("s"), sides);
  if (!seeking) {
    scrub.min = String(tape.first);
    scrub.max = String(Math.max(moment?.head ?? 0, tape.last, tape.first + 1));
    scrub.value = String(at);
  }
  say(fieldOf("time", content), at < 1e6 ? `${(at / 1000).toFixed(1)}\u202fms` : remaining(at / 1000));
}

// The controls.

let seeking = 0;
scrub.oninput = () => {
  seeking ||= setTimeout(() => {
    void order("view.seek", { at: Number(scrub.value) }).then(() => { seeking = 0; });
  }, 120);
};
speed.onchange = even.onchange = () => void order("time.speed", { speed: Number(speed.value), on: even.checked });
rival.onchange = () => void order("stage.open", { compare: true, policies: ["ours", rival.value] });
// Whoever used the mouse goes on with the keys of the page.
for (const control of [scrub, speed, even]) control.addEventListener("change", () => { if (!control.matches(":focus-visible")) control.blur(); });

/** Plays or pauses: the script where there is one that waits, the time otherwise. */
function play() {
  const on = !runs();
  if (playhead.moment?.live && script.state === "ready" && script.scenario) return order("script.auto", { on });
  if (!on && script.auto) void order("script.auto", { on });
  return order(on ? "time.run" : "time.pause");
}

const names = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "mallory", "peggy"];

function present() {
  const on = document.body.classList.toggle("presenting");
  find(".st-list").inert = on;
  if (on) document.documentElement.requestFullscreen?.().catch(() => {});
  else if (document.fullscreenElement) void document.exitFullscreen();
}
document.onfullscreenchange = () => { if (!document.fullscreenElement && document.body.classList.contains("presenting")) present(); };

/** Another stage with the same on it. */
function own() {
  const at = new URL(location.href);
  at.searchParams.delete("id");
  location.assign(at);
}

/** The next step, and after the last one the next scenario: a clicker has one key for both. */
function next() {
  const items = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".st-item")]);
  const following = items[items.findIndex((item) => item.dataset.scenario === showing.scenario) + 1]?.dataset.scenario;
  return script.state === "done" && playhead.moment?.live && following ? order("stage.open", { scenario: following }) : order("script.next");
}


/** @type {Record<string, () => unknown>} */
const actions = {
  play, next, own, again: own, present,
  compare: () => order("stage.open", {
    scenario: showing.scenario, compare: showing.sides === 1 || !showing.compare,
  }),
  check: () => order("check", { on: !tape.things.get("0/r")?.check }),
  add: () => order("add", { client: names.find((name) => !tape.things.has(`0/c/${name}`)) ?? `client-${Date.now() % 1e6}`, policy: showing.sides > 1 ? "" : policy.value }),
  share: () => {
    const text = location.href;
    return navigator.clipboard?.writeText(text).then(() => toast("good", ["The link is copied. Whoever opens it follows you."]), () => toast("plain", [text]));
  },
};

document.addEventListener("click", (event) => {
  const target = /** @type {HTMLElement|null} */ (event.target instanceof Element ? event.target.closest("[data-action], [data-order], .st-item, [data-client], [data-node], .rr") : null);
  // Without a cast: the minifier takes what is in parentheses for another variable, and
  // puts this before the declaration of target.
  const { action, order: what, scenario } = target?.dataset ?? {};
  if (what) void orderOf(what);
  else if (action) void actions[action]?.();
  else if (scenario !== undefined && stage.mine && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    void order("stage.open", { scenario });
  } else if (target) press(target);
});

/** @param {Element} figure */
function press(figure) {
  const { client, node } = /** @type {HTMLElement} */ (figure).dataset;
  if (client || node) openMenu(figure, tape.things.get(client ? `0/c/${client}` : `0/n/${node}`));
  else if (figure.classList.contains("rr") && stage.mine) void actions.check();
}

find("#rings").onkeydown = (event) => {
  const figure = event.target instanceof Element ? event.target.closest('[role="button"]') : null;
  if (!figure || (event.key !== "Enter" && event.key !== " ")) return;
  event.preventDefault();
  press(figure);
};

// The keys of a keyboard and of a clicker.
for (const [id, run] of /** @type {[string, () => unknown][]} */ ([
  ["stage-next", next], ["stage-back", () => order("script.back")],
  ["stage-play", play], ["stage-message", () => order("time.step")], ["stage-restart", () => order("stage.restart")],
])) onCommand(id, run, () => stage.mine);
// What a button does, where there is one that can be pressed.
for (const [id, button] of [["stage-live", '[data-order="view.live"]'], ["stage-take", ".st-take"], ["stage-compare", '[data-action="compare"]']]) {
  const pressed = /** @type {HTMLButtonElement} */ (find(button));
  onCommand(id, () => pressed.click(), () => !pressed.disabled && pressed.checkVisibility());
}
onCommand("stage-present", present);

new ResizeObserver(schedule).observe(find("#rings"));

/**
 * Says that there is no stage, and how to get one.
 * @param {string} title
 * @param {string} text
 */
function over(title, text) {
  const card = find("#over");
  say(fieldOf("title", card), title);
  say(fieldOf("text", card), text);
  card.hidden = false;
  setConnection("offline");
}

async function start() {
  const { scenario, step, compare, policies } = content.dataset;
  try {
    if (!stage.id) await open({ scenario, step: Number(step), compare: compare !== undefined, policies: policies?.split(",").filter(Boolean) });
  } catch (error) {
    return over("No stage can be had", String(/** @type {Error} */ (error).message));
  }
  watch(stage.id, receive, (state) => {
    if (state !== "gone") setConnection(state);
    else over("This stage was swept", "Nobody had watched it for a minute, or nothing had happened on it for long. What was on it is gone; a new one is a click away.");
  });
}

void start();
