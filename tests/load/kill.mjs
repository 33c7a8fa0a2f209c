#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// kill -9 while pilots fly, trade and dock, against a running stack (deploy/up); then the books
// and the ships.
//   tests/load/kill.mjs [--pilots N] [--rounds N] [--dock-kills N]
import { mkdirSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import * as lib from "./common.mjs";

const { values } = parseArgs({
    options: {
        pilots: { type: "string", default: "100" },
        rounds: { type: "string", default: "5" },
        "dock-kills": { type: "string", default: "50" },
    },
});
lib.loadEnv();
const env = process.env;
const out = path.join(lib.top, ".build/load");
mkdirSync(out, { recursive: true });
const v = new lib.Verdict();
const pause = (ms) => new Promise((r) => setTimeout(r, ms));
// Who must be ready again, and how long after the victim is back.
const victims = {
    "gateway-1": { base: env.ST_GATEWAY_INTERNAL, limitMs: 5000 },
    "simulation-0": { base: env.ST_SIMULATION_INTERNAL, limitMs: 3000 },
    "profile-1": { base: env.ST_PROFILE_INTERNAL, limitMs: 5000 },
    "economy-1": { base: env.ST_ECONOMY_INTERNAL, limitMs: 5000 },
    redis: { base: env.ST_PROFILE_INTERNAL, limitMs: 5000 },
    postgres: { base: env.ST_ECONOMY_INTERNAL, limitMs: 5000 },
    nats: { base: null, limitMs: 5000 },
};

async function ships() {
    const { status, text } = await lib.get(`${env.ST_SIMULATION_INTERNAL}/debug/ships`, 2000);
    if (status !== 200) return null;
    return new Map(
        JSON.parse(text)
            .filter((s) => s.ship > 0)
            .map((s) => [s.ship, s]),
    );
}

// Kills a victim and waits until the supervisor has started it again and it serves.
// Returns the ms after its return.
async function strike(name) {
    const { base, limitMs } = victims[name];
    const pid = lib.runningPid(name);
    process.kill(pid, "SIGKILL");
    const back = await lib.comesBack(name, pid, 15000);
    const took = await lib.until(
        base ? () => lib.ready(base) : lib.allReady,
        limitMs + 20000,
        20,
    );
    return { back, took, limitMs };
}

async function strikeSimulation() {
    const before = await ships();
    const result = await strike("simulation-0");
    const after = (await ships()) ?? new Map();
    let missing = 0;
    let farthest = 0;
    for (const [id, s] of before ?? []) {
        const t = after.get(id);
        if (!t) missing += s.phase === 1 || s.phase === "FLYING" ? 1 : 0;
        else farthest = Math.max(farthest, Math.hypot(t.x - s.x, t.y - s.y) / 512);
    }
    // A second of movement is lost at most, and ships moved on between the two readings.
    v.check(
        missing <= 2,
        `simulation: ${before?.size ?? 0} ships before, ${missing} gone after`,
    );
    v.check(
        farthest <= 1500,
        `simulation: farthest ship moved ${Math.round(farthest)} units over the restart`,
    );
    return result;
}

const history = path.join(out, "kill.jsonl");
const rounds = Number(values.rounds);
const names = Object.keys(victims);
const seconds = rounds * names.length * 14 + 60;
const crowd = lib.pilots([
    "--pilots",
    values.pilots,
    "--duration",
    String(seconds),
    "--mix",
    "30:30:30:10",
    "--faults",
    "--history",
    history,
    "--ctl",
    lib.ctl,
    "--json",
    path.join(out, "kill.json"),
]);
await pause(20000);
for (let round = 1; round <= rounds; round++) {
    for (const name of [...names].sort(() => Math.random() - 0.5)) {
        await pause(2000 + Math.random() * 3000);
        const r = name === "simulation-0" ? await strikeSimulation() : await strike(name);
        v.check(
            r.took >= 0 && r.took <= r.limitMs,
            `${name}: up in ${Math.round(r.back)} ms, serving after ${Math.round(r.took)} more`,
        );
        await lib.until(lib.allReady, 20000);
    }
}
crowd.child.kill("SIGTERM");
v.check(
    (await crowd.done) === 0,
    "pilots: orders definite within 10 s, no hole in the view, no decode failure",
);
v.check(lib.runCtl(["ledger", "verify", "--history", history]), "ledger verify --history");

const kills = Number(values["dock-kills"]);
if (kills > 0) {
    const dockers = lib.pilots([
        "--pilots",
        values.pilots,
        "--duration",
        "3600",
        "--mix",
        "0:0:0:0:1",
        "--faults",
        "--stations",
        "TER,LUN",
    ]);
    await pause(20000);
    for (let i = 0; i < kills; i++) {
        await pause(300 + Math.random() * 1500);
        await strike(i % 2 ? "economy-1" : "simulation-0");
        await lib.until(lib.allReady, 20000);
    }
    dockers.child.kill("SIGTERM");
    v.check(
        (await dockers.done) === 0,
        `docking pilots through ${kills} kills of simulation and economy`,
    );
}
await lib.until(
    async () => (await lib.metric(env.ST_SIMULATION_INTERNAL, "startrader_event_ring")) === 0,
    10000,
);
v.check(lib.runCtl(["ledger", "verify", "--history", history]), "ledger verify --history");
v.check(lib.runCtl(["ships", "verify"]), "ships verify");
v.finish();
