// SPDX-License-Identifier: Apache-2.0
// The best pilots: the richest, and who earned most by trade and by bounties. Asks while it is
// seen.

import type { Auth, Board, Leader } from '../sdk/auth';
import { h } from './dom';
import type { Game } from './game';
import { figure, money, say, type TextKey } from './text';

const BOARDS: readonly { board: Board; title: TextKey; count: TextKey | null }[] = [
  { board: 'wealth', title: 'boardWealth', count: null },
  { board: 'trade', title: 'boardTrade', count: 'boardTrades' },
  { board: 'hunt', title: 'boardHunt', count: 'boardKills' },
];
const SHOWN = 10;
const REFRESH_MS = 15000;
const NAMES_MS = 500;

export class Leaders {
  private readonly lists = new Map<Board, Leader[]>();
  private nextAt = 0;
  private namesAt = 0;
  private nameless = false;
  private failed = false;

  constructor(
    private readonly game: Game,
    private readonly auth: Pick<Auth, 'leaders'>,
    private readonly changed: () => void,
  ) {}

  /** Call often while it is seen: asks for what is new, and again for names. */
  pump(now: number): void {
    if (now >= this.nextAt) {
      this.nextAt = now + REFRESH_MS;
      void this.refresh();
    }
    if (this.nameless && now >= this.namesAt) {
      this.namesAt = now + NAMES_MS;
      this.changed();
    }
  }

  private async refresh(): Promise<void> {
    try {
      const lists = await Promise.all(BOARDS.map(({ board }) => this.auth.leaders(board)));
      BOARDS.forEach(({ board }, i) => this.lists.set(board, lists[i] ?? []));
      this.failed = false;
    } catch {
      this.failed = true;
    }
    this.changed();
  }

  draw(box: HTMLElement): void {
    this.nameless = false;
    if (this.lists.size === 0) {
      box.append(h('p', { class: 'mute' }, say(this.failed ? 'boardSilent' : 'lookingUp')));
      return;
    }
    box.append(h('div', { class: 'boards' }, ...BOARDS.map((b) => this.drawBoard(b))));
  }

  private drawBoard({ board, title, count }: (typeof BOARDS)[number]): HTMLElement {
    const list = (this.lists.get(board) ?? []).slice(0, SHOWN);
    const rows = list.map((leader, i) => this.place(i + 1, leader, count));
    return h(
      'section',
      { data: { board } },
      h('h3', {}, say(title)),
      rows.length ? h('ol', {}, ...rows) : h('p', { class: 'mute' }, say('boardEmpty')),
    );
  }

  private place(rank: number, leader: Leader, count: TextKey | null): HTMLElement {
    const name = this.game.session.names.of(Number(leader.playerId));
    if (!name) this.nameless = true;
    const own = leader.playerId === this.game.session.playerId;
    const show = (): void => this.game.showPilot(Number(leader.playerId));
    return h(
      'li',
      { class: own ? 'own' : '' },
      h('span', { class: 'rank figure' }, String(rank)),
      h('b', {}, h('button', { class: 'link', onclick: show }, name || '…')),
      count !== null && h('span', { class: 'mute' }, say(count, { n: figure(leader.count) })),
      h('span', { class: 'figure' }, money(leader.value)),
    );
  }
}
