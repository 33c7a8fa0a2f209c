// SPDX-License-Identifier: Apache-2.0
// bundle.mjs KERNEL OUT: bundles the cockpit, and the playground into a folder of its own, hashes
// every name, writes .gz beside each file and each index.html last, then removes what an earlier
// build left. OUT is what the gateway serves.
import { createHash } from 'node:crypto';
import {
    mkdirSync,
    readFileSync,
    readdirSync,
    renameSync,
    rmSync,
    statSync,
    writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { comments } from './playground/comments.mjs';

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

/** Bundles a page; answers the names of its script and its style sheet. */
async function bundle(entryPoints, define, folder = '') {
    const result = await build({
        absWorkingDir: here,
        entryPoints,
        bundle: true,
        minify: true,
        format: 'esm',
        target: ['es2022'],
        outdir: join(out, folder),
        entryNames: '[name]-[hash]',
        assetNames: '[name]-[hash]',
        loader: { '.woff2': 'file', '.svg': 'file' },
        alias: { '@gen': join(here, '../../../.build/web-gen/startrader/v1') },
        define,
        legalComments: 'none',
        write: false,
    });
    const names = result.outputFiles.map((file) => {
        const name = relative(out, file.path);
        put(name, file.contents);
        return name;
    });
    const entry = (stem, end) =>
        names.find((name) => name.startsWith(join(folder, `${stem}-`)) && name.endsWith(end));
    const [script, style] = Object.keys(entryPoints);
    return { script: entry(script, '.js'), style: entry(style, '.css') };
}

function page(name, values) {
    let text = readFileSync(join(here, name), 'utf8');
    for (const [key, value] of Object.entries(values))
        text = text.replaceAll(`{{${key}}}`, `/${value}`);
    put(name, Buffer.from(text));
}

/** Removes what this build has not written. */
function sweep(folder = '') {
    for (const entry of readdirSync(join(out, folder), { withFileTypes: true })) {
        const name = join(folder, entry.name);
        if ([...written].some((path) => path.startsWith(`${name}/`))) sweep(name);
        else if (!written.has(name)) rmSync(join(out, name), { recursive: true });
    }
}

const kernel = hashed('kernel', '.wasm', readFileSync(kernelPath));
const cockpit = await bundle(
    { cockpit: 'cockpit/main.ts', style: 'cockpit/style.css' },
    { KERNEL_URL: JSON.stringify(`/${kernel}`) },
);
mkdirSync(join(out, 'playground'), { recursive: true });
const playground = await bundle(
    { playground: 'playground/main.ts', style: 'playground/style.css' },
    { COMMENTS: JSON.stringify(comments(join(here, '../../../proto/startrader/v1'))) },
    'playground',
);
page('index.html', { ...cockpit, kernel });
page('playground/index.html', playground);
sweep();
const size = (...names) =>
    Math.round(names.reduce((sum, name) => sum + statSync(join(out, `${name}.gz`)).size, 0) / 1024);
const cockpitSize = size(cockpit.script, cockpit.style, kernel);
const playgroundSize = size(playground.script, playground.style);
console.log(`web: ${out}, ${cockpitSize} KB gzip, the playground ${playgroundSize} KB`);
