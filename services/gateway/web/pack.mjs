// SPDX-License-Identifier: Apache-2.0
// pack.mjs KERNEL TYPES OUT: makes the package @startrader/client in OUT: one module with the
// protobuf code inside, the kernel beside it, and those declarations of TYPES that index.d.ts
// needs. Fails when the public API names a type of the protobuf code.
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const [kernel, types, out] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const top = join(here, '../../..');
const gen = join(top, '.build/web-gen/startrader/v1');

rmSync(join(out, 'types'), { recursive: true, force: true });
mkdirSync(join(out, 'node_modules'), { recursive: true });
await build({
    absWorkingDir: here,
    entryPoints: ['sdk/index.ts'],
    bundle: true,
    format: 'esm',
    target: ['es2022'],
    platform: 'neutral',
    outfile: join(out, 'index.js'),
    alias: { '@gen': gen },
    mainFields: ['module', 'main'],
    legalComments: 'eof',
    logLevel: 'warning',
});

const IMPORT = /\bfrom ['"]([^'"]+)['"]|import\(['"]([^'"]+)['"]\)/g;
const done = new Set();
const api = 'types/gen/api.d.ts';

/** Copies a declaration and what it imports; `at` is its place in the package. */
function declare(file, at) {
    if (done.has(at)) return;
    done.add(at);
    const text = readFileSync(file, 'utf8').replace(IMPORT, (whole, a, b) => {
        const name = a ?? b;
        let target;
        if (name === '@gen/api') {
            declare(join(types, '.build/web-gen/startrader/v1/api.d.ts'), api);
            target = api;
        } else if (name.startsWith('.')) {
            target = join(dirname(at), `${name}.d.ts`);
            declare(join(dirname(file), `${name}.d.ts`), target);
        } else throw new Error(`${at}: the public API may not name ${name}`);
        const path = relative(dirname(at), target).replace(/\.d\.ts$/, '.js');
        return whole.replace(name, path.startsWith('.') ? path : `./${path}`);
    });
    mkdirSync(join(out, dirname(at)), { recursive: true });
    writeFileSync(join(out, at), text);
}

declare(join(types, 'services/gateway/web/sdk/index.d.ts'), 'types/sdk/index.d.ts');
for (const [from, to] of [
    [kernel, 'kernel.wasm'],
    [join(here, 'sdk/package.json'), 'package.json'],
    [join(top, 'docs/SDK.md'), 'README.md'],
    [join(top, 'LICENSE'), 'LICENSE'],
])
    cpSync(from, join(out, to));
// So that the package works where it lies; npm leaves node_modules out when it packs.
rmSync(join(out, 'node_modules/ws'), { force: true });
symlinkSync(join(here, 'node_modules/ws'), join(out, 'node_modules/ws'));
console.log(`web: ${out}, ${Math.round(readFileSync(join(out, 'index.js')).length / 1024)} KB`);
