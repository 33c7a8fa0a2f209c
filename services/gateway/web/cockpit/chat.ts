// SPDX-License-Identifier: Apache-2.0
// What pilots say: lines of the own zone and of those who are near, a field to say something, and
// what one may do about a speaker. One element, which stands over the flight or in a drawer. Text
// of others is only ever set as text.

import { type ChatLine, ReportResult, type SayReply, SayResult } from '@gen/chat_pb';
import type { Session } from '../sdk/session';
import type { Talk } from '../sdk/talk';
import { h, setText, toggle } from './dom';
import type { Game } from './game';
import { say, type TextKey } from './text';
import type { ZoneWatch } from './zonewatch';

type Channel = 'zone' | 'near';

const KEPT_MAX = 100;
const REPORT_LINES = 20;
const SAY_MAX = 200;
/** So near to its end the list follows new lines. */
const END_PX = 24;

/** The sentence of what became of a line; '' when it was said. */
export function sayResult({ result, limit }: Pick<SayReply, 'result' | 'limit'>): string {
  switch (result) {
    case SayResult.DONE:
    case SayResult.EMPTY:
      return '';
    case SayResult.MUTED:
      return say('chatMuted', { m: Math.ceil(limit / 60) });
    case SayResult.TOO_FAST:
      return say('chatLimit', { s: limit });
    case SayResult.TOO_LONG:
      return say('chatLong', { n: limit });
    case SayResult.CHARACTERS:
      return say('chatCharacters');
    default:
      return say('chatNotSent');
  }
}

export class Chat {
  readonly element: HTMLElement;
  private readonly talk: Talk;
  private channel: Channel = 'zone';
  private readonly lines: Record<Channel, ChatLine[]> = { zone: [], near: [] };
  private readonly list = h('ol', {});
  private readonly log: HTMLElement;
  private readonly note = h('p', { class: 'chat-note', role: 'status' });
  private readonly field = h('input', {
    type: 'text',
    label: say('chatSay'),
    attrs: { maxlength: String(2 * SAY_MAX), autocomplete: 'off', enterkeyhint: 'send' },
  });
  private readonly tabs: Record<Channel, HTMLElement>;
  private readonly mutedList = h('div', { class: 'muted-list' });
  private chosen = 0n;
  private sending = false;

  constructor(
    session: Session,
    private readonly game: Game,
    zones: ZoneWatch,
    private readonly heard: () => void,
    private readonly told: (words: string) => void,
  ) {
    this.talk = session.talk;
    this.tabs = { zone: this.tab('zone', 'chatZone'), near: this.tab('near', 'chatNear') };
    this.log = h('div', { class: 'lines-said', role: 'log', label: say('chat') }, this.list);
    const send = h('button', { class: 'button', onclick: () => void this.send() }, say('chatSend'));
    this.element = h(
      'section',
      { class: 'chat', label: say('chat') },
      h('div', { class: 'chat-tabs', role: 'tablist' }, this.tabs.zone, this.tabs.near),
      this.log,
      this.note,
      h('div', { class: 'chat-say' }, this.field, send),
      this.mutedList,
    );
    this.field.placeholder = say('chatSay');
    this.field.addEventListener('keydown', (e) => this.onKey(e));
    zones.events.on('zone', ({ zone }) => void this.talk.listen(zone).catch(() => undefined));
    this.talk.events.on('lately', ({ lines }) => this.lately(lines));
    this.talk.events.on('line', (line) => this.add(line));
    this.talk.events.on('mutes', () => this.onMutes());
    this.draw();
  }

  /** The field gets the keys. */
  focus(): void {
    this.field.focus();
  }

  private tab(channel: Channel, words: TextKey): HTMLElement {
    return h(
      'button',
      {
        class: 'tab',
        role: 'tab',
        onclick: () => {
          this.channel = channel;
          this.draw();
        },
      },
      say(words),
    );
  }

  private onKey(e: KeyboardEvent): void {
    if (e.code === 'Escape') {
      this.field.blur();
      e.stopPropagation();
    } else if (e.code === 'Enter' && !e.isComposing) {
      e.preventDefault();
      if (this.field.value.trim() === '') this.field.blur();
      else void this.send();
    }
  }

  private async send(): Promise<void> {
    const text = this.field.value;
    if (this.sending || text.trim() === '') return;
    this.sending = true;
    let words: string;
    try {
      words = sayResult(await this.talk.say(text, this.channel === 'zone' ? this.talk.zone : 0));
    } catch {
      words = say('chatNotSent');
    }
    this.sending = false;
    setText(this.note, words);
    if (words === '' && this.field.value === text) this.field.value = '';
  }

