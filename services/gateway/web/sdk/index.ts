// SPDX-License-Identifier: Apache-2.0
/**
 * The client of StarTrader for browsers and Node: a typed API over the protocol, without any
 * picture. Begin with {@link StarTrader.connect}.
 *
 * @packageDocumentation
 */

export type * from '@gen/api';
export type {
  Good,
  Guild,
  Level,
  Shape,
  ShipClass,
  Spawn,
  Station,
  Waypoint,
  Weapon,
  WorldConfig,
  Zone,
} from '../kernel/config';
export type {
  Board,
  Credentials,
  KeyValueStore,
  Leader,
  Profile,
  SignIn,
  StationInfo,
  WorldInfo,
} from './auth';
export type { Candle } from './candles';
export { StarTrader } from './client';
export { Desk, type LimitWish, type OrderWish, type ShipWish, type SideWord } from './desk';
export {
  CLIENT_CODES,
  CLOSE_CODES,
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  type ErrorKind,
  HTTP_CODES,
  StarTraderError,
} from './errors';
export type { ClientEvents } from './events';
export type { ClientOptions, ConnectOptions, Steering } from './options';
export { MemoryStore } from './platform';
export { PROTOCOL, SUBPROTOCOL } from './protocol';
export type { FactionWord, Loot, Place, Ship, Shot } from './view';
