// SPDX-License-Identifier: Apache-2.0
// StarTrader, the whole SDK as one object: sign-in, connection, flight, the world in view, and what
// Desk asks the services. Runs in browsers and in Node; holds no picture. Drives the session by a
// timer of its own.

import { create } from '@bufbuild/protobuf';
import type { ActionResult, MarketLine, OwnState, Phase, Status } from '@gen/api';
import { JettisonActionSchema, OwnStateSchema, StatusSchema } from '@gen/client_pb';
import { UndockRequestSchema } from '@gen/trade_pb';
import { ActionResultSchema, GoodsSchema, PhaseSchema } from '@gen/types_pb';
import {
  decodeWorldConfig,
  type Good,
  type ShipClass,
  type Station,
  type WorldConfig,
  type Zone,
} from '../kernel/config';
import { Kernel, Thrust } from '../kernel/kernel';
import {
  Auth,
  type Board,
  CredentialStore,
  type Credentials,
  type Leader,
  type SignIn,
  type WorldInfo,
} from './auth';
import { courseTo, headingTo } from './autopilot';
import type { Candle } from './candles';
import { Desk } from './desk';
import { Emitter } from './emitter';
import { K_PER_UNIT } from './entity';
import { type ErrorCode, StarTraderError, typed } from './errors';
import { type ClientEvents, relay } from './events';
import type { ClientOptions, ConnectOptions, Steering } from './options';
import { type Controls, NEUTRAL } from './own';
import { plain, word } from './plain';
import { defaultStore, kernelBytes, needCrypto, wireMaker } from './platform';
import type { Body, Question } from './requests';
import { Session } from './session';
import type { Wire } from './socket';
import type { Talk } from './talk';
import type { Loot, Place, Ship, Shot } from './view';
import { lootOf, placeOf, shipsOf, shotsOf } from './view';
import { Waiters } from './waiters';

const UPDATE_MS = 25;
const TIMEOUT_MS = 20000;
const HOUR_MS = 3600000;
/** Below the speed of docking, 60 units per second. */
const SLOW = 45;
const GUNS = 1;
const TORPEDO = 2;

/** A pilot's client. */
export class StarTrader extends Desk {
  private readonly auth: Auth;
  private readonly store: CredentialStore;
  private readonly events = new Emitter<ClientEvents>();
  private readonly timeoutMs: number;
  private credentials: Credentials | null = null;
  private known: WorldConfig | null = null;
  private kernel: Kernel | null = null;
  private session: Session | null = null;
  private timer: ReturnType<typeof setInterval> | null = null;
  private controls: Controls = { ...NEUTRAL };
  private readonly waiters = new Waiters();
  /** Counts what steers the ship: who finds another number has lost the controls. */
  private hand = 0;

  /** Prepares a client; nothing is asked yet. */
  constructor(private readonly options: ClientOptions) {
    super();
    this.auth = new Auth(options.url.replace(/\/+$/, ''));
    this.store = new CredentialStore(options.store ?? defaultStore());
    this.timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.events.on('ended', ({ reason }) => this.waiters.fail(reason));
  }

  /** Signs in, connects, and waits until the world and the own ship are there. */
  static async connect(options: ConnectOptions): Promise<StarTrader> {
    const client = new StarTrader(options);
    const { guest, login, register, credentials } = options;
    if (guest) await client.guest();
    else if (login) await client.signIn(login.name, login.password);
    else if (register) await client.register(register.name, register.password);
    else if (credentials) client.resume(credentials);
    else if (!client.resume()) await client.guest();
    await client.connect();
    return client;
  }

  private async take(answer: Promise<SignIn>): Promise<SignIn> {
    const signIn = await typed(answer);
    this.credentials = signIn.credentials;
    this.store.save(signIn.credentials);
    return signIn;
  }

  /** Makes a guest. */
  async guest(): Promise<SignIn> {
    await needCrypto();
    return this.take(this.auth.guest());
  }

