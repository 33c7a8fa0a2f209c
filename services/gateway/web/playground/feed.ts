// SPDX-License-Identifier: Apache-2.0
// The list of what comes and goes: newest first, filtered by kind, at most so many rows and so many
// new ones per second; a row opens to its JSON and holds the list meanwhile.

import { type DescMessage, type Message, toJson } from '@bufbuild/protobuf';
import { ClientFrameSchema, type ServerFrame, ServerFrameSchema } from '@gen/client_pb';
import { h, setText } from '../cockpit/dom';

interface Entry {
  at: Date;
  kind: string;
  tick: number;
  words: string;
  /** Written when the row is opened. */
  json: (() => string) | null;
}

/** Rows in the list. */
const ROWS_MAX = 200;
/** New rows per refresh; more are counted only. */
const NEW_MAX = 30;
/** Kinds that come by the dozen: they never push out a greeting or an answer. */
const FLOOD = ['delta', 'snapshot'];
const REFRESH_MS = 250;
/** Waits to be shown while the list is held. */
const HELD_MAX = 1000;

const clock = (at: Date): string => at.toISOString().slice(11, 23);

function jsonText(desc: DescMessage, message: Message): string {
  const json = JSON.stringify(toJson(desc, message), null, 2);
  // Columns of numbers in one line.
  return json.replace(/\[\s+([^[\]{}]*?)\s+\]/g, (_, inner: string) => {
    return `[${inner.replace(/\s+/g, ' ')}]`;
  });
}

/** What a message says, in a line: numbers by name, lists by length. */
export function inWords(desc: DescMessage, message: Message): string {
  const words: string[] = [];
  const say = (name: string, value: unknown): void => {
    if (value === undefined || value === 0 || value === 0n || value === '' || value === false)
      return;
    if (Array.isArray(value)) value.length && words.push(`${name}[${value.length}]`);
    else if (value instanceof Uint8Array) value.length && words.push(`${name}[${value.length} B]`);
    else if (typeof value === 'object') words.push(`${name}{}`);
    else words.push(`${name} ${String(value)}`);
  };
  const values = message as unknown as { [name: string]: unknown };
  for (const member of desc.members) {
    const value = values[member.localName];
    if (member.kind === 'oneof') {
      const chosen = (value as { case?: string } | undefined)?.case;
      if (chosen) words.unshift(chosen);
    } else if (member.enum && member.fieldKind === 'enum' && value !== 0) {
      words.push(`${member.localName} ${member.enum.value[value as number]?.localName ?? value}`);
    } else say(member.localName, value);
  }
  return words.join(' · ');
}

export class Feed {
  readonly element: HTMLElement;
  private readonly rows = h('ol', { class: 'rows' });
  private readonly kinds = h('div', { class: 'kinds', role: 'group', label: 'Kinds shown' });
  private readonly hold = h('button', { class: 'hold' }, 'Pause');
  private readonly state = h('span', { class: 'state' });
  private readonly counts = new Map<string, { on: HTMLInputElement; n: number; text: Element }>();
  private waiting: Entry[] = [];
  private skipped = 0;
  private paused = false;

  constructor() {
    this.kind('sent');
    this.kind('socket');
    for (const field of ServerFrameSchema.fields) if (field.message) this.kind(field.name);
    const all = h('button', { class: 'small', onclick: () => this.showAll(true) }, 'All');
    const none = h('button', { class: 'small', onclick: () => this.showAll(false) }, 'None');
    const clear = h('button', { onclick: () => this.clear() }, 'Clear');
    this.hold.addEventListener('click', () => this.pause(!this.paused));
    this.kinds.append(all, none);
    this.element = h(
      'section',
      { class: 'feed panel', label: 'What comes and goes' },
      h('div', { class: 'bar' }, h('h2', {}, 'Live'), this.hold, clear, this.state),
      this.kinds,
      this.rows,
    );
    setInterval(() => this.refresh(), REFRESH_MS);
  }

