// SPDX-License-Identifier: Apache-2.0
// Pictures made at load: ships by class and relation, station, bolts, trail, glows, sparks, nebula,
// bodies. Each is drawn on a canvas at twice its size and handed out as a texture.

import { Texture } from 'pixi.js';
import type { ShipClass } from '../../kernel/config';
import { alpha, COLOURS, type Relation, rgb, SHAPE } from './palette';
import { drawShip, silhouette } from './ships';

/** Pixels of a texture per px at zoom 1. */
export const FINE = 2;

function canvas(width: number, height: number): CanvasRenderingContext2D {
  const element = document.createElement('canvas');
  element.width = Math.ceil(width);
  element.height = Math.ceil(height);
  return element.getContext('2d')!;
}

const texture = (c: CanvasRenderingContext2D): Texture => Texture.from(c.canvas);

export class Art {
  private readonly ships = new Map<string, Texture>();
  private readonly made = new Map<string, Texture>();

  private keep(name: string, draw: () => CanvasRenderingContext2D): Texture {
    let found = this.made.get(name);
    if (!found) this.made.set(name, (found = texture(draw())));
    return found;
  }

  /** Forgets what depends on the colour of the hostile. */
  recolour(): void {
    for (const map of [this.ships, this.made]) {
      for (const [name, t] of map) {
        if (!name.includes('hostile')) continue;
        t.destroy(true);
        map.delete(name);
      }
    }
  }

  /** Drawn length of a ship of this hit radius, px at zoom 1. */
  lengthOf(radius: number): number {
    return Math.max(18, radius / 0.42);
  }

  ship(classId: number, ship: ShipClass | undefined, radius: number, relation: Relation): Texture {
    const key = `${classId}-${relation}`;
    let found = this.ships.get(key);
    if (!found) {
      const s = silhouette(classId, ship);
      const scale = this.lengthOf(radius) / s.length;
      const side = (s.length + 8) * scale * (relation === 'own' ? 2 : 1.25) + 12;
      const c = canvas(side * FINE, side * FINE);
      c.scale(FINE, FINE);
      c.translate(side / 2, side / 2);
      drawShip(c, s, scale, SHAPE[relation], relation === 'own');
      this.ships.set(key, (found = texture(c)));
    }
    return found;
  }

  trail(relation: Relation): Texture {
    const colour =
      relation === 'own' ? '#FFB84A' : relation === 'neutral' ? '#8FA3BA' : SHAPE[relation];
    return this.keep(`trail-${relation}`, () => {
      const c = canvas(104, 16);
      const g = c.createLinearGradient(104, 0, 0, 0);
      g.addColorStop(0, alpha(colour, 0.55));
      g.addColorStop(1, alpha(colour, 0));
      c.fillStyle = g;
      c.beginPath();
      c.moveTo(104, 3);
      c.quadraticCurveTo(50, 5, 0, 8);
      c.quadraticCurveTo(50, 11, 104, 13);
      c.fill();
      const core = c.createLinearGradient(104, 0, 78, 0);
      core.addColorStop(0, 'rgba(255,255,255,.9)');
      core.addColorStop(1, 'rgba(255,255,255,0)');
      c.fillStyle = core;
      c.fillRect(78, 6, 26, 4);
      return c;
    });
  }

  bolt(relation: Relation): Texture {
    return this.keep(`bolt-${relation}`, () => {
      const c = canvas(80, 48);
      const colour = SHAPE[relation];
      const glow = c.createRadialGradient(40, 24, 0, 40, 24, 24);
      glow.addColorStop(0, alpha(colour, 0.42));
      glow.addColorStop(1, alpha(colour, 0));
      c.fillStyle = glow;
      c.fillRect(0, 0, 80, 48);
      c.lineCap = 'round';
      const dashes =
        relation === 'hostile'
          ? [
              [22, 30],
              [42, 54],
            ]
          : [[25, 55]];
      for (const [width, style] of [
        [5.6, colour],
        [2.4, '#FFFFFF'],
      ] as const) {
        c.lineWidth = width;
        c.strokeStyle = style;
        c.beginPath();
        for (const [from, to] of dashes) {
          c.moveTo(from!, 24);
          c.lineTo(to!, 24);
        }
        c.stroke();
      }
      return c;
    });
  }

