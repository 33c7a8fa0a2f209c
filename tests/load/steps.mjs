#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// kill -9 at every step, round by round, against a running stack (deploy/up): each round waits
// until a certain act is under way (a request that has just been sent, or an event that the
// simulation has just told), kills economy, Postgres, NATS or the simulation within 20 ms, and goes
// on once all are ready. Then the books, the checker, and that each request was answered once.
//   tests/load/steps.mjs [--rounds N] [--pilots N]        TERM: no more rounds, the verdict now
import { createWriteStream, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { connect } from "nats";
import * as lib from "./common.mjs";

const { values } = parseArgs({
    options: {
        rounds: { type: "string", default: "500" },
        pilots: { type: "string", default: "90" },
    },
});
lib.loadEnv();
process.env.ST_RUN_DIR = lib.runDir;
const env = process.env;
const { schemas } = await import("../system/client.mjs");
const { judge } = await import("../system/checker.mjs");
const { stack } = await import("../system/harness.mjs");
const acts = await import("./acts.mjs");

const out = path.join(lib.top, ".build/load");
mkdirSync(out, { recursive: true });
const v = new lib.Verdict();
const pause = (ms) => new Promise((r) => setTimeout(r, ms));
const below = (n) => Math.floor(Math.random() * n);
const WorldEvent = schemas.lookupType("WorldEvent");

const victims = {
    economy: "economy-1",
    postgres: "postgres",
    nats: "nats",
    simulation: "simulation-0",
};
const asked = ["order", "undock", "contract", "limit"]; // steps that a request begins
const told = ["dock", "kill", "loot", "bounty"]; // steps that an event of the world begins
const WITHIN_MS = 20;
const WAIT_MS = 2500; // for an event of the step that is most behind
const READY_MS = 20000;
const DOCKED = 20;
const FLYERS = 24;
const CONTRACTS = 3; // that a new pilot can pay for
const FLIGHTS = 3; // with a drone ahead; then a new pilot flies
const REST_MS = 5000; // who was not asked to undock in this time does so unasked

// --- what happens in the world, as the bus tells it ---

class News {
    listeners = new Set();
    last = {};

    async start() {
        const { username, password, host } = new URL(env.ST_NATS_URL);
        this.bus = await connect({
            servers: host,
            user: username,
            pass: password,
            maxReconnectAttempts: -1,
            reconnectTimeWait: 50,
            reconnectJitter: 0,
        });
        this.read(this.bus.subscribe("ev.sol-1.>"));
    }

    async read(events) {
        for await (const message of events) {
            const e = WorldEvent.decode(message.data);
            const step = News.step(e);
            if (!step) continue;
            this.last[step] = e;
            const id = BigInt.asIntN(64, BigInt(e.eventId.toString()));
            for (const listener of this.listeners) listener({ step, id, epoch: e.worldEpoch });
        }
    }

    static step(e) {
        if (e.docked) return "dock";
        if (e.pickedUp) return "loot";
        if (!e.destroyed || !Number(e.destroyed.killerPlayer)) return undefined;
        return Number(e.destroyed.player) ? "kill" : "bounty";
    }

    // The first event of one of these steps, or undefined.
    next(steps, ms) {
        return new Promise((resolve) => {
            const finish = (found) => {
                clearTimeout(timer);
                this.listeners.delete(listener);
                resolve(found);
            };
            const listener = (event) => steps.includes(event.step) && finish(event);
            const timer = setTimeout(finish, ms, undefined);
            this.listeners.add(listener);
        });
    }
}

// --- counting ---

class Table {
    cells = new Map();

    of(victim, step) {
        const key = `${victim} ${step}`;
        if (!this.cells.has(key)) this.cells.set(key, { rounds: 0, misses: 0, flight: 0, late: 0 });
        return this.cells.get(key);
    }

    // Of steps, the one with the fewest rounds, and waits in vain.
    first(victim, steps) {
        const cost = (step) => {
            const cell = this.of(victim, step);
            return cell.rounds + cell.misses / 2 + Math.random() / 4;
        };
        return steps.map((step) => [cost(step), step]).sort((a, b) => a[0] - b[0])[0][1];
    }

    print() {
        console.log("rounds / in flight when it struck / decided only after it (of requests)");
        console.log(["", ...Object.keys(victims)].map((x) => x.padStart(16)).join(""));
        for (const step of [...asked, ...told]) {
            const cells = Object.keys(victims).map((victim) => {
                const c = this.of(victim, step);
                return `${c.rounds}/${c.flight}/${asked.includes(step) ? c.late : "-"}`;
            });
            console.log([step, ...cells].map((x) => x.padStart(16)).join(""));
        }
    }
}

const table = new Table();
const news = new News();
const history = createWriteStream(path.join(out, "steps-acts.jsonl"));
const settling = new Set();

// --- acts ---

let docked = [];
let flyers = [];
let offered = [];
let closing = false;

function idle(step) {
    const pool = step === "undock" ? flyers : docked;
    const free = pool.filter((p) => !p.busy && p.docked && !p.closed);
    return free[below(free.length)];
}

async function fly(p, reply) {
    if (!acts.undockDone(reply)) return;
    await p.until("flying", () => p.own && !p.docked, 20000).catch(() => undefined);
    if (p.own && !p.docked) await acts.flies(p);
    p.flights = (p.flights ?? 0) + 1;
    p.restingSince = Date.now();
    if (p.flights >= FLIGHTS) await replace(flyers, p);
}

async function replace(pool, p) {
    const next = closing ? undefined : await acts.Pilot.enter(env.ST_URL).catch(() => undefined);
    if (!next) return;
    if (pool === docked) await acts.enrich(next, lib.quietCtl);
    next.restingSince = Date.now();
    pool.splice(pool.indexOf(p), 1, next);
    p.leave();
}

function keepTask(task) {
    settling.add(task);
    task.finally(() => settling.delete(task));
}

function follow(p, step, act, then) {
    const task = (async () => {
        const reply = await act.settled;
        then?.(reply);
        if (step === "undock") await fly(p, reply);
        if (step === "contract" && (p.contracts = (p.contracts ?? 0) + 1) >= CONTRACTS)
            await replace(docked, p);
        p.busy = false;
    })();
    keepTask(task);
}

function undockIdle() {
    for (const p of flyers)
        if (!p.busy && p.docked && !p.closed && Date.now() - (p.restingSince ?? 0) > REST_MS)
            follow(p, "undock", p.act("undock", {}, history));
}

// Between the rounds too they trade with each other and the station.
function trade() {
    if (docked.filter((p) => !p.busy && p.docked).length > DOCKED / 2)
        begin(Math.random() < 0.05 ? "contract" : Math.random() < 0.6 ? "limit" : "order");
}

// Sends a request of this step; undefined when nobody can at the moment.
function begin(step) {
    const p = idle(step);
    const victim = Number(news.last.kill?.destroyed.player ?? 0);
    const made = p && acts.makers[step](p, offered, victim);
    if (!made) return undefined;
    const [verb, body, then] = made;
    const act = p.act(verb, body, history);
    follow(p, step, act, then);
    return act;
}

// An act of the step that this victim was struck at least often; or of another one, if none comes.
async function catchAct(victim) {
    const step = table.first(victim, [...asked, ...told]);
    const found = told.includes(step)
        ? await news.next([step], WAIT_MS)
        : { step, act: begin(step) };
    if (found?.act || found?.id) return found;
    table.of(victim, step).misses += 1;
    for (const other of [...asked].sort(() => Math.random() - 0.5)) {
        const act = begin(other);
        if (act) return { step: other, act };
    }
    return news.next(told, 5000);
}

// --- a round ---

async function round(victim) {
    const name = victims[victim];
    const pid = lib.runningPid(name);
    const caught = await catchAct(victim);
    if (!caught) return false;
    await pause(Math.random() ** 2 * WITHIN_MS);
    process.kill(pid, "SIGKILL");
    const at = Date.now();
    const cell = table.of(victim, caught.step);
    cell.rounds += 1;
    if (caught.act) {
        if (!caught.act.reply) cell.flight += 1;
        const undecided = !caught.act.reply;
        caught.act.settled.then(() => {
            if (undecided && (caught.act.sends > 1 || caught.act.undecided)) cell.late += 1;
        });
    } else keepTask(judgeEvent({ ...caught, victim, at }));
    const back = await lib.comesBack(name, pid, READY_MS);
    if (back < 0) throw new Error(`${name} does not come again`);
    const took = await lib.until(lib.allReady, READY_MS, 20);
    if (took < 0) throw new Error(`not all are ready after ${name}`);
    slowest[victim] = Math.max(slowest[victim] ?? 0, Math.round(Date.now() - at));
    return true;
}

const slowest = {};

// Whether an event was under way when its round struck: booked after that, or its answer not known
// to have left the outbox before. Asked soon, for the outbox is swept. One that is never booked is
// lost, unless its world died with it: what a checkpoint does not know has not happened.
async function judgeEvent({ id, epoch, victim, step, at }) {
    const sql = `SELECT coalesce(bool_or(i.at > t OR o.id IS NOT NULL), false), count(*)
        FROM (SELECT to_timestamp(${at} / 1000.0) AS t) k, economy.inbox i
        LEFT JOIN economy.outbox o ON o.payload = ANY(i.answers)
        AND (o.published_at IS NULL OR o.published_at > to_timestamp(${at} / 1000.0))
        WHERE i.event_id = ${id}`;
    for (let tries = 0; tries < 20; tries += 1) {
        await pause(1500);
        const [late, rows] = (await stack.sql(sql).catch(() => "f|0")).split("|");
        if (rows === "0") continue;
        table.of(victim, step).flight += late === "t" ? 1 : 0;
        return;
    }
    const now = await stack.sql("SELECT world_epoch FROM economy.shards WHERE id = 0");
    if (Number(now) > epoch) {
        table.of(victim, step).flight += 1;
        undone += 1;
    } else lostEvents.push(`${step} ${id}`);
}

const lostEvents = [];
let undone = 0;

// --- the run ---

async function enter(n) {
    const list = [];
    for (let i = 0; i < n; i += 1) list.push(await acts.Pilot.enter(env.ST_URL));
    return list;
}

const rounds = Number(values.rounds);
const crowdHistory = path.join(out, "steps-crowd.jsonl");
const crowd = lib.pilots([
    ...["--pilots", values.pilots, "--duration", "36000", "--mix", "0:0:15:50:25"],
    ...["--faults", "--history", crowdHistory, "--ctl", lib.ctl],
    ...["--json", path.join(out, "steps.json")],
]);
await news.start();
docked = await enter(DOCKED);
flyers = await enter(FLYERS);
for (const p of docked) await acts.enrich(p, lib.quietCtl);
await pause(5000);
const since = (at) => Math.round((Date.now() - at) / 1000);
const begun = Date.now();
const undocking = setInterval(undockIdle, 300);
const trading = setInterval(trade, 60);
process.on("SIGTERM", () => (closing = true));
let struck = 0;
for (let i = 0; struck < rounds && !closing; i += 1) {
    const victim = Object.keys(victims)[i % 4];
    if (i % 20 === 0) {
        const p = idle("order");
        if (p) offered = await acts.offers(p);
    }
    struck += (await round(victim)) ? 1 : 0;
    if (struck % 50 === 0) console.log(`${struck} rounds, ${since(begun)} s`);
    await pause(150 + below(350));
}
const seconds = since(begun);
closing = true;
clearInterval(undocking);
clearInterval(trading);
await Promise.all(settling);
crowd.child.kill("SIGTERM");
const crowdStatus = await crowd.done;
for (const p of [...docked, ...flyers]) p.leave();
await new Promise((resolve) => history.end(resolve));
await lib.until(
    async () => (await lib.metric(env.ST_SIMULATION_INTERNAL, "startrader_event_ring")) === 0,
    20000,
);

table.print();
console.log(`${struck} rounds in ${seconds} s; slowest ms until all are ready again:`, slowest);
v.check(crowdStatus === 0, "pilots: orders definite within 10 s, no hole in the view");
const { tally } = acts;
v.check(
    tally.unknown.length === 0,
    `${tally.acts} requests decided, ${tally.unknown.length} not: ${tally.unknown.slice(0, 3)}`,
);
v.check(
    tally.contradicted.length + tally.overheard.length === 0,
    `${tally.repeated} asked once more; other answers: ${tally.contradicted.slice(0, 3)} ` +
        `more answers than questions: ${tally.overheard.slice(0, 3)}`,
);
v.check(
    lostEvents.length === 0,
    `events that are booked nowhere: ${lostEvents.slice(0, 5)} (${undone} died with their world)`,
);
const whole = path.join(out, "steps.jsonl");
const parts = [crowdHistory, path.join(out, "steps-acts.jsonl")];
const lines = parts.map((file) => readFileSync(file, "utf8"));
const joined = createWriteStream(whole);
for (const text of lines) joined.write(text.slice(0, text.lastIndexOf("\n") + 1));
await new Promise((resolve) => joined.end(resolve));
v.check(lib.runCtl(["ledger", "verify", "--history", whole]), "ledger verify --history");
const found = await judge({ history: whole });
for (const line of found) console.log(`    ${line}`);
v.check(found.length === 0, "the checker finds no contradiction");
v.check(lib.runCtl(["ships", "verify"]), "ships verify");
const off = await stack.sql(
    "SELECT commodity, sum(balance) FROM economy.balances_v GROUP BY 1 HAVING sum(balance) <> 0",
);
v.check(off === "", `credits and goods of each kind sum to zero ${off}`);
await news.bus.close();
v.finish();
