// SPDX-License-Identifier: Apache-2.0
// What is heard of the game: each sound belongs to something that is seen too. Listens, and never
// changes anything.

import { GoneReason, Phase } from '@gen/types_pb';
import { Thrust } from '../kernel/kernel';
import { K_PER_UNIT } from '../sdk/entity';
import type { Controls } from '../sdk/own';
import type { Session } from '../sdk/session';
import type { Game } from './game';
import type { Sound, Tone } from './sound';
import type { ZoneWatch } from './zonewatch';

/** Beyond this nothing is heard, u. */
const EARSHOT = 2600;
const LOW_HULL = 0.25;
const LOW_HULL_MS = 3000;
const ATTACKED_MS = 6000;

export class Soundscape {
  private lowAt = 0;
  private attackedAt = -1e9;

  constructor(
    private readonly sound: Sound,
    private readonly session: Session,
    private readonly game: Game,
    zones: ZoneWatch,
  ) {
    zones.events.on('zone', ({ risk, before }) => {
      if (before >= 0 && risk !== before && game.phase === Phase.FLYING) sound.play('zone');
    });
    session.events.on('welcome', () => this.listen());
    session.events.on('lost', () => sound.play('lost'));
    session.events.on('back', () => sound.play('back'));
    session.events.on('phase', ({ phase, before }) => this.onPhase(phase, before));
    session.events.on('private', (e) => {
      if (e.event.case === 'pickedUp') sound.play('loot');
      else if (e.event.case === 'booked' && e.event.value.credits > 0n) sound.play('done');
      else if (e.event.case === 'destroyed') sound.play('death');
    });
  }

  private listen(): void {
    const world = this.session.world!;
    world.events.on('volley', (v) => this.at('shot', v.x, v.y));
    world.events.on('gone', ({ reason, x, y }) => {
      if (reason === GoneReason.DESTROYED) this.at('explosion', x, y);
    });
    world.events.on('impact', (hit) => {
      const own = hit.target === this.game.own?.state?.entity;
      const down = own && hit.shieldBroke;
      this.at(down ? 'shieldDown' : hit.hull ? 'hullHit' : 'shieldHit', hit.x, hit.y);
      const now = performance.now();
      if (own && now - this.attackedAt > ATTACKED_MS) this.sound.play('attacked');
      if (own) this.attackedAt = now;
    });
  }

  private at(tone: Tone, x: number, y: number): void {
    const here = this.game.place();
    const dx = (x - here.x) / K_PER_UNIT;
    const far = Math.hypot(dx, (y - here.y) / K_PER_UNIT) / EARSHOT;
    this.sound.play(tone, dx / EARSHOT, far);
  }

  private onPhase(phase: Phase, before: Phase): void {
    if (phase === Phase.DOCKED && before === Phase.DOCKING) this.sound.play('dock');
    if (phase === Phase.FLYING && before === Phase.DOCKED) this.sound.play('undock');
  }

  /** Each step of the flight: the engine, and what warns. */
  step(wish: Controls | null): void {
    this.sound.thrust(wish !== null && wish.thrust !== Thrust.coast, wish?.boost === true);
    const state = this.game.own?.state;
    const hull = this.game.own?.shipClass?.hull ?? 0;
    if (!state || !wish || hull === 0) return;
    const now = performance.now();
    if (state.hull < hull * LOW_HULL && now - this.lowAt > LOW_HULL_MS) {
      this.lowAt = now;
      this.sound.play('lowHull');
    }
  }
}
