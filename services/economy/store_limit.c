/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limit orders in the load and the flush. An act of theirs runs alone. It begins with a lock of its
 * market that all such acts take, so that the orders which may match stay the same while pilots,
 * wallets, cargo and the orders themselves are locked in the one global order.
 */
#include "store_private.h"

#define MATCHES                                                                                    \
    "SELECT id, player FROM economy.limit_orders WHERE state = 1 AND location = ($1::int[])[1]"    \
    " AND commodity = ($2::int[])[1] AND side = ($3::int[])[1] AND CASE WHEN side = 2 THEN price"  \
    " <= ($4::int[])[1] ELSE price >= ($4::int[])[1] END"                                          \
    " ORDER BY CASE WHEN side = 2 THEN price ELSE -price END, id LIMIT 32"
#define COLUMNS                                                                                    \
    "id, player, location, commodity, side, price, quantity, remains,"                             \
    " (extract(epoch FROM ends_at) * 1000)::bigint"

static const struct st_pg_stmt
    q_market = {"limit_market", "SELECT pg_advisory_xact_lock(541007003, ($1::int[])[1])"},
    q_pilots = {"limit_pilots",
                "SELECT " STORE_PILOT_COLUMNS " FROM economy.pilots WHERE player IN (SELECT"
                " unnest($5::bigint[]) UNION SELECT player FROM (" MATCHES ") AS m)"
                " ORDER BY player FOR UPDATE"},
    q_wallets = {"limit_wallets",
                 "SELECT account, credits FROM economy.wallets WHERE account IN (SELECT"
                 " unnest($5::bigint[]) UNION SELECT player + 4294967296 FROM (" MATCHES ") AS m)"
                 " ORDER BY account FOR UPDATE"},
    q_cargo = {"limit_cargo",
               "SELECT account, commodity, quantity FROM economy.cargo WHERE account IN (SELECT"
               " unnest($5::bigint[]) UNION SELECT ship + 8589934592 FROM economy.pilots WHERE"
               " player IN (SELECT unnest($6::bigint[]) UNION SELECT player FROM (" MATCHES
               ") AS m)) ORDER BY account, commodity FOR UPDATE"},
    q_orders = {"limit_orders",
                "SELECT " COLUMNS " FROM economy.limit_orders WHERE id IN (SELECT id FROM (" MATCHES
                ") AS m UNION SELECT id FROM economy.limit_orders WHERE state = 1 AND player ="
                " ANY($5::bigint[])) AND state = 1 ORDER BY id FOR UPDATE"},
    q_locker = {"limit_locker",
                "SELECT player, location, commodity, quantity FROM economy.lockers WHERE player ="
                " ANY($1::bigint[]) AND location = ($2::int[])[1] AND commodity = ($3::int[])[1]"
                " FOR UPDATE"},
    q_own = {"look_limits", "SELECT " COLUMNS " FROM economy.limit_orders WHERE state = 1 AND"
                            " player = ANY($1::bigint[]) ORDER BY player, id"},
    q_lockers = {"look_lockers",
                 "SELECT player, location, commodity, quantity FROM economy.lockers WHERE player ="
                 " ANY($1::bigint[]) AND quantity > 0 ORDER BY player, location, commodity"},
    q_levels = {"look_levels",
                "SELECT q.l, q.c, s, b.price, b.n FROM (SELECT DISTINCT l, c FROM"
                " unnest($1::smallint[], $2::smallint[]) AS x (l, c)) AS q, "
                "unnest('{1,2}'::smallint[]) AS s, LATERAL (SELECT price, sum(remains)"
                " AS n FROM economy.limit_orders o WHERE o.state = 1 AND o.location = q.l AND"
                " o.commodity = q.c AND o.side = s AND o.ends_at > now() GROUP BY price"
                " ORDER BY CASE WHEN s = 2 THEN price ELSE -price END LIMIT 8) AS b"},
    q_insert = {"insert_limits",
                "INSERT INTO economy.limit_orders (id, player, location, commodity, side, price,"
                " quantity, remains, state, ends_at) SELECT i, p, l, c, s, r, q, m, t,"
                " to_timestamp(e / 1000.0) FROM unnest($1::bigint[], $2::bigint[], $3::smallint[],"
                " $4::smallint[], $5::smallint[], $6::int[], $7::int[], $8::int[], $9::smallint[],"
                " $10::bigint[]) AS n (i, p, l, c, s, r, q, m, t, e)"},
    q_update = {"update_limits",
                "UPDATE economy.limit_orders SET remains = q.m, state = q.t, changed_at = now()"
                " FROM unnest($1::bigint[], $2::int[], $3::smallint[]) AS q (i, m, t)"
                " WHERE id = q.i"},
    q_keep = {"write_lockers",
              /* The market's lock keeps others away; what takes from a row would not pass as a new
                 one. */
              "WITH q AS (SELECT p, l, c, sum(d) AS d FROM unnest($1::bigint[], $2::smallint[],"
              " $3::smallint[], $4::bigint[]) AS x (p, l, c, d) GROUP BY p, l, c), old AS (UPDATE"
              " economy.lockers k SET quantity = k.quantity + q.d FROM q WHERE k.player = q.p AND"
              " k.location = q.l AND k.commodity = q.c RETURNING k.player, k.location, k.commodity)"
              " INSERT INTO economy.lockers SELECT p, l, c, d FROM q WHERE NOT EXISTS (SELECT FROM"
              " old WHERE old.player = q.p AND old.location = q.l AND old.commodity = q.c)"};