  /** Arc of a shield that faces +x, on a circle of 100 px. */
  arc(): Texture {
    return this.keep('arc', () => {
      const c = canvas(240, 240);
      c.translate(120, 120);
      c.lineCap = 'round';
      const span = (49 * Math.PI) / 180;
      for (const [width, a, colour] of [
        [14, 0.12, '#4AA8FF'],
        [6.8, 0.32, '#7CC4FF'],
        [2.8, 0.95, '#E4F4FF'],
      ] as const) {
        c.lineWidth = width;
        c.strokeStyle = alpha(colour, a);
        c.beginPath();
        c.arc(0, 0, 100, -span, span);
        c.stroke();
      }
      return c;
    });
  }

  /** A soft round light, white. */
  glow(): Texture {
    return this.keep('glow', () => {
      const c = canvas(64, 64);
      const g = c.createRadialGradient(32, 32, 0, 32, 32, 32);
      g.addColorStop(0, 'rgba(255,255,255,1)');
      g.addColorStop(0.3, 'rgba(255,255,255,.45)');
      g.addColorStop(1, 'rgba(255,255,255,0)');
      c.fillStyle = g;
      c.fillRect(0, 0, 64, 64);
      return c;
    });
  }

  dot(): Texture {
    return this.keep('dot', () => {
      const c = canvas(16, 16);
      c.fillStyle = '#fff';
      c.arc(8, 8, 6, 0, 7);
      c.fill();
      return c;
    });
  }

  streak(): Texture {
    return this.keep('streak', () => {
      const c = canvas(32, 4);
      const g = c.createLinearGradient(0, 0, 32, 0);
      g.addColorStop(0, 'rgba(255,255,255,0)');
      g.addColorStop(1, 'rgba(255,255,255,1)');
      c.fillStyle = g;
      c.fillRect(0, 1, 32, 2);
      return c;
    });
  }

  ember(): Texture {
    return this.keep('ember', () => {
      const c = canvas(64, 64);
      const g = c.createRadialGradient(32, 32, 0, 32, 32, 32);
      g.addColorStop(0, 'rgba(255,226,170,.9)');
      g.addColorStop(0.35, 'rgba(255,140,60,.55)');
      g.addColorStop(1, 'rgba(120,30,10,0)');
      c.fillStyle = g;
      c.fillRect(0, 0, 64, 64);
      return c;
    });
  }

  /** The broken ring of an explosion, on a circle of 100 px. */
  ring(): Texture {
    return this.keep('ring', () => {
      const c = canvas(220, 220);
      c.translate(110, 110);
      c.lineWidth = 2.4;
      c.strokeStyle = '#FFD9A0';
      for (const [from, to] of [
        [0.1, 1.3],
        [1.6, 2.4],
        [2.7, 4.2],
        [4.5, 5.2],
        [5.5, 6.2],
      ] as const) {
        c.beginPath();
        c.arc(0, 0, 100, from, to);
        c.stroke();
      }
      return c;
    });
  }

  chip(): Texture {
    return this.keep('chip', () => {
      const c = canvas(20, 16);
      c.strokeStyle = '#8FA3BA';
      c.fillStyle = '#202A38';
      c.lineWidth = 2;
      c.beginPath();
      c.moveTo(2, 13);
      c.lineTo(9, 2);
      c.lineTo(18, 11);
      c.closePath();
      c.fill();
      c.stroke();
      return c;
    });
  }

  loot(): Texture {
    return this.keep('loot', () => {
      const c = canvas(72, 72);
      c.translate(36, 36);
      c.strokeStyle = alpha(COLOURS.gain, 0.5);
      c.fillStyle = alpha(COLOURS.gain, 0.08);
      c.lineWidth = 2;
      c.beginPath();
      c.arc(0, 0, 30, 0, 7);
      c.fill();
      c.stroke();
      c.rotate(0.35);
      c.fillStyle = '#0A1F1C';
      c.strokeStyle = COLOURS.gain;
      c.lineWidth = 3;
      c.fillRect(-13, -13, 26, 26);
      c.strokeRect(-13, -13, 26, 26);
      c.lineWidth = 2;
      c.beginPath();
      c.moveTo(-13, 0);
      c.lineTo(13, 0);
      c.moveTo(0, -13);
      c.lineTo(0, 13);
      c.stroke();
      return c;
    });
  }

