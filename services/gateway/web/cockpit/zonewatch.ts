// SPDX-License-Identifier: Apache-2.0
// In which zone the own ship is, at a station too, and when that changes.

import { Phase } from '@gen/types_pb';
import { Emitter } from '../sdk/emitter';
import type { Session } from '../sdk/session';

export interface ZoneEvents {
  /** Another zone, or the first one (`before` -1). */
  zone: { zone: number; risk: number; before: number };
}

export class ZoneWatch {
  readonly events = new Emitter<ZoneEvents>();
  private zone = 0;
  private risk = -1;

  constructor(private readonly session: Session) {
    session.events.on('frame', () => this.look());
  }

  private look(): void {
    const { config, own } = this.session;
    const state = own?.state;
    if (!state || !config) return;
    const rests = state.phase === Phase.DOCKED;
    const station = rests ? config.stations.find((s) => s.id === state.location) : undefined;
    const zone = station?.zone ?? state.zone?.zone ?? 0;
    if (zone === 0 || zone === this.zone) return;
    const before = this.risk;
    this.zone = zone;
    this.risk = config.zones.find((z) => z.id === zone)?.risk ?? 0;
    this.events.emit('zone', { zone, risk: this.risk, before });
  }
}
