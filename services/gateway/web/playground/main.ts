// SPDX-License-Identifier: Apache-2.0
// The playground: signs in as a guest or by a ticket, shows what the gateway sends, and sends what
// a form holds. Speaks by the SDK's socket alone; keeps nothing.

import { ClientFrameSchema, type ClientFrame, ReplySchema, type ServerFrame } from '@gen/client_pb';
import { toBinary, toJson } from '@bufbuild/protobuf';
import { Code } from '@gen/types_pb';
import { h, setText } from '../cockpit/dom';
import { ApiError, Auth } from '../sdk/auth';
import { Socket } from '../sdk/socket';
import { Feed } from './feed';
import { messageForm } from './form';
import { bytesOf, type Choice, choices, codeOf, comment, frameOf, type Values } from './schema';

const FRAME_MAX = 2048;
const url = new URL('/v1/ws', location.href);
url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';

const feed = new Feed();
const all = choices();
let socket: Socket | null = null;
let ticket = '';
let seq = 0;
let greeted = false;

// --- the connection ---

const state = h('span', { class: 'state', role: 'status' }, 'Not connected.');
const guest = h('button', { class: 'primary guest' }, 'Connect as guest');
const end = h('button', { class: 'end' }, 'Disconnect');
const ticketField = h('input', {
  id: 'ticket',
  attrs: { autocomplete: 'off', spellcheck: 'false', placeholder: 'ticket' },
  label: 'Ticket of a sign-in',
});
const byTicket = h('button', { class: 'by-ticket', type: 'submit' }, 'Connect');
const ticketForm = h('form', { class: 'ticket' }, ticketField, byTicket);

function showState(words: string): void {
  setText(state, words);
  feed.socket(words);
  enable();
}

function enable(): void {
  guest.hidden = ticketForm.hidden = socket !== null;
  end.hidden = socket === null;
  send.disabled = !greeted;
}

function connect(with_: string): void {
  ticket = with_;
  seq = 0;
  socket = new Socket({ url: url.href, ticket: () => ticket, lastSeq: () => seq });
  socket.events.on('open', () => showState('Open; hello sent.'));
  socket.events.on('broken', () => feed.socket('A frame that cannot be read.'));
  socket.events.on('frame', onFrame);
  socket.events.on('closed', ({ reason, words, retryInMs }) => {
    greeted = false;
    if (retryInMs < 0) socket = null;
    const next = retryInMs < 0 ? 'for good' : `again in ${(retryInMs / 1000).toFixed(1)} s`;
    showState(`Closed: ${reason}${words ? ` (${words})` : ''}; ${next}.`);
  });
  socket.start();
  showState('Connecting.');
}

function disconnect(): void {
  socket?.stop();
  socket = null;
  greeted = false;
  showState('Not connected.');
}

async function asGuest(): Promise<void> {
  guest.disabled = true;
  try {
    connect((await new Auth().guest()).credentials.ticket);
  } catch (error) {
    showState(error instanceof ApiError ? `Refused: ${error.code}.` : String(error));
  }
  guest.disabled = false;
}

function onFrame(frame: ServerFrame): void {
  feed.frame(frame);
  if (frame.newTicket) ticket = frame.newTicket.ticket;
  if (frame.welcome) {
    greeted = true;
    seq = Math.max(seq, frame.welcome.lastSeq);
    showState(`Connected as ${frame.welcome.name}, player ${frame.welcome.player}.`);
    prefill();
  }
  takeAnswer(frame);
}

guest.addEventListener('click', () => void asGuest());
end.addEventListener('click', disconnect);
ticketForm.addEventListener('submit', (event) => {
  event.preventDefault();
  const word = ticketField.value.trim();
  ticketField.value = '';
  if (word) connect(word);
});

// --- the form ---

const pick = h('select', { id: 'message' });
const about = h('p', { class: 'about' });
const idField = h('input', {
  id: 'request-id',
  attrs: { autocomplete: 'off', spellcheck: 'false', placeholder: 'new for each', maxlength: '32' },
});
const idRow = h(
  'div',
  { class: 'field' },
  h('label', { attrs: { for: idField.id } }, 'request_id', h('span', {}, ' 16 bytes, hex')),
  idField,
);
const place = h('div');
const send = h('button', { class: 'primary send', type: 'submit' }, 'Send');
const copy = h('button', { class: 'copy' }, 'Copy as code');
const said = h('span', { class: 'state said', role: 'status' });
const code = h('pre', { class: 'code', attrs: { tabindex: '0', 'aria-label': 'Code' } });
const answer = h('div', { class: 'answer', role: 'status' });
const form = h(
  'form',
  { class: 'message-form' },
  idRow,
  place,
  h('div', { class: 'bar' }, send, copy, said),
);
let choice = all[0] as Choice;
let read: () => Values = () => ({});

const labelOf = (c: Choice): string => {
  if (c.path === '') return 'ClientFrame, as a whole';
  return c.desc ? `${c.desc.name} (${c.path})` : c.path;
};

