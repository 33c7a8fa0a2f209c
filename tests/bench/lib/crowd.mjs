// SPDX-License-Identifier: Apache-2.0
// A thousand ships that fight in one cell, seen by all who fly them.
import { Crew, fighting, objection, objectionToTimes } from "./crew.mjs";
import { median } from "./figures.mjs";
import { quantile } from "./stack.mjs";

const TICK_MAX_MS = 40;
const CELL_U = 2048;

export async function crowd(bench) {
    const { stack, figures, quick } = bench;
    const n = quick ? 300 : 1000;
    figures.section(`crowd: ${n} ships fight in one cell, ${n} viewers`);
    stack.square(CELL_U, true);
    const crew = new Crew(stack, n, fighting, { watch: 50 });
    await crew.settle();
    const before = await stack.metrics("simulation-0");
    const windows = [];
    for (let i = 0; i < (quick ? 2 : 4); i++) windows.push(await crew.window(quick ? 5 : 10));
    const after = await stack.metrics("simulation-0");
    await crew.quit();
    const at = (pick) => median(windows.map(pick));
    const wrong = objection(windows);
    const late = objectionToTimes(windows);
    const tick = (q) => quantile(before, after, "startrader_tick_seconds", q) * 1000;
    const grown = (name) => (after[name] ?? 0) - (before[name] ?? 0);
    const add = (what, value, unit, more) =>
        figures.add({ name: `crowd: ${what}`, value, unit, ...more });
    add("tick p50 (bucket)", tick(0.5), "ms");
    add("tick p99 (bucket)", tick(0.99), "ms", { aim: TICK_MAX_MS });
    add("times of a tick that passed unused", grown("startrader_tick_skipped_total"), "", {
        aim: 0,
    });
    add("bytes to each viewer", at((m) => m.bytes / m.seconds / n), "B/s", { void: wrong });
    add("ships seen", at((m) => m.visible), "ships");
    add("frames to each viewer", at((m) => m.frames / m.seconds / n), "/s", { void: wrong });
    add("tick to the socket of who is near p99", at((m) => m.age.p99), "ms", { void: late });
    for (const name of ["gateway-1", "simulation-0", "nats"])
        add(name, at((m) => m.daemons[name] / m.seconds), "CPUs");
    add("load generator, beside", at((m) => m.cpu / m.seconds), "CPUs");
    add("load generator late, p99", at((m) => m.lag.p99), "ms");
}
