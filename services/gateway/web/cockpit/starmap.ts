// SPDX-License-Identifier: Apache-2.0
// The map of the system on a canvas: zones by risk, borders, stations, the own ship and its route.
// Used for the landing's picture and, full screen, for planning.

import type { Station, WorldConfig } from '../kernel/config';
import { type BorderLine, borderLines, strokeBorders } from './scene/borders';
import { mark, Sheet, stationGlyph, stationKind } from './scene/marks';
import { alpha, COLOURS, RISK_EDGE } from './scene/palette';

const ZOOM_MIN = 0.004;
const ZOOM_MAX = 0.2;
/** The play square begins at cell 224 of 512; it has 8 x 8 sectors of 8 x 8 cells of 2,048 u. */
const PLAY_MIN = 224 * 2048;
const SECTORS = 8;
const SECTOR_UNITS = 8 * 2048;

export interface MapState {
  ship: { x: number; y: number; heading: number } | null;
  route: number;
  chosen: number;
  /** Ships by sector, as the session has it. */
  density: number[];
  /** Words under a station's name. */
  note: (s: Station) => string;
}

export class StarMap {
  readonly sheet = new Sheet();
  private lines: BorderLine[] = [];
  private config: WorldConfig | null = null;
  private scale = 0.012;
  private x = 540000;
  private y = 527000;
  private drag: { x: number; y: number; moved: boolean } | null = null;
  onPick: (station: Station) => void = () => undefined;

  constructor() {
    const { canvas } = this.sheet;
    canvas.addEventListener(
      'pointerdown',
      (e) => (this.drag = { x: e.clientX, y: e.clientY, moved: false }),
    );
    canvas.addEventListener('pointermove', (e) => {
      if (!this.drag) return;
      const dx = e.clientX - this.drag.x;
      const dy = e.clientY - this.drag.y;
      if (Math.hypot(dx, dy) < 4 && !this.drag.moved) return;
      this.x -= dx / this.scale;
      this.y += dy / this.scale;
      this.drag = { x: e.clientX, y: e.clientY, moved: true };
    });
    window.addEventListener('pointerup', (e) => {
      const was = this.drag;
      this.drag = null;
      if (was && !was.moved && e.target === canvas) this.pick(e.offsetX, e.offsetY);
    });
    canvas.addEventListener(
      'wheel',
      (e) => {
        e.preventDefault();
        this.zoom(Math.exp(-e.deltaY * 0.0015), e.offsetX, e.offsetY);
      },
      { passive: false },
    );
  }

  configure(config: WorldConfig): void {
    this.config = config;
    this.lines = borderLines(config);
  }

  /** Shows all stations, shifted right by a share of the width. */
  fit(width: number, height: number, shift: number): void {
    this.sheet.resize(width, height);
    const list = this.config?.stations ?? [];
    if (list.length === 0) return;
    const xs = list.map((s) => s.x);
    const ys = list.map((s) => s.y);
    const [l, r, b, t] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    this.scale = Math.min((width * (1 - shift) * 0.86) / (r - l), (height * 0.7) / (t - b));
    this.x = (l + r) / 2 - (shift * width * 0.5) / this.scale;
    this.y = (t + b) / 2;
  }

  /** Centres on a place in world units. */
  centre(x: number, y: number, scale: number): void {
    this.x = x;
    this.y = y;
    this.scale = scale;
  }

  zoom(factor: number, px = this.sheet.width / 2, py = this.sheet.height / 2): void {
    const [wx, wy] = this.toWorld(px, py);
    this.scale = Math.max(ZOOM_MIN, Math.min(ZOOM_MAX, this.scale * factor));
    const [nx, ny] = this.toWorld(px, py);
    this.x += wx - nx;
    this.y += wy - ny;
  }

  private toScreen(x: number, y: number): [number, number] {
    return [
      this.sheet.width / 2 + (x - this.x) * this.scale,
      this.sheet.height / 2 - (y - this.y) * this.scale,
    ];
  }

  private toWorld(px: number, py: number): [number, number] {
    return [
      this.x + (px - this.sheet.width / 2) / this.scale,
      this.y - (py - this.sheet.height / 2) / this.scale,
    ];
  }

  private pick(px: number, py: number): void {
    const near = (this.config?.stations ?? [])
      .map((s) => ({
        s,
        d: Math.hypot(this.toScreen(s.x, s.y)[0] - px, this.toScreen(s.x, s.y)[1] - py),
      }))
      .sort((a, b) => a.d - b.d)[0];
    if (near && near.d < 30) this.onPick(near.s);
  }

