// SPDX-License-Identifier: Apache-2.0
// One pilot's session: socket, clock, world, own ship and questions tied together. The cockpit
// reads its state, steers by setControls and asks by ask; it hears of the rest by events.

import { create } from '@bufbuild/protobuf';
import {
  type Action,
  type ActionOutcome,
  ActionSchema,
  ClientFrameSchema,
  DockActionSchema,
  InputSchema,
  PingSchema,
  type PrivateEvent,
  type PublicEvent,
  type ServerFrame,
  StatusSchema,
  type Status,
  type Welcome,
} from '@gen/client_pb';
import { ActionResult, Code, Phase } from '@gen/types_pb';
import { decodeWorldConfig, type WorldConfig } from '../kernel/config';
import { type Kernel, Thrust } from '../kernel/kernel';
import { ApiError, type Auth, type CredentialStore, type Credentials } from './auth';
import { WorldClock } from './clock';
import { Emitter } from './emitter';
import { Names } from './names';
import { type Controls, NEUTRAL, OwnShip } from './own';
import { type AskOptions, type Body, type Question, Refused, Requests } from './requests';
import { type CloseReason, Socket, type SocketOptions } from './socket';
import { Talk } from './talk';
import { World } from './world';

const INPUT_GAP_MS = 50;
const HEARTBEAT_MS = 500;
const PING_MS = 2000;
/** No frame for so long: the world counts as paused. */
export const SILENCE_MS = 1500;

export interface SessionEvents {
  /** Greeted: the world's configuration is loaded. */
  welcome: Welcome;
  phase: { phase: Phase; before: Phase };
  lost: { reason: CloseReason; words: string; tries: number };
  back: { awayMs: number };
  ended: { reason: CloseReason | 'signed-out'; words: string };
  status: Status;
  private: PrivateEvent;
  public: PublicEvent;
  /** After each applied frame. */
  frame: ServerFrame;
}

export interface NetFigures {
  pingMs: number;
  bytesIn: number;
  framesIn: number;
  lateShare: number;
}

export interface SessionOptions {
  auth: Auth;
  store: CredentialStore;
  credentials: Credentials;
  kernel: Kernel;
  url: string;
  make?: SocketOptions['make'];
  now?: () => number;
}

export class Session {
  readonly events = new Emitter<SessionEvents>();
  readonly clock = new WorldClock();
  readonly requests: Requests;
  readonly names: Names;
  readonly talk: Talk;
  readonly now: () => number;
  world: World | null = null;
  own: OwnShip | null = null;
  /** Ships by sector of 8 x 8 cells, row by row from the lowest; empty before the first word. */
  density: number[] = [];
  config: WorldConfig | null = null;
  welcome: Welcome | null = null;
  status: Status = create(StatusSchema);
  revision = '';
  readonly net: NetFigures = { pingMs: 0, bytesIn: 0, framesIn: 0, lateShare: 0 };
  private readonly socket: Socket;
  private credentials: Credentials;
  private seq = 0;
  private controls: Controls = { ...NEUTRAL };
  private sentControls = '';
  private lastInputAt = 0;
  private lastPingAt = 0;
  private lastFrameAt = 0;
  private lostAt = 0;
  private actionId = 0;
  private readonly actions = new Map<number, (outcome: ActionOutcome) => void>();
  private epoch = 0;
  private loading: Promise<void> = Promise.resolve();
  private queue: ServerFrame[] | null = null;
  private stopped = false;

  constructor(private readonly options: SessionOptions) {
    this.now = options.now ?? (() => performance.now());
    this.credentials = options.credentials;
    this.requests = new Requests(
      (request) =>
        this.welcome !== null && this.socket.send(create(ClientFrameSchema, { request })),
    );
    this.names = new Names((body) => this.ask(body));
    this.talk = new Talk(this);
    this.socket = new Socket({
      url: options.url,
      ticket: () => this.credentials.ticket,
      lastSeq: () => this.seq,
      ...(options.make ? { make: options.make } : {}),
    });
    this.socket.events.on('frame', (frame) => this.receive(frame));
    this.socket.events.on('broken', () => this.resync());
    this.socket.events.on('closed', (e) => this.onClosed(e));
  }

  start(): void {
    this.stopped = false;
    this.socket.start();
  }

  stop(): void {
    this.stopped = true;
    this.socket.stop();
    this.requests.abandon();
  }

  get connected(): boolean {
    return this.socket.connected && this.lostAt === 0 && this.welcome !== null;
  }

  get phase(): Phase {
    return this.own?.state?.phase ?? Phase.UNSPECIFIED;
  }