_Static_assert(LIMITS_MATCHED_MAX == 32 && LIMITS_LEVELS == 8, "as in the statements");

/* The four figures that MATCHES is about; of an act that matches nothing, side 0. */
static struct column *with_matches(struct store *s, const struct st_pg_stmt *q, size_t more,
                                   const struct act *a)
{
    struct column *c = steps_add(s, q, 4 + more);
    bool places = a->kind == ACT_LIMIT && a->limit_action == LIMIT_PLACE;
    column_int(&c[0], a->location);
    column_int(&c[1], a->commodity);
    column_int(&c[2], !places ? 0 : a->side == ORDER_BUY ? ORDER_SELL : ORDER_BUY);
    column_int(&c[3], a->limit.price);
    return c + 4;
}

void store_limit_market(struct store *s, const struct act *a)
{
    column_int(steps_add(s, &q_market, 1), (int64_t)a->location * 64 + a->commodity);
}

struct column *store_limit_pilots(struct store *s, const struct act *a)
{
    return with_matches(s, &q_pilots, 1, a);
}

struct column *store_limit_wallets(struct store *s, const struct act *a)
{
    return with_matches(s, &q_wallets, 1, a);
}

/* Accounts, then players. */
struct column *store_limit_cargo(struct store *s, const struct act *a)
{
    return with_matches(s, &q_cargo, 2, a);
}

void store_limit_ask(struct store *s, const struct act *a)
{
    column_int(with_matches(s, &q_orders, 1, a), (int64_t)a->player);
    struct column *c = steps_add(s, &q_locker, 3);
    column_int(&c[0], (int64_t)a->player);
    column_int(&c[1], a->location);
    column_int(&c[2], a->commodity);
}

void store_limit_look(struct store *s, struct act *const *acts, size_t count)
{
    struct column *own = steps_add(s, &q_own, 1);
    for (size_t i = 0; i < count; i++)
        column_int(own, (int64_t)acts[i]->player);
    struct column *lockers = steps_add(s, &q_lockers, 1);
    for (size_t i = 0; i < count; i++)
        column_int(lockers, (int64_t)acts[i]->player);
    struct column *levels = steps_add(s, &q_levels, 2);
    for (size_t i = 0; i < count; i++) {
        column_int(&levels[0], acts[i]->location);
        column_int(&levels[1], acts[i]->commodity);
    }
}