  torpedo(relation: Relation): Texture {
    return this.keep(`torpedo-${relation}`, () => {
      const c = canvas(48, 24);
      c.fillStyle = SHAPE[relation];
      c.strokeStyle = '#fff';
      c.lineWidth = 2;
      c.beginPath();
      c.moveTo(44, 12);
      c.lineTo(28, 5);
      c.lineTo(6, 5);
      c.lineTo(12, 12);
      c.lineTo(6, 19);
      c.lineTo(28, 19);
      c.closePath();
      c.fill();
      c.stroke();
      return c;
    });
  }

  station(): Texture {
    return this.keep('station', () => drawStation());
  }

  /** Half a megapixel of domain-warped noise, white on clear, to be tinted. */
  nebula(): Texture {
    return this.keep('nebula', () => drawNebula());
  }

  /** The Sun or a planet in a colour; the light comes from the upper left. */
  body(name: string): Texture {
    return this.keep(`body-${name}`, () => (name === 'Sun' ? drawSun() : drawPlanet(name)));
  }
}

function hexagon(c: CanvasRenderingContext2D, r: number, turn = 0): void {
  c.beginPath();
  for (let i = 0; i < 6; i++)
    c.lineTo(r * Math.cos(turn + (i * Math.PI) / 3), r * Math.sin(turn + (i * Math.PI) / 3));
  c.closePath();
}

function drawStation(): CanvasRenderingContext2D {
  const c = canvas(760, 760);
  c.scale(FINE, FINE);
  c.translate(190, 190);
  c.lineJoin = 'round';
  c.strokeStyle = '#51647D';
  c.fillStyle = '#16202E';
  for (let i = 0; i < 6; i++) {
    c.save();
    c.rotate((i * Math.PI) / 3);
    c.fillStyle = '#121B28';
    c.lineWidth = 1.2;
    c.fillRect(30, -5, 92, 10);
    c.strokeRect(30, -5, 92, 10);
    c.restore();
  }
  c.lineWidth = 14;
  c.strokeStyle = '#1B2636';
  hexagon(c, 124);
  c.stroke();
  c.lineWidth = 1.4;
  c.strokeStyle = '#6E84A0';
  hexagon(c, 132);
  c.stroke();
  hexagon(c, 116);
  c.stroke();
  for (let i = 0; i < 6; i++) {
    c.save();
    c.rotate((i * Math.PI) / 3);
    c.translate(124, 0);
    c.fillStyle = '#2A3B52';
    c.fillRect(-11, -14, 22, 28);
    c.strokeRect(-11, -14, 22, 28);
    c.restore();
    c.fillStyle = COLOURS.own;
    for (let k = 1; k < 6; k++) {
      const a = (i * Math.PI) / 3;
      const b = a + Math.PI / 3;
      const t = 0.12 + k * 0.127;
      c.fillRect(
        124 * (Math.cos(a) + (Math.cos(b) - Math.cos(a)) * t) - 0.9,
        124 * (Math.sin(a) + (Math.sin(b) - Math.sin(a)) * t) - 0.9,
        1.8,
        1.8,
      );
    }
  }
  for (let i = 0; i < 3; i++) {
    c.save();
    c.rotate((i * 2 * Math.PI) / 3 + Math.PI / 6);
    c.fillStyle = '#16202E';
    c.fillRect(122, -8, 50, 16);
    c.strokeRect(122, -8, 50, 16);
    c.fillStyle = COLOURS.friend;
    c.fillRect(169, -10, 4, 4);
    c.fillRect(169, 6, 4, 4);
    c.restore();
  }
  c.fillStyle = '#1B2738';
  hexagon(c, 36, 0.3);
  c.fill();
  c.stroke();
  hexagon(c, 22, 0.3);
  c.stroke();
  c.fillStyle = '#E9EFF6';
  c.beginPath();
  c.arc(0, 0, 4.5, 0, 7);
  c.fill();
  return c;
}

function noiseTable(): Float32Array {
  const table = new Float32Array(65536);
  let state = 20240717;
  for (let i = 0; i < table.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    table[i] = state / 4294967296;
  }
  return table;
}

