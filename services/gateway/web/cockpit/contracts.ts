// SPDX-License-Identifier: Apache-2.0
// Deliveries and prices on heads: the first jobs, contracts under way, what the station offers, and
// whose destruction pays. Asks while it is seen.

import { create } from '@bufbuild/protobuf';
import {
  ContractAction,
  type Contract,
  ContractRequestSchema,
  type ContractsReply,
  ContractsRequestSchema,
} from '@gen/contract_pb';
import type { Job } from '@gen/trade_pb';
import { OrderResult } from '@gen/types_pb';
import { sayRefused } from './dialogs';
import { chevrons, type Child, h, icon, leave } from './dom';
import type { Game } from './game';
import type { Market } from './market';
import { distance, figure, money, say, sayCode, seconds } from './text';

const REFRESH_MS = 5000;
const REWARD_MIN = 1000;

export class Contracts {
  private reply: ContractsReply | null = null;
  private location = 0;
  private nextAt = 0;
  private drawnAt = 0;
  private busy = false;
  private words = '';
  private bad = false;
  private name = '';
  private reward = REWARD_MIN;

  constructor(
    private readonly game: Game,
    private readonly market: Market,
    private readonly changed: () => void,
  ) {}

  /** Call often while it is seen: asks for what is new, and lets the time left run. */
  pump(now: number, location: number): void {
    if (location !== this.location) {
      this.location = location;
      this.reply = null;
      this.nextAt = 0;
    }
    if (now >= this.nextAt) {
      this.nextAt = now + REFRESH_MS;
      void this.refresh();
    }
    if (now >= this.drawnAt + 1000) {
      this.drawnAt = now;
      this.changed();
    }
  }

  private async refresh(): Promise<void> {
    const { location } = this;
    try {
      const body = await this.game.session.ask(
        { case: 'contracts', value: create(ContractsRequestSchema, { location }) },
        { giveUpMs: 4000 },
      );
      if (body.case === 'contracts' && location === this.location) this.reply = body.value;
    } catch {
      // Tried again soon; what is shown may be a little old.
    }
  }

  draw(box: HTMLElement): void {
    const jobs = this.market.account?.job ?? [];
    const own = this.reply?.own ?? [];
    if (this.words)
      box.append(h('p', { class: this.bad ? 'loss' : 'gain', role: 'status' }, this.words));
    for (const job of jobs) box.append(this.job(job));
    for (const c of own) box.append(this.delivery(c, true));
    if (!jobs.length && !own.length) box.append(h('p', { class: 'mute' }, say('noJobs')));
    box.append(h('h3', {}, say('offers')));
    if (!this.reply) box.append(h('p', { class: 'mute' }, say('contractsAsking')));
    else if (!this.reply.offer.length) box.append(h('p', { class: 'mute' }, say('noOffers')));
    for (const c of this.reply?.offer ?? []) box.append(this.delivery(c, false));
    box.append(h('h3', {}, say('heads')), this.headForm());
    for (const c of this.reply?.head ?? []) box.append(this.head(c));
  }

  private row(kind: string, ...parts: Child[]): HTMLElement {
    return h('div', { class: 'job', data: { contract: kind } }, ...parts);
  }

  private route(to: number): HTMLElement {
    return h('button', { class: 'button', onclick: () => (this.game.route = to) }, say('setRoute'));
  }

  private line(c: { quantity: number; commodity: number; destination: number }): HTMLElement {
    const to = this.game.station(c.destination);
    return h(
      'b',
      {},
      say('jobLine', {
        n: c.quantity,
        good: this.game.good(c.commodity)?.name ?? '',
        where: to?.name ?? '',
      }),
    );
  }

  private far(destination: number): string {
    const here = this.game.station(this.location);
    const to = this.game.station(destination);
    return distance(to && here ? Math.hypot(to.x - here.x, to.y - here.y) : 0);
  }

  private job(job: Job): HTMLElement {
    return this.row(
      'job',
      icon('cargo', 22),
      this.line(job),
      h('span', { class: 'mute' }, say('jobDistance', { d: this.far(job.destination) })),
      h('span', { class: 'gain figure' }, say('jobFee', { cr: money(job.fee) })),
      this.route(job.destination),
    );
  }

