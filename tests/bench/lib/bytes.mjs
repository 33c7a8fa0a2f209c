// SPDX-License-Identifier: Apache-2.0
// Bytes per player in flight and second, counted at the socket, by ships in view; and what other
// ways of replicating the same world would have cost.
import { Crew, fighting, mixed, objection } from "./crew.mjs";
import { median } from "./figures.mjs";

const RECORD_BYTES = 16; // exact state of one ship: id, position, velocity, heading, controls
const TICK_HZ = 20;

async function measure(bench, visible, behaviour, mix, n) {
    const { stack, quick } = bench;
    const fighters = mix === fighting;
    if (visible >= 1000) stack.square(3 * 2048, fighters);
    else stack.layout(n * (fighters ? 1 : 0.9), visible * 1.05, { fighters });
    const crew = new Crew(stack, n, mix, { watch: Math.ceil(n / 50) });
    await crew.settle();
    const windows = [];
    for (let i = 0; i < (quick ? 1 : 3); i++) windows.push(await crew.window(quick ? 6 : 10));
    await crew.quit();
    const at = (pick) => median(windows.map(pick));
    return {
        visible,
        behaviour,
        bytes: at((m) => m.bytes / m.seconds / n),
        seen: at((m) => m.visible),
        // All states at every tick; by distance at 20, 5 and 2 Hz.
        positions: at((m) => m.visible * RECORD_BYTES * TICK_HZ),
        rings: at((m) => (m.near * 20 + m.middle * 5 + m.far * 2) * RECORD_BYTES),
        records: at((m) => m.records / m.watched_frames),
        fps: at((m) => m.frames / m.seconds / n),
        wrong: objection(windows),
    };
}

const aims = { 50: 3000, 200: 9000, 1000: 30000 };

function report(bench, r) {
    const { figures } = bench;
    const name = `bytes ${r.visible} visible, ${r.behaviour}`;
    figures.add({
        name: `${name}: to each player`,
        value: r.bytes,
        unit: "B/s",
        floor: r.positions,
        aim: r.behaviour === "mixed" ? aims[r.visible] : undefined,
        void: r.wrong ?? (r.seen < r.visible ? `only ${r.seen.toFixed(0)} visible` : undefined),
        note:
            `${r.seen.toFixed(0)} visible, ${r.fps.toFixed(1)} frames/s of ` +
            `${r.records.toFixed(1)} records; floor: positions each tick`,
    });
}

function ablation(bench, r) {
    const { figures } = bench;
    const name = (way) => `ablation ${r.visible} ${r.behaviour}: ${way}`;
    figures.add({ name: name("positions every tick"), unit: "B/s", value: r.positions });
    figures.add({ name: name("fixed rings 20/5/2 Hz"), unit: "B/s", value: r.rings });
    figures.add({ name: name("trajectories"), unit: "B/s", value: r.bytes, void: r.wrong });
    for (const f of figures.list.slice(-3)) f.ratio = f.value / r.positions;
}

export async function bytes(bench) {
    bench.figures.section("bytes: per player and second, at the socket");
    const sizes = bench.quick ? [50, 200] : [50, 200, 1000];
    const results = [];
    for (const visible of sizes)
        for (const [behaviour, mix] of Object.entries({ mixed, fighting })) {
            const n = visible >= 1000 ? 1150 : 400;
            results.push(await measure(bench, visible, behaviour, mix, n));
        }
    for (const r of results) report(bench, r);
    bench.figures.section("ablation: the same world by other ways (computed from what was seen)");
    for (const r of results) ablation(bench, r);
}
