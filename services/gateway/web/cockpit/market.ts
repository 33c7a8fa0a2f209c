// SPDX-License-Identifier: Apache-2.0
// What the docked screen knows: all markets' prices, account, quotes and orders. Asks by itself,
// tells by events, computes only sums of what the server said.

import { create } from '@bufbuild/protobuf';
import type { ContractReply, ContractRequest } from '@gen/contract_pb';
import type { LimitReply, LimitRequest } from '@gen/limit_pb';
import {
  type AccountReply,
  AccountRequestSchema,
  Insurance,
  MarketEvent,
  type MarketLine,
  MarketRequestSchema,
  type OrderReply,
  OrderRequestSchema,
  type OwnShip,
  type QuoteReply,
  QuoteRequestSchema,
  type ShipReply,
  type ShipRequest,
} from '@gen/trade_pb';
import { OrderResult, Side } from '@gen/types_pb';
import type { Station } from '../kernel/config';
import { Emitter } from '../sdk/emitter';
import { makeId, type Question } from '../sdk/requests';
import type { Game } from './game';
import { say, type TextKey } from './text';

const REFRESH_MS = 5000;
const RETRY_MS = 3000;
/** Loading, docking and undocking cost the time of so many units of flight. */
const NEAR_U = 6000;

/** The word for an event of the day, null without one. */
export function eventWord(event: MarketEvent): TextKey | null {
  switch (event) {
    case MarketEvent.SHORTAGE:
      return 'eventShortage';
    case MarketEvent.FESTIVAL:
      return 'eventFestival';
    default:
      return null;
  }
}

function clockTime(ms: number): string {
  return new Date(ms).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}

export interface BestPlace {
  station: Station;
  sell: number;
  /** World units from the station one is at. */
  distance: number;
  profit: number;
}

export interface Row {
  commodity: number;
  line: MarketLine;
  inHold: number;
  best: BestPlace | null;
}

/** Requests that change the books, other than an order, and what answers them. */
interface Deals {
  ship: [ShipRequest, ShipReply];
  contract: [ContractRequest, ContractReply];
  limit: [LimitRequest, LimitReply];
}

export class Market {
  readonly events = new Emitter<{
    change: null;
    account: AccountReply;
    silent: boolean;
    today: MarketLine;
    blockade: string;
  }>();
  account: AccountReply | null = null;
  asOf = 0;
  silent = false;
  private blockaded = 0;
  private blockadeUntil = 0;
  private lines = new Map<string, MarketLine>();
  private nextAt = 0;
  private nextAccountAt = 0;
  private asking = false;
  private askingAccount = false;
  private readonly told = new Set<string>();

  constructor(private readonly game: Game) {}

  /** Call several times a second; `docked` asks for prices regularly. */
  pump(now: number, docked: boolean): void {
    if (!this.game.session.connected) return;
    if (docked && now >= this.nextAt && !this.asking) void this.refresh(now);
    if (now >= this.nextAccountAt && !this.askingAccount) void this.refreshAccount(now);
  }

  /** Something was booked: ask at once. */
  stale(): void {
    this.nextAccountAt = 0;
    this.nextAt = 0;
  }

  /** The ship flown, as the books have it. */
  get flown(): OwnShip | undefined {
    return this.account?.fleet.find((s) => s.ship === this.account?.ship);
  }

  /** Whether a policy covers the ship flown; null when it needs none. */
  covered(): boolean | null {
    const own = this.flown;
    const price = this.game.shipClass(own?.classId ?? 0)?.price ?? 0;
    return own && price > 0 ? own.insurance === Insurance.HELD : null;
  }

  /** The ship is lost, and with it what was aboard: not shown until the books say so too. */
  shipLost(): void {
    if (this.account) this.account.cargo = [];
    this.stale();
  }

  private setSilent(silent: boolean): void {
    if (silent === this.silent) return;
    this.silent = silent;
    this.events.emit('silent', silent);
  }

  private async refresh(now: number): Promise<void> {
    this.asking = true;
    try {
      const body = await this.game.session.ask(
        { case: 'market', value: create(MarketRequestSchema, { location: 0 }) },
        { giveUpMs: 4000 },
      );
      if (body.case === 'market') {
        this.lines = new Map(body.value.line.map((l) => [`${l.location}/${l.commodity}`, l]));
        this.asOf = Number(body.value.asOfMs);
        this.blockaded = body.value.blockaded;
        this.blockadeUntil = Number(body.value.blockadeUntilMs);
      }
      this.setSilent(false);
      this.nextAt = now + REFRESH_MS;
      this.tellEvents();
      this.events.emit('change', null);
    } catch {
      this.setSilent(true);
      this.nextAt = now + RETRY_MS;
    } finally {
      this.asking = false;
    }
  }

  private async refreshAccount(now: number): Promise<void> {
    this.askingAccount = true;
    this.nextAccountAt = now + 15000;
    try {
      const body = await this.game.session.ask(
        { case: 'account', value: create(AccountRequestSchema, {}) },
        { giveUpMs: 4000 },
      );
      if (body.case === 'account') {
        this.account = body.value;
        this.game.credits = Number(body.value.credits);
        this.events.emit('account', body.value);
        this.events.emit('change', null);
      }
    } catch {
      this.nextAccountAt = now + RETRY_MS;
    } finally {
      this.askingAccount = false;
    }
  }

