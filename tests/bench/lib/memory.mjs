// SPDX-License-Identifier: Apache-2.0
// Growth of the gateway's and the simulation's memory by connection: idle (docked) and in flight.
// A block of st_alloc counts when it is taken, resident memory when it is touched; pools are taken
// at the start, so both are shown.
import { readFileSync } from "node:fs";
import { Crew, mixed, objection, resting } from "./crew.mjs";
import { floorCopy } from "./floors.mjs";

const IDLE_MAX = 512; // beyond wslay's
const ACTIVE_MAX = 8192;

function anonymous(pid) {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    return Number(/^Anonymous:\s+(\d+)/m.exec(text)[1]) * 1024;
}

async function look(stack) {
    const out = {};
    for (const name of ["gateway-1", "simulation-0"]) {
        const m = await stack.metrics(name);
        out[name] = {
            heap: m.startrader_alloc_bytes,
            resident: anonymous(stack.pid(name)),
            pinned: m.startrader_gateway_pinned_bytes ?? 0,
            backlog: m.startrader_gateway_backlog_bytes ?? 0,
        };
    }
    return out;
}

async function measure(bench, n, mix) {
    const { stack } = bench;
    // Another setting, so that both begin anew.
    const level = `ST_LOG_LEVEL=${mix === resting ? "warn" : "error"}`;
    await stack.start({ settings: [`gateway:${level}`, `simulation:${level}`] });
    const before = await look(stack);
    stack.layout(n, 53);
    const crew = new Crew(stack, n, mix, { watch: 100 });
    await crew.settle();
    const m = await crew.window(5);
    const after = await look(stack);
    await crew.quit();
    const growth = (name, what) => (after[name][what] - before[name][what]) / n;
    return { growth, after, m };
}

export async function memory(bench) {
    const { figures, quick } = bench;
    const n = quick ? 500 : 5000;
    figures.section(`memory: growth by connection, N = ${n}`);
    const parser = floorCopy().parser_bytes;
    const add = (what, value, more) =>
        figures.add({ name: `memory: ${what}`, value, unit: "B", ...more });
    add("wslay's parser", parser);
    for (const [kind, mix] of [["idle", resting], ["active", mixed]]) {
        const { growth, after, m } = await measure(bench, n, mix);
        const wrong = objection([m]);
        const resident = growth("gateway-1", "resident");
        const beyond = kind === "idle" ? resident - parser : resident;
        const aim = kind === "idle" ? IDLE_MAX : ACTIVE_MAX;
        const what = kind === "idle" ? "idle connection, beyond wslay" : "active player";
        add(`${what}: gateway`, beyond, { aim, void: wrong });
        add(`${kind}: gateway, taken from the heap`, growth("gateway-1", "heap"));
        add(`${kind}: gateway, pinned by the cells' rings`, after["gateway-1"].pinned / n);
        add(`${kind}: gateway, unsent`, after["gateway-1"].backlog / n);
        add(`${kind}: simulation`, growth("simulation-0", "resident"));
    }
    await bench.stack.start();
}
