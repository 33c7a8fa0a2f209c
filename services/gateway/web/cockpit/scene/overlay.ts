// SPDX-License-Identifier: Apache-2.0
// What is drawn over the world at the things it speaks of: zone borders, names and small bars,
// target brackets, lead diamond, drift dots, cradle arcs, cursor, edge markers. One 2D canvas.

import type { Station } from '../../kernel/config';
import { CLASS_LOOT } from '../../kernel/kernel';
import { type Entity, K_PER_UNIT } from '../../sdk/entity';
import type { Game } from '../game';
import { distance, say } from '../text';
import { type BorderLine, borderLines, strokeBorders } from './borders';
import type { Camera } from './camera';
import { brackets, diamond, mark, Sheet, stationGlyph, stationKind } from './marks';
import { alpha, COLOURS, type Relation, RISK_EDGE, SHAPE, TINT } from './palette';

const NAMES_MAX = 40;
const NAME_RANGE = 600;
const EDGE = 28;
const ARC_STAY_MS = 4000;

export interface Cursor {
  x: number;
  y: number;
  shown: boolean;
}

interface EdgeMark {
  x: number;
  y: number;
  relation: Relation | 'station';
  station?: Station;
  text: string;
  colour: string;
}

export class Overlay {
  readonly sheet = new Sheet();
  names: 'all' | 'near' | 'target' = 'near';
  private lines: BorderLine[] = [];
  private lastVitals = '';
  private vitalsAt = -1e9;

  configure(game: Game): void {
    this.lines = game.config ? borderLines(game.config) : [];
  }

  get borders(): readonly BorderLine[] {
    return this.lines;
  }

  draw(game: Game, camera: Camera, cursor: Cursor, now: number): void {
    const c = this.sheet.begin();
    this.drawBorders(c, camera);
    this.drawStations(c, game, camera);
    this.drawNames(c, game, camera);
    if (game.own?.inSpace) {
      this.drawRoute(c, game, camera);
      this.drawDrift(c, game, camera);
      this.drawOwn(c, game, camera, now);
      this.drawTarget(c, game, camera);
      if (cursor.shown) this.drawCursor(c, game, cursor);
    }
    this.drawEdges(c, game, camera);
  }

  private drawBorders(c: CanvasRenderingContext2D, camera: Camera): void {
    const [l, b, r, t] = camera.view(120);
    const near = this.lines.filter(
      (line) => line.box[0] < r && line.box[2] > l && line.box[1] < t && line.box[3] > b,
    );
    for (const line of near) {
      if (line.zone.risk !== 4) continue;
      // The glow of the lawless side, inside the line.
      c.save();
      c.lineWidth = 52;
      c.strokeStyle = alpha(RISK_EDGE[4]!, 0.05);
      c.beginPath();
      for (let i = 0; i < line.points.length; i += 2) {
        const [x, y] = camera.toScreen(line.points[i]!, line.points[i + 1]!);
        if (i === 0) c.moveTo(x, y);
        else c.lineTo(x, y);
      }
      c.stroke();
      c.restore();
    }
    strokeBorders(c, near, (x, y) => camera.toScreen(x, y), true, RISK_EDGE);
    for (const line of near) this.nameBorder(c, camera, line);
  }

  private nameBorder(c: CanvasRenderingContext2D, camera: Camera, line: BorderLine): void {
    const at = Math.floor(line.points.length / 4) * 2;
    const [x1, y1] = camera.toScreen(line.points[at]!, line.points[at + 1]!);
    const [x2, y2] = camera.toScreen(line.points[at + 2]!, line.points[at + 3]!);
    if (x1 < 0 || y1 < 0 || x1 > camera.width || y1 > camera.height) return;
    const { risk } = line.zone;
    let angle = Math.atan2(y2 - y1, x2 - x1);
    const flipped = Math.abs(angle) > Math.PI / 2;
    if (flipped) angle += Math.PI;
    c.save();
    c.translate(x1, y1);
    c.rotate(angle);
    c.font = '500 12px Oxanium, sans-serif';
    c.letterSpacing = '2px';
    c.fillStyle = alpha(RISK_EDGE[risk]!, 0.9);
    c.textAlign = 'center';
    // The zone is on the left of the line as it runs (y up), so above it here unless flipped.
    c.fillText(
      `${say(`risk${risk}` as 'risk0')} · ${line.zone.name}`.toUpperCase(),
      0,
      flipped ? 22 : -14,
    );
    c.restore();
  }

