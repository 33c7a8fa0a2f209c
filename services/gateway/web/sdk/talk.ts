// SPDX-License-Identifier: Apache-2.0
// Chat of one session: the zone that is listened to, who is not to be heard, lines as they come,
// each once. Listens again after a reconnect.

import { create } from '@bufbuild/protobuf';
import type { ChatLine, MutesReply, ReportReply, SayReply } from '@gen/chat_pb';
import {
  ChatRequestSchema,
  MutesRequestSchema,
  ReportRequestSchema,
  SayRequestSchema,
} from '@gen/chat_pb';
import type { PublicEvent, Welcome } from '@gen/client_pb';
import { Emitter } from './emitter';
import type { Body, Question } from './requests';

/** Numbers of lines that are remembered, so that none is told twice. */
const SEEN_MAX = 1200;
const LINES_MAX = 20;

export interface TalkEvents {
  /** A line that was said now, by somebody who is heard. */
  line: ChatLine;
  /** What was said lately in the zone that is listened to, the oldest first. */
  lately: { zone: number; lines: ChatLine[] };
  /** Whom one does not hear has changed. */
  mutes: Map<number, string>;
}

type Answer<K extends Body['case']> = Extract<Body, { case: K }>['value'];

/** The part of the session that talk needs. */
export interface TalkSession {
  ask(body: Question): Promise<Body>;
  readonly events: {
    on(kind: 'welcome', listener: (event: Welcome) => void): () => void;
    on(kind: 'public', listener: (event: PublicEvent) => void): () => void;
  };
}

export class Talk {
  readonly events = new Emitter<TalkEvents>();
  /** Zone profile id, 0 = none. */
  zone = 0;
  /** Names of those who are not heard, by player id. */
  muted: ReadonlyMap<number, string> = new Map();
  private readonly seen = new Set<bigint>();

  constructor(private readonly session: TalkSession) {
    session.events.on('welcome', () => {
      this.change([], []).catch(() => undefined);
      if (this.zone !== 0) this.listen(this.zone).catch(() => undefined);
    });
    session.events.on('public', ({ event }) => {
      if (event.case === 'chat') this.take(event.value);
    });
  }

  private take(line: ChatLine): void {
    if (this.isNew(line) && this.isHeard(line)) this.events.emit('line', line);
  }

  private isNew({ line }: ChatLine): boolean {
    if (this.seen.has(line)) return false;
    this.seen.add(line);
    if (this.seen.size > SEEN_MAX) this.seen.delete(this.seen.values().next().value!);
    return true;
  }

  isHeard({ player }: { player: bigint }): boolean {
    return !this.muted.has(Number(player));
  }

  private async answer<K extends Body['case']>(kind: K, body: Question): Promise<Answer<K>> {
    const reply = await this.session.ask(body);
    if (reply.case !== kind) throw new Error(`answered by ${reply.case}`);
    return reply.value as Answer<K>;
  }

  /** From now on the lines of a zone are heard, 0 = of none. */
  async listen(zone: number): Promise<ChatLine[]> {
    this.zone = zone;
    const value = create(ChatRequestSchema, { zone });
    const { line } = await this.answer('chat', { case: 'chat', value });
    if (this.zone !== zone) return [];
    for (const each of line) this.isNew(each);
    const lines = line.filter((each) => this.isHeard(each));
    this.events.emit('lately', { zone, lines });
    return lines;
  }

  /** Says a line to a zone, 0 = to those who are near. */
  async say(text: string, zone: number): Promise<SayReply> {
    const value = create(SayRequestSchema, { zone, text });
    const reply = await this.answer('say', { case: 'say', value });
    if (reply.line) this.take(reply.line);
    return reply;
  }

  /** Changes whom one does not hear; the list is kept with the pilot. */
  async change(mute: readonly number[], unmute: readonly number[]): Promise<MutesReply> {
    const value = create(MutesRequestSchema, {
      mute: mute.map((p) => BigInt(p)),
      unmute: unmute.map((p) => BigInt(p)),
    });
    const reply = await this.answer('mutes', { case: 'mutes', value });
    this.muted = new Map(reply.player.map((p, i) => [Number(p), reply.name[i] ?? '']));
    this.events.emit('mutes', new Map(this.muted));
    return reply;
  }

  /** Tells the operators about a pilot; the newest of the lines go with it. */
  report(player: number, about: string, lines: readonly bigint[]): Promise<ReportReply> {
    const value = create(ReportRequestSchema, {
      player: BigInt(player),
      about,
      line: lines.slice(-LINES_MAX),
    });
    return this.answer('report', { case: 'report', value });
  }
}
