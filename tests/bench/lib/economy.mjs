// SPDX-License-Identifier: Apache-2.0
// Orders over the bus against the same Postgres: how many, how fast, by one and two instances, on
// all markets and on a single one; beside pgbench's TPC-B, one order per transaction, and a floor
// that only inserts the rows that orders leave behind.
import { execFileSync, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { median } from "./figures.mjs";
import { bin } from "./stack.mjs";

const TRADERS = 2000;
const FIRST = 4000000001; // far from real players
const DEPTH = 256; // orders under way
const BATCH = 64; // of the economy

// Their ships rest at stations; money comes from the mint, as the ledger wants it.
const prepare = (from, to) => `
WITH lines AS (
    SELECT m.location, m.commodity, row_number() OVER (ORDER BY m.commodity, m.location) - 1 AS n,
           count(*) OVER () AS all
    FROM economy.market_prices m JOIN economy.commodities c ON c.id = m.commodity
    WHERE m.stock > 40 AND c.mass <= 2 AND c.base <= 300
)
SELECT p.player, l.location, l.commodity INTO bench.traders
FROM economy.pilots p JOIN lines l ON l.n = (p.player - ${from}) % l.all
WHERE p.player BETWEEN ${from} AND ${to};
UPDATE economy.ships s SET holder_kind = 2, holder_id = t.location, class_id = 1
FROM bench.traders t WHERE t.player = s.player;
INSERT INTO economy.transactions (id, kind) VALUES (2, 'bench');
WITH given AS (
    UPDATE economy.wallets w SET credits = credits + 1000000
    FROM bench.traders t WHERE w.account = t.player + 4294967296 RETURNING w.account, w.credits
), minted AS (
    UPDATE economy.wallets SET credits = credits - 1000000 * (SELECT count(*) FROM bench.traders)
    WHERE kind = 'source' AND owner = (SELECT id FROM economy.sources WHERE name = 'mint')
    RETURNING account, credits
)
INSERT INTO economy.ledger_entries (transaction, account, commodity, amount, balance)
SELECT 2, account, 0, 1000000, credits FROM given
UNION ALL
SELECT 2, account, 0, -1000000 * (SELECT count(*) FROM bench.traders), credits FROM minted;
`;

// The rows of a batch of orders, in tables with the same indexes and nothing else.
const floorTables = (batch) => `
DROP SCHEMA IF EXISTS floor CASCADE;
CREATE SCHEMA floor;
CREATE SEQUENCE floor.id START 1000000;
CREATE TABLE floor.transactions (LIKE economy.transactions INCLUDING DEFAULTS INCLUDING INDEXES);
CREATE TABLE floor.ledger_entries
    (LIKE economy.ledger_entries INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING INDEXES);
CREATE TABLE floor.outbox (LIKE economy.outbox INCLUDING DEFAULTS INCLUDING INDEXES);
CREATE TABLE floor.t AS SELECT * FROM economy.transactions
    WHERE kind = 'order' AND result = 1 ORDER BY id DESC LIMIT ${batch};
CREATE TABLE floor.e AS SELECT * FROM economy.ledger_entries
    WHERE transaction IN (SELECT id FROM floor.t);
CREATE TABLE floor.o AS SELECT * FROM economy.outbox
    WHERE id BETWEEN (SELECT min(id) FROM floor.t) AND (SELECT max(id) + 64 FROM floor.t);
`;
const floorScript = `BEGIN;
INSERT INTO floor.transactions
    (id, kind, player, key, content_hash, asked, result, answer, request_id)
    SELECT nextval('floor.id'), kind, player, uuid_send(gen_random_uuid()), content_hash, asked,
    result, answer, request_id FROM floor.t;
INSERT INTO floor.ledger_entries (transaction, account, commodity, amount, balance)
    SELECT transaction, account, commodity, amount, balance FROM floor.e;
INSERT INTO floor.outbox (id, subject, payload)
    SELECT nextval('floor.id'), subject, payload FROM floor.o;
COMMIT;
`;

class Postgres {
    constructor(stack) {
        const u = new URL(stack.env.ST_POSTGRES_URL);
        const password = readFileSync(path.join(stack.dir, "secrets/postgres"), "utf8").trim();
        this.env = {
            PATH: process.env.PATH,
            PGHOST: u.hostname,
            PGPORT: u.port,
            PGUSER: "postgres",
            PGPASSWORD: password,
        };
        this.own = u.pathname.slice(1);
    }

    run(command, args, database = this.own) {
        const env = { ...this.env, PGDATABASE: database };
        const stdio = ["pipe", "pipe", "pipe"];
        return execFileSync(command, args, { env, encoding: "utf8", stdio });
    }

    sql(text) {
        return this.run("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", text]);
    }

    // Transactions per second and their mean time.
    bench(args, database) {
        const out = this.run("pgbench", ["-n", ...args], database);
        const number = (pattern) => Number(pattern.exec(out)[1]);
        return { tps: number(/tps = ([\d.]+)/), ms: number(/latency average = ([\d.]+)/) };
    }
}

