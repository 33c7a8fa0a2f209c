// SPDX-License-Identifier: Apache-2.0
// Messages on NATS and what they cost, by players and gateways: the world stream must not grow with
// either. The floor of the stream's cost is one copy of its bytes.
import { Crew, mixed, objection } from "./crew.mjs";
import { median } from "./figures.mjs";
import { floorCopy } from "./floors.mjs";

const MESSAGES_MAX = 100;

async function counters(stack) {
    const simulation = await stack.metrics("simulation-0");
    const at = performance.now();
    let published = simulation.startrader_bus_published_total ?? 0;
    let received = simulation.startrader_bus_received_total ?? 0;
    let batches = 0;
    for (let i = 1; i <= stack.gateways; i++) {
        const m = await stack.metrics(`gateway-${i}`);
        published += m.startrader_bus_published_total ?? 0;
        received += m.startrader_bus_received_total ?? 0;
        batches += m.startrader_gateway_batches_total ?? 0;
    }
    const world = simulation.startrader_world_messages_total ?? 0;
    const bytes = simulation.startrader_world_bytes_total ?? 0;
    return { at, world, bytes, published, received, batches };
}

async function measure(bench, n, gateways) {
    const { stack, quick } = bench;
    await stack.start({ gateways });
    stack.layout(n * 0.9, 53);
    const share = Math.floor(n / gateways);
    const crews = [];
    for (let g = 1; g <= gateways; g++)
        crews.push(new Crew(stack, share, mixed, { watch: 50, gateway: g }));
    for (const crew of crews) await crew.settle();
    const before = await counters(stack);
    const windows = [];
    for (let i = 0; i < (quick ? 1 : 3); i++)
        windows.push((await Promise.all(crews.map((c) => c.window(quick ? 6 : 10))))[0]);
    const after = await counters(stack);
    const seconds = (after.at - before.at) / 1000;
    for (const crew of crews) await crew.quit();
    const rate = (key) => (after[key] - before[key]) / seconds;
    const cpu = (name) => median(windows.map((m) => m.daemons[name] / m.seconds));
    return { n, gateways, rate, cpu, wrong: objection(windows) };
}

function report(bench, r, copy) {
    const { figures } = bench;
    const name = (what) => `bus ${r.n} pilots, ${r.gateways} gateway(s): ${what}`;
    const add = (what, value, unit, more) =>
        figures.add({ name: name(what), value, unit, ...more });
    add("world stream", r.rate("world"), "msg/s", { aim: MESSAGES_MAX });
    add("world stream", r.rate("bytes") / 1000, "KB/s");
    add("published by simulation and gateways", r.rate("published"), "msg/s");
    add("delivered to simulation and gateways", r.rate("received"), "msg/s");
    add("batches of inputs", r.rate("batches"), "msg/s");
    add("nats-server", r.cpu("nats") * 1000, "CPU ms/s");
    const perByte = (r.cpu("simulation-0") * 1e9) / r.rate("bytes");
    add("simulation, per byte of the stream", perByte, "ns", {
        floor: copy,
        note: "floor: one copy of a byte",
    });
}

export async function bus(bench) {
    bench.figures.section("bus: messages and CPU by players and gateways");
    const copy = median([floorCopy(), floorCopy(), floorCopy()].map((f) => f.ns_per_byte));
    const sizes = bench.quick ? [[400, 1], [400, 2]] : [[500, 1], [2000, 1], [2000, 2], [2000, 3]];
    const results = [];
    for (const [n, gateways] of sizes) results.push(await measure(bench, n, gateways));
    for (const r of results) report(bench, r, copy);
    await bench.stack.start();
}
