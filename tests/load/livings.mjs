// SPDX-License-Identifier: Apache-2.0
// livings.mjs [--minutes N] [--pilots N]: new guests of the stack that deploy/up left running try
// to make a living in a shuttle, each in one way: haul goods between quiet stations, fulfil
// delivery contracts, hunt raiders. Prints what each way earned per minute of play, fuel, docking
// fees, repairs and losses included; exits with 1 when one of them did not pay. Needs
// services/gateway/web/build.
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { loadEnv, top, Verdict } from "./common.mjs";
import { deliver, haul, hunt } from "./ways.mjs";

const sdk = path.join(top, ".build/sdk/index.js");
const { StarTrader } = await import(pathToFileURL(sdk).href);
const options = { minutes: { type: "string" }, pilots: { type: "string" } };
const { values } = parseArgs({ options });
const minutes = Number(values.minutes ?? 15);
const pilots = Number(values.pilots ?? 4);

const TROUBLE_MS = 1000;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// The next station after a loss; the ship is there by itself.
async function backDocked(bot) {
    if (bot.phase === "flying") {
        const { x, y } = bot.place;
        const far = (s) => Math.hypot(s.x - x, s.y - y);
        const home = bot.stations.filter((s) => bot.zoneAt(s.x, s.y).risk <= 1);
        home.sort((a, b) => far(a) - far(b));
        await bot.flyTo(home[0]);
        await bot.dock(home[0].id);
    }
    await bot.until(() => bot.docked !== 0, 60000);
}

async function live(way, end) {
    const bot = await StarTrader.connect({ url: process.env.ST_URL, guest: true });
    const life = { rounds: 0, losses: 0, troubles: {}, earned: 0, minutes: 0, worst: 0 };
    bot.on("destroyed", () => life.losses++);
    const begun = performance.now();
    const { credits: first } = await bot.account();
    while (performance.now() < end) {
        try {
            await way(bot, end);
            life.rounds++;
        } catch (error) {
            const { code = error.message } = error;
            life.troubles[code] = (life.troubles[code] ?? 0) + 1;
            await pause(TROUBLE_MS);
            if (!bot.connected) await bot.until(() => bot.connected, 60000);
            await backDocked(bot).catch(() => {});
        }
    }
    await backDocked(bot);
    const { credits } = await bot.account();
    life.earned = credits - first;
    life.minutes = (performance.now() - begun) / 60000;
    bot.close();
    return life;
}

function tell(name, lives, verdict) {
    const sum = (pick) => lives.reduce((n, life) => n + pick(life), 0);
    const rates = lives.map((l) => Math.round(l.earned / l.minutes)).sort((a, b) => a - b);
    const mean = Math.round(sum((l) => l.earned) / sum((l) => l.minutes));
    const troubles = {};
    for (const life of lives)
        for (const [code, n] of Object.entries(life.troubles))
            troubles[code] = (troubles[code] ?? 0) + n;
    verdict.check(
        mean > 0,
        `${name}: ${mean} cr per minute (${rates.join(", ")}), ${sum((l) => l.rounds)} rounds, ` +
            `${sum((l) => l.losses)} ships lost, ${JSON.stringify(troubles)}`,
    );
}

loadEnv();
const verdict = new Verdict();
const end = performance.now() + minutes * 60000;
const ways = { haul, deliver, hunt };
const crews = Object.entries(ways).map(async ([name, way]) => {
    const crew = Array.from({ length: pilots }, () => live(way, end));
    return [name, await Promise.all(crew)];
});
for (const [name, lives] of await Promise.all(crews)) tell(name, lives, verdict);
verdict.finish();