// Runs the traders of the list; resolves with what they report.
function orders(stack, traders, { seconds, depth = DEPTH, warm = 1500, user = "gateway" }) {
    const password = readFileSync(path.join(stack.dir, `secrets/nats-${user}`), "utf8").trim();
    const url = `nats://${new URL(stack.env.ST_NATS_URL).host}`;
    const options = ["--url", url, "--user", user, "--password", password];
    options.push("--seconds", seconds, "--depth", depth, "--warm", warm);
    const child = spawn(path.join(bin, "orders"), options.map(String));
    child.stdin.end(traders);
    let out = "";
    child.stdout.on("data", (d) => (out += d));
    child.stderr.pipe(process.stderr);
    return new Promise((resolve, reject) =>
        child.on("exit", (code) =>
            code === 0 ? resolve(JSON.parse(out)) : reject(new Error(`orders ended with ${code}`)),
        ),
    );
}

// One setting of the economy: orders on all markets, then on a single one.
class Setting {
    uniform = [];
    hot = [];

    constructor(name, { economies = 1, settings = [], alone = false } = {}) {
        Object.assign(this, { name, economies, settings, alone });
    }

    async round(bench, pg, lists, seconds) {
        const { stack } = bench;
        await stack.start({ economies: this.economies, settings: this.settings });
        const count = () => stack.cpu()["economy-1"];
        for (const kind of ["uniform", "hot"]) {
            move(pg, kind === "hot" ? lists.location : undefined);
            const cpu = count();
            const depth = this.alone ? 64 : DEPTH; // what it answers in time
            const r = await orders(stack, lists[kind], { seconds, depth });
            r.cpu = (count() - cpu) / r.orders;
            this[kind].push(r);
            bench.say(`${this.name}, ${kind}: ${Math.round(r.orders / r.seconds)} orders/s`);
        }
    }

    rate(kind) {
        return median(this[kind].map((r) => r.done / r.seconds));
    }

    at(kind, pick) {
        return median(this[kind].map(pick));
    }
}

async function traders(bench, pg) {
    const { stack } = bench;
    const players = Array.from({ length: TRADERS }, (_, i) => FIRST + i);
    await stack.start();
    const nowhere = players.map((p) => `${p} 0 0`).join("\n");
    await orders(stack, nowhere, { seconds: 60, user: "profile" });
    pg.sql(prepare(FIRST, FIRST + TRADERS - 1));
    const line = "player || ' ' || location || ' ' || commodity";
    const uniform = pg.sql(`SELECT ${line} FROM bench.traders`);
    // All at the market that has the most of something cheap.
    const [location, commodity] = pg
        .sql(
            "SELECT location, commodity FROM economy.market_prices JOIN economy.commodities c" +
                " ON c.id = commodity WHERE c.base <= 300 ORDER BY stock DESC LIMIT 1",
        )
        .trim()
        .split("|");
    const hot = players.map((p) => `${p} ${location} ${commodity}`).join("\n");
    return { uniform, hot, location };
}

// In the hot market all ships lie at its station.
function move(pg, location) {
    pg.sql(
        `UPDATE economy.ships SET holder_id = ${location ?? "t.location"} FROM bench.traders t
         WHERE t.player = ships.player`,
    );
}

