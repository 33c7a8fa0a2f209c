/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a step of the markets needs beside the lines: the guilds' ships that may leave, what others
 * bring, the zones' risks, how many pilots trade. Only the leader moves ships of guilds, so their
 * rows are locked in no order with others.
 */
#include "store_private.h"

#include <stdio.h>

#include <st/assert.h>

/* Ships that may leave, except those that are loaded with their guild's row. */
#define DUE                                                                                        \
    " WHERE player > 4294967040 AND holder_kind = 2 AND NOT locked"                                \
    " AND ready_at <= to_timestamp(($1::bigint[])[1] / 1000.0)"                                    \
    " AND id NOT IN (SELECT ship FROM economy.pilots WHERE player > 4294967040)"                   \
    " ORDER BY ready_at, id LIMIT 16"

static const struct st_pg_stmt
    q_traders = {"traders", "SELECT count(*) FROM economy.pilots"
                            " WHERE traded_at > now() - interval '15 minutes'"},
    q_zones = {"zone_notes",
               "SELECT r.zone, r.loss_ppm, coalesce(d.flown_s, 0), coalesce(d.losses, 0),"
               " r.day < (now() AT TIME ZONE 'UTC')::date - 1, r.factor_pm FROM economy.zone_risk r"
               " LEFT JOIN economy.zone_days d ON d.zone = r.zone AND d.day = r.day + 1"
               " ORDER BY r.zone"},
    q_due = {"hauls_due", "SELECT " STORE_SHIP_COLUMNS " FROM economy.ships" DUE " FOR UPDATE"},
    q_cargo = {"hauls_cargo",
               "SELECT account, commodity, quantity FROM economy.cargo WHERE account IN"
               " (SELECT id + 8589934592 FROM economy.ships" DUE ")"},
    q_inbound = {"hauls_inbound",
                 "SELECT s.route_to, c.commodity, sum(c.quantity)::bigint FROM economy.ships s"
                 " JOIN economy.cargo c ON c.account = s.id + 8589934592"
                 " WHERE s.player > 4294967040 AND s.holder_kind = 1 AND c.quantity > 0"
                 " GROUP BY 1, 2"},
    q_flown = {"write_zone_days",
               "INSERT INTO economy.zone_days AS d (day, zone, flown_s, losses)"
               " SELECT (now() AT TIME ZONE 'UTC')::date, z, f, l FROM unnest($1::smallint[],"
               " $2::bigint[], $3::bigint[]) AS q (z, f, l) ON CONFLICT (day, zone) DO UPDATE"
               " SET flown_s = d.flown_s + excluded.flown_s, losses = d.losses + excluded.losses"},
    q_learnt = {"write_zone_risk",
                "WITH q AS (SELECT * FROM unnest($1::smallint[], $2::int[], $3::int[],"
                " $4::bigint[], $5::bigint[]) AS q (z, p, m, f, l)), r AS (UPDATE"
                " economy.zone_risk SET loss_ppm = q.p, factor_pm = q.m, day = day + 1,"
                " version = version + 1 FROM q WHERE zone = q.z RETURNING zone, version, day)"
                " INSERT INTO economy.zone_audit (zone, version, day, flown_s, losses, loss_ppm,"
                " factor_pm) SELECT r.zone, r.version, r.day, q.f, q.l, q.p, q.m"
                " FROM r JOIN q ON q.z = r.zone"},
    /* The rows of all markets are locked by the act that learns. */
    q_biases = {"write_biases",
                "UPDATE economy.market_prices m SET bias_pm = b.pm, local_base = greatest(1,"
                " g.base * b.pm / 1000), version = m.version + 1"
                " FROM unnest($1::smallint[], $2::smallint[], $3::smallint[]) AS b (l, c, pm)"
                " JOIN economy.commodities g ON g.id = b.c"
                " WHERE m.location = b.l AND m.commodity = b.c"},
    q_losses = {
        "insert_haul_losses",
        "INSERT INTO economy.haul_losses (transaction, location, commodity, quantity)"
        " SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::bigint[])"};
_Static_assert(WORLD_GUILD_PLAYER == 4294967040u && ECONOMY_HAULS_MAX == 16,
               "as in the statements");

void store_guild_ask_zones(struct store *s)
{
    (void)steps_add(s, &q_zones, 0);
}

