// SPDX-License-Identifier: Apache-2.0
// The radar: linear, north up, 1,500 or 3,000 m; ships, stations, loot and the zones around.

import { CLASS_LOOT, CLASS_TORPEDO } from '../../kernel/kernel';
import { K_PER_UNIT } from '../../sdk/entity';
import type { Game } from '../game';
import { type BorderLine, strokeBorders, zoneAt } from './borders';
import type { Camera } from './camera';
import { mark, Sheet, stationGlyph, stationKind } from './marks';
import { alpha, COLOURS, RISK_EDGE, TINT } from './palette';

export class Radar {
  readonly sheet = new Sheet();
  range = 1500;

  constructor() {
    this.resize(200);
  }

  resize(side: number): void {
    if (this.sheet.width !== side) this.sheet.resize(side, side);
  }

  toggleRange(): void {
    this.range = this.range === 1500 ? 3000 : 1500;
  }

  draw(game: Game, camera: Camera, borders: readonly BorderLine[]): void {
    const c = this.sheet.begin();
    const side = this.sheet.width;
    const r = side / 2 - 4;
    const here = { ...game.place() };
    const ux = here.x / K_PER_UNIT;
    const uy = here.y / K_PER_UNIT;
    const scale = r / this.range;
    const place = (x: number, y: number): [number, number] => [
      side / 2 + (x - ux) * scale,
      side / 2 - (y - uy) * scale,
    ];
    c.fillStyle = alpha(COLOURS.panel, 0.94);
    c.beginPath();
    c.arc(side / 2, side / 2, r, 0, 7);
    c.fill();
    c.save();
    c.clip();
    this.fillZones(c, game, ux, uy, side);
    const near = borders.filter(
      (b) =>
        b.box[0] < ux + this.range &&
        b.box[2] > ux - this.range &&
        b.box[1] < uy + this.range &&
        b.box[3] > uy - this.range,
    );
    strokeBorders(c, near, place, false, RISK_EDGE);
    c.restore();
    this.rings(c, side, r, camera, scale);
    this.blips(c, game, place, side, r);
    const heading = game.own?.inSpace
      ? game.own.poseAt(game.session.ownTick, game.session.now()).heading
      : 0;
    mark(c, 'own', side / 2, side / 2, side < 150 ? 5 : 6.5, (-heading * Math.PI) / 2048);
  }

  private fillZones(
    c: CanvasRenderingContext2D,
    game: Game,
    ux: number,
    uy: number,
    side: number,
  ): void {
    if (!game.config) return;
    const cells = 20;
    const size = side / cells;
    for (let i = 0; i < cells; i++) {
      for (let k = 0; k < cells; k++) {
        const x = ux + ((i + 0.5) / cells - 0.5) * 2 * this.range;
        const y = uy - ((k + 0.5) / cells - 0.5) * 2 * this.range;
        const risk = zoneAt(game.config, x, y)?.risk ?? 0;
        if (risk < 4) continue;
        c.fillStyle = alpha(RISK_EDGE[risk]!, 0.16);
        c.fillRect(i * size, k * size, size, size);
      }
    }
  }

  private rings(
    c: CanvasRenderingContext2D,
    side: number,
    r: number,
    camera: Camera,
    scale: number,
  ): void {
    c.lineWidth = 1;
    c.strokeStyle = alpha(COLOURS.line, 0.8);
    for (const share of [1 / 3, 2 / 3]) {
      c.beginPath();
      c.arc(side / 2, side / 2, r * share, 0, 7);
      c.stroke();
    }
    const w = (camera.width / camera.zoom) * scale;
    const h = (camera.height / camera.zoom) * scale;
    c.strokeStyle = alpha(COLOURS.edge, 0.7);
    c.strokeRect(side / 2 - w / 2, side / 2 - h * 0.45, w, h);
    c.lineWidth = 1.6;
    c.strokeStyle = alpha(COLOURS.edge, 0.9);
    c.beginPath();
    c.arc(side / 2, side / 2, r, 0, 7);
    c.stroke();
    c.lineWidth = 1;
    c.beginPath();
    for (let i = 0; i < 48; i++) {
      const a = (i * Math.PI) / 24;
      const inner = r - (i % 12 === 0 ? 7 : 3);
      c.moveTo(side / 2 + Math.cos(a) * r, side / 2 + Math.sin(a) * r);
      c.lineTo(side / 2 + Math.cos(a) * inner, side / 2 + Math.sin(a) * inner);
    }
    c.stroke();
  }

  private blips(
    c: CanvasRenderingContext2D,
    game: Game,
    place: (x: number, y: number) => [number, number],
    side: number,
    r: number,
  ): void {
    const middle = side / 2;
    const size = side < 150 ? 4 : 5;
    game.nearestStations().forEach((near, i) => {
      let [x, y] = place(near.station.x, near.station.y);
      const far = Math.hypot(x - middle, y - middle);
      const pinned = far > r - 9;
      if (pinned && i > 1 && near.station.id !== game.route) return;
      if (pinned) {
        x = middle + ((x - middle) / far) * (r - 9);
        y = middle + ((y - middle) / far) * (r - 9);
      }
      const chosen = near.station.id === game.route || i === 0;
      stationGlyph(
        c,
        stationKind(near.station, game.zone(near.station.zone)?.risk ?? 0),
        x,
        y,
        pinned ? 5 : 6.5,
        chosen ? COLOURS.own : COLOURS.text,
      );
    });
    for (const e of game.world?.entities.values() ?? []) {
      const relation = game.relation(e);
      if (relation === 'own' || e.classId === CLASS_TORPEDO) continue;
      const pose = game.poseOf(e);
      let [x, y] = place(pose.x / K_PER_UNIT, pose.y / K_PER_UNIT);
      const far = Math.hypot(x - middle, y - middle);
      const isTarget = e.id === game.target;
      if (far > r - 5) {
        if (!isTarget) continue;
        x = middle + ((x - middle) / far) * (r - 6);
        y = middle + ((y - middle) / far) * (r - 6);
      }
      mark(c, relation, x, y, e.classId === CLASS_LOOT ? 4 : relation === 'neutral' ? 4 : size);
      if (!isTarget) continue;
      c.lineWidth = 1.5;
      c.strokeStyle = TINT[relation];
      c.beginPath();
      c.arc(x, y, 10, 0, 7);
      c.stroke();
    }
  }
}