  private kind(name: string): void {
    const on = h('input', { type: 'checkbox', id: `kind-${name}` });
    const text = h('span', { class: 'n' }, '0');
    on.checked = true;
    on.addEventListener('change', () => this.filter());
    this.counts.set(name, { on, n: 0, text });
    this.kinds.append(h('label', { attrs: { for: on.id } }, on, ` ${name} `, text));
  }

  private showAll(on: boolean): void {
    for (const kind of this.counts.values()) kind.on.checked = on;
    this.filter();
  }

  private shown(kind: string): boolean {
    return this.counts.get(kind)?.on.checked ?? true;
  }

  private filter(): void {
    for (const row of this.rows.children)
      (row as HTMLElement).hidden = !this.shown((row as HTMLElement).dataset['kind'] ?? '');
  }

  private clear(): void {
    this.rows.replaceChildren();
    this.waiting = [];
    this.skipped = 0;
  }

  pause(on: boolean): void {
    this.paused = on;
    setText(this.hold, on ? 'Go on' : 'Pause');
    this.hold.setAttribute('aria-pressed', String(on));
    this.refresh();
  }

  private add(kind: string, tick: number, words: string, json: Entry['json']): void {
    const counter = this.counts.get(kind);
    if (counter) counter.n++;
    if (!this.shown(kind)) return;
    this.waiting.push({ at: new Date(), kind, tick, words, json });
    if (this.waiting.length > HELD_MAX) {
      this.waiting.shift();
      this.skipped++;
    }
  }

  socket(words: string): void {
    this.add('socket', 0, words, null);
  }

  sent(frame: Message): void {
    const json = (): string => jsonText(ClientFrameSchema, frame);
    this.add('sent', 0, inWords(ClientFrameSchema, frame), json);
  }

  /** Each part of a frame is an entry of its kind. */
  frame(frame: ServerFrame): void {
    const values = frame as unknown as { [name: string]: unknown };
    for (const field of ServerFrameSchema.fields) {
      const { message } = field;
      const value = values[field.localName];
      if (!message || value === undefined) continue;
      for (const part of (Array.isArray(value) ? value : [value]) as Message[])
        this.add(field.name, frame.tick, inWords(message, part), () => jsonText(message, part));
    }
  }

  private row(entry: Entry): HTMLElement {
    const line = [
      h('time', {}, clock(entry.at)),
      h('span', { class: 'tick' }, entry.tick ? String(entry.tick) : ''),
      h('b', {}, entry.kind),
      h('span', { class: 'words' }, entry.words),
    ];
    const data = { kind: entry.kind };
    const { json } = entry;
    if (!json) return h('li', { data }, h('p', {}, ...line));
    const details = h('details', {}, h('summary', {}, ...line));
    details.addEventListener('toggle', () => {
      if (!details.open) return;
      if (details.children.length === 1) details.append(h('pre', {}, json()));
      this.pause(true);
    });
    return h('li', { data }, details);
  }

  /** What came lately: as much of the flood as there is room beside what is rare. */
  private choose(): Entry[] {
    const rare = this.waiting.filter(({ kind }) => !FLOOD.includes(kind)).slice(-ROWS_MAX);
    const flood = this.waiting.filter(({ kind }) => FLOOD.includes(kind));
    const room = Math.max(0, NEW_MAX - rare.length);
    const chosen = new Set([...rare, ...flood.slice(flood.length - Math.min(room, flood.length))]);
    return this.waiting.filter((entry) => chosen.has(entry));
  }

  private refresh(): void {
    for (const { n, text } of this.counts.values()) setText(text, String(n));
    if (this.paused) {
      setText(this.state, `Paused, ${this.waiting.length + this.skipped} more.`);
      return;
    }
    const some = this.choose();
    this.skipped += this.waiting.length - some.length;
    this.waiting = [];
    for (const entry of some) this.rows.prepend(this.row(entry));
    while (this.rows.children.length > ROWS_MAX) this.rows.lastElementChild?.remove();
    setText(this.state, this.skipped ? `${this.skipped} came too fast to show.` : '');
  }
}