void store_guild_ask(struct store *s)
{
    int64_t now_ms = (int64_t)s->unit->now_ms;
    (void)steps_add(s, &q_traders, 0);
    store_guild_ask_zones(s);
    column_int(steps_add(s, &q_due, 1), now_ms);
    column_int(steps_add(s, &q_cargo, 1), now_ms);
    (void)steps_add(s, &q_inbound, 0);
}

static void take_zones(struct unit *u, const struct st_pg_result *r)
{
    for (size_t i = 0; i < st_pg_rows(r) && u->zones_n < ST_ARRAY_LEN(u->zones); i++)
        u->zones[u->zones_n++] = (struct zone_note){.zone = (uint32_t)st_pg_int(r, i, 0),
                                                    .loss_ppm = st_pg_int(r, i, 1),
                                                    .day_flown_s = st_pg_int(r, i, 2),
                                                    .day_losses = st_pg_int(r, i, 3),
                                                    .day_over = st_pg_bool(r, i, 4),
                                                    .factor_pm = st_pg_int(r, i, 5)};
}

static void take_cargo(struct unit *u, const struct st_pg_result *r)
{
    bool fits = true;
    for (size_t i = 0; i < st_pg_rows(r); i++)
        fits = fits && book_load(&u->book, st_pg_int(r, i, 0), (int32_t)st_pg_int(r, i, 1),
                                 st_pg_int(r, i, 2));
    st_assert(fits);
}

static void take_inbound(struct unit *u, const struct st_pg_result *r)
{
    for (size_t i = 0; i < st_pg_rows(r); i++) {
        struct line *l = unit_line(u, (uint32_t)st_pg_int(r, i, 0), (uint32_t)st_pg_int(r, i, 1));
        if (l)
            l->inbound = st_pg_int(r, i, 2);
    }
}

bool store_guild_take(struct store *s, size_t step)
{
    struct unit *u = s->unit;
    const struct st_pg_stmt *q = s->steps[step].stmt;
    const struct st_pg_result *r = steps_result(s, step);
    if (q == &q_traders)
        u->traders = st_pg_int(r, 0, 0);
    else if (q == &q_zones)
        take_zones(u, r);
    else if (q == &q_cargo)
        take_cargo(u, r);
    else if (q == &q_inbound)
        take_inbound(u, r);
    else if (q != &q_due)
        return false;
    for (size_t i = 0; q == &q_due && i < st_pg_rows(r) && u->ships_n < SHIPS_MAX; i++)
        store_read_ship(r, i, &u->ships[u->ships_n++]);
    return true;
}

void store_guild_write(struct store *s)
{
    const struct unit *u = s->unit;
    struct column *c = NULL;
    for (uint32_t i = 0; i < u->zones_n; i++) {
        if (u->zones[i].flown_s == 0 && u->zones[i].losses == 0)
            continue;
        c = c ? c : steps_add(s, &q_flown, 3);
        column_int(&c[0], u->zones[i].zone);
        column_int(&c[1], u->zones[i].flown_s);
        column_int(&c[2], u->zones[i].losses);
    }
    c = NULL;
    for (uint32_t i = 0; i < u->zones_n; i++) {
        if (!u->zones[i].learnt)
            continue;
        c = c ? c : steps_add(s, &q_learnt, 5);
        column_int(&c[0], u->zones[i].zone);
        column_int(&c[1], u->zones[i].loss_ppm);
        column_int(&c[2], u->zones[i].factor_pm);
        column_int(&c[3], u->zones[i].day_flown_s);
        column_int(&c[4], u->zones[i].day_losses);
    }
    c = NULL;
    for (uint32_t i = 0; i < u->lines_n; i++) {
        if (!u->lines[i].biased)
            continue;
        c = c ? c : steps_add(s, &q_biases, 3);
        column_int(&c[0], u->lines[i].location);
        column_int(&c[1], u->lines[i].commodity);
        column_int(&c[2], u->lines[i].bias_pm);
    }
    c = NULL;
    for (uint32_t i = 0; i < u->losses_n; i++) {
        c = c ? c : steps_add(s, &q_losses, 4);
        column_int(&c[0], u->losses[i].transaction);
        column_int(&c[1], u->losses[i].location);
        column_int(&c[2], u->losses[i].commodity);
        column_int(&c[3], u->losses[i].quantity);
    }
}
