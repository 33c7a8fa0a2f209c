// SPDX-License-Identifier: Apache-2.0
// CPU per delivered frame and per delivered record of an entity, by process, with about 50 ships in
// view; the floor is a bare send of as many frames of that size to as many sockets.
import { Crew, mixed, objection, objectionToTimes } from "./crew.mjs";
import { median } from "./figures.mjs";
import { floorSend } from "./floors.mjs";
import { perfRecord } from "./perf.mjs";

const VISIBLE = 53; // a little above 50, which is the least that counts
const FLYING = 0.9; // of the mix; the others are docked

function parts(m) {
    const by = (prefix) =>
        Object.entries(m.daemons)
            .filter(([name]) => name.startsWith(prefix))
            .reduce((a, [, s]) => a + s, 0);
    const us = (s) => (s * 1e6) / m.frames;
    const gateway = us(by("gateway"));
    const simulation = us(by("simulation"));
    const nats = us(by("nats"));
    const sum = gateway + simulation + nats;
    return { gateway, simulation, nats, sum, generator: us(m.cpu) };
}

async function measure(bench, n) {
    const { stack, quick } = bench;
    const seconds = quick ? 5 : 10;
    const rounds = quick ? 2 : 5;
    stack.layout(n * FLYING, VISIBLE);
    const crew = new Crew(stack, n, mixed, { watch: n > 1000 ? 20 : 10 });
    await crew.settle();
    const windows = [];
    const floors = [];
    for (let i = 0; i < rounds; i++) {
        const m = await crew.window(seconds);
        windows.push(m);
        bench.say(
            `${n} pilots: ${(m.frames / m.seconds / n).toFixed(1)} frames/s each, ` +
                `${m.visible.toFixed(0)} visible; generator late p99 ${m.lag.p99} ms`,
        );
    }
    if (bench.perf) await perfRecord(bench, `frame-${n}`);
    await crew.quit();
    const size = Math.round(median(windows.map((m) => m.bytes / m.frames)));
    const rate = Math.round(median(windows.map((m) => m.frames / m.seconds)));
    return { n, windows, size, rate, floors, floor: () => floorSend(n, size, rate, quick ? 3 : 5) };
}

function report(bench, r) {
    const { n, windows, floors } = r;
    const at = (pick) => median(windows.map(pick));
    const wrong = objection(windows);
    const late = objectionToTimes(windows);
    const floor = median(floors.map((f) => f.us_per_send));
    const visible = at((m) => m.visible);
    const records = at((m) => m.records / m.watched_frames);
    const few = visible < 50 ? `only ${visible.toFixed(0)} visible` : undefined;
    const add = (what, unit, value, more) =>
        bench.figures.add({ name: `frame ${n} pilots: ${what}`, unit, value, ...more });
    const us = "us/frame";
    const sum = at((m) => parts(m).sum);
    const aim = { floor, aim: 1.5, of: "ratio", void: wrong ?? few };
    add("gateway + simulation + nats", us, sum, aim);
    for (const part of ["gateway", "simulation", "nats"])
        add(part, us, at((m) => parts(m)[part]), { floor, void: wrong });
    add("load generator, beside", us, at((m) => parts(m).generator));
    const note = `${records.toFixed(1)} records, ${r.size} bytes a frame`;
    add("per record of an entity", "us/record", sum / records, { void: wrong, note });
    add("ships visible, mean", "ships", visible);
    add("frames to each pilot", "/s", at((m) => m.frames / m.seconds / n), { void: wrong });
    add("gap between frames p99", "ms", at((m) => m.gap.p99), { void: late });
    add("input to its acknowledgement p99", "ms", at((m) => m.input.p99), { void: late });
    add("load generator late, p99", "ms", at((m) => m.lag.p99));
}

export async function frame(bench) {
    bench.figures.section("frame: CPU per delivered frame, mixed behaviour, 50 ships visible");
    const results = [];
    for (const n of bench.quick ? [500, 2000] : [500, 2000, 5000])
        results.push(await measure(bench, n));
    // The floors by turns, so that a slow minute of the machine hits all of them.
    for (let i = 0; i < 3; i++) for (const r of results) r.floors.push(r.floor());
    for (const r of results) report(bench, r);
}