  private drawStations(c: CanvasRenderingContext2D, game: Game, camera: Camera): void {
    const [l, b, r, t] = camera.view(400);
    for (const s of game.allStations) {
      if (s.x < l || s.x > r || s.y < b || s.y > t) continue;
      const [x, y] = camera.toScreen(s.x, s.y);
      c.save();
      c.setLineDash([5, 6]);
      c.lineWidth = 1.2;
      c.strokeStyle = alpha(COLOURS.friend, 0.55);
      c.beginPath();
      c.arc(x, y, s.dockRadius * camera.zoom, 0, 7);
      c.stroke();
      c.restore();
      const below = y + 205 * camera.zoom;
      text(c, s.name, x, below, `600 13px Oxanium, sans-serif`, COLOURS.text);
      text(
        c,
        say('dockRule', { r: s.dockRadius, v: 60 }),
        x,
        below + 17,
        '500 13px Plex, sans-serif',
        COLOURS.mute,
      );
    }
  }

  private drawNames(c: CanvasRenderingContext2D, game: Game, camera: Camera): void {
    let left = NAMES_MAX;
    for (const { entity, distance: far } of game.ships()) {
      const isTarget = entity.id === game.target;
      const near = far <= NAME_RANGE || game.isAttacker(entity.id) || isTarget;
      if (this.names === 'target' ? !isTarget : this.names === 'near' && !near) continue;
      if (left-- <= 0) break;
      const pose = game.poseOf(entity);
      const [x, y] = camera.toScreen(pose.x / K_PER_UNIT, pose.y / K_PER_UNIT);
      if (x < -40 || y < -40 || x > camera.width + 40 || y > camera.height + 40) continue;
      const half = this.halfOf(game, entity) * camera.zoom;
      const relation = game.relation(entity);
      if (isTarget) continue;
      const name = game.name(entity);
      const signed = relation === 'hostile' || relation === 'friend';
      c.font = '600 13px Oxanium, sans-serif';
      const wide = signed ? c.measureText(name).width : 0;
      text(
        c,
        name,
        x + (signed ? 8 : 0),
        y + half + 18,
        '600 13px Oxanium, sans-serif',
        TINT[relation],
      );
      if (signed) mark(c, relation, x + 8 - wide / 2 - 11, y + half + 14, 5);
    }
    for (const e of game.world?.entities.values() ?? []) {
      if (e.classId !== CLASS_LOOT || game.distanceTo(e) > NAME_RANGE) continue;
      const pose = game.poseOf(e);
      const [x, y] = camera.toScreen(pose.x / K_PER_UNIT, pose.y / K_PER_UNIT);
      text(
        c,
        game.lootText(e),
        x,
        y + 26 * camera.zoom + 6,
        '500 12px Plex, sans-serif',
        COLOURS.gain,
      );
    }
  }

  private halfOf(game: Game, e: Entity): number {
    return Math.max(9, (game.kernel.radius(e.classId) || 16) / 0.84);
  }

  private drawRoute(c: CanvasRenderingContext2D, game: Game, camera: Camera): void {
    const to = game.station(game.route);
    if (!to) return;
    const here = game.place();
    const [x, y] = camera.toScreen(here.x / K_PER_UNIT, here.y / K_PER_UNIT);
    const [tx, ty] = camera.toScreen(to.x, to.y);
    const far = Math.hypot(tx - x, ty - y);
    const reach = Math.min(far, 400 * camera.zoom);
    if (far < 60) return;
    const ex = x + ((tx - x) / far) * reach;
    const ey = y + ((ty - y) / far) * reach;
    const fade = c.createLinearGradient(x, y, ex, ey);
    fade.addColorStop(0.15, alpha(COLOURS.own, 0.7));
    fade.addColorStop(1, alpha(COLOURS.own, 0));
    c.save();
    c.setLineDash([6, 8]);
    c.lineWidth = 1;
    c.strokeStyle = fade;
    c.beginPath();
    c.moveTo(x, y);
    c.lineTo(ex, ey);
    c.stroke();
    c.restore();
  }

  private drawDrift(c: CanvasRenderingContext2D, game: Game, camera: Camera): void {
    if (game.speed() <= 20 || !game.own?.flying) return;
    game.own.drift(7, 6).forEach(([x, y], i) => {
      const [px, py] = camera.toScreen(x / K_PER_UNIT, y / K_PER_UNIT);
      c.fillStyle = alpha(COLOURS.own, 0.75 - i * 0.08);
      c.beginPath();
      c.arc(px, py, 2.4 - i * 0.12, 0, 7);
      c.fill();
    });
  }

