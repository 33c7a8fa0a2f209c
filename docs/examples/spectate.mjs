// SPDX-License-Identifier: Apache-2.0
// spectate.mjs [URL [SECONDS]]: watches without playing: first what everybody may ask without an
// account, then what a guest sees and hears. In a project: from '@startrader/client'.
import { StarTrader } from '../../.build/sdk/index.js';

const [url = 'http://127.0.0.1:8080', seconds = '20'] = process.argv.slice(2);
const client = new StarTrader({ url });
const { system, ships, tick } = await client.world();
console.log(`${system}: ${ships} ships in space, tick ${tick}`);
await client.loadConfig();
for (const { event, commodity, location } of await client.markets())
    if (event !== 'unspecified')
        console.log(`${event}: ${client.good(commodity).name}, ${client.station(location).name}`);
for (const { playerId, value } of (await client.leaders('wealth')).slice(0, 3))
    console.log(`pilot ${playerId} is worth ${value} cr`);

await client.guest();
await client.connect();
client.on('killNews', (kill) => console.log(`pilot ${kill.killerPlayer} destroyed a ship`));
client.on('tradeNews', ({ side, quantity, commodity, location }) => {
    const at = client.station(location).name;
    console.log(`somebody ${side}s ${quantity} ${client.good(commodity).name} at ${at}`);
});
for (let n = 0; n < Number(seconds); n++) {
    await new Promise((done) => setTimeout(done, 1000));
    console.log(`tick ${Math.floor(client.tick)}, ${client.ships().length} ships in view:`);
    for (const { className, faction, x, y, vx, vy } of client.ships())
        console.log(`  ${className} (${faction})`, [x, y, Math.hypot(vx, vy)].map(Math.round));
}
client.close();
