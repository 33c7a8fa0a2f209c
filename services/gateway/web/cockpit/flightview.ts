// SPDX-License-Identifier: Apache-2.0
// The flight as seen and steered: scene, overlay and input together; quality follows the pace of
// the pictures. Owns no state of the game.

import { Phase } from '@gen/types_pb';
import { Thrust } from '../kernel/kernel';
import { K_PER_UNIT } from '../sdk/entity';
import { type Controls, NEUTRAL } from '../sdk/own';
import { BlackBox } from './blackbox';
import { h } from './dom';
import type { Game } from './game';
import type { Hud } from './hud';
import type { Bindings, Command } from './bindings';
import { Input } from './input';
import { Overlay } from './scene/overlay';
import { setHostile } from './scene/palette';
import { Scene } from './scene/scene';
import type { Settings } from './settings';
import { say } from './text';

const PICK_PX = 40;
const SLOW_FPS = 38;
const GOOD_FPS = 55;
const WORSE_MS = 2000;
const BETTER_MS = 30000;

export class FlightView {
  readonly stage = h('div', { id: 'stage', role: 'img', label: say('title') });
  readonly scene = new Scene();
  readonly overlay = new Overlay();
  /** Pictures per second, smoothed. */
  fps = 60;
  readonly box = new BlackBox();
  private readonly input: Input;
  private slowSince = 0;
  private fastSince = 0;

  constructor(bindings: Bindings, command: (c: Command) => void, game: () => Game | null) {
    this.input = new Input(this.stage, bindings, command, (x, y) => {
      const current = game();
      if (current) this.pick(current, x, y);
    });
  }

  async start(): Promise<void> {
    await this.scene.start(this.stage);
    this.stage.append(this.overlay.sheet.canvas);
  }

  touchPads(): HTMLElement {
    return this.input.touchPads();
  }

  apply(settings: Settings): void {
    this.scene.camera.calm = settings.calm;
    this.overlay.names = settings.all.names;
    setHostile(settings.all.hostile);
    this.scene.art.recolour();
    this.scene.forget();
  }

  resize(): void {
    this.scene.resize();
    this.overlay.sheet.resize(window.innerWidth, window.innerHeight);
  }

  /** A picture came `ms` after the last. */
  pace(ms: number): void {
    if (ms > 0) this.fps += (1000 / ms - this.fps) * 0.05;
  }

  /** Chooses the nearest thing to a click as the target. */
  private pick(game: Game, x: number, y: number): void {
    if (!game.world) return;
    let best = 0;
    let bestFar = PICK_PX;
    for (const e of game.world.entities.values()) {
      if (e.id === game.own?.state?.entity) continue;
      const pose = game.poseOf(e);
      const [px, py] = this.scene.camera.toScreen(pose.x / K_PER_UNIT, pose.y / K_PER_UNIT);
      const far = Math.hypot(px - x, py - y);
      if (far < bestFar) {
        best = e.id;
        bestFar = far;
      }
    }
    if (best) game.target = best;
  }

  private watchPace(now: number): void {
    const { quality } = this.scene;
    if (this.fps >= SLOW_FPS) this.slowSince = now;
    if (this.fps < GOOD_FPS) this.fastSince = now;
    if (now - this.slowSince > WORSE_MS && quality < 2) {
      this.scene.setQuality(quality + 1);
      this.slowSince = now;
    } else if (now - this.fastSince > BETTER_MS && quality > 0) {
      this.scene.setQuality(quality - 1);
      this.fastSince = now;
    }
  }

  /** Passes the pilot's wish on, which is the result; `covered` = something else has the keys. */
  steer(game: Game, covered: boolean): Controls | null {
    const { session } = game;
    this.input.poll();
    this.input.active = game.phase === Phase.FLYING && !covered;
    if (game.phase !== Phase.FLYING || !game.own) return null;
    const pose = game.own.poseAt(session.ownTick, session.now());
    if (document.hidden) {
      session.setControls({ ...NEUTRAL, heading: Math.round(pose.heading) & 4095 });
      return null;
    }
    const [cx, cy] = this.scene.camera.toScreen(pose.x / K_PER_UNIT, pose.y / K_PER_UNIT);
    const wish = this.input.active
      ? this.input.controls(cx, cy, pose.heading, game.target, session.now())
      : { ...NEUTRAL, heading: Math.round(pose.heading) & 4095 };
    // The clamps hold the ship: only thrust breaks the approach.
    if ((game.own.state?.dockReadyTick ?? 0) !== 0 && wish.thrust !== Thrust.ahead)
      session.setControls({
        ...NEUTRAL,
        heading: Math.round(pose.heading) & 4095,
        thrust: Thrust.brake,
      });
    else session.setControls(wish);
    return wish;
  }

  /** One picture; `ms` since the last. */
  draw(game: Game, hud: Hud, ms: number): void {
    this.watchPace(performance.now());
    const { session } = game;
    const now = session.now();
    const { camera } = this.scene;
    const here = game.place();
    const pose = game.own?.inSpace
      ? { ...game.own.poseAt(session.ownTick, now) }
      : { ...here, vx: 0, vy: 0 };
    const ship = game.own?.shipClass;
    const per = 20 / K_PER_UNIT;
    const fast = ship ? Math.min(1, Math.hypot(pose.vx, pose.vy) / ship.boosted) : 0;
    const reach: [number, number] = this.input.cursor.shown
      ? [this.input.cursor.x - camera.centreX, this.input.cursor.y - camera.centreY]
      : [0, 0];
    camera.follow(pose.x, pose.y, pose.vx * per, pose.vy * per, fast, reach, now, ms);
    this.scene.draw(game, now, ms / 1000);
    this.box.note(game, now);
    this.overlay.draw(
      game,
      camera,
      { ...this.input.cursor, shown: this.input.cursor.shown && this.input.active },
      now,
    );
    hud.update(now);
    hud.radar.draw(game, camera, this.overlay.borders);
  }
}
