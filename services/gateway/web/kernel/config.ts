// SPDX-License-Identifier: Apache-2.0
// Reads the byte form of a world configuration (see config.h of the kernel) into plain objects, for
// names, tables and the map. The kernel itself takes the bytes; both check them.

/** Where ships dock, in units. `flags`: 1 start, 2 shipyard, 4 one that builds every class. */
export interface Station {
  id: number; code: string; name: string; body: string; x: number; y: number; dockRadius: number;
  zone: number; pop: number; flags: number;
}
/** A mark of the lanes that haulers fly, in units. */
export interface Waypoint { id: number; code: string; x: number; y: number }
/** Where raiders lurk, in units. */
export interface Spawn { id: number; zone: number; x: number; y: number }
/**
 * A zone's rules: `risk` 0 safe, 1 guarded, 2 and 3 open, 4 lawless; `pvp` 0 no damage, 1 a crime,
 * 2 allowed, 3 no rules. Shares and biases of prices in per mille (`Pm`).
 */
export interface Zone {
  id: number; code: string; name: string; risk: number; pvp: number; linkdeadS: number;
  lootPm: number; insurancePm: number; taxPm: number; spreadPm: number; customsPm: number;
  patrols: number; packs: number; raiders: number; levelMin: number; levelMax: number;
  packPeriodS: number; importPm: number; exportPm: number; lossPpm: number; bountyPm: number;
}
/** kind 0 = everywhere, 1 = circle, 2 = capsule; the first shape that holds a point wins. */
export interface Shape {
  zone: number; kind: number; x1: number; y1: number; x2: number; y2: number; r: number;
}
/**
 * A class of ships. `role` 0 pilots, 1 raiders, 2 patrols; `dry` and `hold` in t, `thrust` in t k
 * per tick squared, `cruise` and `boosted` in k per tick, `turn` in steps per tick, `radius` in
 * units, `price` in credits; `guns`, `torpedoes`, `pds` are numbers, the rest ids of weapons.
 */
export interface ShipClass {
  id: number; code: string; name: string; role: number; armed: number; dry: number; hold: number;
  thrust: number; boostPm: number; cruise: number; boosted: number; turn: number; hull: number;
  shield: number; shieldDelay: number; shieldRegen: number; energy: number; energyRegen: number;
  boostDrain: number; radius: number; guns: number; torpedoes: number; pds: number; gun: number;
  torpedo: number; pd: number; price: number;
}
/**
 * A weapon. `kind` 1 gun, 2 torpedo, 3 point defence; `speed` in k per tick, `life` and `cooldown`
 * in ticks, `range` and `fuse` in units, `spread` and `turn` in steps, `price` in credits.
 */
export interface Weapon {
  id: number; code: string; name: string; kind: number; damage: number; shieldPm: number;
  hullPm: number; speed: number; life: number; cooldown: number; energy: number; spread: number;
  range: number; hull: number; turn: number; fuse: number; price: number;
}
/**
 * A good. `mass` in t per unit, `base` in credits; bit r of `contraband`: no market at risk r, and
 * scans find it; of `restricted`: sold at risk r, but scans find it.
 */
export interface Good {
  id: number; code: string; name: string; mass: number; base: number; contraband: number;
  restricted: number;
}
/** How good NPCs of a level are; `bounty` in credits. */
export interface Level {
  id: number; vitalPm: number; aimError: number; fleePm: number; bounty: number;
}
/** Haulers without pilots; they fly between stations of at most `riskMax`. */
export interface Guild {
  id: number; code: string; name: string; classId: number; ships: number; riskMax: number;
  floorCr: number; escortClass: number;
}
/** Everything that an operator may tune: names and figures by section. */
export interface WorldConfig {
  revision: number; stations: Station[]; waypoints: Waypoint[]; spawns: Spawn[]; zones: Zone[];
  shapes: Shape[]; classes: ShipClass[]; weapons: Weapon[]; goods: Good[]; levels: Level[];
  guilds: Guild[];
}

