// SPDX-License-Identifier: Apache-2.0
// Bad clients beside good ones: the gaps between everybody else's frames, against calm.
import { Crew, fighting, mixed, objectionToTimes } from "./crew.mjs";
import { median } from "./figures.mjs";
import { pause } from "./stack.mjs";

const GAP_MAX_MS = 10;

export async function fair(bench) {
    const { stack, figures, quick } = bench;
    const n = quick ? 150 : 500;
    const bad = quick ? 10 : 25;
    const seconds = quick ? 4 : 10;
    figures.section(`fair: ${bad} bad clients beside ${n} good ones`);
    stack.layout(n * 0.9, 53);
    const crew = new Crew(stack, n, mixed, { watch: 20 });
    await crew.settle();
    const calm = [await crew.window(seconds)];
    const results = {};
    for (const how of ["flood", "stall", "malformed"]) {
        const rude = new Crew(stack, bad, fighting, { args: ["--rude", how] });
        await pause(5000);
        if ((await rude.mark()).frames === 0) throw new Error(`${how}: they got no frames`);
        results[how] = [];
        for (let i = 0; i < (quick ? 1 : 3); i++) results[how].push(await crew.window(seconds));
        await rude.quit();
        calm.push(await crew.window(seconds)); // by turns
    }
    await crew.quit();
    const p99 = (windows) => median(windows.map((m) => m.gap.p99));
    const add = (what, value, more) =>
        figures.add({ name: `fair: gap between frames p99, ${what}`, value, unit: "ms", ...more });
    add("calm", p99(calm), { void: objectionToTimes(calm) });
    for (const [how, windows] of Object.entries(results))
        add(how, p99(windows), {
            floor: p99(calm),
            aim: p99(calm) + GAP_MAX_MS,
            void: objectionToTimes([...calm, ...windows]),
        });
}
