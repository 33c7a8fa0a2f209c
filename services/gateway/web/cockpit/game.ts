// SPDX-License-Identifier: Apache-2.0
// What the cockpit makes of the session: relations, names, target, nearest stations, zone. Owns the
// pilot's choices (target, route); holds no picture.

import { Phase } from '@gen/types_pb';
import type { Good, ShipClass, Station, Weapon, WorldConfig, Zone } from '../kernel/config';
import {
  CLASS_DRONE,
  CLASS_LOOT,
  CLASS_TORPEDO,
  Flag,
  flagsOf,
  type Kernel,
} from '../kernel/kernel';
import { type Entity, EntityFlag, Faction, K_PER_UNIT, type Pose } from '../sdk/entity';
import type { OwnShip } from '../sdk/own';
import type { Session } from '../sdk/session';
import type { World } from '../sdk/world';
import type { Relation } from './scene/palette';
import { capital, say } from './text';

const ATTACK_MS = 30000;

export interface NearStation {
  station: Station;
  /** World units. */
  distance: number;
}

export class Game {
  /** Entity the pilot has chosen, 0 = none. */
  target = 0;
  /** Station the route leads to, 0 = none. */
  route = 0;
  credits: number | null = null;
  /** Shows what is known of a pilot: set by the app. */
  showPilot: (player: number) => void = () => undefined;
  private readonly attackers = new Map<number, number>();
  private readonly classes = new Map<number, ShipClass>();
  private readonly goods = new Map<number, Good>();
  private readonly stations = new Map<number, Station>();
  private readonly zones = new Map<number, Zone>();

  constructor(
    readonly session: Session,
    readonly kernel: Kernel,
  ) {}

  /** Takes the configuration of a new welcome. */
  configure(config: WorldConfig): void {
    const fill = <T extends { id: number }>(map: Map<number, T>, list: T[]): void => {
      map.clear();
      for (const item of list) map.set(item.id, item);
    };
    fill(this.classes, config.classes);
    fill(this.goods, config.goods);
    fill(this.stations, config.stations);
    fill(this.zones, config.zones);
  }

  get world(): World | null {
    return this.session.world;
  }

  get own(): OwnShip | null {
    return this.session.own;
  }

  get config(): WorldConfig | null {
    return this.session.config;
  }

  get phase(): Phase {
    return this.session.phase;
  }

  /** Those that pilots fly, cheapest first. */
  get pilotClasses(): ShipClass[] {
    const all = [...this.classes.values()].filter((c) => c.role === 0);
    return all.sort((a, b) => a.price - b.price);
  }

  shipClass(id: number): ShipClass | undefined {
    return this.classes.get(id);
  }

  weapon(id: number): Weapon | undefined {
    return this.session.config?.weapons.find((w) => w.id === id);
  }

  /** All weapons of a kind. */
  weapons(kind: number): Weapon[] {
    return this.session.config?.weapons.filter((w) => w.kind === kind) ?? [];
  }

  good(id: number): Good | undefined {
    return this.goods.get(id);
  }

  goodName(id: number): string {
    return capital(this.goods.get(id)?.name ?? say('unknown'));
  }

  station(id: number): Station | undefined {
    return this.stations.get(id);
  }

  stationName(id: number): string {
    return this.stations.get(id)?.name ?? say('unknown');
  }

  zone(id: number): Zone | undefined {
    return this.zones.get(id);
  }

  get allStations(): Station[] {
    return [...this.stations.values()];
  }

  /** The own ship's place in k: predicted in space, the station's while it rests. */
  place(): { x: number; y: number } {
    const { own } = this;
    if (own?.inSpace) return own.poseAt(this.session.ownTick, this.session.now());
    const at = this.station(own?.state?.location ?? 0);
    if (at) return { x: at.x * K_PER_UNIT, y: at.y * K_PER_UNIT };
    return { x: own?.state?.x ?? 0, y: own?.state?.y ?? 0 };
  }

  /** Somebody has hit the own ship. */
  attackedBy(entity: number): void {
    if (entity !== 0) this.attackers.set(entity, this.session.now());
  }

  isAttacker(entity: number): boolean {
    const at = this.attackers.get(entity);
    return at !== undefined && this.session.now() - at < ATTACK_MS;
  }

  relation(e: Entity): Relation {
    if (e.id === this.own?.state?.entity) return 'own';
    if (e.classId === CLASS_LOOT) return 'loot';
    if (e.faction === Faction.raider || this.isAttacker(e.id)) return 'hostile';
    if (e.classId === CLASS_TORPEDO) return 'hostile';
    if (e.faction === Faction.patrol)
      return (this.own?.state?.wantedUntilTick ?? 0) > this.session.tick ? 'hostile' : 'friend';
    return 'neutral';
  }

  relationOf(id: number): Relation {
    const e = this.world?.entities.get(id);
    if (id !== 0 && id === this.own?.state?.entity) return 'own';
    return e ? this.relation(e) : 'neutral';
  }