/** Fields in byte order: name and type (1, 2, 4 = unsigned bytes, i = signed 32 bit, s = text). */
const SECTIONS: [keyof WorldConfig, string][] = [
  ['stations', 'id2 code,s name,s body,s x,i y,i dockRadius2 zone1 pop1 flags1'],
  ['waypoints', 'id2 code,s x,i y,i'],
  ['spawns', 'id2 zone1 x,i y,i'],
  ['zones', 'id1 code,s name,s risk1 pvp1 linkdeadS2 lootPm2 insurancePm2 taxPm2 spreadPm2 ' +
    'customsPm2 patrols1 packs1 raiders1 levelMin1 levelMax1 packPeriodS2 importPm2 exportPm2 ' +
    'lossPpm4 bountyPm2'],
  ['shapes', 'zone1 kind1 x1,i y1,i x2,i y2,i r,i'],
  ['classes', 'id2 code,s name,s role1 armed1 dry2 hold2 thrust4 boostPm2 cruise2 boosted2 turn2 ' +
    'hull2 shield2 shieldDelay2 shieldRegen2 energy2 energyRegen2 boostDrain2 radius2 guns1 ' +
    'torpedoes1 pds1 gun1 torpedo1 pd1 price4'],
  ['weapons', 'id1 code,s name,s kind1 damage2 shieldPm2 hullPm2 speed2 life2 cooldown2 energy2 ' +
    'spread2 range2 hull2 turn2 fuse2 price4'],
  ['goods', 'id2 code,s name,s mass2 base4 contraband1 restricted1'],
  ['levels', 'id1 vitalPm2 aimError2 fleePm2 bounty4'],
  ['guilds', 'id1 code,s name,s classId2 ships2 riskMax1 floorCr4 escortClass2'],
];

type Record_ = { [name: string]: number | string };

class Reader {
  private at = 0;
  private readonly view: DataView;
  private readonly text = new TextDecoder('utf-8', { fatal: true });

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  field(type: string): number | string {
    const at = this.at;
    switch (type) {
      case '1': this.at += 1; return this.view.getUint8(at);
      case '2': this.at += 2; return this.view.getUint16(at, true);
      case '4': this.at += 4; return this.view.getUint32(at, true);
      case 'i': this.at += 4; return this.view.getInt32(at, true);
      default: {
        const end = at + 1 + this.view.getUint8(at);
        if (end > this.bytes.length) throw new RangeError('text runs past the end');
        this.at = end;
        return this.text.decode(this.bytes.subarray(at + 1, end));
      }
    }
  }

  number(type: string): number {
    return this.field(type) as number;
  }

  get done(): boolean {
    return this.at === this.bytes.length;
  }
}

/** Throws RangeError or TypeError when the bytes are not a configuration. */
export function decodeWorldConfig(bytes: Uint8Array): WorldConfig {
  const reader = new Reader(bytes);
  if (reader.number('4') !== 0x43575453 || reader.number('2') !== 1 || reader.number('2') !== 0)
    throw new RangeError('not a world configuration');
  const result: { [name: string]: unknown } = { revision: reader.number('4') };
  if (reader.number('4') !== bytes.length) throw new RangeError('length differs');
  for (const [section, spec] of SECTIONS) {
    const fields = spec.split(' ').map((part): [string, string] =>
      part.includes(',') ? (part.split(',') as [string, string])
        : [part.slice(0, -1), part.slice(-1)]);
    const records: Record_[] = [];
    for (let n = reader.number('2'); n > 0; n--) {
      const record: Record_ = {};
      for (const [name, type] of fields) record[name] = reader.field(type);
      records.push(record);
    }
    result[section] = records;
  }
  if (!reader.done) throw new RangeError('bytes left over');
  return result as unknown as WorldConfig;
}
