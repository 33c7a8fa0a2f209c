// SPDX-License-Identifier: Apache-2.0
// Follows the world from outside, with nothing but the bus's read-only user and the published
// schemas: ships by cell each second, kills and trades as they happen.
//
//   npm ci && ST_NATS_URL=nats://reader:PASSWORD@HOST:PORT node subscriber.mjs
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from 'nats';
import protobuf from 'protobufjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const proto = process.env.ST_PROTO_DIR ?? path.join(here, '../../../proto');
const root = new protobuf.Root();
root.resolvePath = (origin, target) => path.join(proto, target);
root.loadSync(['sector', 'client', 'event'].map((name) => `startrader/v1/${name}.proto`));
const type = (name) => root.lookupType(`startrader.v1.${name}`);
const WorldBundle = type('WorldBundle');
const ServerFrame = type('ServerFrame');
const WorldEvent = type('WorldEvent');
const TradesBooked = type('TradesBooked');
const Side = root.lookupEnum('startrader.v1.Side').values;

const cellOf = new Map(); // entity -> cell that last listed it
let epoch = 0;

// Ships and other things are told apart by their class: players and NPCs fly classes below 1,000.
function isShip(staticBits) {
    return (staticBits & 0x3ff) < 1000;
}

function onCell(cell, isSnapshot) {
    if (isSnapshot) {
        for (const [entity, where] of cellOf) if (where === cell.cell) cellOf.delete(entity);
    }
    cell.enterId.forEach((entity, i) => {
        if (isShip(cell.enterStatic[i])) cellOf.set(entity, cell.cell);
    });
    cell.goneId.forEach((entity) => {
        if (cellOf.get(entity) === cell.cell) cellOf.delete(entity);
    });
}

function onBundle(bytes) {
    const bundle = WorldBundle.decode(bytes);
    if (bundle.worldEpoch !== epoch) {
        epoch = bundle.worldEpoch;
        cellOf.clear();
    }
    bundle.off.forEach((off, i) => {
        if ((bundle.window[i] ?? 1) !== 1) return; // repeats earlier ticks
        // A slice is a field of ServerFrame, and so a ServerFrame.
        const frame = ServerFrame.decode(bundle.blob.subarray(off, off + bundle.len[i]));
        for (const cell of frame.delta) onCell(cell, false);
        for (const cell of frame.snapshot) onCell(cell, true);
    });
}

function showCells() {
    const count = new Map();
    for (const cell of cellOf.values()) count.set(cell, (count.get(cell) ?? 0) + 1);
    const busiest = [...count].sort((a, b) => b[1] - a[1]).slice(0, 10);
    console.log(`epoch ${epoch}: ${cellOf.size} ships in ${count.size} cells`);
    for (const [cell, ships] of busiest) {
        console.log(`cell ${String(cell).padStart(6)}: ${ships} ships`);
    }
}

const who = (player, shipClass) => (Number(player) ? `pilot ${player}` : `class ${shipClass}`);

function onEvent(message) {
    const event = WorldEvent.decode(message.data);
    const d = event.destroyed;
    if (!d) return;
    console.log(
        `kill at tick ${event.tick}: ${who(d.killerPlayer, d.killerClass)} destroyed ` +
            `${who(d.player, d.classId)} in zone ${d.zone}, ${d.drop.length} containers`,
    );
}

function onTrade(message) {
    for (const t of TradesBooked.decode(message.data).trade) {
        const verb = t.side === Side.SIDE_BUY ? 'bought' : 'sold';
        console.log(
            `trade at ${t.location}: pilot ${t.player} ${verb} ${t.quantity} of good ` +
                `${t.commodity} for ${t.total} cr`,
        );
    }
}

if (!process.env.ST_NATS_URL) {
    console.error('ST_NATS_URL is not set');
    process.exit(2);
}
const url = new URL(process.env.ST_NATS_URL);
const bus = await connect({
    servers: url.host,
    user: decodeURIComponent(url.username),
    pass: decodeURIComponent(url.password),
    maxReconnectAttempts: -1,
});
console.log(`connected to ${url.host}`);
const follow = (subject, fn) =>
    bus.subscribe(subject, {
        callback: (error, message) => (error ? console.error(error.message) : fn(message)),
    });
follow('world.*.*.delta', (message) => onBundle(message.data));
follow('world.*.*.snapshot', (message) => onBundle(message.data));
follow('ev.*.*.destroyed', onEvent);
follow('ev.econ.trade.*', onTrade);
setInterval(showCells, 1000);
