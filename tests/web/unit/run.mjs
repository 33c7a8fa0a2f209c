// SPDX-License-Identifier: Apache-2.0
// Bundles the unit tests of the client and runs them with Node's own runner.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const top = join(here, '../../..');
const web = join(top, 'services/gateway/web');
const out = join(top, '.build/web-work/unit');
const { buildSync } = createRequire(join(web, 'package.json'))('esbuild');

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const tests = readdirSync(here).filter((name) => name.endsWith('.test.ts'));
buildSync({
    entryPoints: tests.map((name) => join(here, name)),
    bundle: true,
    platform: 'node',
    format: 'esm',
    outdir: out,
    outExtension: { '.js': '.mjs' },
    target: 'node18',
    logLevel: 'error',
    tsconfig: join(here, '../tsconfig.json'),
    alias: { '@gen': join(top, '.build/web-gen/startrader/v1'), '@web': web },
    nodePaths: [join(web, 'node_modules')],
});
const files = tests.map((name) => join(out, name.replace('.ts', '.mjs')));
// Browsers have the Web Crypto global; Node 18 has it behind a flag.
const flags = globalThis.crypto ? [] : ['--experimental-global-webcrypto'];
const done = spawnSync(process.execPath, [...flags, '--test', ...files], {
    stdio: 'inherit',
    env: { ...process.env, TOP: top, KERNEL_WASM: join(top, '.build/web-work/kernel.wasm') },
});
process.exit(done.status ?? 1);
