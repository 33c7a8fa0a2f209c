// SPDX-License-Identifier: Apache-2.0
// Pilots whose acts are watched one by one: each request is sent under one id until it is decided,
// every answer to it is kept, and the first definite one is the only one that there may be.
import { randomBytes } from "node:crypto";
import * as client from "../system/client.mjs";
import { docks } from "../system/world.mjs";

const { Code, OrderResult, ActionResult, Phase, Side } = client;
const AGAIN_MS = 200;
const SILENT_MS = 2000;
export const DEFINITE_MS = 30000;
const UNDECIDED = ["UNAVAILABLE", "BUSY", "TIMEOUT", "RATE_LIMITED"].map((n) => Code[`CODE_${n}`]);
const pause = (ms) => new Promise((r) => setTimeout(r, ms));
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const below = (n) => Math.floor(Math.random() * n);
const resultName = Object.fromEntries(
    Object.entries(OrderResult).map(([name, value]) => [value, name.replace("ORDER_RESULT_", "")]),
);
const HEAD = 1000; // credits, the least

export const tally = {
    acts: 0,
    repeated: 0, // asked once more after they were decided
    unknown: [], // without a definite answer
    contradicted: [], // two definite answers that differ
    overheard: [], // more answers than questions
};

class Act {
    constructor(pilot, verb, body) {
        Object.assign(this, { pilot, verb, body, sends: 0, answers: 0, undecided: 0 });
        this.id = randomBytes(16);
        this.key = this.id.toString("hex");
        this.sentAt = performance.now();
    }

    send() {
        this.sends += 1;
        this.fresh = false;
        try {
            this.pilot.send({ request: [{ requestId: this.id, [this.verb]: this.body }] });
        } catch {
            // The socket comes again.
        }
    }

    hear(reply) {
        this.answers += 1;
        this.fresh = true;
        const body = reply[this.verb];
        const again = body?.result === OrderResult.ORDER_RESULT_TRY_AGAIN && this.verb !== "undock";
        if (UNDECIDED.includes(reply.code) || again) {
            this.undecided += 1;
            return;
        }
        const text = JSON.stringify([reply.code, body?.toJSON?.() ?? null]);
        this.decidedAt ??= performance.now();
        this.text ??= text;
        this.reply ??= reply;
        if (text !== this.text) tally.contradicted.push(`${this.verb}: ${this.text}, ${text}`);
        if (this.answers > this.sends) tally.overheard.push(`${this.verb} ${this.key}`);
    }

    async settle() {
        tally.acts += 1;
        const deadline = this.sentAt + DEFINITE_MS;
        while (!this.reply && performance.now() < deadline) {
            this.send();
            const silent = performance.now() + SILENT_MS;
            while (!this.fresh && performance.now() < silent) await pause(5);
            if (!this.reply) await pause(AGAIN_MS);
        }
        if (!this.reply) tally.unknown.push(`${this.verb} ${this.key}`);
        return this.reply;
    }

    // A definite answer is the same for ever.
    async again() {
        tally.repeated += 1;
        this.send();
        const deadline = performance.now() + SILENT_MS;
        while (!this.fresh && performance.now() < deadline) await pause(5);
    }

    get line() {
        const told = this.reply?.[this.verb];
        const result = told ? resultName[told.result] : "unknown";
        const common = { op: this.verb, player: Number(this.pilot.id), result };
        if (this.verb === "order") {
            const { location, commodity, side, quantity } = this.body;
            const total = told?.result === OrderResult.ORDER_RESULT_DONE ? Number(told.total) : 0;
            return {
                ...common,
                order_id: this.key,
                ...{ location, commodity, quantity, total },
                side: side === Side.SIDE_BUY ? "buy" : "sell",
            };
        }
        const names =
            this.verb === "limit" ? ["filled", "total", "collected", "rev"] : ["balance", "rev"];
        const answer = Object.fromEntries(names.map((n) => [n, Number(told?.[n] ?? 0)]));
        return { ...common, request_id: this.key, answer };
    }
}

export class Pilot extends client.Player {
    acts = new Map();
    busy = false;
    waiting = []; // limit orders
    taken = []; // contracts

    onFrame(frame) {
        super.onFrame(frame);
        for (const reply of frame.reply) this.acts.get(hex(reply.requestId))?.hear(reply);
    }

    // Guest, connected, and connected again whenever the socket is lost.
    static async enter(base) {
        const p = new Pilot(base);
        await p.guest();
        await p.connect();
        await p.until("own state", () => p.own);
        p.keeping = setInterval(() => p.keep(), 500);
        return p;
    }

    async keep() {
        if (!this.closed || this.opening) return;
        this.opening = true;
        await this.connect().catch(() => undefined);
        this.opening = false;
    }

    leave() {
        clearInterval(this.keeping);
        this.close();
    }

    get docked() {
        return this.own?.phase === Phase.PHASE_DOCKED;
    }

    // Sends it; `settled` holds the definite answer.
    act(verb, body, history) {
        const act = new Act(this, verb, body);
        this.acts.set(act.key, act);
        this.busy = true;
        act.settled = (async () => {
            const reply = await act.settle();
            if (reply && below(3) === 0) await act.again();
            if (verb !== "undock") history?.write(`${JSON.stringify(act.line)}\n`);
            return reply;
        })();
        return act;
    }
}