  /** Makes an account. */
  async register(name: string, password: string): Promise<SignIn> {
    await needCrypto();
    return this.take(this.auth.register(name, password));
  }

  /** Signs in to an account. */
  async signIn(name: string, password: string): Promise<SignIn> {
    await needCrypto();
    return this.take(this.auth.login(name, password));
  }

  /** Gives the guest of this client a name and a password; pilot and ship stay. Connects anew. */
  async claim(name: string, password: string): Promise<SignIn> {
    const { ticket } = this.signedIn;
    const again = this.session !== null;
    this.close(); // the new sign-in would end the connection anyway
    try {
      return await this.take(this.auth.claim(ticket, name, password));
    } finally {
      if (again) await this.connect();
    }
  }

  /** Gets a new ticket. Connections do it by themselves. */
  async refresh(): Promise<SignIn> {
    await needCrypto();
    return this.take(this.auth.refresh(this.signedIn.refreshSecret));
  }

  /** Comes back as an earlier pilot: of these credentials, or those in the store. False: none. */
  resume(credentials: Credentials | null = this.store.load()): boolean {
    this.credentials = credentials;
    return credentials !== null;
  }

  /** Ends the sign-in for good, and the connection with it. */
  async signOut(): Promise<void> {
    const { ticket } = this.signedIn;
    this.close();
    this.store.clear();
    this.credentials = null;
    await needCrypto();
    await typed(this.auth.logout(ticket));
  }

  private get signedIn(): Credentials {
    const credentials = this.credentialsToKeep;
    if (!credentials) throw new StarTraderError('connection', 'signed-out');
    return credentials;
  }

  /** What the next start needs to come back as this pilot, null before a sign-in. */
  get credentialsToKeep(): Credentials | null {
    return (this.session ? this.store.load() : null) ?? this.credentials;
  }

  /** Connects, and waits until the world and the own ship are there. */
  async connect(): Promise<void> {
    const credentials = this.signedIn;
    this.close();
    await needCrypto();
    const make = await this.wires();
    this.kernel ??= await this.loadKernel();
    const url = new URL('/v1/ws', this.options.url);
    url.protocol = url.protocol.replace('http', 'ws');
    const session = new Session({
      auth: this.auth,
      store: this.store,
      credentials,
      kernel: this.kernel,
      url: url.href,
      ...(make ? { make } : {}),
    });
    this.store.save(credentials);
    let reason: ErrorCode = 'timeout';
    session.events.on('lost', (e) => (reason = e.reason));
    relay(session, this.events);
    this.session = session;
    session.start();
    this.timer = setInterval(() => this.update(), UPDATE_MS);
    try {
      await this.until(() => session.connected && this.phase !== 'unspecified');
    } catch (error) {
      this.close();
      const late = error instanceof StarTraderError && error.code === 'timeout';
      throw late ? new StarTraderError('connection', reason) : error;
    }
  }

  private async wires(): Promise<((url: string, protocol: string) => Wire) | null> {
    const { WebSocket: Given } = this.options;
    if (Given) return (url, protocol) => new Given(url, protocol) as Wire;
    return wireMaker();
  }

  private async loadKernel(): Promise<Kernel> {
    const { kernel = new URL('./kernel.wasm', import.meta.url) } = this.options;
    const place = typeof kernel === 'string' ? new URL(kernel, import.meta.url) : kernel;
    return Kernel.load(place instanceof URL ? await kernelBytes(place) : place);
  }

  /** Ends the connection; the ship stays where it is and is parked after a while. */
  close(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.credentials = this.credentialsToKeep;
    const { session } = this;
    this.session = null;
    session?.stop();
    this.waiters.fail('closed');
  }

  /** The connection stands. */
  get connected(): boolean {
    return this.session?.connected ?? false;
  }

  /** Calls `listener` for each event of a name; the result ends it. */
  on<K extends keyof ClientEvents>(
    name: K,
    listener: (event: ClientEvents[K]) => void,
  ): () => void {
    return this.events.on(name, listener);
  }

