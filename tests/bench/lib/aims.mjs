// SPDX-License-Identifier: Apache-2.0
// The two aims that take long: 10,000 pilots of mixed behaviour for ten minutes, and 3,000 that all
// fight at 20 Hz.
import { Crew, fighting, mixed, objection } from "./crew.mjs";
import { median } from "./figures.mjs";

const WINDOW_S = 30;

async function play(bench, n, mix, minutes, visible) {
    const { stack, figures } = bench;
    stack.layout(mix === mixed ? n * 0.9 : n, visible, { fighters: mix === fighting });
    const crew = new Crew(stack, n, mix, { watch: 100 });
    await crew.settle(600000);
    const before = await stack.metrics("simulation-0");
    const windows = [];
    for (let i = 0; i < (minutes * 60) / WINDOW_S; i++) windows.push(await crew.window(WINDOW_S));
    const after = await stack.metrics("simulation-0");
    await crew.quit();
    const at = (pick) => median(windows.map(pick));
    const sum = (pick) => windows.map(pick).reduce((a, b) => a + b, 0);
    const grown = (name) => (after[name] ?? 0) - (before[name] ?? 0);
    const wrong = objection(windows.map((m) => ({ ...m, closes: 0 })));
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
    const inTime = { aim: 100, void: wrong };
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
    await play(bench, quick ? 1000 : 10000, mixed, quick ? 0.5 : 10, 53);
    await play(bench, quick ? 500 : 3000, fighting, quick ? 0.5 : 2, 53);
}
