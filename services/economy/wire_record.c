/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_private.h"

#include <startrader/v1/record.pb-c.h>
#include <st/wire.h>

bool wire_trading(const uint8_t *data, size_t len, struct st_arena *arena, uint64_t *player)
{
    const Startrader__V1__EconTradingRequest *q =
        wire_unpack(&startrader__v1__econ_trading_request__descriptor, data, len, arena);
    if (!q || !q->caller || q->caller->player == 0 || q->caller->player > INT64_MAX)
        return false;
    *player = q->caller->player;
    return true;
}

static void add_points(const struct trading *t, Startrader__V1__CreditPoint *points,
                       Startrader__V1__CreditPoint **list)
{
    for (size_t i = 0; i < t->points_n; i++) {
        startrader__v1__credit_point__init(&points[i]);
        points[i].at_ms = t->points[i].at_ms;
        points[i].credits = (uint64_t)t->points[i].credits;
        list[i] = &points[i];
    }
}

void wire_trading_reply(const struct trading *t, struct st_buf *out)
{
    Startrader__V1__EconTradingReply m = STARTRADER__V1__ECON_TRADING_REPLY__INIT;
    Startrader__V1__TradingReply trading = STARTRADER__V1__TRADING_REPLY__INIT;
    Startrader__V1__TradingDay days[ECONOMY_TRADING_DAYS], *list[ECONOMY_TRADING_DAYS];
    Startrader__V1__CreditPoint points[ECONOMY_CREDIT_POINTS], *curve[ECONOMY_CREDIT_POINTS];
    for (size_t i = 0; i < t->days_n; i++) {
        const struct trading_day *d = &t->days[i];
        startrader__v1__trading_day__init(&days[i]);
        days[i].day = d->day;
        days[i].traded = d->traded;
        days[i].trades = d->trades;
        days[i].bounties = (uint64_t)d->bounties;
        days[i].kills = d->kills;
        list[i] = &days[i];
    }
    trading.n_day = t->days_n;
    trading.day = list;
    add_points(t, points, curve);
    trading.n_credit = t->points_n;
    trading.credit = curve;
    trading.deliveries = t->deliveries;
    m.code = STARTRADER__V1__CODE__CODE_OK;
    m.trading = &trading;
    st_wire_pack(&m.base, out);
}
