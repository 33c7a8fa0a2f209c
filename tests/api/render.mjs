// SPDX-License-Identifier: Apache-2.0
// docs/API.md from docs/openapi.yaml, docs/asyncapi.yaml and the comments of proto/.
import { asyncapi, follow, openapi, operations, refName, schemas } from './documents.mjs';

const proto = schemas();
const cell = (words) => String(words ?? '').replace(/\s+/g, ' ').trim().replaceAll('|', '\\|');
const row = (...cells) => `| ${cells.map(cell).join(' | ')} |`;
const head = (...names) => [row(...names), `|${'---|'.repeat(names.length)}`];
const link = (name) => `[${name}](#${name.toLowerCase()})`;
/** A schema of HTTP; those of proto/ have the plain names. */
const jsonLink = (name) => `[${name}](#${name.toLowerCase()}-json)`;
const short = (message) => message.name.replace(/^startrader\.v1\./, '');

// --- HTTP ---

/** A type in a few words. */
function typeOf(schema) {
    if (schema.$ref) return jsonLink(refName(schema));
    if (schema.oneOf) return schema.oneOf.map(typeOf).join(' or ');
    if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
    if (schema.enum) return schema.enum.map((v) => `\`${v}\``).join(' ');
    if (schema.type === 'array') return `list of ${typeOf(schema.items)}`;
    let words = schema.type ?? 'any';
    if (schema.format) words = schema.format;
    if (schema.minimum !== undefined && schema.maximum !== undefined)
        words += `, ${schema.minimum} to ${schema.maximum}`;
    if (schema.pattern) words += `, \`${schema.pattern}\``;
    return words;
}

/** Rows of an object's members, those of objects within it below them. */
function members(schema, before = '') {
    return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
        const full = before + name;
        const optional = schema.required?.includes(name) ? '' : ' (may be absent)';
        const rows = [row(`\`${full}\`${optional}`, typeOf(member), member.description)];
        const [inner, end] = member.type === 'array' ? [member.items, '[].'] : [member, '.'];
        if (inner.properties) rows.push(...members(inner, full + end));
        if (inner.additionalProperties?.properties)
            rows.push(...members(inner.additionalProperties, `${full}.<name>.`));
        return rows;
    });
}

function answerOf(status, response) {
    const { description, content } = follow(openapi, response);
    const types = Object.entries(content ?? {}).map(([type, { schema }]) => {
        if (type === 'application/json') return typeOf(schema);
        return type === 'application/problem+json' ? jsonLink('Problem') : type;
    });
    return row(status, types.join(', ') || 'no body', description);
}

function operationText({ method, route, operation }) {
    const lines = [`### ${method} ${route}`, '', `${operation.summary}.`];
    if (operation.description) lines.push(operation.description);
    const [needs] = operation.security ?? [];
    if (needs) lines.push('', `Needs \`Authorization: Bearer\` with the ${Object.keys(needs)[0]}.`);
    const parameters = (operation.parameters ?? []).map((p) => follow(openapi, p));
    if (parameters.length) {
        lines.push('', ...head('Parameter', 'In', 'Type', ''));
        for (const p of parameters) {
            const { default: otherwise } = p.schema;
            const type = typeOf(p.schema) + (otherwise === undefined ? '' : `; else ${otherwise}`);
            lines.push(row(`\`${p.name}\``, p.in, type, p.description));
        }
    }
    const body = operation.requestBody && follow(openapi, operation.requestBody);
    const fields = body ? members(body.content['application/json'].schema) : [];
    if (fields.length) lines.push('', ...head('Body', 'Type', ''), ...fields);
    lines.push('', ...head('Status', 'Answer', ''));
    for (const [status, r] of Object.entries(operation.responses)) lines.push(answerOf(status, r));
    return [...lines, ''];
}

function httpText() {
    const lines = ['## HTTP', '', openapi.info.description, ''];
    lines.push(...head('Route', '', 'Needs'));
    for (const { method, route, operation } of operations()) {
        const anchor = `${method} ${route}`.toLowerCase().replace(/[^a-z0-9_ -]/g, '');
        const name = `[\`${method} ${route}\`](#${anchor.replaceAll(' ', '-')})`;
        lines.push(row(name, operation.summary, Object.keys(operation.security?.[0] ?? {})[0]));
    }
    lines.push('');
    for (const [name, scheme] of Object.entries(openapi.components.securitySchemes))
        lines.push(`- **${name}**: ${scheme.description}`);
    lines.push('');
    for (const o of operations()) lines.push(...operationText(o));
    for (const [name, schema] of Object.entries(openapi.components.schemas)) {
        lines.push(`### ${name} (JSON)`, '');
        if (schema.description) lines.push(`${schema.description}`, '');
        if (schema.properties) lines.push(...head('Member', 'Type', ''), ...members(schema), '');
        else lines.push(typeOf(schema), '');
    }
    return lines;
}

