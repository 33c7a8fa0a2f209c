// SPDX-License-Identifier: Apache-2.0
// Short words that come and go by themselves; the same words are shown once.

import { h } from './dom';

const SHOWN_MS = 5000;
const SHOWN_MAX = 3;

export type ToastTone = '' | 'gain' | 'bad';

export class Toasts {
  private readonly list = h('ul', { attrs: { 'aria-live': 'assertive' } });
  readonly element = h('div', { class: 'layer toasts' }, this.list);

  say(words: string, tone: ToastTone = ''): void {
    const same = [...this.list.children].find((li) => li.textContent === words);
    same?.remove();
    const item = h('li', { class: `panel toast ${tone}` }, h('span', {}, words));
    this.list.append(item);
    while (this.list.children.length > SHOWN_MAX) this.list.firstChild!.remove();
    window.setTimeout(() => item.remove(), SHOWN_MS);
  }
}
