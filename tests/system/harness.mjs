// SPDX-License-Identifier: Apache-2.0
// The list of tests, waiting for conditions, and the hands that a test has on the stack.
import fs from 'node:fs';
import path from 'node:path';
import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { exchange } from './client.mjs';

export const top = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const env = process.env;
export const tests = [];

// What a player can do through the gateway alone.
export function journey(name, run) {
    tests.push({ name, run, kind: 'journey' });
}

// What needs a stack of its own: kills, metrics, the database.
export function fault(name, run, { seconds = 60 } = {}) {
    tests.push({ name, run, kind: 'fault', seconds });
}

export async function until(what, condition, ms = 10000) {
    const deadline = performance.now() + ms;
    let last;
    for (;;) {
        try {
            last = undefined;
            const value = await condition();
            if (value) return value;
        } catch (error) {
            last = error;
        }
        if (performance.now() > deadline) {
            throw new Error(`not within ${ms} ms: ${what}${last ? ` (${last.message})` : ''}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

export function command(file, args, { input, environment = {}, ms = 60000 } = {}) {
    return new Promise((resolve) => {
        const options = { env: { ...env, ...environment }, timeout: ms, maxBuffer: 1 << 28 };
        const child = execFile(file, args, options, (error, stdout, stderr) => {
            resolve({ status: error ? (error.code ?? 1) : 0, stdout, stderr });
        });
        child.stdin.on('error', () => {}); // it may have ended without reading; its status tells
        child.stdin.end(input ?? '');
    });
}

const run = (...parts) => path.join(env.ST_RUN_DIR, ...parts);
const read = (...parts) => fs.readFileSync(run(...parts), 'utf8').trim();

export const stack = {
    names() {
        return read('stack')
            .split('\n')
            .map((line) => line.split(' ')[0]);
    },
    daemons() {
        return this.names().filter((name) => name.includes('-'));
    },
    pid(name) {
        return fs.existsSync(run(`${name}.pid`)) ? Number(read(`${name}.pid`)) : 0;
    },
    alive(name) {
        const pid = this.pid(name);
        return pid > 0 && fs.existsSync(`/proc/${pid}`);
    },
    signal(name, signal = 'SIGKILL') {
        const pid = this.pid(name);
        if (!pid) throw new Error(`${name} does not run`);
        process.kill(pid, signal);
        return pid;
    },
    // Kills it and waits for its next life.
    async restart(name, signal = 'SIGKILL', ms = 15000) {
        const old = this.signal(name, signal);
        await until(`${name} runs again`, () => this.alive(name) && this.pid(name) !== old, ms);
    },
    async hold(name, signal = 'SIGKILL') {
        fs.writeFileSync(run('hold', name), '');
        const pid = this.pid(name);
        if (pid) process.kill(pid, signal);
        await until(`${name} is down`, () => !pid || !fs.existsSync(`/proc/${pid}`), 10000);
    },
    release(name) {
        fs.rmSync(run('hold', name), { force: true });
    },
    base(name) {
        return `http://127.0.0.1:${read('ports', name)}`;
    },
    url(name) {
        return `http://127.0.0.1:${read('ports', `${name}-public`)}`;
    },
    secret(name) {
        return read('secrets', name);
    },
    log(name) {
        return fs.readFileSync(run('log', `${name}.log`), 'utf8');
    },
    async readyz(name) {
        return exchange(this.base(name), 'GET', '/readyz', { timeout: 2000 });
    },
    async ready(name) {
        return (await this.readyz(name)).status === 200;
    },
    waitReady(name, ms = 30000) {
        return until(`${name} is ready`, () => this.ready(name), ms);
    },
    async waitAllReady(ms = 30000) {
        for (const name of this.daemons()) await this.waitReady(name, ms);
    },
    // Sum of a metric over all label sets that contain `labels`; undefined if there is none.
    async metric(daemon, metric, labels = '') {
        const answer = await exchange(this.base(daemon), 'GET', '/metrics', { timeout: 2000 });
        let sum;
        for (const line of answer.bytes.toString().split('\n')) {
            const match = /^([a-zA-Z0-9_]+)(\{[^}]*\})? ([^ ]+)/.exec(line);
            if (!match || match[1] !== metric || !(match[2] ?? '').includes(labels)) continue;
            sum = (sum ?? 0) + Number(match[3]);
        }
        return sum;
    },
    // Over all instances of a kind.
    async total(kind, metric, labels = '') {
        let sum = 0;
        for (const name of this.daemons().filter((n) => n.startsWith(`${kind}-`))) {
            sum += (await this.metric(name, metric, labels)) ?? 0;
        }
        return sum;
    },
    async sql(text, { url = env.ST_POSTGRES_URL, ms = 20000 } = {}) {
        const args = ['-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', '-d', url, '-c', text];
        const result = await command('psql', args, { ms });
        if (result.status !== 0) throw new Error(`psql: ${result.stderr}`);
        return result.stdout.trim();
    },
    async redis(...args) {
        const url = new URL(env.ST_REDIS_URL);
        const where = ['-h', url.hostname, '-p', url.port, '--raw'];
        const environment = { REDISCLI_AUTH: url.password };
        const result = await command('redis-cli', [...where, ...args], { environment });
        if (result.status !== 0) throw new Error(`redis-cli: ${result.stderr}`);
        return result.stdout.trim();
    },
    ctl(...args) {
        return command(run('bin', 'startraderctl'), args);
    },
};

export function start(file, args, environment = {}) {
    const child = spawn(file, args, { env: { ...env, ...environment } });
    child.output = '';
    child.stdout.on('data', (data) => (child.output += data));
    child.stderr.on('data', (data) => (child.output += data));
    return child;
}
