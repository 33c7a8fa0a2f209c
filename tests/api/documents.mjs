// SPDX-License-Identifier: Apache-2.0
// The two documents of the interfaces, the schemas they name, and ways through them.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import YAML from 'yaml';

export const top = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const text = (name) => fs.readFileSync(path.join(top, name), 'utf8');
export const openapi = YAML.parse(text('docs/openapi.yaml'));
export const asyncapi = YAML.parse(text('docs/asyncapi.yaml'));

export const METHODS = ['get', 'put', 'post', 'delete', 'patch'];
const PROTO = 'proto/startrader/v1';

/** What a local reference names; the thing itself if it is none. */
export function follow(document, thing) {
    if (typeof thing?.$ref !== 'string' || !thing.$ref.startsWith('#/')) return thing;
    let at = document;
    for (const part of thing.$ref.slice(2).split('/'))
        at = at?.[part.replaceAll('~1', '/').replaceAll('~0', '~')];
    if (at === undefined) throw new Error(`${thing.$ref} leads nowhere`);
    return follow(document, at);
}

/** The last word of a reference. */
export const refName = (thing) => thing.$ref.slice(thing.$ref.lastIndexOf('/') + 1);

/** Calls `visit` for each object of the tree. */
export function walk(tree, visit) {
    if (typeof tree !== 'object' || tree === null) return;
    visit(tree);
    for (const value of Object.values(tree)) walk(value, visit);
}

/** All operations: {route, method, internal, operation}. */
export function operations() {
    return Object.entries(openapi.paths).flatMap(([route, item]) =>
        METHODS.filter((method) => item[method]).map((method) => ({
            route,
            method: method.toUpperCase(),
            internal: item.servers !== undefined,
            operation: item[method],
        })),
    );
}

/** The protobuf schemas, with comments and the names as they are written. */
export function schemas() {
    const root = new protobuf.Root();
    root.resolvePath = (origin, target) => path.join(top, 'proto', target);
    const files = fs.readdirSync(path.join(top, PROTO)).filter((name) => name.endsWith('.proto'));
    root.loadSync(
        files.map((name) => `startrader/v1/${name}`),
        { keepCase: true, alternateCommentMode: true },
    );
    root.resolveAll();
    return root.lookup('startrader.v1');
}

/** The text of all schemas. */
export function schemaText() {
    return fs
        .readdirSync(path.join(top, PROTO))
        .map((name) => text(path.join(PROTO, name)))
        .join('\n');
}

/** The file of the schemas that a message of asyncapi.yaml refers to. */
export function fileOf(message) {
    const schema = follow(asyncapi, message.payload).schema.$ref;
    return path.join('docs', schema);
}

const expand = (word) => {
    const m = /^(.*)\{([a-z_,]+)\}(.*)$/.exec(word);
    return m && m[2].includes(',') ? m[2].split(',').map((w) => m[1] + w + m[3]) : [word];
};

/**
 * Subjects between backticks, `{a,b}` and a following `.leaf` spelled out, what varies as `<>`:
 * those of one line share what is before the leaf.
 */
export function subjectsIn(line) {
    const found = [];
    let stem = '';
    for (const [, word] of line.matchAll(/`([^`]+)`/g)) {
        if (/^(world|ev)\.[a-z<]/.test(word) && !word.includes('>.>')) {
            for (const subject of expand(word)) found.push(subject);
            stem = word.slice(0, word.lastIndexOf('.'));
        } else if (stem && /^\.[a-z_]+$/.test(word)) found.push(stem + word);
    }
    return found.map((s) => s.replace(/sol-1|<[a-z]+>/g, '<>'));
}

/** Subjects of a channel's address, one for each of the words a parameter may have. */
export function subjectsOf(channel) {
    let subjects = [channel.address];
    for (const [name, reference] of Object.entries(channel.parameters ?? {})) {
        const words = follow(asyncapi, reference).enum ?? ['<>'];
        subjects = subjects.flatMap((s) => words.map((word) => s.replace(`{${name}}`, word)));
    }
    return subjects;
}

/** Channels of the bus. */
export function busChannels() {
    return Object.values(asyncapi.channels).filter((c) => c.address !== '/v1/ws');
}
