// SPDX-License-Identifier: Apache-2.0
// Names of other pilots, asked for in batches and kept for the session.

import { create } from '@bufbuild/protobuf';
import { NamesRequestSchema } from '@gen/client_pb';
import type { Body, Question } from './requests';

const BATCH = 64;
const GAP_MS = 400;
const KEPT_MAX = 5000;

export class Names {
  private readonly known = new Map<number, string>();
  private readonly wanted = new Set<number>();
  private readonly asked = new Set<number>();
  private nextAt = 0;

  constructor(private readonly ask: (body: Question) => Promise<Body>) {}

  know(player: number, name: string): void {
    if (this.known.size >= KEPT_MAX) this.known.clear();
    this.known.set(player, name);
  }

  /** The name, or '' until it is there; asks for it by itself. */
  of(player: number): string {
    const name = this.known.get(player);
    if (name !== undefined) return name;
    if (player !== 0 && !this.asked.has(player)) this.wanted.add(player);
    return '';
  }

  /** The player of a name that is known already, else 0. */
  find(name: string): number {
    const wanted = name.toLowerCase();
    for (const [player, known] of this.known) if (known.toLowerCase() === wanted) return player;
    return 0;
  }

  pump(now: number): void {
    if (this.wanted.size === 0 || now < this.nextAt) return;
    this.nextAt = now + GAP_MS;
    const batch = [...this.wanted].slice(0, BATCH);
    for (const player of batch) {
      this.wanted.delete(player);
      this.asked.add(player);
    }
    this.ask({
      case: 'names',
      value: create(NamesRequestSchema, { player: batch.map((p) => BigInt(p)) }),
    })
      .then((body) => {
        if (body.case !== 'names') return;
        body.value.player.forEach((p, i) => this.know(Number(p), body.value.name[i] ?? ''));
      })
      .catch(() => {
        for (const player of batch) this.asked.delete(player);
        this.nextAt = now + 10 * GAP_MS;
      });
  }
}