  private delivery(c: Contract, own: boolean): HTMLElement {
    const risk = this.game.zone(this.game.station(c.destination)?.zone ?? 0)?.risk ?? 0;
    const left = seconds(Math.max(0, (Number(c.endsMs) - Date.now()) / 1000));
    const mass = c.quantity * (this.game.good(c.commodity)?.mass ?? 1);
    const obstacle = own ? '' : this.obstacle(c);
    const button = h(
      'button',
      {
        class: 'button',
        onclick: () => void this.send(own ? ContractAction.DROP : ContractAction.TAKE, c),
      },
      say(own ? 'contractDrop' : 'contractTake'),
    );
    button.disabled = this.busy || obstacle !== '';
    return this.row(
      own ? 'own' : 'offer',
      h('span', { class: `risk${risk}` }, chevrons(risk)),
      this.line(c),
      h('span', { class: 'mute' }, `${figure(mass)} t · ${this.far(c.destination)}`),
      h('span', { class: 'mute' }, say(own ? 'contractLeft' : 'contractStands', { t: left })),
      h('span', { class: 'mute figure' }, say('contractPledge', { cr: money(c.collateral) })),
      h('span', { class: 'gain figure' }, say('jobFee', { cr: money(c.fee) })),
      own ? this.route(c.destination) : '',
      obstacle && h('small', { class: 'mute' }, obstacle),
      button,
    );
  }

  /** Why an offer cannot be taken as things are; '' when it can. */
  private obstacle(c: Contract): string {
    const room = this.market.room(c.commodity);
    if (c.quantity > room) return say('contract_5', { limit: figure(room) });
    const short = Number(c.collateral) - (this.game.credits ?? 0);
    return short > 0 ? say('contract_3', { limit: figure(short) }) : '';
  }

  private head(c: Contract): HTMLElement {
    const own = String(c.target) === this.game.session.playerId;
    const name = this.game.session.names.of(Number(c.target)) || say('unknown');
    return this.row(
      'head',
      h('b', { class: own ? 'loss' : '' }, own ? say('headYours') : name),
      h('span', { class: 'gain figure' }, money(c.fee)),
    );
  }

  private headForm(): HTMLElement {
    const name = h('input', {
      type: 'text',
      attrs: { placeholder: say('headName'), maxlength: '20' },
    });
    const reward = h('input', {
      type: 'number',
      label: say('total'),
      attrs: { min: String(REWARD_MIN), step: '500' },
    });
    name.value = this.name;
    reward.value = String(this.reward);
    name.addEventListener('input', () => (this.name = name.value));
    reward.addEventListener('input', () => (this.reward = Math.floor(Number(reward.value))));
    const button = h('button', { class: 'button', type: 'submit' }, say('headPut'));
    button.disabled = this.busy;
    const form = h('form', { class: 'job head-form' }, name, reward, button);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.putHead();
    });
    return form;
  }

  private async putHead(): Promise<void> {
    leave();
    const target = this.game.session.names.find(this.name.trim());
    if (!target || !(this.reward >= REWARD_MIN)) {
      this.say(target ? say('headLeast', { cr: money(REWARD_MIN) }) : say('headUnknown'), true);
      return;
    }
    await this.send(ContractAction.HEAD, null, { target: BigInt(target), reward: this.reward });
  }

  private async send(
    action: ContractAction,
    c: Contract | null,
    head?: { target: bigint; reward: number },
  ): Promise<void> {
    this.busy = true;
    leave();
    this.changed();
    try {
      const reply = await this.market.deal(
        'contract',
        create(ContractRequestSchema, {
          action,
          contract: c?.contract ?? 0n,
          origin: c?.origin ?? 0,
          destination: c?.destination ?? 0,
          commodity: c?.commodity ?? 0,
          target: head?.target ?? 0n,
          reward: BigInt(head?.reward ?? 0),
        }),
      );
      if (reply) {
        const done = reply.result === OrderResult.DONE;
        const limit = figure(reply.limit);
        const words = done
          ? say(`contractDone${action as 1 | 2 | 3}`)
          : sayCode(`contract_${reply.result}`, 'order_13', { limit });
        this.say(words, !done);
      }
    } catch (error) {
      this.say(sayRefused(error), true);
    }
    this.busy = false;
    this.nextAt = 0;
    this.changed();
  }

  private say(words: string, bad: boolean): void {
    this.words = words;
    this.bad = bad;
    this.changed();
  }
}
