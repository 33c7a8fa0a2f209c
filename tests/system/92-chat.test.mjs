// SPDX-License-Identifier: Apache-2.0
// Chat between sockets, at several gateways where there are; mutes, reports, and the operators'
// side of both.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Code, Player, ReportResult, SayResult } from './client.mjs';
import { env, fault, journey, stack, until } from './harness.mjs';
import { comesBack, pilot } from './world.mjs';

const HOME = 1;
const ZONE = 200; // nobody else of the tests listens to it
const DONE = SayResult.SAY_RESULT_DONE;

const gateways = () => stack.daemons().filter((name) => name.startsWith('gateway-'));

// Guests, each at the next gateway.
async function crowd(count, defer) {
    const list = [];
    for (let i = 0; i < count; i += 1) {
        const base = stack.url(gateways()[i % gateways().length]);
        list.push(await pilot({ base, defer }));
    }
    return list;
}

async function listens(player, zone = ZONE) {
    const reply = await player.ask({ chat: { zone } });
    assert.equal(reply.code, Code.CODE_OK);
    return reply.chat.line;
}

async function say(player, text, { zone = ZONE, ...options } = {}) {
    const reply = await player.ask({ say: { zone, text } }, options);
    assert.equal(reply.code, Code.CODE_OK);
    return reply.say;
}

const texts = (player) => player.heard.map((line) => line.text);
const hears = (player, text) => player.until(`hears "${text}"`, () => texts(player).includes(text));

async function ctl(...args) {
    const { status, stdout, stderr } = await stack.ctl(...args);
    assert.equal(status, 0, `${args.join(' ')}: ${stdout}${stderr}`);
    return stdout;
}

journey('a line goes to all who listen to its zone, and to nobody else', async ({ defer }) => {
    const [ada, bob, cyd] = await crowd(3, defer);
    await listens(ada);
    await listens(bob);
    await listens(cyd, ZONE + 1);
    const hostile = '<img src=x onerror=alert(1)> \u{1f680} \u05e9\u05dc\u05d5\u05dd';
    const { result, line } = await say(ada, `  ${hostile} `);
    assert.equal(result, DONE);
    assert.equal(line.text, hostile);
    assert.equal(String(line.player), ada.id);
    assert.equal(line.name, ada.profile.name);
    assert.ok(Math.abs(Number(line.atMs) - Date.now()) < 60000);
    await hears(ada, hostile);
    await hears(bob, hostile);
    assert.deepEqual(bob.heard[0].toJSON(), line.toJSON());
    await say(cyd, 'elsewhere', { zone: ZONE + 1 });
    await hears(cyd, 'elsewhere');
    assert.deepEqual(texts(cyd), ['elsewhere']);
    assert.deepEqual(texts(bob), [hostile]);
    await listens(bob, 0);
    await say(ada, 'still there?');
    await hears(ada, 'still there?');
    assert.deepEqual(texts(bob), [hostile]);
});

journey('who comes late reads what was said, and a retry says nothing twice', async ({ defer }) => {
    const [ada, bob] = await crowd(2, defer);
    const zone = ZONE + 2;
    const id = randomBytes(16);
    await say(ada, 'one', { zone, id });
    const again = await say(ada, 'one', { zone, id });
    assert.equal(again.result, DONE);
    await say(ada, 'two', { zone });
    assert.deepEqual(
        (await listens(bob, zone)).map((line) => line.text),
        ['one', 'two'],
    );
    await stack.sql(
        `INSERT INTO profile.chat_lines (zone, player_id, request, said)
         SELECT ${zone}, ${ada.id}, 'test-' || i, 'x' || i FROM generate_series(1, 150) i`,
    );
    await say(bob, 'last', { zone });
    const lines = await listens(ada, zone);
    assert.equal(lines.length, 100);
    assert.equal(lines.at(-1).text, 'last');
    const kept = await stack.sql(`SELECT count(*) FROM profile.chat_lines WHERE zone = ${zone}`);
    assert.equal(kept, '100');
});

journey('what is said to those who are near stays near', async ({ defer }) => {
    const [ada, bob] = await crowd(2, defer); // both rest where beginners begin
    const reply = await ada.ask({ say: { zone: 0, text: 'psst' } });
    assert.equal(reply.say.result, DONE);
    await hears(bob, 'psst');
    assert.equal((await ada.ask({ chat: { zone: 0 } })).chat.line.length, 0);
    assert.equal((await ada.ask({ chat: { zone: 256 } })).code, Code.CODE_MALFORMED);
});

journey('what may not be said is answered with the reason', async ({ defer }) => {
    const [ada] = await crowd(1, defer);
    const refusals = [
        ['', SayResult.SAY_RESULT_EMPTY, 0],
        [' \u00a0 ', SayResult.SAY_RESULT_EMPTY, 0],
        ['x'.repeat(212), SayResult.SAY_RESULT_TOO_LONG, 12],
        ['a\nb', SayResult.SAY_RESULT_CHARACTERS, 0],
        ['\u202eabc', SayResult.SAY_RESULT_CHARACTERS, 0],
    ];
    for (const [text, result, limit] of refusals) {
        const said = await say(ada, text);
        assert.deepEqual([said.result, said.limit], [result, limit], JSON.stringify(text));
    }
    let fast;
    for (let i = 0; i < 6 && !fast; i += 1) {
        const said = await say(ada, `line ${i}`);
        if (said.result !== DONE) fast = said;
    }
    assert.equal(fast?.result, SayResult.SAY_RESULT_TOO_FAST);
    assert.ok(fast.limit >= 1 && fast.limit <= 3, `${fast.limit} s`);
    await until('it may be said', async () => (await say(ada, 'later')).result === DONE, 8000);
});

