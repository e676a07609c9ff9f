// @ts-check
// Which moment of the stage is drawn. The server says now and then where it is;
// what is drawn is a little behind that, so that it can go evenly in between.

/** @typedef {{at: number, rate: number, head: number, live: boolean, paused: boolean, speed: number, even: boolean}} Moment */

/** How far behind, in milliseconds. */
const behind = 90;

export class Playhead {
  constructor() {
    this.begin();
  }

  /** Forgets where it was: another showing has begun. */
  begin() {
    /** @type {{real: number, at: number, rate: number}[]} */
    this.samples = [];
    /** @type {Moment|null} */
    this.moment = null;
    this.shown = 0;
  }

  /** @param {Moment} moment */
  hear(moment) {
    const real = performance.now();
    const last = this.samples.at(-1);
    if (last && (moment.at < last.at || moment.live !== this.moment?.live || (!moment.live && !moment.rate))) {
      this.samples = [];
      this.shown = 0;
    }
    this.moment = moment;
    this.samples.push({ real, at: moment.at, rate: moment.rate });
    if (this.samples.length > 40) this.samples.shift();
  }

  /**
   * The moment to draw, in microseconds of the stage. What was guessed too far ahead is
   * not taken back: the picture waits instead.
   */
  get at() {
    this.shown = Math.max(this.shown, this.guess());
    return this.shown;
  }

  guess() {
    const target = performance.now() - behind;
    let i = this.samples.length - 1;
    while (i > 0 && this.samples[i].real > target) i -= 1;
    const [from, to] = this.samples.slice(i);
    if (!from || target < from.real) return from?.at ?? 0;
    return from.at + (target - from.real) * (to ? (to.at - from.at) / (to.real - from.real) : 1000 * from.rate);
  }

  get moves() {
    const last = this.samples.at(-1);
    return Boolean(last && (last.rate > 0 || last.real > performance.now() - 2 * behind));
  }
}
