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
    this.copies = [{ applied: 0, things: new Map(this.things) }];
  }

  /** @param {StageFrame[]} frames */
  add(frames) {
    for (const frame of frames) this.frames.push(frame);
    if (this.frames.length < 2 * most) return;
    const { frames: all, last } = this;
    this.seek(all[most - 1].t);
    const things = this.things;
    this.begin(Object.fromEntries(things), all[most - 1].t);
    this.frames = all.slice(most);
    this.seek(last);
  }

  /** The time of the last frame. */
  get last() {
    return this.frames.at(-1)?.t ?? this.first;
  }

  /**
   * Brings the picture to a moment; reports whether it changed.
   * @param {number} at
   */
  seek(at) {
    const before = this.applied;
    if (before > 0 && this.frames[before - 1].t > at) {
      let copy = this.copies[0];
      for (const other of this.copies) {
        if (other.applied === 0 || this.frames[other.applied - 1].t <= at) copy = other;
      }
      this.things = new Map(copy.things);
      this.applied = copy.applied;
    }
    while (this.applied < this.frames.length && this.frames[this.applied].t <= at) {
      const frame = this.frames[this.applied];
      for (const [key, thing] of Object.entries(frame.set ?? {})) this.things.set(key, thing);
      for (const key of frame.del ?? []) this.things.delete(key);
      this.applied += 1;
      if (this.applied % stride === 0 && this.applied > this.copies[this.copies.length - 1].applied) {
        this.copies.push({ applied: this.applied, things: new Map(this.things) });
      }
    }
    return this.applied !== before;
  }
}
