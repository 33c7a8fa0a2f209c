// SPDX-License-Identifier: Apache-2.0
// What a pilot asks the services, with typed answers: markets, orders, contracts, limit orders,
// ships, account, chat. A refusal is a StarTraderError; an answer is one that was done.

import { create } from '@bufbuild/protobuf';
import type {
  AccountReply,
  BookReply,
  ChatLine,
  Contract,
  ContractReply,
  ContractsReply,
  LimitReply,
  MarketLine,
  OrderReply,
  QuoteReply,
  RecordReply,
  ReportReply,
  ShipReply,
  TradingReply,
} from '@gen/api';
import {
  ChatLineSchema,
  ReportReplySchema,
  ReportResult,
  ReportResultSchema,
  SayResult,
  SayResultSchema,
} from '@gen/chat_pb';
import { NamesRequestSchema } from '@gen/client_pb';
import {
  ContractAction,
  ContractReplySchema,
  type ContractRequest,
  ContractRequestSchema,
  ContractsReplySchema,
  ContractsRequestSchema,
} from '@gen/contract_pb';
import {
  BookReplySchema,
  BookRequestSchema,
  LimitAction,
  LimitReplySchema,
  type LimitRequest,
  LimitRequestSchema,
} from '@gen/limit_pb';
import {
  RecordReplySchema,
  RecordRequestSchema,
  TradingReplySchema,
  TradingRequestSchema,
} from '@gen/record_pb';
import {
  AccountReplySchema,
  AccountRequestSchema,
  Insurance,
  MarketLineSchema,
  MarketRequestSchema,
  OrderReplySchema,
  OrderRequestSchema,
  QuoteReplySchema,
  QuoteRequestSchema,
  ShipReplySchema,
  ShipRequestSchema,
} from '@gen/trade_pb';
import { type OrderResult, Side } from '@gen/types_pb';
import { OrderResult as Result, OrderResultSchema } from '@gen/types_pb';
import { type ErrorCode, StarTraderError, typed } from './errors';
import { plain, word } from './plain';
import { type Body, makeId, type Question } from './requests';
import type { Talk } from './talk';

/** Buying or selling, from the pilot's point of view. */
export type SideWord = 'buy' | 'sell';

/** What to trade at once at a market. */
export interface OrderWish {
  /** Commodity id. */
  commodity: number;
  /** Buy or sell. */
  side: SideWord;
  /** Units, 1 to 1,000. */
  quantity: number;
  /** Location id; without it, where the ship is docked. */
  location?: number;
  /** Buying: at most; selling: at least, credits in all. */
  worstTotal?: number;
  /** A firm quote that is taken up. */
  quote?: QuoteReply;
}

/** What to do at a shipyard: one of them. */
export interface ShipWish {
  /** Ship class to buy. */
  classId?: number;
  /** Own ship that rests here, to fly from now on. */
  ship?: number;
  /** Weapon for all gun mounts of the ship flown. */
  weapon?: number;
  /** Alone: policy of the ship flown; buying: its first premium is paid. */
  insurance?: 'none' | 'wanted';
  /** Buying: the present ship goes to the yard. */
  tradeIn?: boolean;
  /** At most, credits in all. */
  worstTotal?: number;
}

/** A limit order to place. */
export interface LimitWish extends OrderWish {
  /** Credits per unit, 1 to 40,000. */
  price: number;
}

type Answer<K extends Body['case']> = Extract<Body, { case: K }>['value'];

const SIDES = { buy: Side.BUY, sell: Side.SELL } as const;
const INSURANCES = { none: Insurance.NONE, wanted: Insurance.WANTED } as const;
const AGAIN_MS = 500;
const AGAIN_MAX = 10;

/** Throws unless an order, quote, contract or ship was done. */
function decided(reply: { result: OrderResult; limit: bigint }): void {
  if (reply.result === Result.DONE) return;
  const code = word(OrderResultSchema, reply.result) as ErrorCode;
  throw new StarTraderError('order', code, { limit: Number(reply.limit) });
}

/** The part of the client that asks the services. */
export abstract class Desk {
  /** Asks over the socket. @internal */
  abstract ask(body: Question, id?: Uint8Array): Promise<Body>;

  /** Location id where the ship is docked, else 0. */
  abstract get docked(): number;

  /** Chat of the connection; throws when there is none. @internal */
  protected abstract get talk(): Talk;