const done = (reply, verb) => reply?.[verb]?.result === OrderResult.ORDER_RESULT_DONE;

// A question that may be asked again and again; undefined while it is not answered.
async function look(p, body) {
    const verb = Object.keys(body)[0];
    const reply = await p.ask(body, { ms: 3000 }).catch(() => undefined);
    return reply?.code === Code.CODE_OK ? reply[verb] : undefined;
}

// What there is to do of each kind: [verb, body, what follows], or nothing at the moment.
export const makers = {
    order(p) {
        const side = below(2) ? Side.SIDE_BUY : Side.SIDE_SELL;
        const order = { location: p.own.location, commodity: 6, side, quantity: 1 + below(3) };
        return ["order", order];
    },
    undock() {
        return ["undock", {}];
    },
    limit(p) {
        const where = { location: p.own.location, commodity: 6 };
        const what = below(10);
        if (what < 2 && p.waiting.length)
            return ["limit", { action: 2, ...where, order: p.waiting.shift() }];
        if (what < 3) return ["limit", { action: 3, ...where }];
        const side = below(2) ? Side.SIDE_BUY : Side.SIDE_SELL;
        const limit = { action: 1, ...where, side, price: 20 + below(8), quantity: 1 + below(4) };
        return [
            "limit",
            limit,
            (reply) => {
                if (done(reply, "limit") && Number(reply.limit.order?.order))
                    p.waiting.push(reply.limit.order.order);
            },
        ];
    },
    contract(p, offers, target) {
        const naming = (action, c) => ({
            action,
            contract: c.contract,
            origin: c.origin,
            destination: c.destination,
            commodity: c.commodity,
        });
        if (p.taken.length) return ["contract", naming(2, p.taken.shift())];
        const c = offers.shift();
        if (c)
            return [
                "contract",
                naming(1, c),
                (reply) => done(reply, "contract") && p.taken.push(c),
            ];
        return target && ["contract", { action: 3, target, reward: HEAD }];
    },
};

export async function offers(p) {
    return (await look(p, { contracts: { location: p.own.location } }))?.offer ?? [];
}

// A hold for contracts, and something to sell.
export async function enrich(p, runCtl) {
    if (!runCtl(["player", "ship", p.id, "hauler"])) return;
    await look(p, {
        order: { location: p.own.location, commodity: 6, side: Side.SIDE_BUY, quantity: 6 },
    });
}

// --- flight ---

const UNIT = 512; // of positions
const DRONE_AHEAD = 900; // units ahead of a newcomer that leaves the station
const FLIGHT_MS = 25000;
const STEP_MS = 150;

function bearing(p, to) {
    const [dx, dy] = [to.x - p.own.x, to.y - p.own.y];
    const targetHeading = Math.round((Math.atan2(dy, dx) / (2 * Math.PI)) * 4096) & 4095;
    return { targetHeading, far: Math.hypot(dx, dy) / UNIT };
}

// Towards a place, slower the nearer it is, until `there`; false when it takes too long, or the
// ship is not in space any more.
async function goTo(p, to, there, fire = 0) {
    const deadline = performance.now() + FLIGHT_MS;
    while (performance.now() < deadline && p.own?.phase === Phase.PHASE_FLYING) {
        const { targetHeading, far } = bearing(p, to);
        if (there(far)) return true;
        const speed = (Math.hypot(p.own.vx, p.own.vy) / UNIT) * 20;
        const wanted = Math.min(200, far * 0.5);
        const thrust = speed < wanted ? 1 : speed > wanted * 1.5 ? 3 : 0;
        try {
            p.input({ targetHeading, thrust, fire: far < 700 ? fire : 0 });
        } catch {
            return false;
        }
        await pause(STEP_MS);
    }
    return false;
}

// A flight as a newcomer makes it: the training drone ahead, what it leaves, and back to the
// station, however often the world is lost on the way.
export async function flies(p) {
    const start = { x: p.own.x, y: p.own.y };
    const angle = (((p.own.ctl >>> 12) & 0xfff) / 4096) * 2 * Math.PI;
    const drone = {
        x: start.x + Math.cos(angle) * DRONE_AHEAD * UNIT,
        y: start.y + Math.sin(angle) * DRONE_AHEAD * UNIT,
    };
    const events = p.private.length;
    const saw = (what) => p.private.slice(events).some((event) => event[what]);
    const deadline = performance.now() + 3 * FLIGHT_MS;
    if (await goTo(p, drone, (far) => saw("kill") || far < 60, 1))
        await goTo(p, drone, (far) => saw("pickedUp") || far < 15);
    while (performance.now() < deadline && !p.docked) {
        if (p.closed || p.own?.phase !== Phase.PHASE_FLYING) await pause(300);
        else if (await goTo(p, start, (far) => far < 100)) await docks(p).catch(() => pause(200));
    }
    return p.docked;
}

export const undockDone = (reply) =>
    reply?.undock?.result === ActionResult.ACTION_RESULT_OK;
