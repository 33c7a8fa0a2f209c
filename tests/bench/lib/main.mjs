// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from "node:util";
import { Figures, machine } from "./figures.mjs";
import { perfInstalled } from "./perf.mjs";
import { Stack } from "./stack.mjs";

const usage = `tests/bench/run [NAME ...] [--quick] [--json FILE] [--perf DIR] [--keep]

  frame   CPU per delivered frame and per record, 500 to 5,000 pilots
  bytes   bytes per player and second by ships in view, and an ablation

  --quick      each in less than a minute: fewer sizes, shorter windows
  --json FILE  one object per figure
  --perf DIR   profiles of the daemons during frame, when perf is installed
  --keep       leaves the stack running, and says where
`;

const modules = {
    frame: "./frame.mjs",
    bytes: "./bytes.mjs",
};

const targets = [
    "startraderctl",
    "startrader-gateway",
    "startrader-simulation",
    "startrader-profile",
    "startrader-economy",
    "pilots",
    "floor_send",
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
    return { ...values, names: positionals.length ? positionals : Object.keys(modules) };
}

async function main() {
    const o = options();
    const say = (text) => process.stderr.write(`  ${text}\n`);
    if (o.perf && !perfInstalled()) {
        say("perf is not installed: no profiles");
        o.perf = undefined;
    }
    Stack.build(targets);
    const stack = new Stack();
    stack.say = say;
    const bench = { stack, quick: o.quick, perf: o.perf, figures: new Figures(), say };
    const end = () => {
        if (o.keep) say(`left running: ${stack.dir}`);
        else stack.remove();
    };
    for (const signal of ["SIGINT", "SIGTERM"])
        process.once(signal, () => {
            stack.remove();
            process.exit(130);
        });
    try {
        await stack.start();
        for (const name of o.names) {
            say(`${name}`);
            await (await import(modules[name]))[name](bench);
        }
    } finally {
        end();
        if (bench.figures.list.length) {
            console.log(`${machine()}; the load generator shares it with the servers\n`);
            console.log(bench.figures.table());
            if (o.json) bench.figures.write(o.json);
        }
    }
}

await main();
