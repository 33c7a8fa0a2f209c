// SPDX-License-Identifier: Apache-2.0
// A crowd of pilots (tests/load/pilots) under command: settle, mark, measure, quit.
import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { median } from "./figures.mjs";
import { bin, pause } from "./stack.mjs";

// Behaviours of the design's mix: manoeuvring 35, cruising 40, fighting 15, docked 10 of 100.
export const mixed = "35:40:0:15:0:10";
export const fighting = "0:0:0:1";
export const resting = "0:0:0:0:0:1";

// A turn of the generator is due each 5 ms. Later than this at the 99th percentile it falsifies
// times; much later, or when frames are skipped because it does not read them, amounts as well.
const LAG_MAX_MS = 25;
const LAG_AMOUNT_MS = 250;
const SKIPPED_MAX = 0.01;

export class Crew {
    waiting = [];
    said = "";

    constructor(stack, n, mix, { watch = 10, gateway = 1, args = [] } = {}) {
        this.stack = stack;
        this.n = n;
        const shares = mix.split(":").map(Number);
        const all = shares.reduce((a, b) => a + b, 0);
        this.flying = Math.round((n * (all - (shares[5] ?? 0))) / all);
        const options = ["--url", stack.url(gateway), "--pilots", String(n), "--mix", mix];
        options.push("--home", "--control", "--watch", String(watch), "--duration", "36000");
        this.child = spawn(path.join(bin, "pilots"), [...options, ...args]);
        this.child.stderr.on("data", (d) => (this.said = (this.said + d).slice(-2000)));
        this.ended = new Promise((resolve) => this.child.on("exit", resolve));
        this.child.stdin.on("error", () => {});
        createInterface({ input: this.child.stdout }).on("line", (line) => {
            if (line.startsWith("{")) this.waiting.shift()?.(JSON.parse(line));
        });
        stack.crews.push(this);
        this.ended.then(() => (stack.crews = stack.crews.filter((c) => c !== this)));
        this.ended.then(() => this.waiting.splice(0).forEach((w) => w(null)));
    }

    command(text) {
        this.child.stdin.write(`${text}\n`);
    }

    // Figures since the mark before.
    async mark() {
        const answer = new Promise((resolve) => this.waiting.push(resolve));
        this.command("mark");
        const m = await answer;
        if (!m) throw new Error(`the pilots have gone:\n${this.said}`);
        return m;
    }

    // Waits until all are in and, but for a few, in flight.
    async settle(limitMs = 180000) {
        const start = performance.now();
        for (;;) {
            const m = await this.mark();
            if (m.in === this.n && m.flying >= this.flying * 0.99) break;
            if (performance.now() - start > limitMs)
                throw new Error(
                    `after ${limitMs / 1000} s ${m.in} of ${this.n} pilots are in,` +
                        ` ${m.flying} of ${this.flying} fly\n${this.said}`,
                );
            await pause(250);
        }
        this.stack.say(
            `${this.n} pilots are in after ${((performance.now() - start) / 1000).toFixed(1)} s`,
        );
        await pause(3000);
    }

    // One window of `seconds`: what the pilots got, and the CPU seconds of each process.
    async window(seconds) {
        await this.mark();
        const before = this.stack.cpu();
        const skippedBefore = await this.skipped();
        await pause(seconds * 1000);
        const m = await this.mark();
        const after = this.stack.cpu();
        m.daemons = {};
        for (const name of Object.keys(after)) m.daemons[name] = after[name] - before[name];
        m.visible = m.near + m.middle + m.far;
        m.skipped = ((await this.skipped()) - skippedBefore) / m.frames;
        return m;
    }

    // Frames that the gateways did not build because one was unfinished.
    async skipped() {
        let sum = 0;
        for (let i = 1; i <= this.stack.gateways; i++) {
            const m = await this.stack.metrics(`gateway-${i}`);
            sum += m.startrader_gateway_frames_skipped_total ?? 0;
        }
        return sum;
    }

    async quit() {
        this.command("quit");
        this.child.stdin.end();
        await this.leave();
    }

    // After a failure, when nobody reads what it says any more.
    async end() {
        this.child.kill();
        await this.leave();
    }

    async leave() {
        await this.ended;
        await pause(2500); // their ships leave space a second after their sockets
    }
}

// Why figures of these windows do not count, or undefined: amounts, and times.
export function objection(windows) {
    const closes = windows.reduce((a, m) => a + m.closes, 0);
    if (closes > 0) return `${closes} sockets were closed`;
    const skipped = median(windows.map((m) => m.skipped));
    if (skipped > SKIPPED_MAX)
        return `the load generator did not take ${(skipped * 100).toFixed(1)} % of the frames`;
    return lateness(windows, LAG_AMOUNT_MS);
}

export const objectionToTimes = (windows) =>
    objection(windows) ?? lateness(windows, LAG_MAX_MS);

function lateness(windows, limitMs) {
    const lag = median(windows.map((m) => m.lag.p99));
    return lag > limitMs ? `the load generator was late itself, p99 ${lag} ms` : undefined;
}