  /** The next event of a name. */
  once<K extends keyof ClientEvents>(name: K): Promise<ClientEvents[K]> {
    return new Promise((done) => {
      const end = this.on(name, (event) => {
        end();
        done(event);
      });
    });
  }

  /**
   * Flies the world to this moment and sends what is due. Runs 40 times a second by itself; a
   * program that draws calls it before each picture too.
   */
  update(): void {
    this.session?.update();
    this.waiters.check();
  }

  /** Waits for a condition on this client; an error of code timeout when it comes too late. */
  until(condition: () => boolean, timeoutMs = this.timeoutMs): Promise<void> {
    if (!this.session) return Promise.reject(new StarTraderError('connection', 'closed'));
    return this.waiters.until(condition, timeoutMs);
  }

  /** @internal */
  async ask(body: Question, id?: Uint8Array): Promise<Body> {
    if (!this.session) throw new StarTraderError('connection', 'closed');
    return typed(this.session.ask(body, id ? { id } : {}));
  }

  /** @internal */
  protected get talk(): Talk {
    if (!this.session) throw new StarTraderError('connection', 'closed');
    return this.session.talk;
  }

  // --- the world ---

  /** The world as everybody may see it, without a sign-in. */
  async world(): Promise<WorldInfo> {
    await needCrypto();
    return typed(this.auth.world());
  }

  /** Names and figures of everything, without a sign-in. Connecting does it by itself. */
  async loadConfig(): Promise<WorldConfig> {
    const { revision } = await this.world();
    return (this.known = decodeWorldConfig(await typed(this.auth.worldConfig(revision))));
  }

  /** Names and figures of everything: there after connect or loadConfig. */
  get config(): WorldConfig {
    const config = this.session?.config ?? this.known;
    if (!config) throw new StarTraderError('connection', 'closed');
    return config;
  }

  /** All stations; a station's id is a location id. */
  get stations(): Station[] {
    return this.config.stations;
  }

  /** All zones. */
  get zones(): Zone[] {
    return this.config.zones;
  }

  /** All goods; a good's id is a commodity id. */
  get goods(): Good[] {
    return this.config.goods;
  }

  /** All classes of ships. */
  get shipClasses(): ShipClass[] {
    return this.config.classes;
  }

  private static find<T extends { id: number; code: string }>(list: T[], key: number | string): T {
    const found = list.find((item) => item.id === key || item.code === key);
    if (!found) throw new StarTraderError('request', 'not_found');
    return found;
  }

  /** A station by its id or its code. */
  station(key: number | string): Station {
    return StarTrader.find(this.stations, key);
  }

  /** A good by its id or its code. */
  good(key: number | string): Good {
    return StarTrader.find(this.goods, key);
  }

  /** A class of ships by its id or its code. */
  shipClass(key: number | string): ShipClass {
    return StarTrader.find(this.shipClasses, key);
  }

  /** The zone at a place in units, null before connect. */
  zoneAt(x: number, y: number): Zone | null {
    if (!this.session?.config || !this.kernel) return null;
    const id = this.kernel.zoneAt(Math.round(x * K_PER_UNIT), Math.round(y * K_PER_UNIT));
    return this.zones.find((zone) => zone.id === id) ?? null;
  }

  /** All ships in view at this moment, the own one as predicted. */
  ships(): Ship[] {
    return this.session ? shipsOf(this.session) : [];
  }

  /** All cargo adrift in view. */
  loot(): Loot[] {
    return this.session ? lootOf(this.session) : [];
  }

  /** All bolts in view, own ones as predicted. */
  shots(): Shot[] {
    return this.session ? shotsOf(this.session) : [];
  }

  /** Ships in the whole system by sector of 8 x 8 cells, row by row; empty at first. */
  get density(): readonly number[] {
    return this.session?.density ?? [];
  }

