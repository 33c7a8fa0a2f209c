// SPDX-License-Identifier: Apache-2.0
// The kernel's step by ships and volleys, from tests/bench/tick, which has its own floor.
import { execFileSync } from "node:child_process";
import path from "node:path";
import { bin } from "./stack.mjs";

const AIM = "tick.spread.20000_40000";

export async function tick(bench) {
    const { figures, quick } = bench;
    figures.section("tick: the step of the simulation's kernel, in CPU time");
    const sizes = quick ? [[1000, 2000], [20000, 40000]] : [];
    const runs = sizes.map(([ships, shots]) => [
        ...["--ships", String(ships), "--shots", String(shots)],
        ...["--ticks", "300"],
    ]);
    for (const args of quick ? runs : [[]]) {
        const text = execFileSync(path.join(bin, "tick_bench"), [...args, "--json"], {
            encoding: "utf8",
        });
        for (const line of text.split("\n").filter((l) => l.startsWith("{"))) {
            const f = JSON.parse(line);
            if (f.name === `${AIM}.p50`) Object.assign(f, { aim: 3, of: "ratio" });
            if (f.name === `${AIM}.p999`) Object.assign(f, { aim: 10 });
            figures.add(f);
        }
    }
}