static void take_orders(struct unit *u, const struct st_pg_result *r)
{
    for (size_t i = 0; i < st_pg_rows(r) && u->limits_n < LIMITS_MAX - 1; i++)
        u->limits[u->limits_n++] = (struct limit_order){.id = st_pg_int(r, i, 0),
                                                        .player = (uint64_t)st_pg_int(r, i, 1),
                                                        .location = (uint32_t)st_pg_int(r, i, 2),
                                                        .commodity = (uint32_t)st_pg_int(r, i, 3),
                                                        .side = (int)st_pg_int(r, i, 4),
                                                        .price = st_pg_int(r, i, 5),
                                                        .quantity = st_pg_int(r, i, 6),
                                                        .remains = st_pg_int(r, i, 7),
                                                        .ends_ms = (uint64_t)st_pg_int(r, i, 8),
                                                        .state = LIMIT_WAITS};
}

static void take_lockers(struct unit *u, const struct st_pg_result *r)
{
    for (size_t i = 0; i < st_pg_rows(r) && u->lockers_n < LOCKERS_MAX / 2; i++)
        u->lockers[u->lockers_n++] = (struct locker){.player = (uint64_t)st_pg_int(r, i, 0),
                                                     .location = (uint32_t)st_pg_int(r, i, 1),
                                                     .commodity = (uint32_t)st_pg_int(r, i, 2),
                                                     .quantity = st_pg_int(r, i, 3)};
}

static void take_levels(struct unit *u, const struct st_pg_result *r)
{
    for (size_t i = 0; i < st_pg_rows(r) && u->levels_n < LEVELS_MAX; i++)
        u->levels[u->levels_n++] = (struct book_level){.location = (uint32_t)st_pg_int(r, i, 0),
                                                       .commodity = (uint32_t)st_pg_int(r, i, 1),
                                                       .side = (int)st_pg_int(r, i, 2),
                                                       .price = st_pg_int(r, i, 3),
                                                       .quantity = st_pg_int(r, i, 4)};
}

enum limit_rows store_limit_take(struct store *s, size_t step)
{
    const struct st_pg_stmt *q = s->steps[step].stmt;
    const struct st_pg_result *r = steps_result(s, step);
    if (q == &q_pilots)
        return LIMIT_ROWS_PILOTS;
    if (q == &q_wallets)
        return LIMIT_ROWS_WALLETS;
    if (q == &q_cargo)
        return LIMIT_ROWS_CARGO;
    if (q == &q_orders || q == &q_own)
        take_orders(s->unit, r);
    else if (q == &q_locker || q == &q_lockers)
        take_lockers(s->unit, r);
    else if (q == &q_levels)
        take_levels(s->unit, r);
    else if (q != &q_market)
        return LIMIT_ROWS_OTHER;
    return LIMIT_ROWS_TAKEN;
}

static void put_new(struct column *c, const struct limit_order *o)
{
    const int64_t values[] = {o->id,    (int64_t)o->player, o->location, o->commodity,
                              o->side,  o->price,           o->quantity, o->remains,
                              o->state, (int64_t)o->ends_ms};
    for (size_t i = 0; i < ST_ARRAY_LEN(values); i++)
        column_int(&c[i], values[i]);
}

void store_limit_write(struct store *s)
{
    const struct unit *u = s->unit;
    struct column *made = NULL, *c = NULL, *kept = NULL;
    for (uint32_t i = 0; i < u->limits_n; i++) {
        if (!u->limits[i].created)
            continue;
        made = made ? made : steps_add(s, &q_insert, 10);
        put_new(made, &u->limits[i]);
    }
    for (uint32_t i = 0; i < u->limits_n; i++) {
        if (u->limits[i].created || !u->limits[i].changed)
            continue;
        c = c ? c : steps_add(s, &q_update, 3);
        column_int(&c[0], u->limits[i].id);
        column_int(&c[1], u->limits[i].remains);
        column_int(&c[2], u->limits[i].state);
    }
    for (uint32_t i = 0; i < u->lockers_n; i++) {
        if (u->lockers[i].change == 0)
            continue;
        kept = kept ? kept : steps_add(s, &q_keep, 4);
        column_int(&kept[0], (int64_t)u->lockers[i].player);
        column_int(&kept[1], u->lockers[i].location);
        column_int(&kept[2], u->lockers[i].commodity);
        column_int(&kept[3], u->lockers[i].change);
    }
}