  /** The tick of the world that is shown now, as a fraction. */
  get tick(): number {
    return this.session?.tick ?? 0;
  }

  /** What stands behind the gateway works, or does not. */
  get status(): Status | null {
    return this.session ? plain(StatusSchema, this.session.status) : null;
  }

  /** Way to the gateway and back, ms; 0 before it is known. */
  get pingMs(): number {
    return this.session?.net.pingMs ?? 0;
  }

  /** How often the predicted own ship was corrected, and by how many units at most. */
  get corrections(): { count: number; largest: number } {
    const own = this.session?.own;
    return { count: own?.corrections ?? 0, largest: (own?.largestCorrection ?? 0) / K_PER_UNIT };
  }

  // --- markets without a sign-in ---

  /** Prices and stock of a location. */
  async market(location: number): Promise<MarketLine[]> {
    if (this.connected) return this.askMarket(location);
    await needCrypto();
    return typed(this.auth.markets(location));
  }

  /** Prices and stock of all locations. */
  markets(): Promise<MarketLine[]> {
    return this.market(0);
  }

  /** How a price went: the newest `count` (1 to 512) steps of 1, 5, 15, 60 or 240 minutes. */
  async history(
    location: number,
    commodity: number,
    stepMin = 5,
    count = 120,
  ): Promise<Candle[]> {
    await needCrypto();
    return typed(this.auth.history(location, commodity, stepMin, count));
  }

  /** The 50 first pilots of a leaderboard. */
  async leaders(board: Board): Promise<Leader[]> {
    await needCrypto();
    return typed(this.auth.leaders(board));
  }

  // --- the own ship ---

  /** Player id of this pilot, 0 before a sign-in. */
  get player(): number {
    return Number(this.credentials?.playerId ?? 0);
  }

  /** Where the own ship is in its life. */
  get phase(): Phase {
    return word(PhaseSchema, this.session?.phase ?? 0) as Phase;
  }

  /** Location id where the ship is docked, else 0. */
  get docked(): number {
    return this.phase === 'docked' ? (this.session?.own?.state?.location ?? 0) : 0;
  }

  /** The newest exact word on the own ship, null before the first. */
  get own(): OwnState | null {
    const state = this.session?.own?.state;
    return state ? plain(OwnStateSchema, state) : null;
  }

  /** Where the own ship is now: predicted in space, the station's place while it rests. */
  get place(): Place | null {
    const own = this.session?.own;
    if (!this.session || !own?.state) return null;
    if (own.inSpace) return placeOf(own.poseAt(this.session.ownTick, this.session.now()));
    const at = this.stations.find((s) => s.id === this.docked);
    if (at) return { x: at.x, y: at.y, vx: 0, vy: 0, heading: 0 };
    return { x: own.state.x / K_PER_UNIT, y: own.state.y / K_PER_UNIT, vx: 0, vy: 0, heading: 0 };
  }

  /** Heading from the own ship to a place in units. */
  headingTo(to: { x: number; y: number }): number {
    const at = this.place ?? { x: 0, y: 0 };
    return headingTo(to.x - at.x, to.y - at.y);
  }

  /** Sets the controls; they act at once in prediction. Ends what flyTo has begun. */
  steer(wish: Steering): void {
    this.hand++;
    this.set(wish);
  }

  private set(wish: Steering): void {
    const { controls: c } = this;
    const mask = (bit: number, on: boolean | undefined): number =>
      (on ?? (c.fire & bit) !== 0) ? bit : 0;
    this.controls = {
      heading: (wish.heading ?? c.heading) & 4095,
      thrust: wish.thrust ? Thrust[wish.thrust] : c.thrust,
      boost: wish.boost ?? c.boost,
      drift: wish.drift ?? c.drift,
      fire: mask(GUNS, wish.fire) | mask(TORPEDO, wish.torpedo),
      target: wish.target ?? c.target,
    };
    this.session?.setControls(this.controls);
  }

