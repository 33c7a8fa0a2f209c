// SPDX-License-Identifier: Apache-2.0
// Three ways to make a living, on the SDK: each function plays one round, from a station to a
// station, and leaves the hold empty. What it cannot do is a StarTraderError.

const SPEED = 210; // units per second, that rounds are reckoned with
const STAY_S = 30; // docking, undocking, turning
const STEPS = 4096;
const PULSE = 760; // units per second of a bolt, as fast as the ship that fires
const RANGE = 800;
const SIGHT = 1600;
const HUNT_MS = 240000;
// Where raiders lurk within reach of Terra High, units from the Sun.
const LAIRS = [
    [-2600, 5200],
    [4200, 3600],
    [9000, 6300],
];
const SUN = 524288;

const stationOf = (bot) => bot.station(bot.docked);
const apart = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
const seconds = (way) => STAY_S + way.length / SPEED;
const riskAt = (bot, to) => bot.zones.find((zone) => zone.id === to.zone).risk;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// A straight line through no space where raiders hunt.
function quietLine(bot, from, to) {
    for (let i = 1; i < 24; i++) {
        const [x, y] = ["x", "y"].map((k) => from[k] + ((to[k] - from[k]) * i) / 24);
        if (bot.zoneAt(x, y).risk > 1) return false;
    }
    return true;
}

// Which stations and waypoints can be reached from which by such lines, by configuration.
const lanes = new WeakMap();
function lanesOf(bot) {
    const quiet = bot.stations.filter((s) => riskAt(bot, s) <= 1);
    const nodes = [...quiet, ...bot.config.waypoints];
    const reach = (a) => nodes.filter((b) => a !== b && quietLine(bot, a, b));
    if (!lanes.has(bot.config)) lanes.set(bot.config, new Map(nodes.map((a) => [a, reach(a)])));
    return lanes.get(bot.config);
}

// The shortest quiet way to every station, as {length, via}; via are the places to fly to in turn.
function waysFrom(bot, from) {
    const found = new Map([[from, { length: 0, via: [] }]]);
    const open = new Set([from]);
    while (open.size > 0) {
        const at = [...open].sort((a, b) => found.get(a).length - found.get(b).length)[0];
        const { length, via } = found.get(at);
        open.delete(at);
        for (const next of lanesOf(bot).get(at) ?? []) {
            const longer = length + apart(at, next);
            if (longer >= (found.get(next)?.length ?? Infinity)) continue;
            found.set(next, { length: longer, via: [...via, next] });
            open.add(next);
        }
    }
    found.delete(from);
    return found;
}

const massOf = (bot, cargo) =>
    cargo.reduce((sum, { commodity, quantity }) => sum + quantity * bot.good(commodity).mass, 0);
const roomFor = (bot, good, { hold, cargo }) =>
    Math.floor((hold - massOf(bot, cargo)) / bot.good(good).mass);

async function bestTrade(bot) {
    const here = stationOf(bot);
    const account = await bot.account();
    const markets = await bot.markets();
    const ways = waysFrom(bot, here);
    let best = { rate: 0 };
    for (const line of markets) {
        if (line.location !== here.id || !line.sells || line.restricted) continue;
        const room = Math.min(line.stock, roomFor(bot, line.commodity, account), 1000);
        const quantity = Math.floor(Math.min(room, (0.9 * account.credits) / line.buy));
        if (quantity < 1) continue;
        for (const there of markets) {
            if (there.commodity !== line.commodity || !there.buys || there.restricted) continue;
            const way = ways.get(bot.station(there.location));
            if (!way) continue;
            const rate = (quantity * (there.sell - line.buy)) / seconds(way);
            if (rate > best.rate) best = { rate, way, commodity: line.commodity, quantity };
        }
    }
    return best;
}

async function fly(bot, { via }) {
    await bot.undock();
    for (const place of via) await bot.flyTo(place);
    await bot.dock(via.at(-1).id);
}

async function sellAll(bot) {
    const { cargo } = await bot.account();
    for (const { commodity, quantity } of cargo)
        await bot.order({ side: "sell", commodity, quantity }).catch(() => {});
}

// Where nothing is to be earned: another quiet station is better.
async function moveOn(bot) {
    const ways = [...waysFrom(bot, stationOf(bot))].filter(([place]) => "dockRadius" in place);
    const near = ways.map(([, way]) => way).sort((a, b) => a.length - b.length);
    const way = near[Math.floor(Math.random() * Math.min(3, near.length))];
    await (way ? fly(bot, way) : pause(5000));
}

/** Buys what pays best per minute at a station on a quiet way, flies there, sells. */
export async function haul(bot) {
    const { way, commodity, quantity } = await bestTrade(bot);
    if (!way) return moveOn(bot);
    await bot.order({ side: "buy", commodity, quantity });
    await fly(bot, way);
    await sellAll(bot);
}

/** Takes the delivery that pays best per minute, and brings it. */
export async function deliver(bot) {
    const here = stationOf(bot);
    const account = await bot.account();
    const { offer } = await bot.contracts();
    const ways = waysFrom(bot, here);
    const wayOf = (c) => ways.get(bot.station(c.destination));
    const rate = (c) => c.fee / seconds(wayOf(c));
    const mine = offer
        .filter((c) => c.collateral <= account.credits && wayOf(c))
        .filter((c) => c.quantity <= roomFor(bot, c.commodity, account))
        .sort((a, b) => rate(b) - rate(a));
    if (mine.length === 0) return moveOn(bot);
    await bot.takeContract(mine[0]);
    await fly(bot, wayOf(mine[0]));
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
    for (let i = Math.floor(Math.random() * LAIRS.length); performance.now() < end; i++) {
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