  get ticket(): string {
    return this.credentials.ticket;
  }

  get playerId(): string {
    return this.credentials.playerId;
  }

  get paused(): boolean {
    return (
      this.status.worldPaused || (this.connected && this.now() - this.lastFrameAt > SILENCE_MS)
    );
  }

  /** Asks the services; see Requests. */
  ask(body: Question, options: AskOptions = {}): Promise<Body> {
    return this.requests.ask(body, this.now(), options);
  }

  /** The wish of the pilot from now on. */
  setControls(controls: Controls): void {
    this.controls = controls;
  }

  /** Begins docking; resolves with what became of it. 0 = the nearest station. */
  dock(location: number): Promise<ActionOutcome> {
    return this.act({ case: 'dock', value: create(DockActionSchema, { location }) });
  }

  /** Does one act in flight; resolves with what became of it. */
  act(act: Action['act']): Promise<ActionOutcome> {
    const requestId = (this.actionId = (this.actionId % 0x3fffffff) + 1);
    return new Promise((done) => {
      this.actions.set(requestId, done);
      this.sendInput(this.controls, [create(ActionSchema, { requestId, act })]);
    });
  }

  /** Call once per picture: sends what is due and flies the world to this moment. */
  update(): void {
    const now = this.now();
    this.requests.pump(now);
    this.names.pump(now);
    this.net.bytesIn = this.socket.bytesIn;
    this.net.framesIn = this.socket.framesIn;
    if (!this.connected) return;
    this.pumpInput(now);
    if (now - this.lastPingAt >= PING_MS) {
      this.lastPingAt = now;
      this.socket.send(
        create(ClientFrameSchema, {
          ping: create(PingSchema, { clientMs: Math.floor(now) >>> 0 }),
        }),
      );
    }
    const tick = this.tick;
    this.world?.advanceTo(Math.floor(tick) + 1);
    this.own?.advanceTo(this.ownTick);
    this.world?.shots.expire(Math.floor(tick), Math.floor(this.ownTick));
  }

  /** The world's tick that is shown now. */
  get tick(): number {
    return this.clock.tickAt(this.now());
  }

  /** The own ship's tick that is shown now: ahead by the way to the server. */
  get ownTick(): number {
    return this.tick + (this.own?.lead ?? 0);
  }

  private pumpInput(now: number): void {
    if (!this.own?.flying) return;
    const key = JSON.stringify(this.controls);
    const due = key !== this.sentControls ? INPUT_GAP_MS : HEARTBEAT_MS;
    if (now - this.lastInputAt < due) return;
    this.sendInput(this.controls, []);
  }

  private sendInput(c: Controls, action: Action[]): void {
    const seq = this.seq + 1;
    const sent = this.socket.send(
      create(ClientFrameSchema, {
        input: [
          create(InputSchema, {
            seq,
            targetTick: this.own?.nextTick ?? 0,
            targetHeading: c.heading & 4095,
            thrust: c.thrust,
            boost: c.boost,
            drift: c.drift,
            fire: c.fire,
            target: c.target,
            action,
          }),
        ],
      }),
    );
    if (!sent) return;
    this.seq = seq;
    this.lastInputAt = this.now();
    this.sentControls = JSON.stringify(c);
    this.own?.control(seq, { ...c });
  }

  /** Asks for the whole view again. */
  resync(): void {
    this.socket.send(create(ClientFrameSchema, { resync: true }));
  }

  private receive(frame: ServerFrame): void {
    if (frame.welcome) {
      this.queue = [];
      this.loading = this.onWelcome(frame.welcome).catch(() => {
        // Without the configuration nothing can be flown: come back later.
        this.queue = null;
        if (!this.stopped) setTimeout(() => this.socket.start(), 3000);
      });
    }
    if (this.queue) {
      this.queue.push(frame);
      return;
    }
    this.apply(frame);
  }

  private async onWelcome(welcome: Welcome): Promise<void> {
    const revision = welcome.configRevision.toString(16).padStart(16, '0');
    if (revision !== this.revision || !this.world) {
      const bytes = await this.options.auth.worldConfig(revision);
      this.options.kernel.configure(bytes);
      this.config = decodeWorldConfig(bytes);
      this.revision = revision;
      this.world = new World(this.options.kernel, this.config);
      this.own = new OwnShip(this.options.kernel, this.config);
      const world = this.world;
      this.own.onFire = (volley) => world.fired(volley);
    }
    this.world.clear();
    this.own?.reset();
    this.clock.reset(welcome.tickMs);
    this.epoch = welcome.worldEpoch;
    this.seq = Math.max(this.seq, welcome.lastSeq);
    this.sentControls = '';
    this.welcome = welcome;
    if (welcome.name) this.names.know(Number(welcome.player), welcome.name);
    const awayMs = this.lostAt ? this.now() - this.lostAt : 0;
    this.lostAt = 0;
    this.lastFrameAt = this.now();
    this.requests.reopen(this.now());
    const queued = this.queue ?? [];
    this.queue = null;
    this.events.emit('welcome', welcome);
    for (const frame of queued) this.apply(frame);
    if (awayMs > 0) this.events.emit('back', { awayMs });
  }