  private async answer<K extends Body['case']>(
    kind: K,
    body: Question,
    id?: Uint8Array,
  ): Promise<Answer<K>> {
    const reply = await this.ask(body, id);
    if (reply.case !== kind) throw new StarTraderError('request', 'unknown');
    return reply.value as Answer<K>;
  }

  /** Asks until it is decided: a retry has the same id, so that it is done once. */
  private async decide<K extends 'order' | 'ship' | 'contract' | 'limit'>(
    kind: K,
    body: Question,
  ): Promise<Answer<K>> {
    const id = makeId();
    for (let tries = 1; ; tries++) {
      const value = await this.answer(kind, body, id);
      const { result } = value as { result: OrderResult };
      if (result === Result.TRY_AGAIN && tries < AGAIN_MAX) {
        await new Promise((done) => setTimeout(done, AGAIN_MS));
        continue;
      }
      decided(value as { result: OrderResult; limit: bigint });
      return value;
    }
  }

  /** Prices and stock of a location as its pilots see them now; 0 = of all. @internal */
  async askMarket(location: number): Promise<MarketLine[]> {
    const value = create(MarketRequestSchema, { location });
    const { line } = await this.answer('market', { case: 'market', value });
    return line.map((l) => plain(MarketLineSchema, l));
  }

  /** A firm price for a quantity, with its reasons. */
  async quote(wish: OrderWish): Promise<QuoteReply> {
    const { commodity, quantity, location = this.docked } = wish;
    const side = SIDES[wish.side];
    const value = create(QuoteRequestSchema, { location, commodity, side, quantity });
    const reply = await this.answer('quote', { case: 'quote', value });
    decided(reply);
    return plain(QuoteReplySchema, reply);
  }

  /** Buys or sells at once; the receipt is final. */
  async order(wish: OrderWish): Promise<OrderReply> {
    const { commodity, quantity, location = this.docked, worstTotal = 0, quote } = wish;
    const value = create(OrderRequestSchema, {
      location,
      commodity,
      side: SIDES[wish.side],
      quantity,
      worstTotal: BigInt(worstTotal),
      ...(quote ? { quoteId: quote.quoteId as Uint8Array<ArrayBuffer> } : {}),
    });
    return plain(OrderReplySchema, await this.decide('order', { case: 'order', value }));
  }

  /** Own credits, cargo and ships. */
  async account(): Promise<AccountReply> {
    const value = create(AccountRequestSchema, {});
    return plain(AccountReplySchema, await this.answer('account', { case: 'account', value }));
  }

  /** Buys a ship, changes to an own one, fits a weapon or insures. */
  async refit(wish: ShipWish): Promise<ShipReply> {
    const value = create(ShipRequestSchema, {
      classId: wish.classId ?? 0,
      ship: wish.ship ?? 0,
      weapon: wish.weapon ?? 0,
      tradeIn: wish.tradeIn ?? false,
      worstTotal: BigInt(wish.worstTotal ?? 0),
      ...(wish.insurance ? { insurance: INSURANCES[wish.insurance] } : {}),
    });
    return plain(ShipReplySchema, await this.decide('ship', { case: 'ship', value }));
  }

  /** Deliveries that a station offers, own ones, and the highest prices on heads. */
  async contracts(location = this.docked): Promise<ContractsReply> {
    const value = create(ContractsRequestSchema, { location });
    const reply = await this.answer('contracts', { case: 'contracts', value });
    return plain(ContractsReplySchema, reply);
  }

  private async contract(value: ContractRequest): Promise<ContractReply> {
    return plain(ContractReplySchema, await this.decide('contract', { case: 'contract', value }));
  }

  /** Takes a delivery of the station where the ship is docked. */
  takeContract(contract: Contract): Promise<ContractReply> {
    const { origin, destination, commodity } = contract;
    const id = BigInt(contract.contract);
    const action = ContractAction.TAKE;
    const wish = { action, contract: id, origin, destination, commodity };
    return this.contract(create(ContractRequestSchema, wish));
  }

  /** Gives an own delivery up: the collateral is lost. */
  dropContract(contract: Contract): Promise<ContractReply> {
    const { origin, destination, commodity } = contract;
    const id = BigInt(contract.contract);
    const action = ContractAction.DROP;
    const wish = { action, contract: id, origin, destination, commodity };
    return this.contract(create(ContractRequestSchema, wish));
  }