// --- the socket and the bus ---

const seen = new Set();

/** A message or an enum that is told further below. */
function told(name) {
    seen.add(name);
    return link(name);
}

function socketText() {
    const { socket } = asyncapi.channels;
    const lines = ['## The socket', '', asyncapi.info.description, '', socket.description, ''];
    const part = (ref) => follow(asyncapi, ref);
    const table = (title, action) => {
        const asks = action === 'receive';
        lines.push(...head(title, 'Message', '', ...(asks ? ['Answer'] : [])));
        for (const operation of Object.values(asyncapi.operations)) {
            if (operation.action !== action || refName(operation.channel) !== 'socket') continue;
            const message = part(operation.messages[0]);
            const answer = operation.reply ? part(operation.reply.messages[0]) : undefined;
            const where = `\`${message['x-field']}\``;
            const last = answer ? told(short(answer)) : '';
            const cells = [where, told(short(message)), operation.summary, last];
            lines.push(row(...(asks ? cells : cells.slice(0, 3))));
        }
        lines.push('');
    };
    table('From the client', 'receive');
    table('From the gateway', 'send');
    lines.push(`The frames themselves: ${told('ClientFrame')}, ${told('ServerFrame')}.`, '');
    return lines;
}

function busText() {
    const { bus } = asyncapi.servers;
    const lines = ['## The bus', '', bus.description, ''];
    lines.push(...head('Subject', 'Message', '', 'Delivery'));
    for (const channel of Object.values(asyncapi.channels)) {
        if (refName(channel.servers[0]) !== 'bus') continue;
        const [message] = Object.values(channel.messages).map((m) => follow(asyncapi, m));
        const name = `\`${channel.address}\``;
        lines.push(row(name, told(short(message)), channel.title, channel.description));
    }
    lines.push('', ...head('Parameter', '', 'Values'));
    for (const [name, p] of Object.entries(asyncapi.components.parameters)) {
        const values = p.enum ?? (p.default ? [p.default] : []);
        lines.push(row(`{${name}}`, p.description, values.map((v) => `\`${v}\``).join(' ')));
    }
    return [...lines, ''];
}

function fieldRow(field) {
    const type = field.resolvedType ? told(field.resolvedType.name) : field.type;
    const name = `\`${field.name}\` = ${field.id}`;
    const one = field.partOf ? `one of \`${field.partOf.name}\`` : '';
    const note = [one, field.comment].filter(Boolean).join('; ');
    return row(name, field.repeated ? `list of ${type}` : type, note);
}

function typeText(name) {
    const type = proto.get(name);
    const lines = [`### ${name}`, ''];
    if (type.comment) lines.push(type.comment.replace(/\n/g, ' '), '');
    if (type.values) {
        lines.push(...head('Value', 'Name', ''));
        for (const [key, value] of Object.entries(type.values))
            lines.push(row(value, `\`${key}\``, type.comments[key]));
        return [...lines, ''];
    }
    lines.push(...head('Field', 'Type', ''));
    for (const field of type.fieldsArray) lines.push(fieldRow(field));
    return [...lines, ''];
}

function typesText() {
    const lines = ['## Messages', '', 'Of `proto/startrader/v1`, package `startrader.v1`.', ''];
    const done = new Set();
    const texts = new Map();
    for (;;) {
        const name = [...seen].find((n) => !done.has(n));
        if (!name) break;
        done.add(name);
        texts.set(name, typeText(name));
    }
    return [...lines, ...[...texts.keys()].sort().flatMap((name) => texts.get(name))];
}

export function render() {
    seen.clear();
    return [
        '# Interfaces',
        '',
        '<!-- Generated by tests/api/run --write from openapi.yaml, asyncapi.yaml and proto/. -->',
        '',
        'What a gateway and the bus offer to programs, route by route and message by message:',
        '[HTTP](#http), [the socket](#the-socket), [the bus](#the-bus), [messages](#messages).',
        'For machines: [openapi.yaml](openapi.yaml) (OpenAPI 3.1), [asyncapi.yaml](asyncapi.yaml)',
        '(AsyncAPI 3.0). How it is used: [PROTOCOL.md](PROTOCOL.md), [EVENTS.md](EVENTS.md).',
        'To try it by hand: `/playground` of any gateway.',
        '',
        ...httpText(),
        ...socketText(),
        ...busText(),
        ...typesText(),
    ]
        .join('\n')
        .replace(/\n+$/, '\n');
}
