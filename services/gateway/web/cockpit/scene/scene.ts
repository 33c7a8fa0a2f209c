// SPDX-License-Identifier: Apache-2.0
// The world's picture by Pixi: background, stations, ships with trails, bolts, effects. Draws what
// Game says; decides nothing. Sprites are pooled; nothing is allocated for what stays in view.

import 'pixi.js/unsafe-eval';
import { Application, Container, Graphics, Sprite, Texture, TilingSprite } from 'pixi.js';
import { boostOf, CLASS_LOOT, CLASS_TORPEDO, Thrust, thrustOf } from '../../kernel/kernel';
import { type Entity, K_PER_UNIT, type Pose } from '../../sdk/entity';
import type { Impact } from '../../sdk/world';
import type { Game } from '../game';
import { Art, FINE } from './art';
import { Camera } from './camera';
import { Effects } from './effects';
import { numeric, type Relation, RISK_EDGE, RISK_FILL, RISK_NEBULA, SHAPE } from './palette';
import { silhouette } from './ships';

const STARS: [number, number, number, number][] = [
  // parallax, stars per 1,024 px tile, radius, alpha
  [0.05, 330, 0.8, 0.35],
  [0.15, 150, 1.1, 0.6],
  [0.35, 48, 1.6, 0.85],
];

interface Drawn {
  sprite: Sprite;
  trails: Sprite[];
  relation: Relation;
  classId: number;
  seen: number;
  flashUntil: number;
  length: number;
}

export class Scene {
  readonly camera = new Camera();
  readonly art = new Art();
  readonly app = new Application();
  effects!: Effects;
  private readonly world = new Container();
  private readonly zoneLayer = new Container();
  private readonly stationLayer = new Container();
  private readonly trailLayer = new Container();
  private readonly lootLayer = new Container();
  private readonly shipLayer = new Container();
  private readonly boltLayer = new Container();
  private readonly effectLayer = new Container();
  private nebula!: TilingSprite;
  private stars: TilingSprite[] = [];
  private body = new Sprite();
  private bodyName = '';
  private sun = new Sprite();
  private readonly ships = new Map<number, Drawn>();
  private readonly stations = new Map<number, Sprite>();
  private bolts: Sprite[] = [];
  private frame = 0;
  private originX = 0;
  private originY = 0;
  private nebulaTint: [number, number, number] = [31, 76, 124];
  /** 0 = everything, 1 = coarser, 2 = still background. */
  quality = 0;

  async start(holder: HTMLElement): Promise<void> {
    await this.app.init({
      preference: 'webgl',
      antialias: false,
      backgroundColor: 0x05080d,
      autoStart: false,
      autoDensity: true,
      resolution: Math.min(2, window.devicePixelRatio || 1),
      width: window.innerWidth,
      height: window.innerHeight,
      powerPreference: 'high-performance',
    });
    holder.append(this.app.canvas);
    this.nebula = new TilingSprite({ texture: this.art.nebula(), width: 1, height: 1 });
    this.nebula.tileScale.set(2.6);
    this.nebula.alpha = 0.34;
    const back = [
      this.nebula,
      ...STARS.map(([, n, r, a]) => {
        const tile = new TilingSprite({ texture: starTile(n, r), width: 1, height: 1 });
        tile.alpha = a;
        this.stars.push(tile);
        return tile;
      }),
    ];
    this.body.anchor.set(0.5);
    this.body.tint = 0x9a9a9a;
    this.sun.anchor.set(0.5);
    this.sun.texture = this.art.body('Sun');
    this.world.addChild(
      this.zoneLayer,
      this.sun,
      this.stationLayer,
      this.trailLayer,
      this.lootLayer,
      this.shipLayer,
      this.boltLayer,
      this.effectLayer,
    );
    this.app.stage.addChild(...back, this.body, this.world);
    this.effects = new Effects(this.effectLayer, this.art);
    this.resize();
  }

  resize(): void {
    const w = window.innerWidth;
    const h = window.innerHeight;
    this.app.renderer.resize(w, h);
    this.camera.resize(w, h);
    for (const tile of [this.nebula, ...this.stars]) {
      tile.width = w;
      tile.height = h;
    }
  }

