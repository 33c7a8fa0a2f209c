// SPDX-License-Identifier: Apache-2.0
// Silhouettes: nose to +x, y down, on a grid of +-16, and the drawing of them on a canvas.

import type { ShipClass } from '../../kernel/config';
import { CLASS_DRONE } from '../../kernel/kernel';
import { mix } from './palette';

export interface Silhouette {
  points: [number, number][];
  engines: [number, number][];
  /** Where detail lines run, pairs of points. */
  details: [number, number, number, number][];
  length: number;
}

const parse = (text: string): [number, number][] =>
  text.split(' ').map((pair) => pair.split(',').map(Number) as [number, number]);

function shape(
  points: string,
  engines: string,
  details: [number, number, number, number][],
): Silhouette {
  const polygon = parse(points);
  const xs = polygon.map((p) => p[0]);
  const ys = polygon.map((p) => p[1]);
  const length = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
  return { points: polygon, engines: parse(engines), details, length };
}

const half = parse(
  '16,-2.5 12,-5 10,-5 10,-2 8,-2 8,-9 2,-9 2,-2 0,-2 0,-9 -6,-9 -6,-2 -8,-2 -8,-6 -15,-6 -16,0',
);
const albatross = [
  ...half,
  ...half
    .slice(0, -1)
    .reverse()
    .map(([x, y]): [number, number] => [x, -y]),
]
  .map((p) => p.join())
  .join(' ');

const SHAPES = {
  wren: shape('15,0 2,-7 -7,-11 -11,-9 -7,0 -11,9 -7,11 2,7', '-8,0', [
    [13, 0, -5, 0],
    [2, -7, -3, -3],
    [2, 7, -3, 3],
  ]),
  shrike: shape(
    '5,-2.5 16,-6 5,-9 -5,-14 -13,-10 -9,-3 -9,3 -13,10 -5,14 5,9 16,6 5,2.5',
    '-9.5,-5 -9.5,5',
    [
      [5, 0, -7, 0],
      [5, -8, -8, -6],
      [5, 8, -8, 6],
    ],
  ),
  swift: shape(
    '16,0 7,-2.6 -4,-3.4 -10,-9 -15,-9 -12,-2.5 -15,0 -12,2.5 -15,9 -10,9 -4,3.4 7,2.6',
    '-13.5,0',
    [
      [13, 0, -10, 0],
      [-4, -3.4, -9, -1],
      [-4, 3.4, -9, 1],
    ],
  ),
  pelican: shape(
    '14,-4 9,-10 -8,-10 -8,-7 -15,-7 -15,-2 -11,-2 -11,2 -15,2 -15,7 -8,7 -8,10 9,10 14,4',
    '-15,-4.5 -15,4.5',
    [
      [9, -10, 9, 10],
      [3, -10, 3, 10],
      [-3, -10, -3, 10],
      [-8, -7, -8, 7],
    ],
  ),
  albatross: shape(albatross, '-15.6,-3.5 -15.6,3.5', [
    [12, 0, -14, 0],
    [5, -9, 5, -2],
    [-3, -9, -3, -2],
    [5, 9, 5, 2],
    [-3, 9, -3, 2],
  ]),
  condor: shape(
    '15,0 8,-3.5 3,-6 -4,-16 -11,-16 -7,-7 -12,-5 -13,0 -12,5 -7,7 -11,16 -4,16 3,6 8,3.5',
    '-11.5,-3 -11.5,3',
    [
      [12, 0, -10, 0],
      [3, -6, -6, -5],
      [3, 6, -6, 5],
    ],
  ),
  jackdaw: shape('16,0 6,-5 1,-5 -5,-15 -14,-16 -8,-5 -14,-3 -12,4 -6,4 -8,9 2,9 8,4', '-13,.5', [
    [14, 0, -9, 0],
    [1, -5, -7, -3],
    [4, 4, -4, 4],
  ]),
  sentinel: shape(
    '16,0 8,-4 3,-4 3,-9 9,-9 9,-13 -8,-13 -8,-9 -2,-9 -2,-4 -11,-4 -14,-6 -14,6 -11,4 ' +
      '-2,4 -2,9 -8,9 -8,13 9,13 9,9 3,9 3,4 8,4',
    '-14,0 -8,-11 -8,11',
    [
      [13, 0, -11, 0],
      [-6, -11, 7, -11],
      [-6, 11, 7, 11],
    ],
  ),
  drone: shape('10,0 3,6 -8,6 -4,0 -8,-6 3,-6', '-4,0', [[8, 0, -2, 0]]),
};

const BY_CODE: { [code: string]: keyof typeof SHAPES } = {
  shuttle: 'wren',
  scout: 'swift',
  hauler: 'pelican',
  heavy_hauler: 'albatross',
  fighter: 'shrike',
  gunship: 'condor',
  raider: 'jackdaw',
  cutter: 'sentinel',
};

/** The shape of a class, or of its role when the class is new. */
export function silhouette(classId: number, ship: ShipClass | undefined): Silhouette {
  if (classId === CLASS_DRONE) return SHAPES.drone;
  if (!ship) return SHAPES.wren;
  const name = BY_CODE[ship.code];
  if (name) return SHAPES[name];
  return SHAPES[
    ship.role === 1
      ? 'jackdaw'
      : ship.role === 2
        ? 'sentinel'
        : ship.hold >= 60
          ? 'pelican'
          : 'wren'
  ];
}

/** Draws a ship about the origin, `scale` px per grid unit. */
export function drawShip(
  c: CanvasRenderingContext2D,
  s: Silhouette,
  scale: number,
  colour: string,
  own: boolean,
): void {
  const path = new Path2D();
  s.points.forEach(([x, y], i) =>
    i === 0 ? path.moveTo(x * scale, y * scale) : path.lineTo(x * scale, y * scale),
  );
  path.closePath();
  c.save();
  c.lineJoin = 'round';
  if (own) {
    const halo = c.createRadialGradient(0, 0, 4, 0, 0, s.length * scale * 0.9);
    halo.addColorStop(0, 'rgba(255,216,119,.28)');
    halo.addColorStop(1, 'rgba(255,216,119,0)');
    c.fillStyle = halo;
    c.fillRect(-99 * scale, -99 * scale, 198 * scale, 198 * scale);
  }
  const dark = '#0A1019';
  for (const [from, share] of [
    [-20, own ? 0.38 : 0.64],
    [0, own ? 0.6 : 0.8],
  ] as const) {
    c.save();
    c.beginPath();
    c.rect(-20 * scale, from * scale, 40 * scale, 20 * scale);
    c.clip();
    c.fillStyle = mix(colour, dark, share);
    c.fill(path);
    c.restore();
  }
  c.globalAlpha = 0.55;
  c.lineWidth = 1;
  c.strokeStyle = colour;
  c.beginPath();
  for (const [x1, y1, x2, y2] of s.details) {
    c.moveTo(x1 * scale, y1 * scale);
    c.lineTo(x2 * scale, y2 * scale);
  }
  c.stroke();
  c.globalAlpha = 1;
  c.lineWidth = own ? 1.7 : 1.5;
  c.strokeStyle = own ? '#FFF1CC' : colour;
  c.stroke(path);
  c.restore();
}
