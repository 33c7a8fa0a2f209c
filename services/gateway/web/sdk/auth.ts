// SPDX-License-Identifier: Apache-2.0
// Sign-in over HTTP: guest, register, login, claim, refresh, logout, and what the page may ask
// without a socket. Knows no screen. Secrets are kept by CredentialStore alone.

import type { MarketEvent, MarketLine } from '@gen/api';
import { type Candle, readCandles } from './candles';

/** A refusal of the HTTP interface, by its code (see Code in types.proto), or 'network'. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly retryAfterMs: number,
    readonly requestId: string,
  ) {
    super(`${code} (${status})`);
  }
}

/** A pilot, as sign-in tells it. */
export interface Profile {
  /** Player id, decimal. */
  playerId: string;
  /** 3 to 20 characters. */
  name: string;
  /** Unix seconds. */
  createdAt: number;
  /** Has no name and password of its own yet. */
  guest: boolean;
  /** Ships destroyed. */
  kills: number;
  /** Ships lost. */
  deaths: number;
  /** Wallet. */
  credits: number;
}

/** What a pilot needs to come back: keep it like a password. */
export interface Credentials {
  /** Player id, decimal. */
  playerId: string;
  /** Opens connections for an hour. */
  ticket: string;
  /** Unix seconds. */
  ticketExpiresAt: number;
  /** Gets the next ticket, once. */
  refreshSecret: string;
}

/** A sign-in that worked. */
export interface SignIn {
  /** What to keep. */
  credentials: Credentials;
  /** Who it is, null when the answer had none. */
  profile: Profile | null;
}

/** A station in the public word on the world. */
export interface StationInfo {
  /** Location id. */
  location: number;
  /** Three letters. */
  code: string;
  /** Full name. */
  name: string;
  /** Where it is, units. */
  x: number;
  /** Where it is, units. */
  y: number;
}

/** The world as everybody may see it. */
export interface WorldInfo {
  /** Of the configuration in force, 16 hex digits. */
  revision: string;
  /** Such as `sol-1`. */
  system: string;
  /** Newest tick. */
  tick: number;
  /** Ships in space, NPCs included. */
  ships: number;
  /** The same by sector: 8 x 8, row by row from the lowest coordinates. */
  density: number[];
  /** The world stands still. */
  paused: boolean;
  /** All stations. */
  stations: StationInfo[];
}

/** A leaderboard: net worth, trade of seven days, bounties of seven days. */
export type Board = 'wealth' | 'trade' | 'hunt';

/** A place of a leaderboard. */
export interface Leader {
  /** Player id, decimal. */
  playerId: string;
  /** Credits. */
  value: number;
  /** Orders or kills. */
  count: number;
}

type Json = { [key: string]: unknown };
const KEY = 'startrader.credentials';

/** Where a sign-in is kept: localStorage, or what a program brings. */
export interface KeyValueStore {
  /** The value of a key, or null. */
  getItem(key: string): string | null;
  /** Sets the value of a key. */
  setItem(key: string, value: string): void;
  /** Forgets a key. */
  removeItem(key: string): void;
}

/** Keeps the sign-in of this browser over reloads. */
export class CredentialStore {
  constructor(private readonly storage: KeyValueStore) {}

  load(): Credentials | null {
    try {
      const value = JSON.parse(this.storage.getItem(KEY) ?? 'null') as Credentials | null;
      return value && typeof value.ticket === 'string' && typeof value.refreshSecret === 'string'
        ? value
        : null;
    } catch {
      return null;
    }
  }

  save(credentials: Credentials): void {
    this.storage.setItem(KEY, JSON.stringify(credentials));
  }

  clear(): void {
    this.storage.removeItem(KEY);
  }
}

