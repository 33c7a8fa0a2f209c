// SPDX-License-Identifier: Apache-2.0
// check.mjs [--write]: docs/openapi.yaml and docs/asyncapi.yaml are what their standards want, and
// say what the C code, the schemas and the other documents say; docs/API.md is what they render to,
// or is made so. Prints "ok NAME" or "not ok NAME" for each.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv';
import {
    asyncapi,
    busChannels,
    fileOf,
    follow,
    openapi,
    operations,
    schemas,
    schemaText,
    subjectsIn,
    subjectsOf,
    text,
    top,
    walk,
} from './documents.mjs';
import { compile } from './answers.mjs';
import { render } from './render.mjs';

const PAGE = 'docs/API.md';
let failed = 0;

async function test(name, run) {
    try {
        await run();
        console.log(`ok ${name}`);
    } catch (error) {
        failed = 1;
        console.log(`not ok ${name}`);
        console.log(String(error.message).slice(0, 4000).replace(/^/gm, '#  '));
    }
}

const same = (what, ours, theirs) =>
    assert.deepEqual([...new Set(ours)].sort(), [...new Set(theirs)].sort(), what);

function allReferences(document) {
    walk(document, (thing) => {
        if (typeof thing.$ref !== 'string') return;
        if (thing.$ref.startsWith('#/')) follow(document, thing);
        else assert.ok(fs.existsSync(path.join(top, 'docs', thing.$ref)), thing.$ref);
    });
}

/** What is behind a comma in a plain scalar of `{...}` becomes a key of its own. */
function noWords(document) {
    walk(document, (thing) => {
        if (Array.isArray(thing)) return;
        for (const key of Object.keys(thing)) assert.ok(!key.includes(' '), `a key: ${key}`);
    });
}

/** Names of components that nothing refers to. */
function unused(document) {
    const used = new Set();
    walk(document, (thing) => typeof thing.$ref === 'string' && used.add(thing.$ref));
    return Object.entries(document.components).flatMap(([kind, things]) =>
        Object.keys(things)
            .map((name) => `#/components/${kind}/${name}`)
            .filter((ref) => kind !== 'securitySchemes' && !used.has(ref)),
    );
}

// --- openapi.yaml ---

await test('openapi: valid', async () => {
    const result = await new Validator({ strict: true }).validate(structuredClone(openapi));
    assert.ok(result.valid, JSON.stringify(result.errors, null, 1));
    allReferences(openapi);
    noWords(openapi);
    assert.deepEqual(unused(openapi), []);
    const ids = operations().map(({ operation }) => operation.operationId);
    assert.equal(new Set(ids).size, ids.length, 'every operation has a name of its own');
});

await test('openapi: schemas compile', () => {
    for (const name of Object.keys(openapi.components.schemas))
        compile({ $ref: `#/components/schemas/${name}` });
});

await test('openapi: path parameters are those of the path', () => {
    for (const { route, operation } of operations()) {
        const declared = (operation.parameters ?? [])
            .map((p) => follow(openapi, p))
            .filter((p) => p.in === 'path')
            .map((p) => p.name);
        same(
            route,
            declared,
            [...route.matchAll(/\{(\w+)\}/g)].map((m) => m[1]),
        );
    }
});

/** Rows {method, path} of the route tables of a C file. */
function tableOf(file) {
    const row = /^ {4}\{"([A-Z]+)", "([^"]+)", on_(\w+), (?:true|false)\},$/gm;
    return [...text(file).matchAll(row)].map((m) => ({ method: m[1], path: m[2], handler: m[3] }));
}

/** Each operation belongs to one row, and each row has one: what is no row's is not served. */
function covers(rows, internal) {
    const found = operations().filter((o) => o.internal === internal);
    for (const { method, route } of found) {
        const plain = route.replace(/\{\w+\}/g, 'x');
        const row = rows.find(
            (r) =>
                r.method === method &&
                (r.path.endsWith('*')
                    ? plain.startsWith(r.path.slice(0, -1))
                    : r.path === plain),
        );
        assert.ok(row && row.handler !== 'unknown', `${method} ${route} is not served`);
        row.used = true;
    }
    const missing = rows.filter((r) => !r.used && r.handler !== 'unknown');
    assert.deepEqual(
        missing.map((r) => `${r.method} ${r.path}`),
        [],
        'served, but not in openapi.yaml',
    );
}

await test('openapi: routes are those of the gateway', () => {
    const rows = tableOf('services/gateway/listen.c');
    assert.ok(rows.length > 10);
    covers(rows, false);
    covers(
        [...tableOf('services/gateway/main.c'), ...tableOf('libcommon/st/daemon_page.c')],
        true,
    );
});

await test('openapi: routes are those of PROTOCOL.md', () => {
    const plain = (route) => route.replace(/\{[\w,]+\}/g, '{}');
    const named = [];
    for (const line of text('docs/PROTOCOL.md').split('\n')) {
        let method = 'GET';
        for (const [, verb, route] of line.matchAll(/`(?:(GET|POST) )?(\/[^`? ]*)[^`]*`/g)) {
            method = verb ?? method;
            named.push(`${method} ${plain(route)}`);
        }
    }
    const ours = operations()
        .filter((o) => !o.internal)
        .map((o) => `${o.method} ${plain(o.route)}`);
    same('routes', ours, named);
});