function drawNebula(): CanvasRenderingContext2D {
  const side = 512;
  const table = noiseTable();
  const at = (x: number, y: number, period: number): number => {
    const x0 = Math.floor(x);
    const y0 = Math.floor(y);
    const fx = x - x0;
    const fy = y - y0;
    const u = fx * fx * (3 - 2 * fx);
    const v = fy * fy * (3 - 2 * fy);
    const p = (i: number, j: number): number =>
      table[
        ((((i % period) + period) % period) * 251 + (((j % period) + period) % period) * 17) & 65535
      ]!;
    const top = p(x0, y0) + (p(x0 + 1, y0) - p(x0, y0)) * u;
    const low = p(x0, y0 + 1) + (p(x0 + 1, y0 + 1) - p(x0, y0 + 1)) * u;
    return top + (low - top) * v;
  };
  const cloud = (x: number, y: number): number => {
    let sum = 0;
    for (let octave = 0, size = 4, weight = 0.5; octave < 5; octave++, size *= 2, weight /= 2)
      sum += at((x / side) * size, (y / side) * size, size) * weight;
    return sum;
  };
  const c = canvas(side, side);
  const image = c.createImageData(side, side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const wx = x + 60 * (cloud(x, y) - 0.5);
      const wy = y + 60 * (cloud(y + 128, x) - 0.5);
      const value = Math.max(0, cloud(wx, wy) - 0.42) / 0.5;
      const i = (y * side + x) * 4;
      image.data[i] = image.data[i + 1] = image.data[i + 2] = 255;
      image.data[i + 3] = Math.min(255, 255 * value * value * 1.8);
    }
  }
  c.putImageData(image, 0, 0);
  return c;
}

const PLANETS: { [name: string]: [string, string] } = {
  Earth: ['#2C5A86', '#16324E'],
  Moon: ['#5B6470', '#2E343D'],
  Venus: ['#8A6A3C', '#4A371F'],
  Mercury: ['#6A5A4C', '#352C25'],
  Mars: ['#8A4A30', '#452316'],
  Ceres: ['#59616B', '#2B3036'],
  Vesta: ['#6B5F52', '#352F28'],
  Pallas: ['#5A5566', '#2A2733'],
  Jupiter: ['#8A6F50', '#4B3926'],
  Saturn: ['#8C7A52', '#4A4029'],
  Neptune: ['#2C4E8C', '#16284B'],
  Titan: ['#8C7238', '#493A1C'],
};

function drawSun(): CanvasRenderingContext2D {
  const c = canvas(640, 640);
  const g = c.createRadialGradient(320, 320, 60, 320, 320, 320);
  g.addColorStop(0, 'rgba(255,214,140,.55)');
  g.addColorStop(0.28, 'rgba(255,170,80,.3)');
  g.addColorStop(0.4, 'rgba(255,120,50,.1)');
  g.addColorStop(1, 'rgba(255,100,40,0)');
  c.fillStyle = g;
  c.fillRect(0, 0, 640, 640);
  return c;
}

function drawPlanet(name: string): CanvasRenderingContext2D {
  const [light, dark] = PLANETS[name] ?? ['#4A5568', '#232A36'];
  const c = canvas(640, 640);
  const [r, g, b] = rgb(light);
  c.save();
  c.beginPath();
  c.arc(320, 320, 300, 0, 7);
  c.clip();
  const shade = c.createRadialGradient(200, 170, 40, 320, 330, 330);
  shade.addColorStop(0, light);
  shade.addColorStop(0.55, dark);
  shade.addColorStop(1, '#070A10');
  c.fillStyle = shade;
  c.fillRect(0, 0, 640, 640);
  const table = noiseTable();
  for (let i = 0; i < 26; i++) {
    c.fillStyle = `rgba(${r},${g},${b},${0.05 + 0.05 * table[i]!})`;
    c.beginPath();
    c.ellipse(
      320 + 60 * (table[i + 40]! - 0.5),
      640 * table[i + 80]!,
      330,
      6 + 20 * table[i + 120]!,
      0.12,
      0,
      7,
    );
    c.fill();
  }
  const night = c.createLinearGradient(160, 130, 520, 560);
  night.addColorStop(0.35, 'rgba(3,5,9,0)');
  night.addColorStop(0.85, 'rgba(3,5,9,.92)');
  c.fillStyle = night;
  c.fillRect(0, 0, 640, 640);
  c.restore();
  c.lineWidth = 3;
  c.strokeStyle = alpha(light, 0.6);
  c.beginPath();
  c.arc(320, 320, 300, 2.6, 5.2);
  c.stroke();
  return c;
}
