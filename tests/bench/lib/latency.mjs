// SPDX-License-Identifier: Apache-2.0
// Input to its effect: applied, acknowledged, seen by somebody else; beyond the wait for the tick,
// which is half an interval in the median. The floor is what the messages cost on their way: two
// halves of a TCP round trip and two hops through NATS.
import { Crew, mixed, objection, objectionToTimes } from "./crew.mjs";
import { median } from "./figures.mjs";
import { floorHop } from "./floors.mjs";
import { quantile } from "./stack.mjs";

const WAIT_MS = 25; // for the tick, in the median
const APPLIED_MAX_MS = 100;
const SEEN_MAX_MS = 100;

export async function latency(bench) {
    const { stack, figures, quick } = bench;
    const n = quick ? 200 : 500;
    figures.section(`latency: ${n} pilots, mixed behaviour, 50 ships visible`);
    stack.layout(n * 0.9, 53);
    const hops = [await floorHop(2000)];
    const crew = new Crew(stack, n, mixed, { watch: 5 });
    await crew.settle();
    const windows = [];
    const before = await stack.metrics("simulation-0");
    for (let i = 0; i < (quick ? 2 : 5); i++) windows.push(await crew.window(quick ? 6 : 12));
    const after = await stack.metrics("simulation-0");
    await crew.quit();
    hops.push(await floorHop(2000));
    const at = (pick) => median(windows.map(pick));
    const floor = median(hops.map((h) => h.tcp_p50 + 2 * h.nats_p50)) / 1000;
    const late = objectionToTimes(windows);
    const applied = (q) =>
        quantile(before, after, "startrader_input_applied_seconds", q) * 1000;
    const add = (what, value, more) =>
        figures.add({ name: `latency: ${what}`, value, unit: "ms", void: late, ...more });
    const seenAim = { aim: SEEN_MAX_MS, void: late };
    add("a round trip over TCP", median(hops.map((h) => h.tcp_p50)) / 1000, { void: undefined });
    add("a hop through NATS", median(hops.map((h) => h.nats_p50)) / 1000, { void: undefined });
    add("arrival to the end of its tick p50 (bucket)", applied(0.5), { void: undefined });
    add("arrival to the end of its tick p99 (bucket)", applied(0.99), {
        aim: APPLIED_MAX_MS,
        void: objection(windows),
    });
    add("input to its acknowledgement p50", at((m) => m.input.p50));
    add("the same beyond the wait for the tick", at((m) => m.input.p50) - WAIT_MS, { floor });
    add("input to its acknowledgement p99", at((m) => m.input.p99));
    add("input to another player's socket p50", at((m) => m.seen.p50));
    add("the same beyond the wait for the tick", at((m) => m.seen.p50) - WAIT_MS, { floor });
    add("input to another player's socket p99", at((m) => m.seen.p99));
    add("tick to the socket of who is near p50", at((m) => m.age.p50));
    add("tick to the socket of who is near p99", at((m) => m.age.p99), seenAim);
    add("load generator late, p99", at((m) => m.lag.p99), { void: undefined });
}
