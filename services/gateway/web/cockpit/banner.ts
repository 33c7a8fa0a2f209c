// SPDX-License-Identifier: Apache-2.0
// The most severe thing that is not in the ship's own state, in one sentence: contact lost, world
// paused, trade closed.

import { Phase } from '@gen/types_pb';
import type { CloseReason } from '../sdk/socket';
import type { Game } from './game';
import type { Banner } from './hud';
import { say, sayCode } from './text';

export interface Lost {
  reason: CloseReason;
  tries: number;
}

/** `back` = contact has just come back. */
export function outerBanner(game: Game, lost: Lost | null, back: boolean): Banner | null {
  const { session } = game;
  if (lost) {
    const linkdead = Math.round((game.own?.state?.zone?.linkdeadTicks ?? 0) / 20);
    const key =
      lost.reason === 'lost'
        ? game.phase === Phase.DOCKED
          ? 'conn_lostDocked'
          : 'conn_lost'
        : `conn_${lost.reason}`;
    return {
      kind: 'hostile',
      icon: 'net',
      strong: '',
      more: sayCode(key, 'conn_lost', { n: Math.max(1, lost.tries), s: linkdead }),
    };
  }
  if (back) return { kind: 'calm', icon: 'check', strong: say('conn_back'), more: '' };
  if (session.paused && session.connected)
    return { kind: 'warn', icon: 'clock', strong: '', more: say('paused') };
  if (session.status.tradeClosed || game.own?.state?.stationSilent)
    return { kind: 'warn', icon: 'lock', strong: '', more: say('tradeClosed') };
  return null;
}
