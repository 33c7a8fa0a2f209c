// SPDX-License-Identifier: Apache-2.0
// Thousands lose their sockets at once and come back at once, while others play on.
import { Crew, mixed, objection } from "./crew.mjs";
import { pause } from "./stack.mjs";

const BACK_MAX_S = 5;
const GAP_MAX_MS = 10; // by which the gaps of the others may grow
const WAIT_MAX_MS = 60000;

export async function storm(bench) {
    const { stack, figures, quick } = bench;
    const n = quick ? 500 : 5000;
    const calm = quick ? 50 : 200;
    figures.section(`storm: ${n} reconnects at once, ${calm} others`);
    stack.layout((n + calm) * 0.9, 53);
    const crew = new Crew(stack, n + calm, mixed, { watch: 100, args: ["--calm", String(calm)] });
    await crew.settle();
    const before = await crew.window(quick ? 5 : 10);
    crew.command(`drop ${calm}`);
    const begin = performance.now();
    let back = 0;
    let m;
    let slowest = 0;
    let gaps = 0;
    do {
        await pause(500);
        m = await crew.mark();
        back += m.back.n;
        slowest = Math.max(slowest, m.back.max);
        gaps = Math.max(gaps, m.calm.p99);
    } while (m.away > 0 && performance.now() - begin < WAIT_MAX_MS);
    await crew.quit();
    const add = (what, value, unit, more) =>
        figures.add({ name: `storm: ${what}`, value, unit, ...more });
    const lost = m.away > 0 ? `${m.away} are not back after ${WAIT_MAX_MS / 1000} s` : undefined;
    add("back with a full view", back, "pilots", { aim: n, least: true });
    add("the last of them after", slowest / 1000, "s", { aim: BACK_MAX_S, void: lost });
    add("gap between frames of the others p99, calm", before.calm.p99, "ms");
    add("gap between frames of the others p99, storm", gaps, "ms", {
        aim: before.calm.p99 + GAP_MAX_MS,
        void: objection([before]),
    });
    add("load generator late, p99", m.lag.p99, "ms");
}