  className(id: number): string {
    if (id === CLASS_DRONE) return say('drone');
    if (id === CLASS_LOOT) return say('cargoBox');
    if (id === CLASS_TORPEDO) return say('torpedo');
    return this.classes.get(id)?.name ?? say('unknown');
  }

  /** Shown name: of the pilot, or of the class for those whom nobody flies. */
  name(e: Entity): string {
    if (e.player !== 0) return this.session.names.of(e.player) || this.className(e.classId);
    return this.className(e.classId);
  }

  /** What it is, beside its name. */
  kind(e: Entity): string {
    if (e.classId === CLASS_LOOT) return this.lootText(e);
    if (e.faction === Faction.raider) return `${say('pirate')} · ${say('level', { n: e.level })}`;
    if (e.faction === Faction.patrol) return say('patrol');
    if (e.faction === Faction.guild) {
      const guild = this.config?.guilds.find((g) => g.id === e.level);
      return guild ? guild.name : say('hauler');
    }
    if (e.player === 0) return '';
    const fresh = (e.flags & EntityFlag.newcomer) !== 0 ? ` · ${say('newcomer')}` : '';
    return this.className(e.classId) + fresh;
  }

  lootText(e: Entity): string {
    return [...e.goods].map(([good, n]) => `${n} ${this.good(good)?.name ?? ''}`).join(', ');
  }

  poseOf(e: Entity): Pose {
    return this.world!.poseOf(e, this.session.tick, this.session.now());
  }

  /** Distance to an entity in world units. */
  distanceTo(e: Entity): number {
    const here = { ...this.place() };
    const there = this.poseOf(e);
    return Math.hypot(there.x - here.x, there.y - here.y) / K_PER_UNIT;
  }

  /** Ships in view except the own, nearest first. */
  ships(): { entity: Entity; distance: number }[] {
    const { world } = this;
    if (!world) return [];
    const own = this.own?.state?.entity ?? 0;
    return [...world.entities.values()]
      .filter((e) => e.id !== own && world.isShip(e))
      .map((entity) => ({ entity, distance: this.distanceTo(entity) }))
      .sort((a, b) => a.distance - b.distance);
  }

  nearestStations(): NearStation[] {
    const here = this.place();
    return this.allStations
      .map((station) => ({
        station,
        distance: Math.hypot(station.x - here.x / K_PER_UNIT, station.y - here.y / K_PER_UNIT),
      }))
      .sort((a, b) => a.distance - b.distance);
  }

  /** The station in whose dock radius the ship is. */
  dockInReach(): Station | null {
    const near = this.nearestStations()[0];
    return near && near.distance <= near.station.dockRadius ? near.station : null;
  }

  get targetEntity(): Entity | null {
    return this.world?.entities.get(this.target) ?? null;
  }

  /** The next ship after the target, by distance. */
  nextTarget(): void {
    const list = this.ships()
      .filter((s) => s.distance < 3000)
      .map((s) => s.entity.id);
    this.target = list.length === 0 ? 0 : list[(list.indexOf(this.target) + 1) % list.length]!;
  }

  nearestHostile(): void {
    const ships = this.ships();
    const found =
      ships.find((s) => this.relation(s.entity) === 'hostile') ??
      ships.find((s) => s.entity.faction === Faction.drone);
    if (found) this.target = found.entity.id;
  }

  /** Heading in which a shot meets an entity in weapon range, and how far it is (u). */
  aim(e: Entity): { heading: number; distance: number } | null {
    const gun = this.own?.gun;
    if (!gun || !this.own?.inSpace || e.classId === CLASS_LOOT) return null;
    const own = { ...this.own.poseAt(this.session.ownTick, this.session.now()) };
    const pose = this.poseOf(e);
    // The own ship is shown ahead of the world by the lead: so must the target be for the aim.
    const ahead = this.session.ownTick - this.session.tick;
    const dx = pose.x + pose.vx * ahead - own.x;
    const dy = pose.y + pose.vy * ahead - own.y;
    const far = Math.hypot(dx, dy) / K_PER_UNIT;
    if (far > (gun.speed * gun.life) / K_PER_UNIT) return null;
    const heading = this.kernel.lead(
      Math.round(dx),
      Math.round(dy),
      Math.round(pose.vx - own.vx),
      Math.round(pose.vy - own.vy),
      gun.speed,
    );
    return { heading, distance: far };
  }

  /** World-units per second of the own ship. */
  speed(): number {
    const { own } = this;
    if (!own?.inSpace) return 0;
    const p = own.poseAt(this.session.ownTick, this.session.now());
    return (Math.hypot(p.vx, p.vy) * 20) / K_PER_UNIT;
  }

  /** Seconds until a tick, at least 0. */
  secondsTo(tick: number): number {
    return Math.max(0, (tick - this.session.tick) / 20);
  }

  isImmune(ctl: number): boolean {
    return (flagsOf(ctl) & Flag.immune) !== 0;
  }
}
