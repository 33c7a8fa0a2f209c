// SPDX-License-Identifier: Apache-2.0
// A typed list of listeners. Listeners run in order of subscription, on the caller's stack.

export class Emitter<Events extends object> {
  private readonly listeners = new Map<keyof Events, ((event: never) => void)[]>();

  /** Calls `listener` for each event of a kind; the result ends it. */
  on<K extends keyof Events>(kind: K, listener: (event: Events[K]) => void): () => void {
    const list = this.listeners.get(kind) ?? [];
    list.push(listener as (event: never) => void);
    this.listeners.set(kind, list);
    return () => {
      const at = list.indexOf(listener as (event: never) => void);
      if (at >= 0) list.splice(at, 1);
    };
  }

  emit<K extends keyof Events>(kind: K, event: Events[K]): void {
    for (const listener of [...(this.listeners.get(kind) ?? [])])
      (listener as (event: Events[K]) => void)(event);
  }
}
