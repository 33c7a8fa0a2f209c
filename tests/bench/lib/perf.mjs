// SPDX-License-Identifier: Apache-2.0
// Profiles of the daemons while they work, where perf is installed: one folded text per process,
// "frame;frame;frame count" by line, as flame graph programs read it.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

const SECONDS = 8;

export function perfInstalled() {
    return spawnSync("perf", ["--version"]).status === 0;
}

// Stacks of `perf script`, counted; outermost first.
function fold(text) {
    const counts = new Map();
    let stack = [];
    const flush = (name) => {
        if (stack.length) {
            const key = [name, ...stack.reverse()].join(";");
            counts.set(key, (counts.get(key) ?? 0) + 1);
        }
        stack = [];
    };
    let name = "";
    for (const line of text.split("\n")) {
        const frame = /^\s+[0-9a-f]+ (.+?)(?:\+0x[0-9a-f]+)? \(.*\)$/.exec(line);
        if (frame) stack.push(frame[1].replaceAll(";", ":"));
        else if (line === "") flush(name);
        else if (!/^\s/.test(line)) name = line.split(/\s+/)[0];
    }
    flush(name);
    return [...counts].sort((a, b) => b[1] - a[1]).map(([k, n]) => `${k} ${n}`);
}

// Where the time itself was spent, in percent.
function flat(folded) {
    const self = new Map();
    let all = 0;
    for (const line of folded) {
        const n = Number(line.slice(line.lastIndexOf(" ") + 1));
        const leaf = line.slice(0, line.lastIndexOf(" ")).split(";").at(-1);
        self.set(leaf, (self.get(leaf) ?? 0) + n);
        all += n;
    }
    return [...self]
        .sort((a, b) => b[1] - a[1])
        .slice(0, 40)
        .map(([k, n]) => `${((n / all) * 100).toFixed(2).padStart(6)} %  ${k}`);
}

export async function perfRecord(bench, label) {
    mkdirSync(bench.perf, { recursive: true });
    for (const name of ["gateway-1", "simulation-0", "nats"]) {
        const data = path.join(bench.perf, `${label}-${name}.data`);
        const record = ["record", "-q", "-g", "-F", "499", "-o", data];
        const pid = String(bench.stack.pid(name));
        spawnSync("perf", [...record, "-p", pid, "--", "sleep", String(SECONDS)]);
        const text = execFileSync("perf", ["script", "-i", data], {
            encoding: "utf8",
            maxBuffer: 1 << 30,
            stdio: ["ignore", "pipe", "ignore"],
        });
        const folded = fold(text);
        const save = (kind, lines) =>
            writeFileSync(
                path.join(bench.perf, `${label}-${name}.${kind}`),
                `${lines.join("\n")}\n`,
            );
        save("folded", folded);
        save("txt", flat(folded));
        rmSync(data);
    }
    bench.say(`profiles in ${bench.perf}`);
}