  private lately(lines: ChatLine[]): void {
    this.lines.zone = lines.slice(-KEPT_MAX);
    this.draw();
  }

  private add(line: ChatLine): void {
    const channel: Channel = line.zone === 0 ? 'near' : 'zone';
    const list = this.lines[channel];
    list.push(line);
    if (list.length > KEPT_MAX) list.shift();
    const own = Number(line.player) === Number(this.game.session.playerId);
    if (!own) this.heard();
    if (channel === this.channel) this.append(line);
    else if (!own) this.tabs[channel].classList.add('fresh');
  }

  /** A line at the end: the others stay as they are, with what is open or has the focus there. */
  private append(line: ChatLine): void {
    const { log, list } = this;
    const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - END_PX;
    if (this.lines[this.channel].length === 1) list.replaceChildren();
    list.append(this.row(line));
    while (list.children.length > KEPT_MAX) list.firstElementChild?.remove();
    if (atEnd) log.scrollTop = log.scrollHeight;
  }

  private onMutes(): void {
    for (const channel of ['zone', 'near'] as const)
      this.lines[channel] = this.lines[channel].filter((line) => this.talk.isHeard(line));
    this.draw();
  }

  private draw(): void {
    for (const channel of ['zone', 'near'] as const) {
      const on = channel === this.channel;
      this.tabs[channel].setAttribute('aria-selected', String(on));
      if (on) this.tabs[channel].classList.remove('fresh');
    }
    const list = this.lines[this.channel];
    const rows = list.map((line) => this.row(line));
    if (rows.length === 0) rows.push(h('li', { class: 'mute' }, say('chatQuiet')));
    this.list.replaceChildren(...rows);
    this.log.scrollTop = this.log.scrollHeight;
    this.drawMuted();
  }

  private row(line: ChatLine): HTMLElement {
    const own = Number(line.player) === Number(this.game.session.playerId);
    const name = own
      ? h('b', { class: 'own' }, h('bdi', {}, line.name))
      : h(
          'button',
          {
            class: 'speaker',
            data: { line: String(line.line) },
            attrs: { 'aria-expanded': String(this.chosen === line.line) },
            onclick: () => this.choose(line.line),
          },
          h('bdi', {}, line.name),
        );
    const acts = !own && this.chosen === line.line ? this.acts(line) : null;
    const at = new Date(Number(line.atMs)).toLocaleTimeString('en-GB');
    return h('li', { title: at }, name, ' ', h('bdi', { class: 'said' }, line.text), acts);
  }

  private choose(line: bigint): void {
    this.chosen = this.chosen === line ? 0n : line;
    this.draw();
    this.list.querySelector<HTMLElement>(`[data-line="${line}"]`)?.focus();
  }

  private acts(line: ChatLine): HTMLElement {
    const act = (words: TextKey, run: () => void): HTMLElement =>
      h('button', { class: 'button small', onclick: run }, say(words));
    return h(
      'span',
      { class: 'acts' },
      act('chatWho', () => this.game.showPilot(Number(line.player))),
      act('chatMute', () => void this.change([Number(line.player)], [])),
      act('chatReport', () => void this.report(line)),
    );
  }

  private async change(mute: number[], unmute: number[]): Promise<void> {
    try {
      const { full } = await this.talk.change(mute, unmute);
      setText(this.note, full ? say('chatMutesFull') : '');
    } catch {
      setText(this.note, say('chatNotSent'));
    }
  }

  private async report(line: ChatLine): Promise<void> {
    const all = [...this.lines.zone, ...this.lines.near];
    const numbers = all.filter((l) => l.player === line.player).map((l) => l.line);
    const list = [...numbers.filter((n) => n !== line.line).slice(1 - REPORT_LINES), line.line];
    try {
      const { result } = await this.talk.report(Number(line.player), '', list);
      const many = result === ReportResult.TOO_MANY;
      this.told(say(many ? 'chatReportMany' : 'chatReported'));
      this.chosen = 0n;
      this.draw();
    } catch {
      setText(this.note, say('chatNotSent'));
    }
  }

  /** Seen in the drawer alone: there is room for it. */
  private drawMuted(): void {
    const rows = [...this.talk.muted].map(([player, name]) =>
      h(
        'div',
        { class: 'row' },
        h('bdi', {}, name),
        h(
          'button',
          { class: 'button small', onclick: () => void this.change([], [player]) },
          say('chatUnmute'),
        ),
      ),
    );
    const title = rows.length > 0 ? h('div', { class: 'label' }, say('chatMutedTitle')) : null;
    this.mutedList.replaceChildren(...(title ? [title] : []), ...rows);
    toggle(this.mutedList, 'some', rows.length > 0);
  }
}
