// SPDX-License-Identifier: Apache-2.0
// What happened, told: private events become feed lines and toasts, deaths their dialog, news the
// feed. Sentences come from text.ts.

import type { ActionOutcome, Destroyed, PrivateEvent, PublicEvent } from '@gen/client_pb';
import { ActionResult, Side } from '@gen/types_pb';
import { type BlackBox, Replay } from './blackbox';
import { Dialog } from './dialogs';
import { h, setText } from './dom';
import type { Game } from './game';
import type { IconName } from './icons';
import { capital, figure, money, say, sayCode, type TextKey } from './text';

export interface Teller {
  news(name: IconName, words: string, tone?: '' | 'gain' | 'loss' | 'mute'): void;
  toast(words: string, tone?: '' | 'gain' | 'bad'): void;
}

/** The sentence of an action's refusal; '' when it went well. */
export function sayAction(o: ActionOutcome, game: Game): string {
  if (o.result === ActionResult.OK || o.result === ActionResult.NO_ENERGY) return '';
  const near = game.nearestStations()[0]?.station.name ?? '';
  return sayCode(`action_${o.result}`, 'action_other', {
    value: o.value,
    seconds: Math.ceil(o.value / 20),
    name: o.location ? game.stationName(o.location) : near,
  });
}

function who(game: Game, player: bigint, classId: number): string {
  if (player !== 0n) return game.session.names.of(Number(player)) || say('somebody');
  return say('aShip', { name: game.className(classId) });
}

/** Tells a private event except those that need the app itself. */
export function tellPrivate(event: PrivateEvent, game: Game, teller: Teller): void {
  const e = event.event;
  switch (e.case) {
    case 'action': {
      const words = sayAction(e.value, game);
      if (words) teller.toast(words, 'bad');
      break;
    }
    case 'hitTaken':
      game.attackedBy(e.value.by);
      break;
    case 'kill':
      teller.news(
        'skull',
        say('feedKill', { who: capital(game.className(e.value.victimClass)) }),
        'gain',
      );
      break;
    case 'pickedUp':
      for (const g of e.value.goods)
        teller.toast(
          say('feedLoot', { n: g.quantity, good: game.good(g.commodity)?.name ?? '' }),
          'gain',
        );
      break;
    case 'booked': {
      game.credits = Number(e.value.balance);
      const amount = Number(e.value.credits);
      const cr = `${amount >= 0 ? '+' : '−'}${money(Math.abs(amount))}`;
      teller.news(
        'credits',
        say('feedBooked', { kind: sayCode(`kind_${e.value.kind}`, 'kind_other'), cr }),
        amount >= 0 ? 'gain' : 'loss',
      );
      break;
    }
    case 'scanned':
      if (e.value.contraband.length === 0) teller.news('search', say('feedScanClean'), 'mute');
      for (const g of e.value.contraband)
        teller.toast(
          say('feedScanFound', { n: g.quantity, good: game.good(g.commodity)?.name ?? '' }),
          'bad',
        );
      break;
    default:
      break;
  }
}

export function tellPublic(event: PublicEvent, game: Game, teller: Teller): string {
  const e = event.event;
  if (e.case === 'kill') {
    const { killerPlayer, killerClass, victimPlayer, victimClass } = e.value;
    const victim = who(game, victimPlayer, victimClass);
    // Of no class: the Sun.
    const words =
      killerClass === 0
        ? say('feedKill', { who: capital(victim) })
        : say('feedKillBy', { by: capital(who(game, killerPlayer, killerClass)), who: victim });
    teller.news('skull', words);
    return words;
  }
  if (e.case === 'trade') {
    const key: TextKey = e.value.side === Side.BUY ? 'feedTradeBuy' : 'feedTradeSell';
    const words = say(key, {
      where: game.stationName(e.value.location),
      n: e.value.quantity,
      good: game.good(e.value.commodity)?.name ?? '',
      cr: money(e.value.total),
    });
    teller.news('margin', words, 'mute');
    return words;
  }
  return '';
}

/** The dialog of the own ship's end: losses come in line by line, the button counts down. */
export class DeathDialog {
  private readonly rows = h('dl', { class: 'facts' });
  private readonly note = h('p', { class: 'mute' });
  private readonly main: HTMLButtonElement;
  private dialog: Dialog | null = null;
  private booked = 0;
  private replay: Replay | null = null;

  constructor(
    private readonly game: Game,
    private readonly box: BlackBox,
    private readonly go: () => void,
  ) {
    this.main = h('button', { class: 'button primary continue', onclick: () => this.go() });
  }

  get isOpen(): boolean {
    return this.dialog !== null;
  }

  /** `covered`: whether a policy was held, null where none is needed or it is not known. */
  open(d: Destroyed | null, covered: boolean | null = null): void {
    this.close();
    const { game } = this;
    this.booked = 0;
    this.rows.replaceChildren();
    const zone = game.zone(d?.zone ?? game.own?.state?.zone?.zone ?? 0)?.name ?? '';
    const words = !d
      ? say('destroyedPlain', { zone })
      : d.by === 0
        ? say('destroyedSun')
        : say('destroyedBy', {
            who: d.byPlayer !== 0n ? who(game, d.byPlayer, d.byClass) : game.className(d.byClass),
            cls: game.className(d.byClass),
            zone,
          });
    for (const [goods, fate] of [
      [d?.dropped ?? [], 'lostDropped'],
      [d?.destroyed ?? [], 'lostGone'],
    ] as const)
      for (const g of goods)
        this.row(
          say('lostGoods', { n: figure(g.quantity), good: game.goodName(g.commodity) }),
          say(fate),
        );
    if (covered !== null)
      this.row(say('policy'), say(covered ? 'deathCovered' : 'deathUncovered'));
    setText(this.note, say('counting'));
    this.dialog = new Dialog(
      say('destroyedTitle'),
      520,
      h('p', {}, words),
      this.rows,
      this.note,
      this.main,
      d && this.box.count > 1 ? this.again() : null,
    ).open();
    this.update();
  }

  private again(): HTMLElement {
    const place = h('div', { class: 'again' });
    const watch = (): void => {
      this.replay ??= new Replay(this.game, this.box);
      if (!this.replay.element.isConnected) place.prepend(this.replay.element);
      this.replay.play();
    };
    place.append(h('button', { class: 'link', onclick: watch }, say('watchAgain')));
    return place;
  }

  private row(name: string, value: string): void {
    this.rows.append(h('dt', {}, name), h('dd', {}, value));
  }

  /** A booking that came while the dialog is open. */
  book(kind: string, credits: number): void {
    if (!this.dialog) return;
    this.booked++;
    this.row(
      sayCode(`kind_${kind}`, 'kind_other'),
      `${credits >= 0 ? '+' : '−'}${money(Math.abs(credits))}`,
    );
  }

  update(): void {
    if (!this.dialog) return;
    const state = this.game.own?.state;
    const left = Math.ceil(this.game.secondsTo(state?.respawnTick ?? 0));
    const name = this.game.stationName(state?.location ?? 0);
    const now = this.main.disabled && left <= 0;
    this.main.disabled = left > 0;
    if (now) this.main.focus();
    setText(
      this.main,
      left > 0 ? say('continueIn', { name, s: left }) : say('continueAt', { name }),
    );
    setText(this.note, this.booked === 0 && left > 0 ? say('counting') : '');
  }

  close(): void {
    this.dialog?.close();
    this.dialog = null;
    this.replay = null;
  }
}