function requestId(): string {
  return hex(crypto.getRandomValues(new Uint8Array(12)));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

function asNumber(value: unknown): number {
  const n = Number(value ?? 0);
  return Number.isFinite(n) ? n : 0;
}

function readProfile(value: unknown): Profile | null {
  if (typeof value !== 'object' || value === null) return null;
  const p = value as Json;
  return {
    playerId: String(p['player_id'] ?? ''),
    name: String(p['name'] ?? ''),
    createdAt: asNumber(p['created_at']),
    guest: p['guest'] === true,
    kills: asNumber(p['kills']),
    deaths: asNumber(p['deaths']),
    credits: asNumber(p['credits']),
  };
}

function readWorld(body: Json): WorldInfo {
  const stations = Array.isArray(body['stations']) ? (body['stations'] as Json[]) : [];
  return {
    revision: String(body['revision'] ?? ''),
    system: String(body['system'] ?? ''),
    tick: asNumber(body['tick']),
    ships: asNumber(body['ships']),
    density: Array.isArray(body['density']) ? body['density'].map(Number) : [],
    paused: body['paused'] === true,
    stations: stations.map((s) => ({
      location: asNumber(s['location']),
      code: String(s['code'] ?? ''),
      name: String(s['name'] ?? ''),
      x: asNumber(s['x']),
      y: asNumber(s['y']),
    })),
  };
}

const EVENTS: { [word: string]: MarketEvent } = { shortage: 'shortage', festival: 'festival' };

function readLine(l: Json): MarketLine {
  return {
    location: asNumber(l['location']),
    commodity: asNumber(l['commodity']),
    buy: asNumber(l['buy']),
    sell: asNumber(l['sell']),
    stock: asNumber(l['stock']),
    target: asNumber(l['target']),
    usual: asNumber(l['usual']),
    changePm: asNumber(l['change_pm']),
    sells: l['sells'] === true,
    buys: l['buys'] === true,
    version: asNumber(l['version']),
    restricted: l['restricted'] === true,
    event: EVENTS[String(l['event'])] ?? 'unspecified',
    eventUntilMs: asNumber(l['event_until_ms']),
    lost: asNumber(l['lost']),
    coming: asNumber(l['coming']),
  };
}

export class Auth {
  constructor(
    private readonly base = '',
    private readonly timeoutMs = 15000,
  ) {}

  guest(): Promise<SignIn> {
    return this.signIn('guest', {});
  }

  register(name: string, password: string): Promise<SignIn> {
    return this.signIn('register', { name, password });
  }

  login(name: string, password: string): Promise<SignIn> {
    return this.signIn('login', { name, password });
  }

  /** Turns the guest of a ticket into an account with the same pilot. */
  claim(ticket: string, name: string, password: string): Promise<SignIn> {
    return this.signIn('claim', { name, password }, ticket);
  }

  refresh(refreshSecret: string): Promise<SignIn> {
    return this.signIn('refresh', { refresh_secret: refreshSecret });
  }

  async logout(ticket: string): Promise<void> {
    await this.call('POST', '/v1/auth/logout', {}, ticket);
  }

  async me(ticket: string): Promise<Profile | null> {
    const body = await this.call('GET', '/v1/me', null, ticket);
    return readProfile(body['profile'] ?? body);
  }

  async world(): Promise<WorldInfo> {
    const body = await this.call('GET', '/v1/world', null);
    return readWorld(body);
  }

  /** Prices and stock of a location, or of all (0). */
  async markets(location: number): Promise<MarketLine[]> {
    const body = await this.call('GET', `/v1/markets${location ? `/${location}` : ''}`, null);
    return (Array.isArray(body['lines']) ? (body['lines'] as Json[]) : []).map(readLine);
  }

  /** How a price went: the newest `count` (1 to 512) steps of 1, 5, 15, 60 or 240 minutes. */
  async history(
    location: number,
    commodity: number,
    stepMin: number,
    count: number,
  ): Promise<Candle[]> {
    const path = `/v1/markets/${location}/${commodity}/history`;
    return readCandles(await this.call('GET', `${path}?step=${stepMin}&count=${count}`, null));
  }

  /** The 50 richest pilots, or those who earned most by trade or bounties in seven days. */
  async leaders(board: Board): Promise<Leader[]> {
    const body = await this.call('GET', `/v1/leaderboards/${board}`, null);
    const list = Array.isArray(body['leaders']) ? (body['leaders'] as Json[]) : [];
    return list.map((l) => ({
      playerId: String(l['player_id'] ?? ''),
      value: asNumber(l['value']),
      count: asNumber(l['count']),
    }));
  }

  /** The bytes of a world configuration; its revision is 16 hex digits. */
  async worldConfig(revision: string): Promise<Uint8Array> {
    const response = await this.fetch(`/v1/world/${encodeURIComponent(revision)}`, {});
    if (!response.ok) throw await this.problem(response);
    return new Uint8Array(await response.arrayBuffer());
  }

  private async signIn(route: string, body: Json, ticket = ''): Promise<SignIn> {
    const reply = await this.call('POST', `/v1/auth/${route}`, body, ticket);
    return {
      credentials: {
        playerId: String(reply['player_id'] ?? ''),
        ticket: String(reply['ticket'] ?? ''),
        ticketExpiresAt: asNumber(reply['ticket_expires_at']),
        refreshSecret: String(reply['refresh_secret'] ?? ''),
      },
      profile: readProfile(reply['profile']),
    };
  }

  private async call(method: string, path: string, body: Json | null, ticket = ''): Promise<Json> {
    const headers: { [name: string]: string } = { Accept: 'application/json' };
    if (body) headers['Content-Type'] = 'application/json';
    if (ticket) headers['Authorization'] = `Bearer ${ticket}`;
    const response = await this.fetch(path, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw await this.problem(response);
    const text = await response.text();
    return text ? (JSON.parse(text) as Json) : {};
  }

  private async fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = { 'X-Request-Id': requestId(), ...(init.headers as object | undefined) };
    try {
      return await fetch(this.base + path, {
        ...init,
        headers,
        signal: AbortSignal.timeout(this.timeoutMs),
      });
    } catch {
      throw new ApiError('network', 0, 2000, headers['X-Request-Id']);
    }
  }

  private async problem(response: Response): Promise<ApiError> {
    const retryAfter = asNumber(response.headers.get('Retry-After')) * 1000;
    let body: Json = {};
    try {
      body = (await response.json()) as Json;
    } catch {
      // A proxy in between answers in its own words: the status says enough.
    }
    const retry = asNumber(body['retry_after_ms']) || retryAfter;
    return new ApiError(
      String(body['code'] ?? 'unknown')
        .toLowerCase()
        .replace(/^code_/, ''),
      response.status,
      retry,
      String(body['request_id'] ?? ''),
    );
  }
}
