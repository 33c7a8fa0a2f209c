// SPDX-License-Identifier: Apache-2.0
// The world's time as this client sees it: which tick has just arrived, as a fraction, from the
// frames that came with the least delay. Stands still when the world does.

/** With no frame for so many ticks (1.5 s) the world counts as paused. */
export const PAUSE_TICKS = 30;
const WINDOW_MS = 500;
const WINDOWS = 6;
const SNAP_TICKS = 8;
const SLEW_PER_MS = 0.04 / 50;

export class WorldClock {
  private tickMs = 50;
  private dilation = 1000;
  private newest = 0;
  private started = false;
  private offset = 0;
  private shown = 0;
  private shownAt = 0;
  /** Best (tick - now / interval) of each of the last windows. */
  private windows: { at: number; best: number }[] = [];

  reset(tickMs: number): void {
    this.tickMs = tickMs > 0 ? tickMs : 50;
    this.started = false;
    this.windows = [];
    this.dilation = 1000;
  }

  /** Takes the tick of a frame that arrived at `now` (ms of a monotonic clock). */
  onFrame(tick: number, dilationPm: number, now: number): void {
    const dilation = dilationPm || 1000;
    if (dilation !== this.dilation || !this.started || Math.abs(tick - this.newest) > 200) {
      this.dilation = dilation;
      this.windows = [];
    }
    this.newest = tick;
    const sample = tick - now / this.interval;
    const last = this.windows[this.windows.length - 1];
    if (last && now - last.at < WINDOW_MS) last.best = Math.max(last.best, sample);
    else this.windows.push({ at: now, best: sample });
    if (this.windows.length > WINDOWS) this.windows.shift();
    const target = this.windows.reduce((best, w) => Math.max(best, w.best), -Infinity);
    if (!this.started || Math.abs(target - this.offset) > SNAP_TICKS || this.windows.length === 1) {
      this.offset = target;
      this.started = true;
      this.shownAt = now;
    }
    this.slew(target, now);
  }

  private slew(target: number, now: number): void {
    const room = Math.max(0, now - this.shownAt) * SLEW_PER_MS;
    this.offset += Math.max(-room, Math.min(room, target - this.offset));
    this.shownAt = now;
  }

  /** The newest tick as a fraction; never goes back by less than a snap. */
  tickAt(now: number): number {
    if (!this.started) return 0;
    const ideal = Math.min(now / this.interval + this.offset, this.newest + PAUSE_TICKS);
    if (ideal < this.shown && this.shown - ideal < SNAP_TICKS) return this.shown;
    this.shown = ideal;
    return ideal;
  }

  get interval(): number {
    return (this.tickMs * 1000) / this.dilation;
  }

  get dilationPm(): number {
    return this.dilation;
  }

  get newestTick(): number {
    return this.newest;
  }

  get running(): boolean {
    return this.started;
  }
}
