// @ts-check
// Which moment of the stage is drawn. The server says now and then where it is;
// what is drawn is a little behind that, so that it can go evenly in between.

/** @typedef {{at: number, rate: number, head: number, live: boolean, paused: boolean, speed: number, even: boolean}} Moment */

/** How far behind, in milliseconds. */
const behind = 90;

export class Playhead {
  constructor() {
    /** @type {{real: number, at: number, rate: number}[]} */
    this.samples = [];
    /** @type {Moment|null} */
    this.moment = null;
  }

  /** Forgets where it was: another showing has begun. */
  begin() {
    this.samples = [];
    this.moment = null;
  }

  /**
   * @param {Moment} moment
   * @param {number} real when it was heard, in milliseconds
   */
  hear(moment, real) {
    const last = this.samples.at(-1);
    if (last && (moment.at < last.at || moment.live !== this.moment?.live || (!moment.live && moment.rate === 0))) {
      this.samples = [];
    }
    this.moment = moment;
    this.samples.push({ real, at: moment.at, rate: moment.rate });
    while (this.samples.length > 2 && this.samples[1].real < real - 4 * behind) this.samples.shift();
  }

  /**
   * The moment to draw, in microseconds of the stage.
   * @param {number} real
   */
  at(real) {
    const target = real - behind;
    const { samples } = this;
    let i = samples.length - 1;
    while (i > 0 && samples[i].real > target) i -= 1;
    const from = samples[i];
    if (!from) return 0;
    const to = samples[i + 1];
    if (to && target >= from.real) {
      return from.at + ((to.at - from.at) * (target - from.real)) / (to.real - from.real);
    }
    if (target < from.real) return from.at;
    return from.at + (target - from.real) * 1000 * from.rate;
  }

  /** @param {number} real */
  moves(real) {
    const last = this.samples.at(-1);
    return last ? last.rate > 0 || last.real > real - 2 * behind : false;
  }
}
