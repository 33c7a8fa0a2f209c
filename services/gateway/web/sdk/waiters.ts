// SPDX-License-Identifier: Apache-2.0
// Conditions that somebody waits for: looked at whenever the client is updated, each with a time
// after which it is too late.

import { type ErrorCode, StarTraderError } from './errors';

interface Waiter {
  ready: () => boolean;
  deadline: number;
  done: () => void;
  fail: (error: unknown) => void;
}

export class Waiters {
  private list: Waiter[] = [];

  /** Resolves when the condition holds; rejects with code timeout after `ms`. */
  until(ready: () => boolean, ms: number): Promise<void> {
    const deadline = Date.now() + ms;
    return new Promise((done, fail) => this.list.push({ ready, deadline, done, fail }));
  }

  /** Looks at all conditions. */
  check(): void {
    const now = Date.now();
    const kept: Waiter[] = [];
    const all = this.list;
    this.list = [];
    for (const w of all) {
      if (w.ready()) w.done();
      else if (now >= w.deadline) w.fail(new StarTraderError('connection', 'timeout'));
      else kept.push(w);
    }
    this.list.push(...kept);
  }

  /** Nothing will become true any more. */
  fail(reason: ErrorCode): void {
    for (const w of this.list.splice(0)) w.fail(new StarTraderError('connection', reason));
  }
}
