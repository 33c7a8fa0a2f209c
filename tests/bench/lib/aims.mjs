// SPDX-License-Identifier: Apache-2.0
// The two aims that take long: 10,000 pilots of mixed behaviour for ten minutes at two gateways,
// and 3,000 that all fight at 20 Hz at one.
import { Crew, fighting, mixed, objection, objectionToTimes } from "./crew.mjs";
import { median } from "./figures.mjs";

const WINDOW_S = 30;

// What several crews saw at the same time: sums of amounts, the worst of times.
function together(parts) {
    const sum = (pick) => parts.map(pick).reduce((a, b) => a + b, 0);
    const worst = (pick) => Math.max(...parts.map(pick));
    const all = { ...parts[0] };
    for (const key of ["in", "frames", "closes", "cpu"]) all[key] = sum((m) => m[key]);
    all.skipped = worst((m) => m.skipped);
    all.visible = sum((m) => m.visible) / parts.length;
    for (const key of ["input", "age", "lag"]) all[key] = { p99: worst((m) => m[key].p99) };
    return all;
}

async function play(bench, n, mix, minutes, { visible, gateways }) {
    const { stack, figures } = bench;
    await stack.start({ gateways });
    stack.layout(mix === mixed ? n * 0.9 : n, visible, { fighters: mix === fighting });
    const crews = [];
    for (let gateway = 1; gateway <= gateways; gateway++)
        crews.push(new Crew(stack, n / gateways, mix, { watch: 100, gateway }));
    for (const crew of crews) await crew.settle(600000);
    const before = await stack.metrics("simulation-0");
    const windows = [];
    for (let i = 0; i < (minutes * 60) / WINDOW_S; i++)
        windows.push(together(await Promise.all(crews.map((c) => c.window(WINDOW_S)))));
    const after = await stack.metrics("simulation-0");
    for (const crew of crews) await crew.quit();
    const at = (pick) => median(windows.map(pick));
    const sum = (pick) => windows.map(pick).reduce((a, b) => a + b, 0);
    const grown = (name) => (after[name] ?? 0) - (before[name] ?? 0);
    const open = windows.map((m) => ({ ...m, closes: 0 }));
    const wrong = objection(open);
    const name = `aim, ${n} ${mix === mixed ? "mixed" : "fighting"}`;
    const add = (what, value, unit, more) =>
        figures.add({ name: `${name}: ${what}`, value, unit, ...more });
    const least = Math.min(...windows.map((m) => m.in));
    add("in, at the least", least, "pilots", { aim: n, least: true });
    add("frames to each pilot", at((m) => m.frames / m.seconds / n), "/s", {
        aim: mix === mixed ? 5 : 19,
        least: true,
        void: wrong,
    });
    const inTime = { aim: 100, void: objectionToTimes(open) };
    add("input to its acknowledgement p99", at((m) => m.input.p99), "ms", inTime);
    add("tick to the socket of who is near p99", at((m) => m.age.p99), "ms", inTime);
    add("sockets closed", sum((m) => m.closes), "", { aim: 0 });
    const skipped = grown("startrader_tick_skipped_total");
    add("times of a tick that passed unused", skipped, "", { aim: 0 });
    add("ships visible, mean", at((m) => m.visible), "ships", { aim: 50, least: true });
    add("load generator, beside", at((m) => m.cpu / m.seconds), "CPUs");
    add("load generator late, p99", at((m) => m.lag.p99), "ms");
}

export async function aims(bench) {
    const { quick, figures } = bench;
    figures.section("aims: 10,000 of mixed behaviour; 3,000 that all fight");
    const two = { visible: 53, gateways: 2 };
    const one = { visible: 53, gateways: 1 };
    await play(bench, quick ? 1000 : 10000, mixed, quick ? 0.5 : 10, two);
    await play(bench, quick ? 500 : 3000, fighting, quick ? 0.5 : 2, one);
}
