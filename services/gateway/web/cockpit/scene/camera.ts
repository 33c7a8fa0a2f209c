// SPDX-License-Identifier: Apache-2.0
// Where the picture is in the world. Screen px have y down, the world y up; the camera leads the
// ship a little, shakes on own hits, and zooms out with speed.

import { K_PER_UNIT } from '../../sdk/entity';

const SETTLE_MS = 250;

export class Camera {
  /** Middle of attention in world units. */
  x = 0;
  y = 0;
  zoom = 1;
  width = 1;
  height = 1;
  calm = false;
  private leadX = 0;
  private leadY = 0;
  private shakeUntil = 0;
  private shakeX = 0;
  private shakeY = 0;
  private slow = 0;

  resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
  }

  get centreX(): number {
    return this.width * 0.5 + this.shakeX;
  }

  get centreY(): number {
    return this.height * (this.width < 720 ? 0.51 : 0.45) + this.shakeY;
  }

  shake(now: number): void {
    if (!this.calm) this.shakeUntil = now + 180;
  }

  /** Follows a place in k moving by v (u/s); `reach` = cursor's offset from the middle, px. */
  follow(
    x: number,
    y: number,
    vx: number,
    vy: number,
    fast: number,
    reach: [number, number],
    now: number,
    ms: number,
  ): void {
    const base = Math.max(0.8, Math.min(2, Math.hypot(this.width, this.height) / 1700));
    this.slow += (fast - this.slow) * Math.min(1, ms / 600);
    this.zoom = base * (this.calm ? 1 : 1 - 0.2 * this.slow);
    const most = (0.18 * Math.min(this.width, this.height)) / this.zoom;
    let wantX = this.calm ? 0 : vx * 0.35 + (reach[0] * 0.12) / this.zoom;
    let wantY = this.calm ? 0 : vy * 0.35 - (reach[1] * 0.12) / this.zoom;
    const size = Math.hypot(wantX, wantY);
    if (size > most) {
      wantX *= most / size;
      wantY *= most / size;
    }
    const share = 1 - Math.exp((-ms / SETTLE_MS) * 2);
    this.leadX += (wantX - this.leadX) * share;
    this.leadY += (wantY - this.leadY) * share;
    this.x = x / K_PER_UNIT + this.leadX;
    this.y = y / K_PER_UNIT + this.leadY;
    const left = Math.max(0, this.shakeUntil - now) / 180;
    this.shakeX = left * 6 * Math.sin(now * 0.09);
    this.shakeY = left * 6 * Math.cos(now * 0.11);
  }

  /** Screen place of world units. */
  toScreen(x: number, y: number): [number, number] {
    return [this.centreX + (x - this.x) * this.zoom, this.centreY - (y - this.y) * this.zoom];
  }

  /** World units of a screen place. */
  toWorld(px: number, py: number): [number, number] {
    return [this.x + (px - this.centreX) / this.zoom, this.y - (py - this.centreY) / this.zoom];
  }

  /** World rectangle in view, with a margin in u: left, bottom, right, top. */
  view(margin: number): [number, number, number, number] {
    const [l, t] = this.toWorld(0, 0);
    const [r, b] = this.toWorld(this.width, this.height);
    return [l - margin, b - margin, r + margin, t + margin];
  }
}