function report(bench, settings, r) {
    const { figures } = bench;
    const add = (what, value, unit, more) =>
        figures.add({ name: `economy: ${what}`, value, unit, ...more });
    add("pgbench TPC-B, -c 8 -j 2 -s 10, best of 3", r.tpcb, "tx/s");
    add("floor: rows of orders inserted, 1 connection", r.floor1, "orders/s");
    add("floor: rows of orders inserted, 2 connections", r.floor2, "orders/s");
    add("a commit, mean", r.commit, "ms");
    for (const s of settings) {
        const floor = s.economies > 1 ? r.floor2 : r.floor1;
        const aimed = (aim) => (s.alone ? {} : aim);
        add(`${s.name}: orders on all markets`, s.rate("uniform"), "orders/s", {
            floor,
            ...aimed({ aim: 0.5, least: true, of: "ratio" }),
        });
        add(`${s.name}: beside pgbench`, s.rate("uniform") / r.tpcb, "x", {
            ...aimed({ aim: 10, least: true }),
        });
        add(`${s.name}: orders on one market`, s.rate("hot"), "orders/s", {
            floor: s.rate("uniform"),
            ...aimed({ aim: 0.9, least: true, of: "ratio" }),
            note: "floor: on all markets",
        });
        add(`${s.name}: from order to answer p50`, s.at("uniform", (m) => m.p50_us / 1000), "ms");
        add(`${s.name}: from order to answer p99`, s.at("uniform", (m) => m.p99_us / 1000), "ms");
        add(`${s.name}: orders without an answer`, s.at("uniform", (m) => m.undecided), "");
        add(`${s.name}: economy-1`, s.at("uniform", (m) => m.cpu * 1e6), "CPU us/order");
    }
    add("8 under way: from order to answer p99", r.light.p99_us / 1000, "ms", {
        aim: 4 * r.commit + 10,
        note: "aim: 4 commits and 10 ms",
    });
    add("8 under way: orders", r.light.done / r.light.seconds, "orders/s");
    add("imbalance of the books afterwards", r.imbalance, "", { aim: 0 });
}

export async function economy(bench) {
    const { stack, quick } = bench;
    const seconds = quick ? 4 : 10;
    bench.figures.section(`economy: ${TRADERS} traders, ${DEPTH} orders under way`);
    const pg = new Postgres(stack);
    const lists = await traders(bench, pg);
    const settings = [
        new Setting("1 instance"),
        new Setting("2 instances", { economies: 2 }),
        new Setting("one order per transaction", {
            settings: ["economy:ST_BATCH_MAX=1"],
            alone: true,
        }),
    ];
    pg.sql("CREATE DATABASE pgbench");
    pg.run("pgbench", ["-i", "-q", "-s", "10"], "pgbench");
    const r = { tpcb: 0 };
    const floors = [[], []];
    const script = path.join(stack.dir, "floor.sql");
    writeFileSync(script, floorScript);
    for (let i = 0; i < (quick ? 1 : 3); i++) {
        for (const s of settings) await s.round(bench, pg, lists, seconds);
        pg.sql(floorTables(BATCH));
        for (const n of [1, 2]) {
            const args = ["-f", script, "-M", "prepared", "-c", n, "-j", n, "-T", seconds];
            floors[n - 1].push(pg.bench(args.map(String)).tps * BATCH);
        }
        const tpcb = pg.bench(["-c", "8", "-j", "2", "-T", quick ? "5" : "20"], "pgbench");
        r.tpcb = Math.max(r.tpcb, tpcb.tps);
        const floor = Math.round(floors[0].at(-1));
        bench.say(`floor ${floor} orders/s, pgbench ${Math.round(tpcb.tps)} tx/s`);
    }
    [r.floor1, r.floor2] = floors.map(median);
    r.commit = pg.bench(["-N", "-c", "1", "-T", quick ? "3" : "10"], "pgbench").ms;
    await stack.start();
    move(pg);
    r.light = await orders(stack, lists.uniform, { seconds, depth: 8 });
    r.imbalance = Number(
        pg.sql(
            "SELECT count(*) FROM economy.balances_v b FULL JOIN (SELECT account, commodity," +
                " sum(amount) AS amount FROM economy.ledger_entries GROUP BY 1, 2) e" +
                " USING (account, commodity) WHERE coalesce(b.balance, 0) <> coalesce(e.amount, 0)",
        ),
    );
    report(bench, settings, r);
}
