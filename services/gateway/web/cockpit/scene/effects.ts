// SPDX-License-Identifier: Apache-2.0
// Short-lived pictures: shield arcs, sparks, explosions, muzzle light. A pool of sprites that move
// by themselves and vanish; places in world px (y down), relative to the camera's origin.

import { type Container, Sprite, type Texture } from 'pixi.js';
import type { Art } from './art';

interface Piece {
  sprite: Sprite;
  born: number;
  life: number;
  x: number;
  y: number;
  vx: number;
  vy: number;
  spin: number;
  from: number;
  to: number;
  alpha: number;
  /** Follows this entity. */
  follow: number;
}

export type Locate = (entity: number) => { x: number; y: number } | null;

export class Effects {
  private readonly pieces: Piece[] = [];
  private readonly pool: Sprite[] = [];
  limit = 1500;

  constructor(
    private readonly layer: Container,
    private readonly art: Art,
  ) {}

  private add(
    texture: Texture,
    now: number,
    p: Partial<Piece> & { tint?: number; add?: boolean },
  ): void {
    if (this.pieces.length >= this.limit) return;
    const sprite = this.pool.pop() ?? new Sprite();
    sprite.texture = texture;
    sprite.anchor.set(0.5);
    sprite.tint = p.tint ?? 0xffffff;
    sprite.blendMode = p.add === false ? 'normal' : 'add';
    sprite.visible = true;
    sprite.rotation = p.spin && p.from === undefined ? Math.random() * 6.3 : 0;
    this.layer.addChild(sprite);
    this.pieces.push({
      sprite,
      born: now,
      life: p.life ?? 300,
      x: p.x ?? 0,
      y: p.y ?? 0,
      vx: p.vx ?? 0,
      vy: p.vy ?? 0,
      spin: p.spin ?? 0,
      from: p.from ?? 1,
      to: p.to ?? p.from ?? 1,
      alpha: p.alpha ?? 1,
      follow: p.follow ?? 0,
    });
  }

  private last(): Sprite {
    return this.pieces[this.pieces.length - 1]!.sprite;
  }

  /** The shield lights up on the side the shot came from; angle of the shot's flight, y down. */
  shieldHit(
    entity: number,
    x: number,
    y: number,
    angle: number,
    length: number,
    now: number,
  ): void {
    const scale = (length * 0.62) / 100;
    this.add(this.art.arc(), now, {
      x,
      y,
      life: 250,
      from: scale,
      to: scale * 1.05,
      follow: entity,
    });
    this.last().rotation = angle + Math.PI;
    const dx = -Math.cos(angle) * length * 0.6;
    const dy = -Math.sin(angle) * length * 0.6;
    this.add(this.art.glow(), now, {
      x: x + dx,
      y: y + dy,
      life: 180,
      from: 0.5,
      to: 0.9,
      tint: 0x9cd0ff,
      alpha: 0.9,
    });
  }

  shieldBroke(x: number, y: number, length: number, now: number): void {
    const scale = (length * 0.62) / 100;
    for (let i = 0; i < 6; i++) {
      const a = (i * Math.PI) / 3 + 0.3;
      this.add(this.art.arc(), now, {
        x,
        y,
        life: 420,
        from: scale * 0.9,
        to: scale * 1.5,
        vx: Math.cos(a) * 40,
        vy: Math.sin(a) * 40,
        follow: 0,
        alpha: 0.7,
      });
      this.last().rotation = a;
    }
  }

  sparks(x: number, y: number, angle: number, n: number, tint: number, now: number): void {
    for (let i = 0; i < n; i++) {
      const a = angle + Math.PI + (Math.random() - 0.5) * 1.8;
      const v = 60 + Math.random() * 160;
      this.add(this.art.streak(), now, {
        x,
        y,
        vx: Math.cos(a) * v,
        vy: Math.sin(a) * v,
        life: 180 + Math.random() * 220,
        from: 0.5,
        to: 0.2,
        tint,
      });
      this.last().rotation = a;
    }
  }

  muzzle(x: number, y: number, tint: number, now: number): void {
    this.add(this.art.glow(), now, { x, y, life: 80, from: 0.35, to: 0.15, tint, alpha: 0.9 });
  }

  explosion(x: number, y: number, length: number, now: number): void {
    const r = 1.6 * length;
    this.add(this.art.glow(), now, { x, y, life: 90, from: r / 18, to: r / 26 });
    this.add(this.art.glow(), now, { x, y, life: 500, from: r / 30, to: r / 50, tint: 0xffc070 });
    for (let i = 0; i < 16; i++) {
      const a = Math.random() * 6.283;
      const v = Math.random() * r * 0.9;
      this.add(this.art.ember(), now, {
        x,
        y,
        vx: Math.cos(a) * v,
        vy: Math.sin(a) * v,
        life: 420 + Math.random() * 360,
        from: r / 130 + Math.random() * 0.3,
        to: r / 60,
        alpha: 0.85,
      });
    }
    this.add(this.art.ring(), now, { x, y, life: 450, from: 0.1, to: (1.2 * r) / 100, alpha: 0.9 });
    for (let i = 0; i < 20; i++) {
      const a = Math.random() * 6.283;
      const v = r * (1 + Math.random() * 1.6);
      this.add(this.art.streak(), now, {
        x,
        y,
        vx: Math.cos(a) * v,
        vy: Math.sin(a) * v,
        life: 400 + Math.random() * 500,
        from: 0.8,
        to: 0.3,
        tint: 0xffd9a0,
      });
      this.last().rotation = a;
    }
    for (let i = 0; i < 7; i++) {
      const a = Math.random() * 6.283;
      const v = r * (0.2 + Math.random() * 0.4);
      this.add(this.art.chip(), now, {
        x,
        y,
        vx: Math.cos(a) * v,
        vy: Math.sin(a) * v,
        life: 2000,
        from: 0.5,
        to: 0.5,
        spin: (Math.random() - 0.5) * 4,
        add: false,
        alpha: 0.8,
      });
    }
  }

  update(now: number, seconds: number, locate: Locate): void {
    for (let i = this.pieces.length - 1; i >= 0; i--) {
      const p = this.pieces[i]!;
      const age = (now - p.born) / p.life;
      if (age >= 1) {
        p.sprite.visible = false;
        this.layer.removeChild(p.sprite);
        this.pool.push(p.sprite);
        this.pieces[i] = this.pieces[this.pieces.length - 1]!;
        this.pieces.pop();
        continue;
      }
      const at = p.follow ? locate(p.follow) : null;
      if (at) {
        p.x = at.x;
        p.y = at.y;
      }
      p.x += p.vx * seconds;
      p.y += p.vy * seconds;
      p.sprite.rotation += p.spin * seconds;
      p.sprite.scale.set(p.from + (p.to - p.from) * (1 - (1 - age) ** 3));
      p.sprite.alpha = p.alpha * (1 - age * age);
      p.sprite.position.set(p.x, p.y);
    }
  }

  /** Moves everything when the camera's origin moves. */
  shift(dx: number, dy: number): void {
    for (const p of this.pieces) {
      p.x += dx;
      p.y += dy;
    }
  }

  clear(): void {
    for (const p of this.pieces) {
      this.layer.removeChild(p.sprite);
      this.pool.push(p.sprite);
    }
    this.pieces.length = 0;
  }
}
