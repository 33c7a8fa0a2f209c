// SPDX-License-Identifier: Apache-2.0
// bundle.mjs KERNEL OUT: bundles the cockpit, hashes every name, writes .gz beside each file and
// index.html last, then removes what an earlier build left. OUT is what the gateway serves.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const [kernelPath, out] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const written = new Set();

function put(name, bytes) {
    writeFileSync(join(out, `${name}.new`), bytes);
    renameSync(join(out, `${name}.new`), join(out, name));
    written.add(name);
    if (name.endsWith('.woff2')) return;
    writeFileSync(join(out, `${name}.gz`), gzipSync(bytes, { level: 9 }));
    written.add(`${name}.gz`);
}

function hashed(stem, extension, bytes) {
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 10);
    const name = `${stem}-${hash}${extension}`;
    put(name, bytes);
    return name;
}

const kernel = hashed('kernel', '.wasm', readFileSync(kernelPath));
const result = await build({
    absWorkingDir: here,
    entryPoints: { cockpit: 'cockpit/main.ts', style: 'cockpit/style.css' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022'],
    outdir: out,
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    loader: { '.woff2': 'file', '.svg': 'file' },
    alias: { '@gen': join(here, '../../../.build/web-gen/startrader/v1') },
    define: { KERNEL_URL: JSON.stringify(`/${kernel}`) },
    legalComments: 'none',
    metafile: true,
    write: false,
});

let script = '';
let style = '';
for (const file of result.outputFiles) {
    const name = file.path.slice(file.path.lastIndexOf('/') + 1);
    put(name, file.contents);
    if (name.startsWith('cockpit-') && name.endsWith('.js')) script = name;
    if (name.startsWith('style-') && name.endsWith('.css')) style = name;
}
const page = readFileSync(join(here, 'index.html'), 'utf8')
    .replaceAll('{{script}}', `/${script}`)
    .replaceAll('{{style}}', `/${style}`)
    .replaceAll('{{kernel}}', `/${kernel}`);
put('index.html', Buffer.from(page));
for (const name of readdirSync(out))
    if (!written.has(name)) rmSync(join(out, name), { recursive: true });
const size = (name) => statSync(join(out, `${name}.gz`)).size;
console.log(
    `web: ${out}, ${Math.round((size(script) + size(style) + size(kernel)) / 1024)} KB gzip`,
);
