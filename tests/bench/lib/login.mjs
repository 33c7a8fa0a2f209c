// SPDX-License-Identifier: Apache-2.0
// The login side: hydrations beside a bare GETEX and a bare prepared SELECT, new guests, and a
// storm of refreshes beside as many requests that only the gateway sees.
import { execFileSync } from "node:child_process";
import http from "node:http";
import path from "node:path";
import { bin, pause } from "./stack.mjs";

const CONCURRENT = 64; // guests under way at once; a storm has no limit
const ADDRESSES = 200; // from which they come: limits are kept by address
const GIVE_UP_MS = 60000;
const LOGIN_DAEMONS = ["gateway-1", "profile-1", "economy-1", "nats"];

class Clients {
    agents = Array.from(
        { length: ADDRESSES },
        (_, i) => new http.Agent({ keepAlive: true, localAddress: `127.7.0.${i + 1}` }),
    );

    constructor(url) {
        this.url = new URL(url);
    }

    // Resolves to { ms, status, json }; a broken connection has status 0.
    call(i, method, route, body) {
        const text = body === undefined ? undefined : JSON.stringify(body);
        const begin = performance.now();
        return new Promise((resolve) => {
            const done = (status, json) =>
                resolve({ ms: performance.now() - begin, status, json });
            const request = http.request(
                {
                    host: this.url.hostname,
                    port: this.url.port,
                    method,
                    path: route,
                    agent: this.agents[i % ADDRESSES],
                    headers: text ? { "Content-Type": "application/json" } : {},
                },
                (answer) => {
                    const parts = [];
                    answer.on("data", (part) => parts.push(part));
                    answer.on("error", () => done(0));
                    answer.on("end", () => {
                        try {
                            done(answer.statusCode, JSON.parse(Buffer.concat(parts)));
                        } catch {
                            done(answer.statusCode);
                        }
                    });
                },
            );
            request.on("error", () => done(0));
            request.end(text);
        });
    }

    // As a client does: whoever is told to come back later comes back, at a time of its own.
    async patient(i, method, route, body) {
        const begin = performance.now();
        for (let tries = 1; ; tries++) {
            const answer = await this.call(i, method, route, body);
            const ms = performance.now() - begin;
            if (answer.status !== 503 || ms > GIVE_UP_MS) return { ...answer, ms, tries };
            const wait = answer.json?.retry_after_ms ?? 1000;
            await pause(wait * (1 + Math.random()));
        }
    }

    end() {
        for (const agent of this.agents) agent.destroy();
    }
}

const quantile = (answers, q) => {
    const times = answers.map((a) => a.ms).sort((a, b) => a - b);
    return times[Math.min(times.length - 1, Math.floor(times.length * q))];
};

async function inTurn(n, task) {
    const answers = new Array(n);
    let next = 0;
    const lane = async () => {
        while (next < n) {
            const i = next++;
            answers[i] = await task(i);
        }
    };
    await Promise.all(Array.from({ length: CONCURRENT }, lane));
    return answers;
}

const atOnce = (n, task) => Promise.all(Array.from({ length: n }, (_, i) => task(i)));

// Runs it and says what it took: seconds, CPU seconds of the daemons of the login side, answers.
async function measured(stack, run) {
    const before = stack.cpu();
    const begin = performance.now();
    const answers = await run();
    const seconds = (performance.now() - begin) / 1000;
    const after = stack.cpu();
    const cpu = LOGIN_DAEMONS.reduce((sum, name) => sum + after[name] - before[name], 0);
    return { answers, seconds, cpu };
}

// "503 unavailable (12)": what was answered instead.
function others(answers, want) {
    const counts = new Map();
    for (const { status, json } of answers) {
        const name = `${status} ${json?.code ?? ""}`;
        if (status !== want) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts].map(([name, n]) => `${name} (${n})`).join(", ");
}

function report(figures, name, m, want, floor) {
    const good = m.answers.filter((a) => a.status === want);
    const bad = m.answers.length - good.length;
    const wrong = bad > 0 ? `${bad} of ${m.answers.length}: ${others(m.answers, want)}` : undefined;
    const add = (what, value, unit, more = {}) =>
        figures.add({ name: `login: ${name}${what}`, value, unit, void: wrong, ...more });
    const note = floor && "floor: as many GET /v1/world";
    add("", good.length / m.seconds, "1/s");
    add(", per CPU second of the daemons", good.length / m.cpu, "1/CPU s");
    add(" p50", quantile(good, 0.5), "ms", { floor: floor && quantile(floor.answers, 0.5), note });
    add(" p99", quantile(good, 0.99), "ms", { floor: floor && quantile(floor.answers, 0.99) });
    const again = m.answers.reduce((sum, a) => sum + a.tries - 1, 0);
    add(", told to come back later", again, "times");
    add(", the last after", m.seconds, "s", { floor: floor && floor.seconds });
}

// The lines of hydrate_bench: name, then p50, p95 and p99 in us.
function hydrations(figures) {
    const text = execFileSync(path.join(bin, "hydrate_bench"), {
        env: { ...process.env, CK_FORK: "no", ST_LOG_LEVEL: "warn" },
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
    });
    const row = (name) => {
        const m = new RegExp(`^${name} +(\\d+) +(\\d+) +(\\d+)`, "m").exec(text);
        if (!m) throw new Error(`hydrate_bench says nothing of ${name}`);
        return { p50: Number(m[1]) / 1000, p99: Number(m[3]) / 1000 };
    };
    const sources = [
        ["Redis", "hydrate, hit", "bare GETEX"],
        ["Postgres", "hydrate, miss", "bare SELECT"],
    ];
    for (const [source, name, bare] of sources) {
        for (const q of ["p50", "p99"])
            figures.add({
                name: `login: hydration from ${source} ${q}, 200/s`,
                value: row(name)[q],
                unit: "ms",
                floor: row(bare)[q],
                note: `floor: ${bare} by the same client library`,
            });
    }
    const hash = row("password, Argon2id").p50;
    figures.add({ name: "login: a password, Argon2id", value: hash, unit: "ms" });
}

export async function login({ stack, figures, quick }) {
    const n = quick ? 500 : 5000;
    figures.section(`login: hydrations, ${n} guests, ${n} refreshes at once`);
    hydrations(figures);
    const clients = new Clients(stack.url());
    try {
        const guest = (i) => clients.patient(i, "POST", "/v1/auth/guest", {});
        const guests = await measured(stack, () => inTurn(n, guest));
        report(figures, "new guests", guests, 201);
        const secrets = guests.answers.map((a) => a.json?.refresh_secret);
        const world = (i) => clients.call(i, "GET", "/v1/world");
        const floor = await measured(stack, () => atOnce(n, world));
        const refresh = (i) =>
            clients.patient(i, "POST", "/v1/auth/refresh", { refresh_secret: secrets[i] });
        const storm = await measured(stack, () => atOnce(n, refresh));
        report(figures, "refreshes at once", storm, 200, floor);
    } finally {
        clients.end();
    }
}
