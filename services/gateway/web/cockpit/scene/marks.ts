// SPDX-License-Identifier: Apache-2.0
// Marks of relation and of stations, drawn on any canvas: shape first, colour second.

import type { Station } from '../../kernel/config';
import { COLOURS, type Relation, SHAPE } from './palette';

type Context = CanvasRenderingContext2D;

/** Mark of a ship: own arrowhead, hostile triangle, friend square, neutral dot, loot diamond. */
export function mark(
  c: Context,
  relation: Relation,
  x: number,
  y: number,
  size: number,
  turn = 0,
): void {
  c.save();
  c.translate(x, y);
  c.fillStyle = SHAPE[relation];
  c.beginPath();
  switch (relation) {
    case 'own':
      c.rotate(turn);
      c.moveTo(size * 1.3, 0);
      c.lineTo(-size, -size * 0.9);
      c.lineTo(-size * 0.45, 0);
      c.lineTo(-size, size * 0.9);
      break;
    case 'hostile':
      c.moveTo(0, -size * 1.1);
      c.lineTo(size * 1.1, size * 0.85);
      c.lineTo(-size * 1.1, size * 0.85);
      break;
    case 'friend':
      c.rect(-size * 0.8, -size * 0.8, size * 1.6, size * 1.6);
      break;
    case 'loot':
      c.moveTo(0, -size * 0.8);
      c.lineTo(size * 0.8, 0);
      c.lineTo(0, size * 0.8);
      c.lineTo(-size * 0.8, 0);
      break;
    default:
      c.arc(0, 0, size * 0.62, 0, 7);
  }
  c.closePath();
  c.fill();
  c.restore();
}

export type StationKind = 'hub' | 'refinery' | 'shipyard' | 'farm' | 'outpost' | 'black';

export function stationKind(s: Station, risk: number): StationKind {
  if (risk >= 4) return 'black';
  if ((s.flags & 2) !== 0) return 'shipyard';
  if (['VEN', 'GAN'].includes(s.code)) return 'farm';
  if (['IO', 'MER'].includes(s.code)) return 'refinery';
  return s.pop >= 6 ? 'hub' : 'outpost';
}

/** Glyph of a station: hexagon r 7 with a sign of its kind; diamond for the outposts. */
export function stationGlyph(
  c: Context,
  kind: StationKind,
  x: number,
  y: number,
  r: number,
  colour: string,
): void {
  c.save();
  c.translate(x, y);
  c.lineWidth = Math.max(1.2, (1.7 * r) / 7);
  c.strokeStyle = kind === 'black' ? COLOURS.rare : colour;
  c.fillStyle = '#0A1019';
  c.lineJoin = 'round';
  c.beginPath();
  const corners = kind === 'outpost' || kind === 'black' ? 4 : 6;
  for (let i = 0; i < corners; i++) {
    const a = (i * 2 * Math.PI) / corners + (corners === 4 ? Math.PI / 2 : 0);
    c.lineTo(r * Math.cos(a), r * Math.sin(a));
  }
  c.closePath();
  c.fill();
  c.stroke();
  c.fillStyle = c.strokeStyle;
  const u = r / 7;
  c.beginPath();
  switch (kind) {
    case 'hub':
      c.arc(0, 0, 2 * u, 0, 7);
      c.fill();
      break;
    case 'refinery':
      c.rect(-2.6 * u, -2.6 * u, 1.7 * u, 5.2 * u);
      c.rect(0.9 * u, -2.6 * u, 1.7 * u, 5.2 * u);
      c.fill();
      break;
    case 'shipyard':
      c.moveTo(-2.4 * u, -2.4 * u);
      c.lineTo(-2.4 * u, 2.2 * u);
      c.lineTo(2.4 * u, 2.2 * u);
      c.lineTo(2.4 * u, -2.4 * u);
      c.stroke();
      break;
    case 'farm':
      c.moveTo(0, -2.6 * u);
      c.lineTo(0, 2.6 * u);
      c.moveTo(-2.6 * u, 0);
      c.lineTo(2.6 * u, 0);
      c.stroke();
      break;
    case 'black':
      c.moveTo(-2.6 * u, 2.6 * u);
      c.lineTo(2.6 * u, -2.6 * u);
      c.stroke();
      break;
    default:
      break;
  }
  c.restore();
}

/** Corner brackets about a box. */
export function brackets(c: Context, x: number, y: number, half: number, colour: string): void {
  const arm = half * 0.34;
  c.strokeStyle = colour;
  c.lineWidth = 1.8;
  c.beginPath();
  for (const [sx, sy] of [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ] as const) {
    c.moveTo(x + sx * half, y + sy * (half - arm));
    c.lineTo(x + sx * half, y + sy * half);
    c.lineTo(x + sx * (half - arm), y + sy * half);
  }
  c.stroke();
}

export function diamond(
  c: Context,
  x: number,
  y: number,
  r: number,
  colour: string,
  filled: boolean,
): void {
  c.beginPath();
  c.moveTo(x, y - r);
  c.lineTo(x + r, y);
  c.lineTo(x, y + r);
  c.lineTo(x - r, y);
  c.closePath();
  c.lineWidth = 1.8;
  c.strokeStyle = colour;
  if (filled) {
    c.fillStyle = colour;
    c.fill();
  }
  c.stroke();
}

/** A second canvas over the world, sharp on any screen. */
export class Sheet {
  readonly canvas = document.createElement('canvas');
  readonly c: Context;
  width = 1;
  height = 1;

  constructor(private readonly most = 2) {
    this.c = this.canvas.getContext('2d')!;
  }

  resize(width: number, height: number): void {
    const ratio = Math.min(this.most, window.devicePixelRatio || 1);
    this.width = width;
    this.height = height;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
  }

  begin(): Context {
    this.c.setTransform(
      this.canvas.width / this.width,
      0,
      0,
      this.canvas.height / this.height,
      0,
      0,
    );
    this.c.clearRect(0, 0, this.width, this.height);
    return this.c;
  }
}