journey('an operator mutes a pilot, and lets it speak again', async ({ defer }) => {
    const [ada] = await crowd(1, defer);
    assert.match(await ctl('player', 'mute', ada.id, '9'), /^muted until /);
    const said = await say(ada, 'am I heard?');
    assert.equal(said.result, SayResult.SAY_RESULT_MUTED);
    assert.ok(said.limit > 530 && said.limit <= 540, `${said.limit} s`);
    await ctl('player', 'mute', ada.id, '0');
    assert.equal((await say(ada, 'again')).result, DONE);
    assert.equal((await stack.ctl('player', 'mute', ada.id, 'long')).status, 2);
});

journey('whom one does not want to hear is kept with the pilot', async ({ defer }) => {
    const [ada, bob, cyd] = await crowd(3, defer);
    const list = async (change) => {
        const { code, mutes } = await ada.ask({ mutes: change });
        assert.equal(code, Code.CODE_OK);
        return mutes;
    };
    assert.deepEqual((await list({})).player, []);
    const both = await list({ mute: [bob.id, cyd.id] });
    assert.deepEqual(both.player.map(String).sort(), [bob.id, cyd.id].sort());
    assert.ok(both.name.includes(bob.profile.name));
    ada.close();
    await comesBack(ada);
    assert.deepEqual((await list({ unmute: [cyd.id] })).player.map(String), [bob.id]);
    assert.equal((await list({ mute: [ada.id] })).full, true);
    const many = Array.from({ length: 17 }, (_, i) => 5000 + i);
    assert.equal((await ada.ask({ mutes: { mute: many } })).code, Code.CODE_MALFORMED);
});

journey('a report keeps the lines as they were said, for operators', async ({ defer }) => {
    const [ada, bob] = await crowd(2, defer);
    const { line } = await say(bob, 'you are all pirates');
    const own = (await say(ada, 'please stop')).line;
    const id = randomBytes(16);
    const report = { player: bob.id, about: 'insults', line: [line.line, own.line] };
    for (let i = 0; i < 2; i += 1) {
        const { code, report: done } = await ada.ask({ report }, { id });
        assert.equal(code, Code.CODE_OK);
        assert.deepEqual([done.result, done.lines], [ReportResult.REPORT_RESULT_DONE, 1]);
    }
    const whom = `${bob.profile.name} \\(${bob.id}\\)`;
    const about = new RegExp(`^(\\d+)  .* about ${whom}, by .*\\n`, 'm');
    const text = await ctl('reports');
    const number = about.exec(text)?.[1];
    assert.ok(number, text);
    assert.match(text, /"insults"\n {4}[^\n]* zone 200 {2}you are all pirates\n/);
    assert.doesNotMatch(text, /please stop/);
    await ctl('reports', 'close', number);
    assert.doesNotMatch(await ctl('reports'), about);
    assert.match(await ctl('reports', 'all'), about);
    assert.equal((await stack.ctl('reports', 'close', number)).status, 1);
    const nobody = await ada.ask({ report: { player: 1, about: '' } });
    assert.equal(nobody.report.result, ReportResult.REPORT_RESULT_NOBODY);
    for (let i = 0; i < 4; i += 1) await ada.ask({ report: { player: bob.id } });
    const many = await ada.ask({ report: { player: bob.id } });
    assert.equal(many.report.result, ReportResult.REPORT_RESULT_TOO_MANY);
});

fault('without the database nothing is said, and nothing is lost', async ({ defer }) => {
    const [ada] = await crowd(1, defer);
    await listens(ada, HOME);
    await stack.hold('postgres');
    defer(() => stack.release('postgres'));
    const id = randomBytes(16);
    const body = { say: { zone: HOME, text: 'is anybody there?' } };
    const reply = await ada.ask(body, { id, once: true });
    assert.ok([Code.CODE_UNAVAILABLE, Code.CODE_TIMEOUT].includes(reply.code), `${reply.code}`);
    stack.release('postgres');
    const { code, say: said } = await ada.ask(body, { id, ms: 30000 });
    assert.deepEqual([code, said.result], [Code.CODE_OK, DONE]);
    await hears(ada, 'is anybody there?');
    await stack.waitAllReady();
    // A connection that was asked in vain meanwhile tries again after a second at most.
    await until('the records answer again', async () => {
        for (let i = 0; i < 8; i += 1) {
            const stranger = new Player(env.ST_URL);
            const guest = await stranger.http('POST', '/v1/auth/guest', { body: {} });
            if (guest.status !== 201) return false;
            for (const path of ['/v1/markets', `/v1/markets/${HOME}/1/history`])
                if ((await stranger.http('GET', path)).status !== 200) return false;
        }
        return true;
    });
});
