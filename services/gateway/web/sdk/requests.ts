// SPDX-License-Identifier: Apache-2.0
// Questions over the socket: each has an id made before it is sent, is sent again with the same id
// until it is answered, over reconnects too, and is given up after its own time.

import { create } from '@bufbuild/protobuf';
import { type Reply, type Request, RequestSchema } from '@gen/client_pb';
import { Code } from '@gen/types_pb';

/** A question that got no body: the code says why; TIMEOUT = done once or not at all. */
export class Refused extends Error {
  constructor(
    readonly code: Code,
    readonly retryAfterMs: number,
  ) {
    super(Code[code] ?? String(code));
  }
}

export type Body = Exclude<Reply['body'], { case: undefined }>;
export type Question = Exclude<Request['body'], { case: undefined }>;

export interface AskOptions {
  /** In all, ms. */
  giveUpMs?: number;
  /** Sent again after so long without an answer, ms; then twice as long. */
  retryMs?: number;
  /** Made before, for what must not be done twice. */
  id?: Uint8Array;
  onRetry?: (tries: number) => void;
}

interface Open {
  request: Request;
  key: string;
  options: Required<Pick<AskOptions, 'giveUpMs' | 'retryMs'>> & AskOptions;
  startedAt: number;
  nextAt: number;
  tries: number;
  last: Code;
  done: (body: Body) => void;
  fail: (error: Refused) => void;
}

export function makeId(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(16));
}

const keyOf = (id: Uint8Array): string => Array.from(id).join();
const again = new Set<Code>([Code.UNAVAILABLE, Code.BUSY, Code.RATE_LIMITED, Code.TIMEOUT]);

export class Requests {
  private readonly open = new Map<string, Open>();

  /** `send` takes what is due; false = no socket now, it stays due. */
  constructor(private readonly send: (requests: Request[]) => boolean) {}

  ask(body: Question, now: number, options: AskOptions = {}): Promise<Body> {
    const id = options.id ?? makeId();
    const request = create(RequestSchema, { requestId: id, body });
    return new Promise((done, fail) => {
      this.open.set(keyOf(id), {
        request,
        key: keyOf(id),
        options: { giveUpMs: 10000, retryMs: 2000, ...options },
        startedAt: now,
        nextAt: now,
        tries: 0,
        last: Code.TIMEOUT,
        done,
        fail,
      });
      this.pump(now);
    });
  }

  /** Sends what is due; gives up what is too old. Call it several times a second. */
  pump(now: number): void {
    for (const q of [...this.open.values()]) {
      if (now - q.startedAt < q.options.giveUpMs) continue;
      this.open.delete(q.key);
      q.fail(new Refused(q.last, 0));
    }
    const due = [...this.open.values()].filter((q) => q.nextAt <= now).slice(0, 4);
    if (due.length === 0 || !this.send(due.map((q) => q.request))) return;
    for (const q of due) {
      q.tries++;
      q.nextAt = now + q.options.retryMs * 2 ** Math.min(q.tries - 1, 3);
      if (q.tries > 1) q.options.onRetry?.(q.tries);
    }
  }

  /** The socket is new: everything open is due again. */
  reopen(now: number): void {
    for (const q of this.open.values()) q.nextAt = now;
  }

  /** Nobody will answer any more: gives all up. */
  abandon(): void {
    for (const q of [...this.open.values()]) q.fail(new Refused(q.last, 0));
    this.open.clear();
  }

  take(reply: Reply, now: number): void {
    const q = this.open.get(keyOf(reply.requestId));
    if (!q) return;
    if (again.has(reply.code)) {
      q.last = reply.code;
      q.nextAt = now + Math.max(250, reply.retryAfterMs || q.options.retryMs);
      if (q.nextAt < q.startedAt + q.options.giveUpMs) return;
    }
    this.open.delete(q.key);
    if (reply.code === Code.OK && reply.body.case) q.done(reply.body);
    else q.fail(new Refused(reply.code, reply.retryAfterMs));
  }

  get waiting(): number {
    return this.open.size;
  }
}