function fillPick(): void {
  const groups: [string, (c: Choice) => boolean][] = [
    ['Requests', (c) => c.asks],
    ['Other messages', (c) => !c.asks],
  ];
  for (const [label, has] of groups)
    pick.append(
      h(
        'optgroup',
        { attrs: { label } },
        ...all
          .filter(has)
          .map((c) => h('option', { attrs: { value: String(all.indexOf(c)) } }, labelOf(c))),
      ),
    );
}

function choose(): void {
  choice = all[Number(pick.value)] ?? choice;
  idRow.hidden = !choice.asks;
  const words = choice.desc ? comment(choice.desc.name) : comment(`ClientFrame.${choice.path}`);
  setText(about, words);
  if (choice.desc) {
    const made = messageForm(choice.desc);
    place.replaceChildren(made.element);
    read = made.read;
  } else {
    place.replaceChildren();
    read = () => ({});
  }
  answer.replaceChildren();
  prefill();
}

/** What counts by itself: the next seq, the time of a ping. */
function prefill(): void {
  const set = (name: string, value: number): void => {
    const input = place.querySelector<HTMLInputElement>(`input[name=${name}]`);
    if (input) input.value = String(value);
  };
  if (choice.path === 'input') set('seq', seq + 1);
  if (choice.path === 'ping') set('client_ms', Math.floor(performance.now()));
  showCode();
}

function idOf(): Uint8Array | null {
  const bytes = idField.value ? bytesOf(idField.value) : null;
  idField.setCustomValidity(!idField.value || bytes?.length === 16 ? '' : '32 hexadecimal digits.');
  return bytes?.length === 16 ? bytes : null;
}

function showCode(): void {
  setText(code, codeOf(choice, read(), idOf(), new URL(location.href)));
  setText(said, '');
}

async function copyCode(): Promise<void> {
  showCode();
  try {
    await navigator.clipboard.writeText(code.textContent ?? '');
    setText(said, 'Copied.');
  } catch {
    getSelection()?.selectAllChildren(code);
    setText(said, 'Selected: copy it by hand.');
  }
}

// --- sending and answers ---

let waiting: { frame: ClientFrame; since: number } | null = null;

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function showAnswer(words: string, json = ''): void {
  answer.replaceChildren(h('p', {}, words), ...(json ? [h('pre', {}, json)] : []));
}

function takeAnswer(frame: ServerFrame): void {
  if (!waiting) return;
  const took = `${Math.round(performance.now() - waiting.since)} ms`;
  const { request, input, ping } = waiting.frame;
  for (const reply of frame.reply) {
    if (!request.some((r) => same(r.requestId, reply.requestId))) continue;
    const json = JSON.stringify(toJson(ReplySchema, reply), null, 2);
    showAnswer(`Reply ${Code[reply.code] ?? reply.code} after ${took}.`, json);
    waiting = null;
    return;
  }
  const last = input[input.length - 1];
  if (last && frame.own && frame.own.ackSeq >= last.seq) {
    showAnswer(`Applied at tick ${frame.own.ackTick}, told after ${took}.`);
    waiting = null;
  } else if (ping && frame.pong) {
    showAnswer(`Pong of tick ${frame.pong.tick} after ${took}.`);
    waiting = null;
  }
}

function sendForm(): void {
  if (!form.reportValidity()) return;
  let frame: ClientFrame;
  try {
    frame = frameOf(choice, read(), idOf());
    const size = toBinary(ClientFrameSchema, frame).length;
    if (size > FRAME_MAX) throw new Error(`${size} bytes; a frame has at most ${FRAME_MAX}.`);
  } catch (error) {
    showAnswer(`Not sent: ${error instanceof Error ? error.message : String(error)}`);
    return;
  }
  if (!socket?.send(frame)) {
    showAnswer('Not sent: there is no open socket.');
    return;
  }
  feed.sent(frame);
  for (const input of frame.input) seq = Math.max(seq, input.seq);
  const expects = frame.request.length + frame.input.length > 0 || frame.ping !== undefined;
  waiting = expects ? { frame, since: performance.now() } : null;
  showAnswer(expects ? 'Sent; no answer yet.' : 'Sent; it has no answer of its own.');
  prefill();
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  sendForm();
});
form.addEventListener('input', showCode);
form.addEventListener('change', showCode);
copy.addEventListener('click', () => void copyCode());
pick.addEventListener('change', choose);

fillPick();
choose();
document.body.append(
  h(
    'header',
    {},
    h('h1', {}, 'StarTrader playground'),
    guest,
    ticketForm,
    end,
    state,
  ),
  h(
    'main',
    {},
    h(
      'section',
      { class: 'panel', label: 'Send a message' },
      h('div', { class: 'bar' }, h('h2', {}, 'Send')),
      h('div', { class: 'field' }, h('label', { attrs: { for: pick.id } }, 'Message'), pick),
      about,
      form,
      h('h3', {}, 'Answer'),
      answer,
      h('h3', {}, 'As code'),
      code,
    ),
    feed.element,
  ),
);
enable();
