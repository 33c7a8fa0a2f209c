// SPDX-License-Identifier: Apache-2.0
// trade-bot.mjs [URL]: a guest makes one round of trade: buys what pays best at a station that is
// near and quiet, flies there, sells. Prints the profit. In a project: from '@startrader/client'.
import { StarTrader } from '../../.build/sdk/index.js';

const url = process.argv[2] ?? 'http://127.0.0.1:8080';
const bot = await StarTrader.connect({ url, guest: true });
const home = bot.station(bot.docked);
const { credits, hold } = await bot.account();
const markets = await bot.markets();
const quiet = (to) => bot.zones.find((zone) => zone.id === to.zone).risk <= 1;
const far = (to) => Math.hypot(to.x - home.x, to.y - home.y);

let best = { profit: 0 };
for (const { location, commodity, buy, stock, sells, restricted } of markets) {
    if (location !== home.id || !sells || restricted) continue;
    const room = Math.min(stock, hold / bot.good(commodity).mass);
    const quantity = Math.floor(Math.min(room, (0.9 * credits) / buy));
    for (const there of markets.filter((line) => line.commodity === commodity && line.buys)) {
        const profit = quantity * (there.sell - buy);
        const to = bot.station(there.location);
        if (profit > best.profit && quiet(to) && far(to) < 15000)
            best = { profit, to, commodity, quantity };
    }
}
if (!best.to) throw new Error('nothing pays today');
const { to, commodity, quantity } = best;
const paid = await bot.order({ side: 'buy', commodity, quantity });
console.log(`${quantity} ${bot.good(commodity).name} for ${paid.total} cr, to ${to.name}`);
await bot.undock();
await bot.flyTo(to);
await bot.dock(to.id);
const earned = await bot.order({ side: 'sell', commodity, quantity });
console.log(`sold for ${earned.total} cr: profit ${earned.total - paid.total} cr`);
bot.close();
