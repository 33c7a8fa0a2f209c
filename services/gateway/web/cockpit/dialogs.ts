// SPDX-License-Identifier: Apache-2.0
// Dialogs: sign-in and claim, death, fenced, kicked, parked. One veil, one main button each.

import { Code } from '@gen/types_pb';
import { ApiError, type Auth, type SignIn } from '../sdk/auth';
import { Refused } from '../sdk/requests';
import { h, setText, setVar } from './dom';
import { say, sayCode } from './text';

/** The sentence of a sign-in refusal. */
export function sayAuth(error: unknown): string {
  if (!(error instanceof ApiError)) return say('auth_other');
  const s = Math.max(1, Math.ceil(error.retryAfterMs / 1000));
  return sayCode(`auth_${error.code}`, error.status === 503 ? 'auth_unavailable' : 'auth_other', {
    s,
  });
}

/** Signs in; while the service is busy or away it says so and asks again, as long as `wanted`. */
export async function persist(
  ask: () => Promise<SignIn>,
  tellWhy: (words: string) => void,
  wanted: () => boolean,
): Promise<SignIn> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const away = error instanceof ApiError && ['busy', 'unavailable'].includes(error.code);
      if (!away || !wanted()) throw error;
      tellWhy(sayAuth(error));
      await new Promise((done) => setTimeout(done, Math.max(1000, error.retryAfterMs)));
      if (!wanted()) throw error;
    }
  }
}

/** The sentence of a question that got no answer. */
export function sayRefused(error: unknown): string {
  if (!(error instanceof Refused)) return say('action_other');
  if (error.code === Code.TIMEOUT) return say('orderLost');
  if (error.code === Code.UNAVAILABLE || error.code === Code.BUSY) return say('tradeClosed');
  return say('order_13');
}

export class Dialog {
  readonly veil: HTMLElement;
  readonly box: HTMLElement;

  constructor(title: string, width: number, ...children: (Node | null)[]) {
    this.box = h(
      'section',
      { class: 'panel dialog', role: 'dialog', label: title },
      h('h2', {}, title),
      ...children,
    );
    setVar(this.box, '--width', `${width}px`);
    this.veil = h('div', { class: 'veil' }, this.box);
  }

  open(): this {
    document.body.append(this.veil);
    const first = this.box.querySelector<HTMLElement>('input, .primary');
    first?.focus();
    return this;
  }

  close(): void {
    this.veil.remove();
  }
}

export type FormKind = 'login' | 'register' | 'claim';

/** The sign-in form; `done` gets the sign-in, after the dialog has closed. */
export function signInDialog(
  auth: Auth,
  kind: FormKind,
  ticket: string,
  done: (s: SignIn) => void,
  guest: (() => void) | null,
): Dialog {
  const name = h('input', {
    type: 'text',
    id: 'name',
    attrs: { autocomplete: 'username', maxlength: '20' },
  });
  const password = h('input', {
    type: 'password',
    id: 'password',
    attrs: {
      autocomplete: kind === 'login' ? 'current-password' : 'new-password',
      maxlength: '128',
    },
  });
  const show = h(
    'button',
    {
      class: 'link',
      onclick: () => {
        password.type = password.type === 'password' ? 'text' : 'password';
        setText(show, say(password.type === 'password' ? 'show' : 'hide'));
      },
    },
    say('show'),
  );
  const problem = h('p', { class: 'say', role: 'alert' });
  const main = h(
    'button',
    { class: 'button primary', type: 'submit' },
    say(kind === 'login' ? 'signIn' : kind === 'register' ? 'register' : 'keepPilot'),
  );
  const form = h(
    'form',
    { class: 'dialog-form' },
    h('div', { class: 'field' }, h('label', { attrs: { for: 'name' } }, say('pilotName')), name),
    h(
      'div',
      { class: 'field' },
      h('label', { attrs: { for: 'password' } }, say('password')),
      h('div', { class: 'with' }, password, show),
    ),
    problem,
    main,
  );
  const other = (to: FormKind): void => {
    dialog.close();
    signInDialog(auth, to, ticket, done, guest).open();
  };
  const links = h(
    'div',
    { class: 'links' },
    kind === 'login'
      ? h('button', { class: 'link', onclick: () => other('register') }, say('newPilot'))
      : null,
    kind === 'register'
      ? h('button', { class: 'link', onclick: () => other('login') }, say('havePilot'))
      : null,
    guest
      ? h(
          'button',
          {
            class: 'link',
            onclick: () => {
              dialog.close();
              guest();
            },
          },
          say('justFly'),
        )
      : null,
    h('button', { class: 'link', onclick: () => dialog.close() }, say('close')),
  );
  const dialog = new Dialog(
    say(kind === 'login' ? 'signIn' : kind === 'register' ? 'register' : 'keepPilot'),
    400,
    kind === 'claim' ? h('p', { class: 'mute' }, say('keepWhy')) : null,
    form,
    links,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    main.disabled = true;
    setText(problem, '');
    const call = (): Promise<SignIn> =>
      kind === 'login'
        ? auth.login(name.value, password.value)
        : kind === 'register'
          ? auth.register(name.value, password.value)
          : auth.claim(ticket, name.value, password.value);
    persist(
      call,
      (words) => setText(problem, words),
      () => dialog.veil.isConnected,
    )
      .then((result) => {
        dialog.close();
        done(result);
      })
      .catch((error: unknown) => {
        main.disabled = false;
        setText(problem, sayAuth(error));
      });
  });
  return dialog;
}

/** A dialog with one sentence and one or two buttons. */
export function tell(
  title: string,
  words: string,
  main: string,
  act: () => void,
  other = '',
  otherAct: () => void = () => undefined,
): Dialog {
  const dialog: Dialog = new Dialog(
    title,
    440,
    h('p', {}, words),
    h(
      'button',
      {
        class: 'button primary',
        onclick: () => {
          dialog.close();
          act();
        },
      },
      main,
    ),
    other
      ? h(
          'button',
          {
            class: 'link',
            onclick: () => {
              dialog.close();
              otherAct();
            },
          },
          other,
        )
      : null,
  );
  return dialog;
}