  private drawOwn(c: CanvasRenderingContext2D, game: Game, camera: Camera, now: number): void {
    const state = game.own!.state!;
    const ship = game.own!.shipClass;
    const here = game.place();
    const [x, y] = camera.toScreen(here.x / K_PER_UNIT, here.y / K_PER_UNIT);
    const guarded = game.secondsTo(state.protectedUntilTick);
    if (guarded > 0) {
      c.save();
      c.setLineDash([8, 8]);
      c.lineDashOffset = -now * 0.02;
      c.lineWidth = 1.5;
      c.strokeStyle = alpha(COLOURS.friend, 0.8);
      c.beginPath();
      c.arc(x, y, 44, 0, 7);
      c.stroke();
      c.restore();
      text(
        c,
        say('protectedFor', { s: Math.ceil(guarded) }),
        x,
        y - 54,
        '500 12px Plex, sans-serif',
        TINT.friend,
      );
    }
    if (!ship) return;
    const hull = state.hull / ship.hull;
    const shield = ship.shield ? state.shield / ship.shield : 0;
    const key = `${state.hull} ${state.shield}`;
    if (key !== this.lastVitals) {
      this.lastVitals = key;
      this.vitalsAt = now;
    }
    if (hull >= 1 && shield >= 1 && now - this.vitalsAt > ARC_STAY_MS) return;
    const r = camera.width < 720 ? 42 : 52;
    this.cradle(c, x, y, r, [158, 98], shield, COLOURS.friend);
    this.cradle(c, x, y, r, [22, 82], hull, hull < 0.3 ? SHAPE.hostile : COLOURS.text);
  }

  /** An arc from the first to the second angle (degrees), filled by a share from the first on. */
  private cradle(
    c: CanvasRenderingContext2D,
    x: number,
    y: number,
    r: number,
    span: [number, number],
    share: number,
    colour: string,
  ): void {
    const a = (span[0] * Math.PI) / 180;
    const b = (span[1] * Math.PI) / 180;
    const stroke = (from: number, to: number, style: string): void => {
      c.strokeStyle = style;
      c.lineWidth = 4;
      c.beginPath();
      c.arc(x, y, r, Math.min(from, to), Math.max(from, to));
      c.stroke();
    };
    stroke(a, b, alpha(COLOURS.raised, 0.95));
    if (share > 0) stroke(a, a + (b - a) * Math.min(1, share), colour);
  }

  private drawTarget(c: CanvasRenderingContext2D, game: Game, camera: Camera): void {
    const e = game.targetEntity;
    if (!e) return;
    const pose = { ...game.poseOf(e) };
    const relation = game.relation(e);
    const [x, y] = camera.toScreen(pose.x / K_PER_UNIT, pose.y / K_PER_UNIT);
    const half = this.halfOf(game, e) * camera.zoom + 9;
    if (x > -60 && y > -60 && x < camera.width + 60 && y < camera.height + 60) {
      brackets(c, x, y, half, TINT[relation]);
      text(
        c,
        game.name(e),
        x + half + 9,
        y - half + 9,
        '600 13px Oxanium, sans-serif',
        TINT[relation],
        'left',
      );
      if (e.hull >= 0 && e.classId !== CLASS_LOOT) {
        smallBar(c, x + half + 9, y - half + 15, e.shield / 255, COLOURS.friend);
        smallBar(c, x + half + 9, y - half + 21, e.hull / 255, COLOURS.text);
      }
    }
    this.drawLead(c, game, camera, e);
  }

  private drawLead(c: CanvasRenderingContext2D, game: Game, camera: Camera, e: Entity): void {
    const aim = game.aim(e);
    if (!aim) return;
    const { heading, distance: far } = aim;
    const own = { ...game.own!.poseAt(game.session.ownTick, game.session.now()) };
    const angle = (heading * Math.PI) / 2048;
    const [sx, sy] = camera.toScreen(own.x / K_PER_UNIT, own.y / K_PER_UNIT);
    const px = sx + Math.cos(angle) * far * camera.zoom;
    const py = sy - Math.sin(angle) * far * camera.zoom;
    const off = Math.abs(((heading - Math.round(own.heading) + 2048) & 4095) - 2048);
    const needed = Math.atan2(game.kernel.radius(e.classId) || 16, far) * (2048 / Math.PI);
    diamond(c, px, py, 8, COLOURS.own, off <= Math.max(12, needed));
  }

  private drawCursor(c: CanvasRenderingContext2D, game: Game, cursor: Cursor): void {
    const { x, y } = cursor;
    c.strokeStyle = '#fff';
    c.lineWidth = 1.6;
    c.beginPath();
    for (let i = 0; i < 4; i++) {
      const a = Math.PI / 4 + (i * Math.PI) / 2;
      c.moveTo(x + Math.cos(a) * 7, y + Math.sin(a) * 7);
      c.lineTo(x + Math.cos(a) * 13, y + Math.sin(a) * 13);
    }
    c.stroke();
    c.fillStyle = '#fff';
    c.beginPath();
    c.arc(x, y, 1.5, 0, 7);
    c.fill();
    const cap = game.own?.shipClass?.energy ?? 0;
    if (cap === 0) return;
    const a = (130 * Math.PI) / 180;
    const b = (230 * Math.PI) / 180;
    c.lineWidth = 2.5;
    c.strokeStyle = alpha(COLOURS.raised, 0.9);
    c.beginPath();
    c.arc(x, y, 18, a, b);
    c.stroke();
    c.strokeStyle = COLOURS.own;
    c.beginPath();
    c.arc(x, y, 18, a, a + (b - a) * Math.min(1, game.own!.energy / cap));
    c.stroke();
  }