  /** Puts a price on a pilot's head, 1,000 to 10,000,000 credits. */
  priceOnHead(player: number, reward: number): Promise<ContractReply> {
    const action = ContractAction.HEAD;
    const wish = { action, target: BigInt(player), reward: BigInt(reward) };
    return this.contract(create(ContractRequestSchema, wish));
  }

  /** Limit orders that wait for a good at a station, own ones there, and the locker. */
  async book(commodity: number, location = this.docked): Promise<BookReply> {
    const value = create(BookRequestSchema, { location, commodity });
    return plain(BookReplySchema, await this.answer('book', { case: 'book', value }));
  }

  private async limit(value: LimitRequest): Promise<LimitReply> {
    return plain(LimitReplySchema, await this.decide('limit', { case: 'limit', value }));
  }

  /** Places a limit order while docked: trades with what fits at once, the rest waits. */
  placeLimit(wish: LimitWish): Promise<LimitReply> {
    const { commodity, quantity, price, location = this.docked } = wish;
    const side = SIDES[wish.side];
    const order = { action: LimitAction.PLACE, location, commodity, side, price, quantity };
    return this.limit(create(LimitRequestSchema, order));
  }

  /** Cancels an own limit order: credits come back, goods go to the locker. */
  cancelLimit(order: { order: number; location: number; commodity: number }): Promise<LimitReply> {
    const { location, commodity } = order;
    const wish = { action: LimitAction.CANCEL, location, commodity, order: BigInt(order.order) };
    return this.limit(create(LimitRequestSchema, wish));
  }

  /** Takes goods of the locker aboard, as far as they fit. */
  collect(commodity: number, location = this.docked): Promise<LimitReply> {
    const wish = { action: LimitAction.COLLECT, location, commodity };
    return this.limit(create(LimitRequestSchema, wish));
  }

  /** Names of pilots by player id; ids that nobody has are absent. At most 64. */
  async names(players: readonly number[]): Promise<Map<number, string>> {
    const value = create(NamesRequestSchema, { player: players.map((p) => BigInt(p)) });
    const { player, name } = await this.answer('names', { case: 'names', value });
    return new Map(player.map((p, i) => [Number(p), name[i] ?? '']));
  }

  /** What a pilot has done in fights; 0 = this one. */
  async record(player = 0): Promise<RecordReply> {
    const value = create(RecordRequestSchema, { player: BigInt(player) });
    return plain(RecordReplySchema, await this.answer('record', { case: 'record', value }));
  }

  /** What this pilot earned by trade and bounties, by day. */
  async trading(): Promise<TradingReply> {
    const value = create(TradingRequestSchema, {});
    return plain(TradingReplySchema, await this.answer('trading', { case: 'trading', value }));
  }

  /** Hears the lines of a zone from now on (0: of none) as `chat`; what was said lately there. */
  async listen(zone: number): Promise<ChatLine[]> {
    return (await typed(this.talk.listen(zone))).map((line) => plain(ChatLineSchema, line));
  }

  /** Says a line to the zone that is listened to, or to those who are near; the line as kept. */
  async say(text: string, to: 'zone' | 'near' = 'zone'): Promise<ChatLine> {
    const reply = await typed(this.talk.say(text, to === 'near' ? 0 : this.talk.zone));
    const { result, limit, line } = reply;
    if (result === SayResult.DONE && line) return plain(ChatLineSchema, line);
    throw new StarTraderError('chat', word(SayResultSchema, result) as ErrorCode, { limit });
  }

  /** Names of those who are not heard, by player id. Kept with the pilot. */
  get muted(): ReadonlyMap<number, string> {
    return this.talk.muted;
  }

  /** Does not hear these pilots any more; at most 16 at once, 100 in all. */
  async mute(...players: number[]): Promise<void> {
    const { full } = await typed(this.talk.change(players, []));
    if (full) throw new StarTraderError('chat', 'too_many');
  }

  /** Hears these pilots again. */
  async unmute(...players: number[]): Promise<void> {
    await typed(this.talk.change([], players));
  }

  /** Tells the operators about a pilot, with numbers of lines, at most 20. */
  async report(player: number, about: string, lines: readonly number[]): Promise<ReportReply> {
    const numbers = lines.map((line) => BigInt(line));
    const reply = await typed(this.talk.report(player, about, numbers));
    if (reply.result === ReportResult.DONE) return plain(ReportReplySchema, reply);
    const code = word(ReportResultSchema, reply.result) as ErrorCode;
    throw new StarTraderError('chat', code);
  }
}