  private apply(frame: ServerFrame): void {
    const now = this.now();
    const { world, own } = this;
    if (!world || !own) return;
    if (frame.tick !== 0) {
      if (frame.worldEpoch !== this.epoch && frame.worldEpoch !== 0) {
        this.epoch = frame.worldEpoch;
        world.clear();
        own.reset();
        this.clock.reset(50);
      }
      if (frame.tick > this.clock.newestTick || !this.clock.running) {
        this.clock.onFrame(frame.tick, frame.dilationPm, now);
        this.lastFrameAt = now;
      }
      world.advanceTo(frame.tick);
    }
    if (frame.density) this.density = frame.density.ships;
    if (frame.status) this.onStatus(frame.status);
    const before = this.phase;
    if (frame.own) {
      world.own = frame.own.entity;
      own.take(frame.own, frame.own.tick || frame.tick, now);
    }
    for (const delta of frame.delta) world.apply(delta, false, now);
    for (const cell of frame.snapshot) world.apply(cell, true, now);
    if (frame.view) world.setView(frame.view.cell);
    if (this.phase !== before) this.events.emit('phase', { phase: this.phase, before });
    for (const event of frame.private) this.onPrivate(event);
    for (const reply of frame.reply) this.requests.take(reply, now);
    if (frame.pong) this.net.pingMs = smooth(this.net.pingMs, now - frame.pong.clientMs);
    if (frame.newTicket) {
      this.keep({
        ...this.credentials,
        ticket: frame.newTicket.ticket,
        ticketExpiresAt: Number(frame.newTicket.ticketExpiresAt),
      });
    }
    for (const event of frame.public) this.events.emit('public', event);
    this.events.emit('frame', frame);
  }

  private onStatus(status: Status): void {
    if (!status.worldPaused) this.lastFrameAt = this.now();
    this.status = status;
    this.events.emit('status', status);
  }

  private onPrivate(event: PrivateEvent): void {
    if (event.event.case === 'action') {
      const done = this.actions.get(event.event.value.requestId);
      this.actions.delete(event.event.value.requestId);
      done?.(event.event.value);
    }
    this.events.emit('private', event);
  }

  private keep(credentials: Credentials): void {
    this.credentials = credentials;
    this.options.store.save(credentials);
  }

  private onClosed(e: {
    reason: CloseReason;
    words: string;
    tries: number;
    retryInMs: number;
  }): void {
    this.queue = null;
    if (this.lostAt === 0) this.lostAt = this.now();
    if (e.reason === 'ticket') {
      void this.renew();
      return;
    }
    if (e.retryInMs < 0) this.events.emit('ended', { reason: e.reason, words: e.words });
    else this.events.emit('lost', { reason: e.reason, words: e.words, tries: e.tries });
  }

  /** The ticket is no longer good: a new one for the refresh secret, or sign in again. */
  private async renew(): Promise<void> {
    this.events.emit('lost', { reason: 'ticket', words: '', tries: 1 });
    for (let tries = 1; !this.stopped; tries++) {
      try {
        const { credentials } = await this.options.auth.refresh(this.credentials.refreshSecret);
        this.keep(credentials);
        if (!this.stopped) this.socket.start();
        return;
      } catch (error) {
        const status = error instanceof ApiError ? error.status : 0;
        if (status >= 400 && status < 500 && status !== 429) {
          this.options.store.clear();
          this.events.emit('ended', { reason: 'signed-out', words: '' });
          return;
        }
        const wait = error instanceof ApiError ? error.retryAfterMs : 0;
        await new Promise((done) => setTimeout(done, Math.max(1000, wait)));
      }
    }
  }

  /** Waits until the configuration of the last welcome is loaded. */
  settled(): Promise<void> {
    return this.loading;
  }
}

function smooth(before: number, sample: number): number {
  return before === 0 ? sample : before + (sample - before) * 0.25;
}

export { ActionResult, Code, Phase, Refused, Thrust };
