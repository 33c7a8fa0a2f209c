// SPDX-License-Identifier: Apache-2.0
// Three ways to make a living, on the SDK: each function plays one round, from a station to a
// station, and leaves the hold empty. What it cannot do is a StarTraderError.

const SPEED = 210; // units per second, that rounds are reckoned with
const STAY_S = 30; // docking, undocking, turning
const NEAR = 16000; // units; further stations are not looked at
const STEPS = 4096;
const PULSE = 760; // units per second of a bolt, as fast as the ship that fires
const RANGE = 800;
const SIGHT = 1600;
const HUNT_MS = 240000;
// Where raiders lurk within reach of Terra High, units from the Sun.
const LAIRS = [
    [-2600, 5200],
    [4200, 3600],
];
const SUN = 524288;

const stationOf = (bot) => bot.station(bot.docked);
const apart = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
const seconds = (a, b) => STAY_S + apart(a, b) / SPEED;
const riskAt = (bot, to) => bot.zones.find((zone) => zone.id === to.zone).risk;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// No station on a line that leads through space where raiders hunt beginners.
function quiet(bot, from, to) {
    if (riskAt(bot, to) > 1 || apart(from, to) > NEAR) return false;
    for (let i = 1; i < 16; i++) {
        const [x, y] = ["x", "y"].map((k) => from[k] + ((to[k] - from[k]) * i) / 16);
        if (bot.zoneAt(x, y).risk > 1) return false;
    }
    return true;
}

const roomFor = (bot, good, hold) => Math.floor(hold / bot.good(good).mass);

async function bestTrade(bot) {
    const here = stationOf(bot);
    const { credits, hold } = await bot.account();
    const markets = await bot.markets();
    let best = { rate: 0 };
    for (const line of markets) {
        if (line.location !== here.id || !line.sells || line.restricted) continue;
        const room = Math.min(line.stock, roomFor(bot, line.commodity, hold), 1000);
        const quantity = Math.floor(Math.min(room, (0.9 * credits) / line.buy));
        if (quantity < 1) continue;
        for (const there of markets) {
            const to = bot.station(there.location);
            if (there.commodity !== line.commodity || !there.buys || there.restricted) continue;
            if (to.id === here.id || !quiet(bot, here, to)) continue;
            const rate = (quantity * (there.sell - line.buy)) / seconds(here, to);
            if (rate > best.rate) best = { rate, to, commodity: line.commodity, quantity };
        }
    }
    return best;
}

async function fly(bot, to) {
    await bot.undock();
    await bot.flyTo(to);
    await bot.dock(to.id);
}

async function sellAll(bot) {
    const { cargo } = await bot.account();
    for (const { commodity, quantity } of cargo)
        await bot.order({ side: "sell", commodity, quantity }).catch(() => {});
}

// The neighbour that is quiet to reach; where nothing is to be earned, somewhere else it is.
async function moveOn(bot) {
    const here = stationOf(bot);
    const others = bot.stations.filter((s) => s.id !== here.id && quiet(bot, here, s));
    const to = others[Math.floor(Math.random() * others.length)];
    await (to ? fly(bot, to) : pause(5000));
}

/** Buys what pays best per minute at a quiet station within reach, flies there, sells. */
export async function haul(bot) {
    const { to, commodity, quantity } = await bestTrade(bot);
    if (!to) return moveOn(bot);
    await bot.order({ side: "buy", commodity, quantity });
    await fly(bot, to);
    await sellAll(bot);
}

/** Takes the delivery that pays best per minute, and brings it. */
export async function deliver(bot) {
    const here = stationOf(bot);
    const { credits, hold } = await bot.account();
    const { offer } = await bot.contracts();
    const rate = (c) => c.fee / seconds(here, bot.station(c.destination));
    const mine = offer
        .filter((c) => c.collateral <= credits && quiet(bot, here, bot.station(c.destination)))
        .filter((c) => c.quantity <= roomFor(bot, c.commodity, hold))
        .sort((a, b) => rate(b) - rate(a));
    if (mine.length === 0) return moveOn(bot);
    await bot.takeContract(mine[0]);
    await fly(bot, bot.station(mine[0].destination));
    await sellAll(bot); // of a delivery that came too late
}

const hull = (bot) => {
    const { own } = bot;
    return own ? own.hull / bot.shipClass(own.classId).hull : 0;
};

function raider(bot) {
    const at = bot.place;
    const near = bot.ships().filter((s) => s.faction === "raider" && apart(s, at) < SIGHT);
    return near.sort((a, b) => apart(a, at) - apart(b, at))[0];
}

// Where a bolt fired now and the target meet.
function lead(at, target) {
    const [dx, dy] = [target.x - at.x, target.y - at.y];
    const [vx, vy] = [target.vx - at.vx, target.vy - at.vy];
    let t = Math.hypot(dx, dy) / PULSE;
    for (let i = 0; i < 3; i++) t = Math.hypot(dx + vx * t, dy + vy * t) / PULSE;
    return { x: target.x + vx * t, y: target.y + vy * t };
}

function aim(bot, target) {
    const at = bot.place;
    const far = apart(target, at);
    const heading = bot.headingTo(lead(at, target));
    const off = Math.abs(((heading - at.heading + STEPS * 1.5) % STEPS) - STEPS / 2);
    bot.steer({
        heading,
        thrust: far > 350 ? "ahead" : "coast",
        boost: far > RANGE,
        fire: far < RANGE && off < 60,
        target: target.id,
    });
}

// Fights until nothing is near, or it hurts.
async function fight(bot) {
    let calm = 0;
    await bot.until(() => {
        const target = bot.phase === "flying" && hull(bot) > 0.4 ? raider(bot) : null;
        if (!target) return calm++ > 20 || hull(bot) <= 0.4 || bot.phase !== "flying";
        calm = 0;
        aim(bot, target);
        return false;
    }, HUNT_MS);
    bot.steer({ fire: false, boost: false, thrust: "brake", target: 0 });
}

// What the raider left.
async function gather(bot) {
    const end = performance.now() + 20000;
    await bot.until(() => {
        const at = bot.place;
        const loot = bot.loot().filter((l) => apart(l, at) < 900);
        if (loot.length === 0 || performance.now() > end || raider(bot)) return true;
        const next = loot.sort((a, b) => apart(a, at) - apart(b, at))[0];
        const speed = Math.hypot(at.vx, at.vy);
        const thrust = speed < 60 || apart(next, at) > speed * 2.5 ? "ahead" : "brake";
        bot.steer({ heading: bot.headingTo(next), thrust });
        return false;
    }, HUNT_MS);
}

/** Flies from lair to lair, fights whoever lurks there, goes home when hurt or late. */
export async function hunt(bot, until) {
    const home = stationOf(bot);
    const end = Math.min(until, performance.now() + HUNT_MS);
    await bot.undock();
    for (let i = Math.floor(Math.random() * 2); performance.now() < end; i++) {
        const [x, y] = LAIRS[i % LAIRS.length].map((n) => n + SUN);
        let there = false;
        bot.flyTo({ x, y }).then(
            () => (there = true),
            () => {},
        );
        await bot.until(() => there || raider(bot) || bot.phase !== "flying", HUNT_MS);
        if (bot.phase !== "flying") break;
        await fight(bot);
        if (bot.phase !== "flying" || hull(bot) <= 0.4) break;
        await gather(bot);
    }
    await bot.until(() => bot.phase === "flying" || bot.docked !== 0, 60000);
    if (bot.phase !== "flying") return;
    await bot.flyTo(home);
    await bot.dock(home.id);
    await sellAll(bot);
}
