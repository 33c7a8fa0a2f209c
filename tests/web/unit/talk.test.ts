// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import {
  ChatLineSchema,
  ChatReplySchema,
  MutesReplySchema,
  SayReplySchema,
  SayResult,
} from '@gen/chat_pb';
import {
  type PublicEvent,
  PublicEventSchema,
  type Welcome,
  WelcomeSchema,
} from '@gen/client_pb';
import { Emitter } from '@web/sdk/emitter';
import type { Body, Question } from '@web/sdk/requests';
import { Talk, type TalkSession } from '@web/sdk/talk';

const line = (number: number, player: number, zone = 1) =>
  create(ChatLineSchema, {
    line: BigInt(number),
    player: BigInt(player),
    text: `line ${number}`,
    zone,
  });

/** A session whose server keeps what it was asked, and says what the test gave it. */
function setup(lately = [line(1, 7), line(2, 8)]) {
  const events = new Emitter<{ public: PublicEvent; welcome: Welcome }>();
  const asked: Question[] = [];
  const muted: number[] = [];
  const ask = (body: Question): Promise<Body> => {
    asked.push(body);
    switch (body.case) {
      case 'chat':
        return Promise.resolve({ case: 'chat', value: create(ChatReplySchema, { line: lately }) });
      case 'mutes': {
        muted.push(...body.value.mute.map(Number));
        const player = muted.map((p) => BigInt(p));
        const value = create(MutesReplySchema, { player, name: muted.map((p) => `P${p}`) });
        return Promise.resolve({ case: 'mutes', value });
      }
      default: {
        const value = create(SayReplySchema, { result: SayResult.DONE, line: line(9, 5) });
        return Promise.resolve({ case: 'say', value });
      }
    }
  };
  const talk = new Talk({ ask, events } as unknown as TalkSession);
  const heard: string[] = [];
  talk.events.on('line', ({ text }) => heard.push(text));
  const hear = (value: ReturnType<typeof line>): void =>
    events.emit('public', create(PublicEventSchema, { event: { case: 'chat', value } }));
  const welcome = (): void => events.emit('welcome', create(WelcomeSchema));
  return { talk, asked, heard, hear, welcome };
}

test('a line is heard once, however often it comes', async () => {
  const { talk, heard, hear } = setup();
  await talk.listen(1);
  hear(line(2, 8)); // told in the answer already
  hear(line(3, 8));
  hear(line(3, 8));
  await talk.say('nine', 1);
  hear(line(9, 5)); // the own one, on its way around
  assert.deepEqual(heard, ['line 3', 'line 9']);
});

test('who is muted is not heard, neither now nor of lately', async () => {
  const { talk, heard, hear } = setup();
  await talk.change([8], []);
  assert.deepEqual([...talk.muted], [[8, 'P8']]);
  assert.deepEqual(
    (await talk.listen(1)).map((l) => Number(l.line)),
    [1],
  );
  hear(line(4, 8));
  hear(line(5, 7, 0));
  assert.deepEqual(heard, ['line 5']);
});

test('a new connection listens again, and asks whom it does not hear', async () => {
  const { talk, asked, welcome } = setup();
  welcome();
  assert.deepEqual(
    asked.map((q) => q.case),
    ['mutes'],
  );
  await talk.listen(3);
  welcome();
  const last = asked.at(-1)!;
  assert.equal(last.case, 'chat');
  assert.equal(last.case === 'chat' && last.value.zone, 3);
});
