// @ts-check
// The history of a stage: a picture, and the frames that change it.

/** @typedef {{s: number, t: number, set?: Record<string, any>, del?: string[]}} StageFrame */

/** A copy of the picture is kept every so many frames, for going back. */
const stride = 150;
/** The server keeps no more frames than this; what is older is let go. */
const most = 6_000;

export class Tape {
  constructor() {
    this.begin({}, 0);
  }

  /**
   * @param {Record<string, any>} picture
   * @param {number} at
   */
  begin(picture, at) {
    /** @type {StageFrame[]} */
    this.frames = [];
    this.first = at;
    /** What there is to see at the moment that was sought last. */
    this.things = new Map(Object.entries(picture));
    this.applied = 0;
    this.copies = [new Map(this.things)];
  }

  /** @param {StageFrame[]} frames */
  add(frames) {
    this.frames.push(...frames);
    if (this.frames.length < 2 * most) return;
    const { frames: all } = this;
    this.seek(all[most - 1].t);
    this.begin(Object.fromEntries(this.things), all[most - 1].t);
    this.frames = all.slice(most);
  }

  /** The time of the last frame. */
  get last() {
    return this.frames.at(-1)?.t ?? this.first;
  }

  /**
   * Brings the picture to a moment.
   * @param {number} at
   */
  seek(at) {
    if (this.applied > 0 && this.frames[this.applied - 1].t > at) {
      let back = Math.floor(this.applied / stride);
      while (back > 0 && this.frames[back * stride - 1].t > at) back -= 1;
      this.things = new Map(this.copies[back]);
      this.applied = back * stride;
    }
    for (; this.applied < this.frames.length && this.frames[this.applied].t <= at;) {
      const { set = {}, del = [] } = this.frames[this.applied];
      for (const key in set) this.things.set(key, set[key]);
      for (const key of del) this.things.delete(key);
      this.applied += 1;
      if (this.applied % stride === 0) this.copies[this.applied / stride] ??= new Map(this.things);
    }
  }
}
