// SPDX-License-Identifier: Apache-2.0
// The ship that is flown, fitted out at a station: other guns at a shipyard, a policy anywhere.

import type { MessageInitShape } from '@bufbuild/protobuf';
import { Insurance, type OwnShip, type ShipRequestSchema } from '@gen/trade_pb';
import type { ShipClass, Weapon } from '../kernel/config';
import { h } from './dom';
import type { Game } from './game';
import type { Market } from './market';
import { money, say } from './text';

/** Kind of a weapon that fits gun mounts. */
const GUN = 1;
/** Of a ship's price, per mille: a policy that ends with one loss. */
const PREMIUM_PM = 40;

/** What to change about the ship flown, or which to fly. */
export type Wish = MessageInitShape<typeof ShipRequestSchema>;

export const premium = (ship: ShipClass): number => Math.ceil((ship.price * PREMIUM_PM) / 1000);

/** Price of other guns at all mounts: half of what those there now cost is paid back. */
const refitPrice = (mounts: number, gun: Weapon, now: Weapon): number =>
  mounts * (gun.price - Math.floor(now.price / 2));

export class Fitting {
  constructor(
    private readonly game: Game,
    private readonly market: Market,
    /** Sends a wish; `done` is said when it is fulfilled. */
    private readonly send: (want: Wish, done: string) => void,
  ) {}

  /** Guns in words: how many of which. */
  guns(ship: ShipClass, own: OwnShip | undefined): string {
    const gun = this.game.weapon(own?.weapon ?? ship.gun);
    return say('gunsOf', { n: ship.guns, name: gun?.name ?? '' });
  }

  draw(box: HTMLElement, ship: ShipClass, own: OwnShip, yard: boolean, busy: boolean): void {
    if (ship.price > 0) box.append(this.policy(ship, own, busy));
    const now = this.game.weapon(own.weapon);
    if (!yard || !now) return;
    for (const gun of this.game.weapons(GUN))
      if (gun !== now) box.append(this.refit(ship, gun, now, busy));
  }

  private row(kind: string, words: HTMLElement[], button: HTMLButtonElement): HTMLElement {
    return h('div', { class: 'job', data: { fitting: kind } }, ...words, button);
  }

  private button(words: string, off: boolean, act: () => void): HTMLButtonElement {
    const button = h('button', { class: 'button', onclick: act }, words);
    button.disabled = off || this.market.silent;
    return button;
  }

  private policy(ship: ShipClass, own: OwnShip, busy: boolean): HTMLElement {
    const cost = premium(ship);
    const state =
      own.insurance === Insurance.HELD
        ? say('policyHeld')
        : own.insurance === Insurance.WANTED
          ? say('policyWanted', { cr: money(cost) })
          : say('policyNone');
    const words = [
      h('b', {}, say('policy')),
      h('span', { class: own.insurance === Insurance.HELD ? 'gain' : 'mute' }, state),
    ];
    if (own.insurance !== Insurance.NONE)
      return this.row(
        'policy',
        words,
        this.button(say('policyEnd'), busy, () =>
          this.send({ insurance: Insurance.NONE }, say('policyEnded')),
        ),
      );
    const buy = (): void =>
      this.send(
        { insurance: Insurance.WANTED, worstTotal: BigInt(cost) },
        say('policyBought', { cr: money(cost) }),
      );
    const short = cost > (this.game.credits ?? 0);
    const take = this.button(say('policyBuy', { cr: money(cost) }), busy || short, buy);
    return this.row('policy', words, take);
  }

  private refit(ship: ShipClass, gun: Weapon, now: Weapon, busy: boolean): HTMLElement {
    const cost = refitPrice(ship.guns, gun, now);
    const name = say('gunsOf', { n: ship.guns, name: gun.name });
    const change = (): void =>
      this.send(
        { weapon: gun.id, worstTotal: BigInt(Math.max(1, cost)) },
        say('refitDone', { name, cr: money(cost) }),
      );
    return this.row(
      `gun-${gun.code}`,
      [h('b', {}, name), h('span', { class: 'mute' }, this.compare(gun, now))],
      this.button(
        say('refitBuy', { cr: money(cost) }),
        busy || cost > (this.game.credits ?? 0),
        change,
      ),
    );
  }

  /** What one second of fire does, in per cent of the guns that are there, and the range. */
  private compare(gun: Weapon, now: Weapon): string {
    const rate = (w: Weapon, pm: number): number => (w.damage * pm) / w.cooldown;
    const part = (of: 'shieldPm' | 'hullPm'): string =>
      `${Math.round((rate(gun, gun[of]) / rate(now, now[of])) * 100)} %`;
    return say('refitFacts', {
      shield: part('shieldPm'),
      hull: part('hullPm'),
      range: Math.round((gun.speed * gun.life) / 512),
    });
  }
}
