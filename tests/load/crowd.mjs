#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The load of the first flight against a running stack (deploy/up): 500 pilots for 5 minutes,
// then the books.
//   tests/load/crowd.mjs [--pilots N] [--duration S] [--mix A:B:C:D]
import { mkdirSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import * as lib from "./common.mjs";

const { values } = parseArgs({
    options: {
        pilots: { type: "string", default: "500" },
        duration: { type: "string", default: "300" },
        mix: { type: "string", default: "35:35:20:10" },
    },
});
lib.loadEnv();
const out = path.join(lib.top, ".build/load");
mkdirSync(out, { recursive: true });
const history = path.join(out, "crowd.jsonl");
const sim = process.env.ST_SIMULATION_INTERNAL;
const scale = (Number(values.pilots) / 500) * (Number(values.duration) / 300);
const ticks = async () => ({
    late: (await lib.metric(sim, "startrader_tick_late_total")) ?? NaN,
    overrun: (await lib.metric(sim, "startrader_tick_overrun_total")) ?? NaN,
});

const before = await ticks();
const status = await lib.pilots([
    "--pilots",
    values.pilots,
    "--duration",
    values.duration,
    "--mix",
    values.mix,
    "--history",
    history,
    "--ctl",
    lib.ctl,
    "--json",
    path.join(out, "crowd.json"),
    "--min-fps",
    "15",
    "--min-visible",
    String(Math.min(30, Number(values.pilots) / 10)),
    "--min-orders",
    String(Math.floor(2000 * scale)),
    "--min-kills",
    String(Math.floor(50 * scale)),
    "--max-input-p99",
    "120",
]).done;
const after = await ticks();

const v = new lib.Verdict();
v.check(status === 0, "pilots: no errors, thresholds met");
v.check(
    after.late === before.late,
    `ticks that started more than 25 ms late: ${after.late - before.late}`,
);
v.check(
    after.overrun === before.overrun,
    `ticks that took more than 50 ms: ${after.overrun - before.overrun}`,
);
v.check(lib.runCtl(["ledger", "verify", "--history", history]), "ledger verify --history");
const imbalance = await lib.metric(
    process.env.ST_ECONOMY_INTERNAL,
    "startrader_ledger_imbalance",
);
v.check(imbalance === 0, `ledger imbalance ${imbalance}`);
v.finish();
