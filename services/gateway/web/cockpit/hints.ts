// SPDX-License-Identifier: Apache-2.0
// The first minutes: one line at a time, each goes when its deed is done. Progress is kept with the
// pilot on this device; every step can be skipped, and what the world does not have is left out.

import { Phase } from '@gen/types_pb';
import { CLASS_LOOT } from '../kernel/kernel';
import { Faction } from '../sdk/entity';
import type { Bindings } from './bindings';
import { h } from './dom';
import type { Game } from './game';
import type { Market } from './market';
import type { Settings } from './settings';
import { say } from './text';

const END = 9;

export class Hints {
  private step = 0;
  private shown = '';
  private thrustSince = 0;
  private player = '';
  /** Deeds done, by the events of the session. */
  killed = false;
  looted = false;
  sold = false;

  constructor(
    private readonly game: Game,
    private readonly market: Market,
    private readonly settings: Settings,
    private readonly bindings: Bindings,
    private readonly line: HTMLElement,
  ) {}

  start(player: string): void {
    this.player = player;
    this.step = Math.max(1, this.settings.hintStep(player));
    this.shown = '';
  }

  private go(step: number): void {
    if (step <= this.step) return;
    this.step = step;
    this.settings.keepHintStep(this.player, step);
  }

  update(now: number): void {
    if (this.step === 0 || this.step >= END) {
      this.show('');
      return;
    }
    this.advance(now);
    this.show(this.words());
  }

  private advance(now: number): void {
    const flying = this.game.phase === Phase.FLYING;
    const docked = this.game.phase === Phase.DOCKED;
    switch (this.step) {
      case 1:
        if (flying) this.go(2);
        break;
      case 2:
        if (flying && this.game.speed() > 60) this.thrustSince ||= now;
        if (this.thrustSince && now - this.thrustSince > 2500) this.go(4);
        break;
      case 4:
        if (this.killed) this.go(5);
        else if (docked) this.go(7);
        break;
      case 5:
        if (this.looted || docked || !this.lootNear()) this.go(6);
        break;
      case 6:
        if (docked) this.go(7);
        break;
      case 7:
        if (this.sold) this.go(8);
        else if (docked && this.market.account && this.market.account.cargo.length === 0)
          this.go(8);
        break;
      case 8:
        if (flying) this.go(END);
        break;
      default:
        break;
    }
  }

  private drone(): boolean {
    return this.game.ships().some((s) => s.entity.faction === Faction.drone);
  }

  private lootNear(): boolean {
    return [...(this.game.world?.entities.values() ?? [])].some((e) => e.classId === CLASS_LOOT);
  }

  private words(): string {
    const near = this.game.nearestStations()[0]?.station.name ?? '';
    switch (this.step) {
      case 1:
        return say('hint1');
      case 2:
        return say('hint2', { key: this.bindings.key('ahead') });
      case 4:
        return this.drone() ? say('hint4') : '';
      case 5:
        return say('hint5');
      case 6:
        return say('hint6', { name: near, v: 60, key: this.bindings.key('dock') });
      case 7:
        return say('hint7');
      case 8:
        return say('hint8', { key: this.bindings.key('map') });
      default:
        return '';
    }
  }

  private show(words: string): void {
    if (words === this.shown) return;
    this.shown = words;
    this.line.replaceChildren();
    if (!words) return;
    this.line.append(
      h('span', {}, words),
      h(
        'button',
        {
          onclick: () => {
            this.go(END);
            this.show('');
          },
        },
        say('skip'),
      ),
    );
  }
}