  /** Each event of the day is told once. */
  private tellEvents(): void {
    for (const line of this.lines.values()) {
      if (!eventWord(line.event)) continue;
      const key = `${line.location}/${line.commodity}/${line.event}/${line.eventUntilMs}`;
      if (this.told.has(key)) continue;
      this.told.add(key);
      this.events.emit('today', line);
    }
    const blockade = this.sayBlockade(this.blockaded);
    const key = `blockade/${this.blockaded}/${this.blockadeUntil}`;
    if (!blockade || this.told.has(key)) return;
    this.told.add(key);
    this.events.emit('blockade', blockade);
  }

  /** What is known of raiders at a station, and until when; '' when it is not blockaded. */
  sayBlockade(location: number): string {
    if (location === 0 || location !== this.blockaded || Date.now() >= this.blockadeUntil)
      return '';
    const place = this.game.station(location)?.name ?? '';
    return say('blockadeAt', { place, t: clockTime(this.blockadeUntil) });
  }

  /** What happens at a market today, and until when. */
  sayEvent(line: MarketLine): string {
    const word = eventWord(line.event);
    if (!word) return '';
    const t = clockTime(Number(line.eventUntilMs));
    const place = this.game.station(line.location)?.name ?? '';
    const what = word === 'eventShortage' ? 'eventShortageAt' : 'eventFestivalAt';
    return say(what, { good: this.game.goodName(line.commodity), place, t });
  }

  line(location: number, commodity: number): MarketLine | undefined {
    return this.lines.get(`${location}/${commodity}`);
  }

  inHold(commodity: number): number {
    return this.account?.cargo.find((g) => g.commodity === commodity)?.quantity ?? 0;
  }

  get cargoMass(): number {
    return (this.account?.cargo ?? []).reduce(
      (sum, g) => sum + g.quantity * (this.game.good(g.commodity)?.mass ?? 1),
      0,
    );
  }

  get hold(): number {
    return this.account?.hold ?? 0;
  }

  /** Units of a good that the hold has room for. */
  room(commodity: number): number {
    const mass = this.game.good(commodity)?.mass ?? 1;
    return Math.max(0, Math.floor((this.hold - this.cargoMass) / mass));
  }

  /** Where a good bought (or carried) here sells best now, by profit for the way. */
  best(location: number, commodity: number): BestPlace | null {
    const here = this.game.station(location);
    const line = this.line(location, commodity);
    if (!here) return null;
    const cost = this.inHold(commodity) > 0 && !line?.sells ? (line?.sell ?? 0) : (line?.buy ?? 0);
    let best: BestPlace | null = null;
    let most = -Infinity;
    for (const station of this.game.allStations) {
      const there = this.line(station.id, commodity);
      if (!there || !there.buys || there.sell === 0) continue;
      const profit = there.sell - cost;
      const distance = Math.hypot(station.x - here.x, station.y - here.y);
      const worth = profit > 0 ? profit / (distance + NEAR_U) : profit;
      if (worth <= most) continue;
      most = worth;
      best = { station, sell: there.sell, profit, distance };
    }
    return best;
  }

  rows(location: number): Row[] {
    const rows: Row[] = [];
    for (const line of this.lines.values()) {
      if (line.location !== location) continue;
      rows.push({
        commodity: line.commodity,
        line,
        inHold: this.inHold(line.commodity),
        best: this.best(location, line.commodity),
      });
    }
    return rows.sort((a, b) => a.commodity - b.commodity);
  }

  async quote(
    location: number,
    commodity: number,
    side: Side,
    quantity: number,
  ): Promise<QuoteReply | null> {
    const body = await this.game.session.ask(
      { case: 'quote', value: create(QuoteRequestSchema, { location, commodity, side, quantity }) },
      { giveUpMs: 5000 },
    );
    return body.case === 'quote' ? body.value : null;
  }

  /** Buys or sells; asks again with the same id until the receipt is there. */
  async order(
    location: number,
    commodity: number,
    side: Side,
    quantity: number,
    worst: bigint,
    quoteId: Uint8Array,
    onRetry: () => void,
  ): Promise<OrderReply | null> {
    const body = await this.game.session.ask(
      {
        case: 'order',
        value: create(OrderRequestSchema, {
          location,
          commodity,
          side,
          quantity,
          worstTotal: worst,
          quoteId,
        }),
      },
      { giveUpMs: 20000, retryMs: 2500, id: makeId(), onRetry },
    );
    if (body.case !== 'order') return null;
    const reply = body.value;
    if (reply.result === OrderResult.DONE) this.booked(reply, commodity);
    return reply;
  }

  /** Asks for what changes the books: done once, however often it must be sent. */
  async deal<K extends keyof Deals>(kind: K, value: Deals[K][0]): Promise<Deals[K][1] | null> {
    const options = { giveUpMs: 20000, retryMs: 2500, id: makeId() };
    const body = await this.game.session.ask({ case: kind, value } as Question, options);
    if (body.case !== kind) return null;
    const reply = body.value as Deals[K][1];
    if (reply.result === OrderResult.DONE) {
      this.game.credits = Number(reply.balance);
      this.stale();
    }
    return reply;
  }

  private booked(reply: OrderReply, commodity: number): void {
    this.game.credits = Number(reply.balance);
    if (this.account) {
      this.account.credits = reply.balance;
      const held = this.account.cargo.find((g) => g.commodity === commodity);
      if (held) held.quantity = reply.inHold;
      this.account.cargo = this.account.cargo.filter((g) => g.quantity > 0);
    }
    this.stale();
    this.events.emit('change', null);
  }
}
