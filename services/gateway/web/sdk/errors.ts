// SPDX-License-Identifier: Apache-2.0
// One class for all that can be refused or fail, with a code of a closed list: the test of this
// file compares the list with the schemas and docs/PROTOCOL.md.

import { ACTION_RESULT, CODE, ORDER_RESULT, REPORT_RESULT, SAY_RESULT } from '@gen/api';
import { CodeSchema } from '@gen/types_pb';
import { ApiError } from './auth';
import { word } from './plain';
import { Refused } from './requests';
import type { CloseReason } from './socket';

/** Codes of HTTP problems beside those of {@link Code}. */
export const HTTP_CODES = [
  'network',
  'unknown',
  'origin_not_allowed',
  'subprotocol_required',
  'world_unavailable',
  'json_required',
  'upgrade_required',
  'websocket_version',
  'websocket_key',
  'headers_too_large',
  'method_not_allowed',
  'length_required',
  'body_too_large',
  'body_not_allowed',
  'connections_per_address',
] as const;

/** Why a connection ended or could not be made. */
export const CLOSE_CODES = [
  'lost',
  'moving',
  'rules',
  'slow',
  'bad-hello',
  'hello-late',
  'fenced',
  'ticket',
  'kicked',
  'idle',
  'world-away',
] as const satisfies readonly CloseReason[];

/** The SDK's own: no sign-in any more, closed by the program, the own ship is lost. */
export const CLIENT_CODES = ['signed-out', 'closed', 'destroyed'] as const;

/** Every word that can be the code of a {@link StarTraderError}. */
export const ERROR_CODES: readonly ErrorCode[] = [
  ...new Set([
    ...[...CODE, ...ORDER_RESULT, ...ACTION_RESULT, ...SAY_RESULT, ...REPORT_RESULT],
    ...[...HTTP_CODES, ...CLOSE_CODES, ...CLIENT_CODES],
  ]),
].filter((code): code is ErrorCode => !['ok', 'done', 'unspecified'].includes(code));

/** The code of a {@link StarTraderError}. */
export type ErrorCode = Exclude<
  | (typeof CODE)[number]
  | (typeof HTTP_CODES)[number]
  | (typeof CLOSE_CODES)[number]
  | (typeof CLIENT_CODES)[number]
  | (typeof ORDER_RESULT)[number]
  | (typeof ACTION_RESULT)[number]
  | (typeof SAY_RESULT)[number]
  | (typeof REPORT_RESULT)[number],
  'ok' | 'done' | 'unspecified'
>;

/**
 * Who said no.
 *
 * - `http`: a route of sign-in, markets or the world
 * - `request`: a service, by a request over the socket; nothing was decided
 * - `order`: the economy decided against an order, quote, ship, contract or limit order
 * - `action`: the simulation or the economy decided against docking, undocking or another act
 * - `chat`: a line may not be said, or a report is not taken
 * - `connection`: the connection ended or was never there
 */
export type ErrorKind = 'http' | 'request' | 'order' | 'action' | 'chat' | 'connection';

/** What more is known of an error. */
export interface ErrorDetails {
  /** Status of the HTTP answer, else 0. */
  status?: number;
  /** When trying again may help, ms; 0 = not said. */
  retryAfterMs?: number;
  /** See OrderResult, ActionResult and SayResult for what it is; else 0. */
  limit?: number;
  /** Id in the server's logs, else ''. */
  requestId?: string;
  /** The operator's words, when kicked. */
  words?: string;
}

/** Everything that the SDK throws or rejects with. */
export class StarTraderError extends Error {
  /** Status of the HTTP answer, else 0. */
  readonly status: number;
  /** When trying again may help, ms; 0 = not said. */
  readonly retryAfterMs: number;
  /** See OrderResult, ActionResult and SayResult for what it is; else 0. */
  readonly limit: number;
  /** Id in the server's logs, else ''. */
  readonly requestId: string;

  /** Made by the SDK alone. */
  constructor(
    /** Who said no. */
    readonly kind: ErrorKind,
    /** Why. */
    readonly code: ErrorCode,
    details: ErrorDetails = {},
  ) {
    super(`${kind}: ${code}${details.words ? ` (${details.words})` : ''}`);
    this.name = 'StarTraderError';
    this.status = details.status ?? 0;
    this.retryAfterMs = details.retryAfterMs ?? 0;
    this.limit = details.limit ?? 0;
    this.requestId = details.requestId ?? '';
  }
}

const known = new Set<string>(ERROR_CODES);

/** A word from outside as a code; a newer server may have words that are not known here. */
function codeOf(word_: string): ErrorCode {
  return known.has(word_) ? (word_ as ErrorCode) : 'unknown';
}

/** What the parts of the SDK throw, as a StarTraderError. */
export function asStarTraderError(error: unknown): unknown {
  if (error instanceof ApiError) {
    const { code, status, retryAfterMs, requestId } = error;
    return new StarTraderError('http', codeOf(code), { status, retryAfterMs, requestId });
  }
  if (error instanceof Refused) {
    const { retryAfterMs } = error;
    return new StarTraderError('request', codeOf(word(CodeSchema, error.code)), { retryAfterMs });
  }
  return error;
}

/** Waits for a promise; its rejection becomes a StarTraderError. */
export async function typed<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw asStarTraderError(error);
  }
}
