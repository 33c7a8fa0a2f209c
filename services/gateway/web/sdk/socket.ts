// SPDX-License-Identifier: Apache-2.0
// The WebSocket to a gateway, kept open: hello, reconnect with a jittered back-off, and a typed
// reason for each end. Knows frames only as bytes in and messages out.

import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type ClientFrame,
  ClientFrameSchema,
  HelloSchema,
  type ServerFrame,
  ServerFrameSchema,
} from '@gen/client_pb';
import { Emitter } from './emitter';
import { PROTOCOL, SUBPROTOCOL } from './protocol';

/** Why a connection ended, from its close code; see docs/PROTOCOL.md. */
export type CloseReason =
  | 'lost'
  | 'moving'
  | 'rules'
  | 'slow'
  | 'bad-hello'
  | 'hello-late'
  | 'fenced'
  | 'ticket'
  | 'kicked'
  | 'idle'
  | 'world-away';

export interface SocketEvents {
  frame: ServerFrame;
  /** Open and greeted; the welcome comes as a frame. */
  open: { tries: number };
  /** Ended; `retryInMs` < 0 = it will not try again by itself. */
  closed: { reason: CloseReason; words: string; tries: number; retryInMs: number };
  /** A frame that could not be read. */
  broken: { error: unknown };
}

/** What of WebSocket is used: tests bring their own. */
export interface Wire {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(data: Uint8Array): void;
  close(code?: number): void;
}

export interface SocketOptions {
  url: string;
  /** The ticket of this moment. */
  ticket: () => string;
  /** Highest input seq sent so far. */
  lastSeq: () => number;
  make?: (url: string, protocol: string) => Wire;
  random?: () => number;
}

const BASE_MS = 400;
const MAX_MS = 8000;
/** A connection that held so long starts the back-off anew. */
const STEADY_MS = 10000;
const CONNECT_MS = 8000;

/** After these a connection as before would end as before. */
const FINAL = new Set<CloseReason>(['bad-hello', 'fenced', 'kicked', 'ticket']);

export function reasonOf(code: number): CloseReason {
  switch (code) {
    case 1001:
    case 1012:
      return 'moving';
    case 1002:
    case 1003:
    case 1007:
    case 1008:
    case 1009:
      return 'rules';
    case 1013:
      return 'slow';
    case 4000:
      return 'bad-hello';
    case 4004:
      return 'hello-late';
    case 4001:
      return 'fenced';
    case 4002:
      return 'ticket';
    case 4003:
      return 'kicked';
    case 4005:
      return 'idle';
    case 4006:
      return 'world-away';
    default:
      return 'lost';
  }
}

/** Delay before try n (from 1): half fixed, half random, doubling to a maximum. */
export function backOff(tries: number, random: number): number {
  const full = Math.min(MAX_MS, BASE_MS * 2 ** Math.min(tries - 1, 10));
  return full / 2 + (full / 2) * random;
}

export class Socket {
  readonly events = new Emitter<SocketEvents>();
  private wire: Wire | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private deadline: ReturnType<typeof setTimeout> | null = null;
  private tries = 0;
  private openedAt = 0;
  private wanted = false;
  bytesIn = 0;
  framesIn = 0;

  constructor(private readonly options: SocketOptions) {}

  /** Connects now, and again whenever the connection ends, until stop. */
  start(): void {
    this.stop();
    this.wanted = true;
    this.tries = 0;
    this.connect();
  }

  stop(): void {
    this.wanted = false;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const wire = this.wire;
    this.detach();
    wire?.close(1000);
  }

  private detach(): void {
    if (this.deadline !== null) clearTimeout(this.deadline);
    this.deadline = null;
    if (!this.wire) return;
    this.wire.onopen = null;
    this.wire.onmessage = null;
    this.wire.onclose = null;
    this.wire = null;
  }

  private connect(): void {
    this.timer = null;
    this.tries++;
    const make =
      this.options.make ??
      ((url: string, protocol: string): Wire => new WebSocket(url, protocol) as unknown as Wire);
    const wire = make(this.options.url, SUBPROTOCOL);
    this.wire = wire;
    wire.binaryType = 'arraybuffer';
    wire.onopen = () => this.greet();
    wire.onmessage = ((event: MessageEvent) => this.receive(event.data)) as (e: never) => void;
    wire.onclose = ((event: CloseEvent) => this.ended(event.code, event.reason)) as (
      e: never,
    ) => void;
    this.deadline = setTimeout(() => {
      this.detach();
      wire.close();
      this.ended(1006, '');
    }, CONNECT_MS);
  }

  private greet(): void {
    if (this.deadline !== null) clearTimeout(this.deadline);
    this.deadline = null;
    this.openedAt = Date.now();
    this.send(
      create(ClientFrameSchema, {
        hello: create(HelloSchema, {
          ticket: this.options.ticket(),
          lastSeq: this.options.lastSeq(),
          protocol: PROTOCOL,
        }),
      }),
    );
    this.events.emit('open', { tries: this.tries });
  }

  private receive(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) return;
    this.bytesIn += data.byteLength;
    this.framesIn++;
    let frame: ServerFrame;
    try {
      frame = fromBinary(ServerFrameSchema, new Uint8Array(data));
    } catch (error) {
      this.events.emit('broken', { error });
      return;
    }
    this.events.emit('frame', frame);
  }

  private ended(code: number, words: string): void {
    this.detach();
    if (!this.wanted) return;
    const reason = reasonOf(code);
    if (this.openedAt > 0 && Date.now() - this.openedAt > STEADY_MS) this.tries = 0;
    this.openedAt = 0;
    const final = FINAL.has(reason);
    if (final) this.wanted = false;
    const hint = /retry=(\d{1,6})/.exec(words);
    const wait = Math.max(
      backOff(Math.max(1, this.tries), (this.options.random ?? Math.random)()),
      hint ? Number(hint[1]) : 0,
    );
    if (!final) this.timer = setTimeout(() => this.connect(), wait);
    this.events.emit('closed', { reason, words, tries: this.tries, retryInMs: final ? -1 : wait });
  }

  /** False when there is no open socket, or it is choked. */
  send(frame: ClientFrame): boolean {
    if (!this.wire || this.wire.readyState !== 1 || this.wire.bufferedAmount > 65536) return false;
    this.wire.send(toBinary(ClientFrameSchema, frame));
    return true;
  }

  get connected(): boolean {
    return this.wire?.readyState === 1;
  }
}
