// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { Figures, machine } from "./figures.mjs";
import { perfInstalled } from "./perf.mjs";
import { Stack, top } from "./stack.mjs";

const usage = `tests/bench/run [NAME ...] [--quick] [--json FILE] [--perf DIR] [--keep]

  frame    CPU per delivered frame and per record, 500 to 5,000 pilots
  tick     the kernel's step by ships and volleys, with its stages
  bytes    bytes per player and second by ships in view, and an ablation
  latency  input to applied, acknowledged, seen by others
  bus      messages and CPU of NATS by players and gateways
  memory   growth by idle connection and by active player
  crowd    a thousand ships that fight in one cell
  storm    thousands of reconnects at once
  fair     flooding, stalled and malicious clients beside others
  economy  orders per second beside pgbench and a floor of inserted rows
  login    hydrations, new guests and a storm of refreshes beside their floors
  aims     10,000 connected, 3,000 fighting (not in the default: takes 15 minutes)

  --quick      each in about a minute: smaller, shorter; figures for a comparison only
  --json FILE  one object per figure
  --perf DIR   profiles of the daemons during frame, when perf is installed
  --keep       leaves the stack running, and says where
`;

const modules = {
    frame: "./frame.mjs",
    tick: "./tick.mjs",
    bytes: "./bytes.mjs",
    latency: "./latency.mjs",
    bus: "./bus.mjs",
    memory: "./memory.mjs",
    crowd: "./crowd.mjs",
    storm: "./storm.mjs",
    fair: "./fair.mjs",
    economy: "./economy.mjs",
    login: "./login.mjs",
    aims: "./aims.mjs",
};
const onDemand = ["aims"];
const tickBench = path.join(top, "tests/bench/tick/CMakeLists.txt");
if (!existsSync(tickBench)) delete modules.tick;

const targets = [
    "startraderctl",
    "startrader-gateway",
    "startrader-simulation",
    "startrader-profile",
    "startrader-economy",
    "pilots",
    "floor_send",
    "floor_hop",
    "floor_copy",
    "orders",
    "hydrate_bench",
];

function options() {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: {
            quick: { type: "boolean", default: false },
            keep: { type: "boolean", default: false },
            json: { type: "string" },
            perf: { type: "string" },
            help: { type: "boolean", default: false },
        },
    });
    if (values.help) {
        process.stdout.write(usage);
        process.exit(0);
    }
    const unknown = positionals.find((name) => !modules[name]);
    if (unknown) {
        process.stderr.write(`unknown benchmark ${unknown}\n${usage}`);
        process.exit(2);
    }
    const usual = Object.keys(modules).filter((name) => !onDemand.includes(name));
    return { ...values, names: positionals.length ? positionals : usual };
}

// One that fails leaves the others their turn.
async function one(bench, name) {
    const begin = performance.now();
    bench.say(name);
    try {
        await (await import(modules[name]))[name](bench);
    } catch (e) {
        process.exitCode = 1;
        const why = e.message.split("\n")[0];
        bench.figures.add({ name: `${name}: failed`, value: NaN, unit: "", void: why });
        bench.say(e.stack);
        for (const crew of [...bench.stack.crews]) await crew.end();
    }
    bench.say(`${name} took ${((performance.now() - begin) / 1000).toFixed(0)} s`);
}

function print({ figures }, o) {
    if (figures.list.length === 0) return;
    console.log(`${machine()}; the load generator shares it with the servers\n`);
    console.log(figures.table());
    const aims = figures.aims();
    if (aims) console.log(`\nWhat has an aim:\n\n${aims}`);
    if (o.json) figures.write(o.json);
}

async function main() {
    const o = options();
    const say = (text) => process.stderr.write(`  ${text}\n`);
    if (o.perf && !perfInstalled()) {
        say("perf is not installed: no profiles");
        o.perf = undefined;
    }
    Stack.build(o.names.includes("tick") ? [...targets, "tick_bench"] : targets);
    const stack = new Stack();
    stack.say = say;
    let stop = false;
    const bench = { stack, quick: o.quick, perf: o.perf, figures: new Figures(), say };
    const end = () => {
        if (o.keep) say(`left running: ${stack.dir}`);
        else stack.remove();
    };
    for (const signal of ["SIGINT", "SIGTERM"])
        process.on(signal, () => {
            stop = true;
            for (const crew of stack.crews) crew.child.kill();
        });
    try {
        if (o.names.some((name) => name !== "tick")) await stack.start();
        for (const name of o.names) {
            if (stop) break;
            await one(bench, name);
        }
    } finally {
        end();
        print(bench, o);
    }
}

await main();
