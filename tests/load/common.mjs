// SPDX-License-Identifier: Apache-2.0
// What the load scripts share: the running stack's addresses, metrics, pids, pilots.
import { spawn, execFileSync } from "node:child_process";
import { readFileSync, existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const top = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const runDir = path.resolve(process.env.ST_RUN_DIR ?? path.join(top, ".run"));
export const ctl = path.join(runDir, "bin/startraderctl");

export function loadEnv() {
    const file = path.join(runDir, "env");
    if (!existsSync(file))
        throw new Error(`no running stack: ${file} is missing (start deploy/up)`);
    for (const line of readFileSync(file, "utf8").split("\n")) {
        const m = /^(?:export )?([A-Z_]+)=['"]?(.*?)['"]?$/.exec(line);
        if (m) process.env[m[1]] = m[2];
    }
}

export function pilotsBinary() {
    const file = process.env.ST_PILOTS ?? path.join(top, ".build/release/bin/pilots");
    if (!existsSync(file)) {
        execFileSync("cmake", ["--preset", "release"], { cwd: top, stdio: "ignore" });
        execFileSync("cmake", ["--build", "--preset", "release", "--target", "pilots"], {
            cwd: top,
            stdio: "inherit",
        });
    }
    return file;
}

// Runs pilots; resolves with the exit status when it ends.
export function pilots(args) {
    const child = spawn(pilotsBinary(), ["--url", process.env.ST_URL, ...args], {
        stdio: ["ignore", "inherit", "inherit"],
    });
    const done = new Promise((resolve) => child.on("exit", (code) => resolve(code ?? 128)));
    return { child, done };
}

// 0 while there is none: the file comes and goes as the supervisor works.
export function pidOf(name) {
    try {
        return Number(readFileSync(path.join(runDir, `${name}.pid`), "utf8").trim());
    } catch {
        return 0;
    }
}

// Of a process that must run.
export function runningPid(name) {
    const pid = pidOf(name);
    if (!pid || !alive(pid)) throw new Error(`${name} does not run`);
    return pid;
}

// ms until the supervisor has started another in place of `pid`; -1: not in that time.
export const comesBack = (name, pid, ms) =>
    until(async () => pidOf(name) !== pid && alive(pidOf(name)), ms, 20);

export async function allReady() {
    const names = ["GATEWAY", "SIMULATION", "PROFILE", "ECONOMY"];
    const bases = names.map((name) => process.env[`ST_${name}_INTERNAL`]);
    return (await Promise.all(bases.map(ready))).every(Boolean);
}

export function alive(pid) {
    try {
        process.kill(pid, 0);
        return true;
    } catch {
        return false;
    }
}

export async function get(url, timeoutMs = 1000) {
    try {
        const res = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
        return { status: res.status, text: await res.text() };
    } catch {
        return { status: 0, text: "" };
    }
}

// Sum of a metric over its labels; undefined when it is absent.
export async function metric(base, name) {
    const { text } = await get(`${base}/metrics`);
    let sum;
    for (const line of text.split("\n")) {
        const m = /^([a-z_]+)(?:\{[^}]*\})? (\S+)$/.exec(line);
        if (m && m[1] === name) sum = (sum ?? 0) + Number(m[2]);
    }
    return sum;
}

// Polls a condition; resolves with the ms it took, or -1 after limitMs.
export async function until(condition, limitMs, stepMs = 50) {
    const start = performance.now();
    while (performance.now() - start < limitMs) {
        if (await condition()) return performance.now() - start;
        await new Promise((r) => setTimeout(r, stepMs));
    }
    return -1;
}

export const ready = async (base) => (await get(`${base}/readyz`)).status === 200;

export function runCtl(args) {
    try {
        process.stdout.write(execFileSync(ctl, args, { encoding: "utf8" }));
        return true;
    } catch (e) {
        process.stdout.write(`${e.stdout ?? ""}${e.stderr ?? ""}`);
        return false;
    }
}

// Whether it succeeded.
export function quietCtl(args) {
    try {
        execFileSync(ctl, args, { stdio: "ignore" });
        return true;
    } catch {
        return false;
    }
}

export class Verdict {
    failed = 0;
    passed = 0;
    check(ok, text) {
        console.log(`${ok ? "ok    " : "MISSED"} ${text}`);
        if (ok) this.passed++;
        else this.failed++;
        return ok;
    }
    finish() {
        console.log(`${this.passed} passed, ${this.failed} failed`);
        process.exitCode = this.failed ? 1 : 0;
    }
}