  /** Steps down or up when the pictures are too slow or fast enough again. */
  setQuality(quality: number): void {
    if (quality === this.quality) return;
    this.quality = quality;
    const device = Math.min(2, window.devicePixelRatio || 1);
    this.app.renderer.resolution =
      quality === 0 ? device : quality === 1 ? Math.min(1, device) : 0.66;
    this.effects.limit = quality === 0 ? 1500 : 500;
    this.nebula.visible = quality < 2;
    this.stars.forEach((tile, i) => (tile.visible = quality < 2 || i === 1));
    this.resize();
  }

  /** Draws the fills of the safe and of the lawless zones, once per configuration. */
  configure(game: Game): void {
    this.zoneLayer.removeChildren().forEach((child) => child.destroy());
    for (const s of game.config?.shapes ?? []) {
      const zone = game.zone(s.zone);
      if (s.kind !== 1 || !zone || (zone.risk !== 0 && zone.risk !== 4)) continue;
      const g = new Graphics()
        .circle(0, 0, s.r)
        .fill({ color: numeric(RISK_EDGE[zone.risk]!), alpha: RISK_FILL[zone.risk]! * 0.55 });
      g.label = `${s.x1},${s.y1}`;
      this.zoneLayer.addChild(g);
    }
    for (const sprite of this.stations.values()) sprite.destroy();
    this.stations.clear();
    this.forget();
  }

  /** World units to px of the world container. */
  private px(x: number): number {
    return x - this.originX;
  }

  private py(y: number): number {
    return this.originY - y;
  }

  private recentre(): void {
    const { camera } = this;
    if (Math.abs(camera.x - this.originX) + Math.abs(camera.y - this.originY) < 4096) return;
    const dx = this.originX - camera.x;
    const dy = camera.y - this.originY;
    this.originX = camera.x;
    this.originY = camera.y;
    this.effects.shift(dx, dy);
  }

  /** Draws one picture; `seconds` since the last. */
  draw(game: Game, now: number, seconds: number): void {
    this.frame++;
    this.recentre();
    const { camera } = this;
    this.world.scale.set(camera.zoom);
    this.world.position.set(
      camera.centreX - this.px(camera.x) * camera.zoom,
      camera.centreY - this.py(camera.y) * camera.zoom,
    );
    this.drawBack(game);
    this.drawStations(game, now);
    this.drawShips(game, now);
    this.drawBolts(game);
    this.effects.update(now, seconds, (id) => {
      const drawn = this.ships.get(id);
      return drawn ? drawn.sprite.position : null;
    });
    this.app.renderer.render(this.app.stage);
  }

  private drawBack(game: Game): void {
    const { camera } = this;
    const still = camera.calm ? 0 : 1;
    const risk = game.own?.state?.zone?.risk ?? 0;
    const want = numeric(RISK_NEBULA[risk] ?? RISK_NEBULA[0]!);
    [want >> 16, (want >> 8) & 255, want & 255].forEach((v, i) => {
      this.nebulaTint[i]! += (v - this.nebulaTint[i]!) * 0.02;
    });
    const [r, g, b] = this.nebulaTint.map(Math.round) as [number, number, number];
    this.nebula.tint = (r << 16) | (g << 8) | b;
    const shift = (tile: TilingSprite, parallax: number): void => {
      tile.tilePosition.set(-camera.x * parallax * still, camera.y * parallax * still);
    };
    shift(this.nebula, 0.03);
    this.stars.forEach((tile, i) => shift(tile, STARS[i]![0]));
    const near = game.nearestStations()[0];
    const name = near?.station.body ?? '';
    if (name !== this.bodyName && name) {
      this.bodyName = name;
      this.body.texture = this.art.body(name);
    }
    if (near) {
      const size =
        Math.min(camera.width, camera.height) * (near.station.body === 'Moon' ? 0.4 : 0.75);
      this.body.scale.set(size / 640);
      this.body.position.set(
        camera.width * 0.86 - (camera.x - near.station.x) * 0.02 * still,
        camera.height * 0.93 + (camera.y - near.station.y) * 0.02 * still,
      );
    }
    this.body.visible = near !== undefined;
    this.sun.position.set(this.px(524288), this.py(524288));
    this.sun.scale.set((2500 * 2.6) / 320);
    for (const child of this.zoneLayer.children) {
      const [x, y] = child.label.split(',').map(Number) as [number, number];
      child.position.set(this.px(x), this.py(y));
    }
  }

