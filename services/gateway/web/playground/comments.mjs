// SPDX-License-Identifier: Apache-2.0
// The comments of the schemas for what a client can send: descriptors do not carry them.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = 'ClientFrame';

/** {Message: comment, 'Message.field': comment} of all that a ClientFrame may hold. */
export function comments(folder) {
    const found = new Map();
    const uses = new Map();
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.proto'))) {
        let owner = '';
        let above = [];
        for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
            const opens = /^message (\w+) \{/.exec(line);
            const field = /^ +(?:repeated )?([\w.]+) (\w+) = \d+[^;]*;(?: *\/\/ (.*))?/.exec(line);
            const words = /^ *\/\/ (.*)/.exec(line);
            if (opens) {
                owner = opens[1];
                uses.set(owner, []);
                found.set(owner, above.join(' '));
            } else if (field && owner) {
                uses.get(owner).push(field[1]);
                const own = field[3] ?? above.join(' ');
                if (own) found.set(`${owner}.${field[2]}`, own);
            } else if (line.startsWith('}')) owner = '';
            above = words ? [...above, words[1]] : [];
        }
    }
    const wanted = new Set([ROOT]);
    for (const name of wanted)
        for (const type of uses.get(name) ?? []) if (uses.has(type)) wanted.add(type);
    return Object.fromEntries([...found].filter(([name]) => wanted.has(name.split('.')[0])));
}