  /** Leaves the station or the parking place, with another own ship if one is named. */
  async undock(ship = 0): Promise<void> {
    const value = create(UndockRequestSchema, { ship });
    const reply = await this.ask({ case: 'undock', value });
    if (reply.case !== 'undock') throw new StarTraderError('request', 'unknown');
    this.accepted(reply.value.result, 0);
    this.steer({ thrust: 'coast', boost: false, fire: false, torpedo: false });
    await this.until(() => this.phase === 'flying');
  }

  private accepted(result: number, limit: number): void {
    const code = word(ActionResultSchema, result) as ActionResult;
    if (code === 'ok') return;
    throw new StarTraderError('action', code === 'unspecified' ? 'unknown' : code, { limit });
  }

  /** Docks at a station in reach (0 = the nearest) and waits until the clamps have closed. */
  async dock(location = 0): Promise<void> {
    const { session } = this;
    if (!session) throw new StarTraderError('connection', 'closed');
    if (this.docked && (!location || location === this.docked)) return;
    if (this.phase !== 'flying') throw new StarTraderError('action', 'not_possible');
    this.steer({ thrust: 'brake', boost: false, fire: false, torpedo: false });
    let failed: { result: ActionResult; value: number } | null = null;
    const begun = session.dock(location);
    const end = this.on('action', (e) => {
      if (e.result !== 'ok' && e.result !== 'hold_full') failed = e;
    });
    try {
      await this.until(() => failed !== null || this.docked !== 0 || this.lost);
    } finally {
      end();
    }
    if (this.docked) return;
    if (this.lost) throw new StarTraderError('action', 'destroyed');
    const { result, value } = await begun;
    this.accepted(result, value);
    throw new StarTraderError('action', (failed as { result: ErrorCode } | null)?.result ?? 'lost');
  }

  private get lost(): boolean {
    return this.phase === 'dead';
  }

  /** Drops cargo into space as loot. */
  async jettison(commodity: number, quantity: number): Promise<void> {
    const { session } = this;
    if (!session) throw new StarTraderError('connection', 'closed');
    const goods = create(GoodsSchema, { commodity, quantity });
    const value = create(JettisonActionSchema, { goods });
    let outcome: { result: number; value: number } | null = null;
    void session.act({ case: 'jettison', value }).then((o) => (outcome = o));
    await this.until(() => outcome !== null);
    const { result, value: limit } = outcome as unknown as { result: number; value: number };
    this.accepted(result, limit);
  }

  /**
   * Flies to a station, or to a place in units, and stops there: within the dock radius and slow
   * enough to dock. Goes around the Sun, and around nothing else. Rejects when the ship is lost,
   * when something else steers, and after an hour.
   */
  async flyTo(to: Station | number | string | { x: number; y: number }): Promise<void> {
    const goal = typeof to === 'object' ? to : this.station(to);
    const near = 'dockRadius' in goal ? (goal as Station).dockRadius * 0.8 : 100;
    const hand = ++this.hand;
    let arrived = false;
    await this.until(() => {
      if (this.hand !== hand) return true;
      if (this.phase !== 'flying') return true;
      arrived = this.flyOn({ x: goal.x, y: goal.y, near, slow: SLOW });
      return arrived;
    }, HOUR_MS);
    if (this.hand !== hand) throw new StarTraderError('action', 'interrupted');
    if (!arrived) throw new StarTraderError('action', this.lost ? 'destroyed' : 'not_possible');
  }

  private flyOn(goal: Parameters<typeof courseTo>[1]): boolean {
    const own = this.session?.own;
    if (!this.session || !own?.state || !own.shipClass) return false;
    const pose = own.poseAt(this.session.ownTick, this.session.now());
    const course = courseTo(pose, goal, own.shipClass, own.state.loadStep);
    const thrust = (['coast', 'ahead', 'astern', 'brake'] as const)[course.thrust] ?? 'coast';
    this.set({ heading: course.heading, thrust, boost: course.boost });
    return course.arrived;
  }
}