  private drawStations(game: Game, now: number): void {
    const [l, b, r, t] = this.camera.view(300);
    for (const station of game.allStations) {
      const inView = station.x > l && station.x < r && station.y > b && station.y < t;
      let sprite = this.stations.get(station.id);
      if (!inView) {
        if (sprite) sprite.visible = false;
        continue;
      }
      if (!sprite) {
        sprite = new Sprite(this.art.station());
        sprite.anchor.set(0.5);
        sprite.scale.set(1 / FINE);
        this.stations.set(station.id, sprite);
        this.stationLayer.addChild(sprite);
      }
      sprite.visible = true;
      sprite.position.set(this.px(station.x), this.py(station.y));
      sprite.rotation = this.camera.calm ? 0 : now * 0.00003 + station.id;
    }
  }

  private drawShips(game: Game, now: number): void {
    const { world, own } = game;
    if (world) {
      const ownId = own?.state?.entity ?? 0;
      for (const e of world.entities.values()) {
        if (e.id === ownId) continue;
        this.drawEntity(game, e, game.poseOf(e), game.relation(e), now);
      }
    }
    if (own?.inSpace && own.state) {
      const pose = own.poseAt(game.session.ownTick, now);
      this.drawAs(game, own.state.entity || -1, own.state.classId, pose, 'own', now);
    }
    for (const [id, drawn] of this.ships) {
      if (drawn.seen === this.frame) continue;
      this.remove(drawn);
      this.ships.delete(id);
    }
  }

  private drawEntity(game: Game, e: Entity, pose: Pose, relation: Relation, now: number): void {
    this.drawAs(game, e.id, e.classId, pose, relation, now);
  }

  private drawAs(
    game: Game,
    id: number,
    classId: number,
    pose: Pose,
    relation: Relation,
    now: number,
  ): void {
    let drawn = this.ships.get(id);
    if (drawn && (drawn.relation !== relation || drawn.classId !== classId)) {
      this.remove(drawn);
      drawn = undefined;
    }
    if (!drawn) this.ships.set(id, (drawn = this.make(game, classId, relation)));
    drawn.seen = this.frame;
    const { sprite } = drawn;
    sprite.position.set(this.px(pose.x / K_PER_UNIT), this.py(pose.y / K_PER_UNIT));
    if (classId === CLASS_LOOT) {
      sprite.rotation = now * 0.0006 + id;
      return;
    }
    sprite.rotation = (-pose.heading * Math.PI) / 2048;
    sprite.tint = now < drawn.flashUntil ? 0xffffff : 0xf4f4f4;
    sprite.alpha = game.isImmune(pose.ctl) ? 0.55 + 0.2 * Math.sin(now * 0.006) : 1;
    this.drawTrails(game, drawn, classId, pose);
  }

  private make(game: Game, classId: number, relation: Relation): Drawn {
    const ship = game.shipClass(classId);
    const radius = game.kernel.radius(classId) || 16;
    const length = this.art.lengthOf(radius);
    const sprite = new Sprite(
      classId === CLASS_LOOT
        ? this.art.loot()
        : classId === CLASS_TORPEDO
          ? this.art.torpedo(relation)
          : this.art.ship(classId, ship, radius, relation),
    );
    sprite.anchor.set(0.5);
    sprite.scale.set(1 / FINE);
    (classId === CLASS_LOOT ? this.lootLayer : this.shipLayer).addChild(sprite);
    const engines = classId === CLASS_LOOT ? [] : silhouette(classId, ship).engines;
    const trails = engines.map(() => {
      const trail = new Sprite(this.art.trail(relation));
      trail.anchor.set(1, 0.5);
      trail.blendMode = 'add';
      this.trailLayer.addChild(trail);
      return trail;
    });
    return { sprite, trails, relation, classId, seen: this.frame, flashUntil: 0, length };
  }

  private drawTrails(game: Game, drawn: Drawn, classId: number, pose: Pose): void {
    const ship = game.shipClass(classId);
    const burning = classId === CLASS_TORPEDO || thrustOf(pose.ctl) === Thrust.ahead;
    const share = Math.min(1, Math.hypot(pose.vx, pose.vy) / (ship?.cruise || 6000));
    const s = silhouette(classId, ship);
    const unit = drawn.length / s.length;
    const cos = Math.cos(drawn.sprite.rotation);
    const sin = Math.sin(drawn.sprite.rotation);
    drawn.trails.forEach((trail, i) => {
      trail.visible = burning;
      if (!burning) return;
      const [ex, ey] = s.engines[i]!;
      trail.position.set(
        drawn.sprite.x + (ex * cos - ey * sin) * unit,
        drawn.sprite.y + (ex * sin + ey * cos) * unit,
      );
      trail.rotation = drawn.sprite.rotation;
      const long = (0.45 + 0.55 * share) * (boostOf(pose.ctl) ? 1.5 : 1);
      trail.scale.set(long * 0.5 * (0.94 + 0.06 * Math.random()), 0.5);
    });
  }

