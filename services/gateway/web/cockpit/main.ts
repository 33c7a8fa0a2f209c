// SPDX-License-Identifier: Apache-2.0
// Start of the page: kernel, star chart, ticket; then the cockpit. Shows the real steps.

import { decodeWorldConfig, type WorldConfig } from '../kernel/config';
import { Kernel } from '../kernel/kernel';
import { Auth, CredentialStore } from '../sdk/auth';
import { App } from './app';
import { h, setText, setVar } from './dom';
import { say } from './text';

declare const KERNEL_URL: string;
const SLOW_MS = 8000;
const AGAIN_S = 3;

async function kernelBytes(): Promise<ArrayBuffer> {
  const response = await fetch(KERNEL_URL);
  if (!response.ok) throw new Error(`kernel: ${response.status}`);
  return response.arrayBuffer();
}

class Loading {
  readonly element: HTMLElement;
  private readonly steps = [say('loadProgram'), say('loadKernel'), say('loadWorld')].map((words) =>
    h('span', {}, words),
  );
  private readonly note = h('p', { class: 'mute', role: 'status' });
  private readonly bar = h('div', { class: 'track' }, h('i'));
  private done = 0;

  constructor() {
    this.element = h(
      'div',
      { class: 'loading' },
      h('h1', {}, say('title')),
      this.bar,
      h('div', { class: 'steps' }, ...this.steps),
      this.note,
    );
    document.body.append(this.element);
    setTimeout(() => this.tell(say('loadSlow')), SLOW_MS);
    this.step();
  }

  step(): void {
    this.steps[this.done]?.classList.add('done');
    this.done++;
    setVar(this.bar, '--share', String(this.done / this.steps.length));
  }

  tell(words: string): void {
    setText(this.note, words);
  }
}

async function insist<T>(act: () => Promise<T>, loading: Loading): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch {
      loading.tell(say('loadFailed', { s: AGAIN_S }));
      await new Promise((done) => setTimeout(done, AGAIN_S * 1000));
    }
  }
}

async function boot(): Promise<void> {
  const loading = new Loading();
  const auth = new Auth();
  const store = new CredentialStore(window.localStorage);
  const kernel = await insist(async () => Kernel.load(await kernelBytes()), loading);
  loading.step();
  let config: WorldConfig | null = null;
  try {
    // The landing's picture; without it the landing still works.
    const { revision } = await auth.world();
    if (revision) config = decodeWorldConfig(await auth.worldConfig(revision));
  } catch {
    config = null;
  }
  loading.step();
  const app = new App({ auth, store, kernel, config });
  await app.start();
  const credentials = store.load();
  if (credentials) app.resume(credentials);
  else app.showLanding();
  loading.element.remove();
}

void boot();