  draw(state: MapState, now: number): void {
    const c = this.sheet.begin();
    const { config } = this;
    if (!config) return;
    const zone = new Map(config.zones.map((z) => [z.id, z]));
    for (const s of [...config.shapes].reverse()) {
      const risk = zone.get(s.zone)?.risk ?? 0;
      if (s.kind === 0) continue;
      const [x1, y1] = this.toScreen(s.x1, s.y1);
      const [x2, y2] = this.toScreen(s.x2, s.y2);
      c.fillStyle = c.strokeStyle = alpha(RISK_EDGE[risk]!, s.r > 15000 ? 0.035 : 0.06);
      c.beginPath();
      if (s.kind === 1) {
        c.arc(x1, y1, s.r * this.scale, 0, 7);
        c.fill();
      } else {
        c.lineWidth = 2 * s.r * this.scale;
        c.moveTo(x1, y1);
        c.lineTo(x2, y2);
        c.stroke();
      }
    }
    strokeBorders(
      c,
      this.lines,
      (x, y) => this.toScreen(x, y),
      false,
      RISK_EDGE.map((e) => alpha(e, 0.7)),
    );
    this.drawDensity(c, state.density);
    this.drawSun(c);
    if (state.ship && state.route) this.drawRoute(c, state);
    for (const s of config.stations) this.drawStation(c, s, zone.get(s.zone)?.risk ?? 0, state);
    if (state.ship) {
      const [x, y] = this.toScreen(state.ship.x, state.ship.y);
      c.strokeStyle = alpha(COLOURS.own, 0.35 + 0.25 * Math.sin(now * 0.004));
      c.lineWidth = 1.5;
      c.beginPath();
      c.arc(x, y, 13, 0, 7);
      c.stroke();
      mark(c, 'own', x, y, 6, (-state.ship.heading * Math.PI) / 2048);
    }
  }

  /** A glow for each sector in which there are ships, brighter the more there are. */
  private drawDensity(c: CanvasRenderingContext2D, density: number[]): void {
    const r = SECTOR_UNITS * 0.62 * this.scale;
    density.forEach((ships, i) => {
      if (ships === 0) return;
      const [x, y] = this.toScreen(
        PLAY_MIN + ((i % SECTORS) + 0.5) * SECTOR_UNITS,
        PLAY_MIN + (Math.floor(i / SECTORS) + 0.5) * SECTOR_UNITS,
      );
      const glow = c.createRadialGradient(x, y, 0, x, y, r);
      glow.addColorStop(0, alpha(COLOURS.text, Math.min(0.3, 0.05 * Math.log2(1 + ships))));
      glow.addColorStop(1, alpha(COLOURS.text, 0));
      c.fillStyle = glow;
      c.fillRect(x - r, y - r, 2 * r, 2 * r);
      c.font = '500 12px Plex, sans-serif';
      c.textAlign = 'center';
      c.fillStyle = alpha(COLOURS.mute, 0.9);
      c.fillText(String(ships), x, y);
    });
  }

  private drawSun(c: CanvasRenderingContext2D): void {
    const [x, y] = this.toScreen(524288, 524288);
    const r = Math.max(9, 2500 * this.scale);
    const g = c.createRadialGradient(x, y, 0, x, y, r * 2.6);
    g.addColorStop(0, 'rgba(255,214,140,.9)');
    g.addColorStop(0.3, 'rgba(255,170,80,.35)');
    g.addColorStop(1, 'rgba(255,140,60,0)');
    c.fillStyle = g;
    c.beginPath();
    c.arc(x, y, r * 2.6, 0, 7);
    c.fill();
  }

  private drawRoute(c: CanvasRenderingContext2D, state: MapState): void {
    const to = this.config!.stations.find((s) => s.id === state.route);
    if (!to || !state.ship) return;
    c.save();
    c.setLineDash([6, 6]);
    c.lineWidth = 1.5;
    c.strokeStyle = COLOURS.own;
    c.beginPath();
    c.moveTo(...this.toScreen(state.ship.x, state.ship.y));
    c.lineTo(...this.toScreen(to.x, to.y));
    c.stroke();
    c.restore();
  }

  private drawStation(
    c: CanvasRenderingContext2D,
    s: Station,
    risk: number,
    state: MapState,
  ): void {
    const [x, y] = this.toScreen(s.x, s.y);
    const chosen = s.id === state.chosen || s.id === state.route;
    if (s.id === state.chosen) {
      c.strokeStyle = COLOURS.own;
      c.lineWidth = 1.5;
      c.beginPath();
      c.arc(x, y, 15, 0, 7);
      c.stroke();
    }
    stationGlyph(c, stationKind(s, risk), x, y, 8, chosen ? COLOURS.own : RISK_EDGE[risk]!);
    c.font = '600 13px Oxanium, sans-serif';
    c.textAlign = 'center';
    c.lineWidth = 4;
    c.strokeStyle = alpha(COLOURS.void, 0.8);
    c.strokeText(s.name, x, y + 26);
    c.fillStyle = chosen ? COLOURS.own : COLOURS.text;
    c.fillText(s.name, x, y + 26);
    const note = state.note(s);
    if (!note) return;
    c.font = '500 12px Plex, sans-serif';
    c.strokeText(note, x, y + 41);
    c.fillStyle = COLOURS.mute;
    c.fillText(note, x, y + 41);
  }
}
