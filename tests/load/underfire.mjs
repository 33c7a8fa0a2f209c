// SPDX-License-Identifier: Apache-2.0
// underfire.mjs [--minutes N] [--pilots N] [--latency MS] [--jitter MS]: new guests of the stack
// that deploy/up left running hunt raiders by the SDK over a slow line and are shot at. Prints how
// many bolts met them and how often their predicted ship had to be corrected; exits with 1 when
// nobody was hit, or when a correction was too large to be blended. Needs
// services/gateway/web/build.
import net from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { later } from "../web/later.mjs";
import { loadEnv, top, Verdict } from "./common.mjs";
import { hunt } from "./ways.mjs";

const { StarTrader } = await import(pathToFileURL(path.join(top, ".build/sdk/index.js")).href);
const text = (value) => ({ type: "string", default: value });
const options = { minutes: text("5"), pilots: text("4"), latency: text("60"), jitter: text("30") };
const { values } = parseArgs({ options });
const [minutes, pilots, latency, jitter] = Object.keys(options).map((key) => Number(values[key]));
// Beyond this a correction is shown at once (blending ends at 64 units, 7-cockpit: "never jumps").
const BLENDED = 64;

// Passes bytes on over the slow line, and its end.
function relay(from, to, change = (bytes) => bytes) {
    const pass = later({ latency, jitter }, (bytes) => to.write(bytes));
    from.on("data", (bytes) => pass(change(bytes)));
    from.on("close", () => setTimeout(() => to.destroy(), latency + jitter));
    from.on("error", () => to.destroy());
}

function fromOrigin(bytes, url) {
    if (bytes.subarray(0, 4).toString() !== "GET ") return bytes;
    return Buffer.from(bytes.toString("latin1").replace(/^(Origin: ).*$/im, `$1${url}`), "latin1");
}

// A line to the gateway that is as slow as the options say. Requests come from the origin that the
// gateway knows.
async function slowLine(url) {
    const { hostname, port } = new URL(url);
    const server = net.createServer((near) => {
        const far = net.connect(Number(port), hostname);
        relay(near, far, (bytes) => fromOrigin(bytes, url));
        relay(far, near);
    });
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

async function live(url, end) {
    const bot = await StarTrader.connect({ url, guest: true });
    const life = { hits: 0, losses: 0, troubles: 0 };
    bot.on("hitTaken", () => life.hits++);
    bot.on("destroyed", () => life.losses++);
    while (performance.now() < end) {
        try {
            await bot.until(() => bot.docked !== 0 && bot.connected, 60000);
            await hunt(bot, end);
        } catch {
            life.troubles++;
            if (bot.phase === "flying") break;
        }
    }
    Object.assign(life, bot.corrections);
    bot.close();
    return life;
}

loadEnv();
const verdict = new Verdict();
const line = await slowLine(process.env.ST_URL);
const end = performance.now() + minutes * 60000;
const lives = await Promise.all(Array.from({ length: pilots }, () => live(line.url, end)));
line.close();
const sum = (key) => lives.reduce((n, life) => n + life[key], 0);
const largest = Math.max(...lives.map((life) => life.largest));
console.log(`${sum("losses")} ships lost, ${sum("troubles")} troubles`);
verdict.check(sum("hits") > 0, `${sum("hits")} bolts met the pilots`);
verdict.check(
    largest < BLENDED,
    `${sum("count")} corrections of the own ship, the largest ${largest.toFixed(1)} units`,
);
verdict.finish();