  private remove(drawn: Drawn): void {
    drawn.sprite.destroy();
    for (const trail of drawn.trails) trail.destroy();
  }

  /** Makes all ships anew, as after a change of colours. */
  forget(): void {
    for (const drawn of this.ships.values()) this.remove(drawn);
    this.ships.clear();
  }

  private drawBolts(game: Game): void {
    let n = 0;
    const { world } = game;
    const ownId = game.own?.state?.entity ?? 0;
    world?.shots.each(game.session.tick, game.session.ownTick, (bolt) => {
      if (bolt.age < 0) return;
      const relation: Relation = bolt.ship === ownId ? 'own' : game.relationOf(bolt.ship);
      let sprite = this.bolts[n];
      if (!sprite) {
        sprite = new Sprite();
        sprite.anchor.set(0.5);
        sprite.blendMode = 'add';
        this.boltLayer.addChild(sprite);
        this.bolts.push(sprite);
      }
      n++;
      sprite.visible = true;
      sprite.texture = this.art.bolt(relation === 'loot' ? 'neutral' : relation);
      sprite.scale.set(1 / FINE);
      sprite.position.set(this.px(bolt.x / K_PER_UNIT), this.py(bolt.y / K_PER_UNIT));
      sprite.rotation = -Math.atan2(bolt.vy, bolt.vx);
    });
    for (let i = n; i < this.bolts.length; i++) this.bolts[i]!.visible = false;
  }

  /** Shows a hit on an entity. */
  impact(hit: Impact, game: Game, now: number): void {
    const drawn = this.ships.get(hit.target);
    const x = drawn ? drawn.sprite.x : this.px(hit.x / K_PER_UNIT);
    const y = drawn ? drawn.sprite.y : this.py(hit.y / K_PER_UNIT);
    const angle = (-hit.heading * Math.PI) / 2048;
    const length = drawn?.length ?? 40;
    if (hit.shield) this.effects.shieldHit(hit.target, x, y, angle, length, now);
    if (hit.shieldBroke) this.effects.shieldBroke(x, y, length, now);
    if (hit.hull) {
      this.effects.sparks(x, y, angle, 6, 0xffd08a, now);
      if (drawn) drawn.flashUntil = now + 80;
    }
    if (hit.target === game.own?.state?.entity) this.camera.shake(now);
  }

  explode(x: number, y: number, radius: number, now: number): void {
    this.effects.explosion(
      this.px(x / K_PER_UNIT),
      this.py(y / K_PER_UNIT),
      this.art.lengthOf(radius || 16),
      now,
    );
  }

  muzzle(x: number, y: number, relation: Relation, now: number): void {
    this.effects.muzzle(
      this.px(x / K_PER_UNIT),
      this.py(y / K_PER_UNIT),
      numeric(SHAPE[relation]),
      now,
    );
  }
}

/** A tile of stars, the same at each load. */
function starTile(n: number, radius: number): Texture {
  const side = 1024;
  const element = document.createElement('canvas');
  element.width = element.height = side;
  const c = element.getContext('2d')!;
  let state = n * 7919;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  for (let i = 0; i < n; i++) {
    const x = random() * side;
    const y = random() * side;
    const size = radius * (0.6 + 0.7 * random());
    const tint = random();
    if (radius > 1.4 && tint > 0.55) {
      const g = c.createRadialGradient(x, y, 0, x, y, 9);
      g.addColorStop(0, 'rgba(170,200,240,.35)');
      g.addColorStop(1, 'rgba(170,200,240,0)');
      c.fillStyle = g;
      c.fillRect(x - 9, y - 9, 18, 18);
    }
    c.fillStyle = tint < 0.15 ? '#FFE2B8' : tint < 0.6 ? '#DCE8F8' : '#AFC4DE';
    c.beginPath();
    c.arc(x, y, size, 0, 7);
    c.fill();
  }
  return Texture.from(element);
}