  private drawEdges(c: CanvasRenderingContext2D, game: Game, camera: Camera): void {
    const marks: EdgeMark[] = [];
    const wide = (e: Entity): void => {
      const pose = game.poseOf(e);
      const relation = game.relation(e);
      marks.push({
        x: pose.x / K_PER_UNIT,
        y: pose.y / K_PER_UNIT,
        relation,
        text: distance(game.distanceTo(e)),
        colour: TINT[relation],
      });
    };
    const ships = game.ships();
    for (const s of ships
      .filter((one) => game.relation(one.entity) === 'hostile' && one.distance < 2500)
      .slice(0, 4))
      wide(s.entity);
    const target = game.targetEntity;
    if (target && game.relation(target) !== 'hostile') wide(target);
    const near = game.nearestStations();
    const chosen = [...near.slice(0, 2)];
    const route = near.find((n) => n.station.id === game.route);
    if (route && !chosen.includes(route)) chosen.push(route);
    for (const n of chosen) {
      const colour = n.station.id === game.route || n === near[0] ? COLOURS.own : TINT.friend;
      marks.push({
        x: n.station.x,
        y: n.station.y,
        relation: 'station',
        station: n.station,
        colour,
        text: `${n.station.name} ${distance(n.distance)}`,
      });
    }
    for (const m of marks.slice(0, 8)) this.edge(c, game, camera, m);
  }

  private edge(c: CanvasRenderingContext2D, game: Game, camera: Camera, m: EdgeMark): void {
    const [x, y] = camera.toScreen(m.x, m.y);
    const { width, height } = camera;
    const [top, bottom] = width < 720 ? [300, 600] : [EDGE, height - EDGE];
    const inset = 20;
    if (x > inset && y > top - 8 && x < width - inset && y < bottom + 8) return;
    const cx = camera.centreX;
    const cy = camera.centreY;
    const dx = x - cx;
    const dy = y - cy;
    const kx = dx === 0 ? 1e9 : ((dx > 0 ? width - EDGE : EDGE) - cx) / dx;
    const ky = dy === 0 ? 1e9 : ((dy > 0 ? bottom : top) - cy) / dy;
    const k = Math.min(kx, ky);
    const px = cx + dx * k;
    const py = clearOf(px, cy + dy * k, width, height);
    c.fillStyle = m.colour;
    c.save();
    c.translate(px, py);
    c.rotate(Math.atan2(dy, dx));
    c.beginPath();
    c.moveTo(8, 0);
    c.lineTo(-3, -6);
    c.lineTo(-3, 6);
    c.fill();
    c.restore();
    const right = px > width / 2;
    const ox = px + (right ? -20 : 20);
    const oy = py + (ky < kx ? (dy > 0 ? -16 : 18) : 0);
    if (m.station) {
      const risk = game.zone(m.station.zone)?.risk ?? 0;
      stationGlyph(c, stationKind(m.station, risk), ox, oy, 7, m.colour);
    } else {
      mark(c, m.relation as Relation, ox, oy, 6);
    }
    text(
      c,
      m.text,
      ox + (right ? -13 : 13),
      oy + 4,
      '600 12px Oxanium, sans-serif',
      m.colour,
      right ? 'right' : 'left',
    );
  }
}

/** Keeps an edge marker off the panels: zone card, chips and feed, console. */
function clearOf(x: number, y: number, width: number, height: number): number {
  if (width < 720) return y;
  if (x < 330) return Math.max(y, 185);
  if (x > width - 400) return Math.max(y, 165);
  return Math.abs(x - width / 2) < 420 ? Math.min(y, height - 232) : y;
}

function smallBar(
  c: CanvasRenderingContext2D,
  x: number,
  y: number,
  share: number,
  colour: string,
): void {
  c.fillStyle = alpha(COLOURS.raised, 0.9);
  c.fillRect(x, y, 42, 4);
  c.fillStyle = colour;
  c.fillRect(x, y, 42 * Math.max(0, Math.min(1, share)), 4);
}

function text(
  c: CanvasRenderingContext2D,
  words: string,
  x: number,
  y: number,
  font: string,
  colour: string,
  align: CanvasTextAlign = 'center',
): void {
  c.font = font;
  c.textAlign = align;
  c.lineJoin = 'round';
  c.lineWidth = 4;
  c.strokeStyle = alpha(COLOURS.void, 0.8);
  c.strokeText(words, x, y);
  c.fillStyle = colour;
  c.fillText(words, x, y);
}
