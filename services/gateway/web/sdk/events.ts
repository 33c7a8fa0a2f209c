// SPDX-License-Identifier: Apache-2.0
// What a program can hear of by StarTrader.on: the events of session and world as plain objects.

import type * as api from '@gen/api';
import { ChatLineSchema } from '@gen/chat_pb';
import {
  ActionOutcomeSchema,
  BookedSchema,
  DestroyedSchema,
  HitDealtSchema,
  HitTakenSchema,
  KillNewsSchema,
  KillSchema,
  PickedUpSchema,
  type PrivateEvent,
  type PublicEvent,
  ScannedSchema,
  StatusSchema,
  TradeNewsSchema,
  WantedSchema,
  WelcomeSchema,
} from '@gen/client_pb';
import { GoneReasonSchema, PhaseSchema } from '@gen/types_pb';
import type { Emitter } from './emitter';
import { K_PER_UNIT } from './entity';
import type { ErrorCode } from './errors';
import { plain, word } from './plain';
import type { Session } from './session';
import type { World } from './world';

/** Events by name; each `tick` is that of the world in which it happened. */
export interface ClientEvents {
  /** Greeted, for the first time and after each reconnect. */
  connected: api.Welcome;
  /** The connection is lost; it is tried again by itself. */
  lost: { reason: ErrorCode; tries: number };
  /** Connected again after so long. */
  back: { awayMs: number };
  /** The connection has ended for good. */
  ended: { reason: ErrorCode; words: string };
  /** The ship is in another phase of its life. */
  phase: { phase: api.Phase; before: api.Phase };
  /** What stands behind the gateway works, or does not. */
  status: api.Status;
  /** A frame was applied: the world is as of this tick. */
  frame: { tick: number };
  /** What became of a dock, jettison or undock. */
  action: api.ActionOutcome & { tick: number };
  /** Damage to the own ship. */
  hitTaken: api.HitTaken & { tick: number };
  /** Damage by the own ship. */
  hitDealt: api.HitDealt & { tick: number };
  /** The own ship was destroyed. */
  destroyed: api.Destroyed & { tick: number };
  /** The pilot destroyed somebody. */
  kill: api.Kill & { tick: number };
  /** Loot came aboard. */
  pickedUp: api.PickedUp & { tick: number };
  /** Credits moved outside of an order. */
  booked: api.Booked & { tick: number };
  /** The pilot is wanted. */
  wanted: api.Wanted & { tick: number };
  /** The hold was scanned. */
  scanned: api.Scanned & { tick: number };
  /** A ship was destroyed somewhere near. */
  killNews: api.KillNews & { tick: number };
  /** Goods changed hands at a station. */
  tradeNews: api.TradeNews & { tick: number };
  /** Somebody said something: near, or in the zone that is listened to; nobody who is muted. */
  chat: api.ChatLine;
  /** An entity has left the view; where it was last, in units. */
  gone: { id: number; reason: api.GoneReason; x: number; y: number };
  /** A bolt has hit a ship; where, in units. */
  impact: { target: number; x: number; y: number; destroyed: boolean };
  /** Somebody has fired; where, in units. */
  volley: { ship: number; x: number; y: number };
}

function onPrivate(to: Emitter<ClientEvents>, { event, tick }: PrivateEvent): void {
  switch (event.case) {
    case 'action':
      return to.emit('action', { ...plain(ActionOutcomeSchema, event.value), tick });
    case 'hitTaken':
      return to.emit('hitTaken', { ...plain(HitTakenSchema, event.value), tick });
    case 'hitDealt':
      return to.emit('hitDealt', { ...plain(HitDealtSchema, event.value), tick });
    case 'destroyed':
      return to.emit('destroyed', { ...plain(DestroyedSchema, event.value), tick });
    case 'kill':
      return to.emit('kill', { ...plain(KillSchema, event.value), tick });
    case 'pickedUp':
      return to.emit('pickedUp', { ...plain(PickedUpSchema, event.value), tick });
    case 'booked':
      return to.emit('booked', { ...plain(BookedSchema, event.value), tick });
    case 'wanted':
      return to.emit('wanted', { ...plain(WantedSchema, event.value), tick });
    case 'scanned':
      return to.emit('scanned', { ...plain(ScannedSchema, event.value), tick });
    default:
  }
}

function onPublic(to: Emitter<ClientEvents>, { event, tick }: PublicEvent): void {
  if (event.case === 'kill') to.emit('killNews', { ...plain(KillNewsSchema, event.value), tick });
  if (event.case === 'trade')
    to.emit('tradeNews', { ...plain(TradeNewsSchema, event.value), tick });
}

function relayWorld(world: World, to: Emitter<ClientEvents>): void {
  world.events.on('gone', ({ entity, reason, x, y }) =>
    to.emit('gone', {
      id: entity.id,
      reason: word(GoneReasonSchema, reason) as api.GoneReason,
      x: x / K_PER_UNIT,
      y: y / K_PER_UNIT,
    }),
  );
  world.events.on('impact', ({ target, x, y, destroyed }) =>
    to.emit('impact', { target, x: x / K_PER_UNIT, y: y / K_PER_UNIT, destroyed }),
  );
  world.events.on('volley', ({ ship, x, y }) =>
    to.emit('volley', { ship, x: x / K_PER_UNIT, y: y / K_PER_UNIT }),
  );
}

/** Tells on what a session tells. @internal */
export function relay(session: Session, to: Emitter<ClientEvents>): void {
  const phase = (value: number): api.Phase => word(PhaseSchema, value) as api.Phase;
  let world: World | null = null;
  session.events.on('welcome', (welcome) => {
    if (session.world && session.world !== world) relayWorld((world = session.world), to);
    to.emit('connected', plain(WelcomeSchema, welcome));
  });
  session.events.on('lost', ({ reason, tries }) => to.emit('lost', { reason, tries }));
  session.events.on('back', (e) => to.emit('back', e));
  session.events.on('ended', (e) => to.emit('ended', e));
  session.events.on('phase', (e) =>
    to.emit('phase', { phase: phase(e.phase), before: phase(e.before) }),
  );
  session.events.on('status', (status) => to.emit('status', plain(StatusSchema, status)));
  session.events.on('private', (event) => onPrivate(to, event));
  session.events.on('public', (event) => onPublic(to, event));
  session.talk.events.on('line', (line) => to.emit('chat', plain(ChatLineSchema, line)));
  session.events.on('frame', ({ tick }) => to.emit('frame', { tick }));
}