await test('openapi: problem codes are those of the code', () => {
    const codes = new Set();
    const take = (file, pattern) => {
        for (const [, code] of text(file).matchAll(pattern)) codes.add(code);
    };
    take('services/gateway/door.c', /\] = \{\d{3},\s*"(\w+)"/g);
    codes.delete('ok');
    for (const file of ['gateway/door.c', 'gateway/board.c', 'gateway/listen.c'])
        take(`services/${file}`, /st_http_problem\(\w+,\s*\d{3},\s*"(\w+)"/g);
    take('libcommon/st/files.c', /st_http_problem\(\w+,\s*\d{3},\s*"(\w+)"/g);
    take('libcommon/st/http_request.c', /st_http_problem\(\w+,\s*\d{3},\s*"(\w+)"/g);
    take('libcommon/st/http_request.c', /refuse\(r, [^"\n]*"(\w+)"/g);
    take('libcommon/st/http_request.c', /refuse\(r, [^"\n]*"\w+" : "(\w+)"/g);
    take('libcommon/st/http.c', /refuse_socket\([^;]*"(\w+)"\);/g);
    same('codes', openapi.components.schemas.Problem.properties.code.enum, codes);
});

// --- asyncapi.yaml ---

const proto = schemas();

await test('asyncapi: valid', () => {
    const specs = createRequire(import.meta.url)('@asyncapi/specs');
    const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: false });
    const valid = ajv.compile(specs.schemasWithoutId['3.0.0']);
    assert.ok(valid(asyncapi), JSON.stringify(valid.errors?.slice(-6), null, 1));
    allReferences(asyncapi);
    noWords(asyncapi);
    assert.deepEqual(unused(asyncapi), []);
});

await test('asyncapi: every message is in the schemas', () => {
    for (const [key, message] of Object.entries(asyncapi.components.messages)) {
        const short = message.name.replace(/^startrader\.v1\./, '');
        assert.ok(proto.get(short)?.fields, `${key}: no message ${message.name}`);
        const file = fileOf(message);
        assert.match(text(file), new RegExp(`^message ${short} \\{`, 'm'), `${key}: ${file}`);
        if (!message['x-field']) continue;
        const [owner, name] = message['x-field'].split('.');
        const field = proto.lookupType(owner).fields[name];
        assert.equal(field?.resolvedType?.name, short, `${key}: ${message['x-field']}`);
    }
});

await test('asyncapi: no part of a frame is missing', () => {
    const told = Object.values(asyncapi.components.messages).map((m) => m['x-field']);
    const parts = ['ClientFrame', 'Request', 'ServerFrame', 'Reply'].flatMap((owner) =>
        Object.values(proto.lookupType(owner).fields)
            .filter((field) => field.resolvedType?.fields)
            .map((field) => `${owner}.${field.name}`),
    );
    same('parts', told.filter(Boolean), parts);
});

await test('asyncapi: operations name messages of their channels', () => {
    const used = new Set();
    const take = (channel, messages) => {
        const start = `${channel.$ref}/messages/`;
        for (const m of messages) {
            assert.ok(m.$ref.startsWith(start), m.$ref);
            follow(asyncapi, m);
            used.add(m.$ref);
        }
    };
    for (const operation of Object.values(asyncapi.operations)) {
        take(operation.channel, operation.messages);
        if (operation.reply) take(operation.reply.channel, operation.reply.messages);
    }
    const all = Object.entries(asyncapi.channels).flatMap(([name, channel]) =>
        Object.keys(channel.messages).map((m) => `#/channels/${name}/messages/${m}`),
    );
    const frames = all.filter((m) => /Frame$/.test(m));
    same('messages', [...used, ...frames], all);
});

await test('asyncapi: subjects are those of EVENTS.md, with their messages', () => {
    const rows = text('docs/EVENTS.md')
        .split('\n')
        .filter((line) => line.startsWith('| `'))
        .flatMap((line) => {
            const message = /^\| [^|]+ \| `(\w+)`/.exec(line)[1];
            return subjectsIn(line.split(' | ')[0]).map((subject) => `${subject} ${message}`);
        });
    const ours = busChannels().flatMap((channel) => {
        const [message] = Object.values(channel.messages).map((m) => follow(asyncapi, m));
        const name = message.name.replace(/^startrader\.v1\./, '');
        return subjectsOf(channel).map((subject) => `${subject} ${name}`);
    });
    same('subjects', ours, rows);
});

await test('asyncapi: subjects are in the schemas', () => {
    const known = new Set(schemaText().split('\n').flatMap(subjectsIn));
    for (const channel of busChannels())
        for (const subject of subjectsOf(channel)) assert.ok(known.has(subject), subject);
});

// --- API.md ---

await test('API.md is up to date', () => {
    const page = render();
    if (process.argv.includes('--write')) fs.writeFileSync(path.join(top, PAGE), page);
    const now = fs.existsSync(path.join(top, PAGE)) ? text(PAGE) : '';
    assert.ok(now === page, 'tests/api/run --write makes it new');
});
await test('API.md is linked', () => {
    assert.match(text('README.md'), /\(docs\/API\.md\)/);
    assert.match(text('docs/PROTOCOL.md'), /\(API\.md\)/);
    assert.match(text('docs/EVENTS.md'), /\(API\.md#\S+\)/);
});

process.exit(failed);
