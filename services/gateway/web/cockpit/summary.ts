// SPDX-License-Identifier: Apache-2.0
// The picture in words, on request (H): for those who do not see it.

import { Phase } from '@gen/types_pb';
import { CLASS_LOOT } from '../kernel/kernel';
import { type Entity, K_PER_UNIT } from '../sdk/entity';
import { h, setText } from './dom';
import type { Game } from './game';
import type { Market } from './market';
import { distance, figure, money, percent, say } from './text';

type Place = { d: string; dir: string; b: number };

/** Side on which a place lies, seen from the nose of the ship. */
function side(game: Game, x: number, y: number): string {
  const own = game.own!.poseAt(game.session.ownTick, game.session.now());
  const to = (Math.atan2(y - own.y, x - own.x) * 2048) / Math.PI;
  const turn = ((Math.round(to - own.heading) + 2048 + 8192) & 4095) - 2048;
  if (Math.abs(turn) < 512) return say('ahead');
  if (Math.abs(turn) > 1536) return say('behind');
  return say(turn > 0 ? 'left' : 'right');
}

/** Degrees clockwise from north (up) to a place. */
function bearing(game: Game, x: number, y: number): number {
  const own = game.own!.poseAt(game.session.ownTick, game.session.now());
  const tenths = Math.round((Math.atan2(x - own.x, y - own.y) * 1800) / Math.PI);
  return ((tenths + 3600) % 3600) / 10;
}

function summary(game: Game, market: Market): string {
  const state = game.own?.state;
  if (!state) return say('unknown');
  if (game.phase === Phase.DOCKED) {
    return say('sumDocked', {
      name: game.stationName(state.location),
      cr: money(game.credits ?? 0),
      n: market.cargoMass,
      m: market.hold,
    });
  }
  const ship = game.own?.shipClass;
  const at = (x: number, y: number, far: number): Place => ({
    d: distance(far),
    dir: side(game, x, y),
    b: bearing(game, x, y),
  });
  const where = (e: Entity): Place => {
    const pose = { ...game.poseOf(e) };
    return at(pose.x, pose.y, game.distanceTo(e));
  };
  const hostile = game.ships().filter((s) => game.relation(s.entity) === 'hostile');
  const zone = game.zone(state.zone?.zone ?? 0);
  let words = say('sumFlight', {
    risk: say(`risk${zone?.risk ?? 0}` as 'risk0'),
    zone: zone?.name ?? '',
    hull: percent((state.hull * 1000) / (ship?.hull || 1)),
    shield: percent((state.shield * 1000) / (ship?.shield || 1)),
    v: figure(game.speed()),
    n: hostile.length,
    near: hostile[0] ? say('sumNear', where(hostile[0].entity)) : '',
  });
  const target = game.targetEntity;
  if (target) words += say('sumTarget', { name: game.name(target), ...where(target) });
  const aim = target ? game.aim(target) : null;
  if (aim) words += say('sumAim', { b: ((450 - (aim.heading * 360) / 4096) % 360).toFixed(1) });
  const stations = game.nearestStations();
  for (const [key, near] of [
    ['sumStation', stations[0]],
    ['sumRoute', stations.find((s) => s.station.id === game.route)],
  ] as const) {
    if (!near) continue;
    const { station } = near;
    words += say(key, {
      name: station.name,
      ...at(station.x * K_PER_UNIT, station.y * K_PER_UNIT, near.distance),
    });
  }
  const loot = [...(game.world?.entities.values() ?? [])]
    .filter((e) => e.classId === CLASS_LOOT)
    .sort((a, b) => game.distanceTo(a) - game.distanceTo(b))[0];
  if (loot) words += say('sumLoot', where(loot));
  return words;
}

const SHOWN_MS = 12000;

/** The words on the screen, for a while. */
export class Summary {
  private readonly words = h('p');
  readonly element = h('output', { class: 'panel summary' }, this.words);
  private since = 0;

  constructor() {
    this.element.hidden = true;
  }

  tell(game: Game, market: Market): void {
    setText(this.words, summary(game, market));
    this.element.hidden = false;
    this.since = performance.now();
  }

  step(now: number): void {
    if (!this.element.hidden && now - this.since > SHOWN_MS) this.element.hidden = true;
  }
}
