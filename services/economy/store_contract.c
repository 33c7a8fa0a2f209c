/* SPDX-License-Identifier: Apache-2.0 */
/* Contracts in the load and the flush; their rows are locked after all others. */
#include "store_private.h"

#define COLUMNS                                                                                    \
    "id, kind, state, origin, destination, commodity, quantity, fee, collateral, issuer, player,"  \
    " target, (extract(epoch FROM ends_at) * 1000)::bigint"

static const struct st_pg_stmt
    /* By id, those that a pilot has taken or put up, those on a victim's head. */
    q_lock = {"contracts",
              "SELECT " COLUMNS " FROM economy.contracts WHERE id IN (SELECT unnest($1::bigint[])"
              " UNION SELECT id FROM economy.contracts WHERE state = 2 AND player ="
              " ANY($2::bigint[]) UNION SELECT id FROM economy.contracts WHERE kind = 2 AND"
              " state = 1 AND issuer = ANY($2::bigint[]) UNION SELECT id FROM economy.contracts"
              " WHERE kind = 2 AND state = 1 AND target = ANY($3::bigint[]))"
              " ORDER BY id FOR UPDATE"},
    q_look = {"look_contracts",
              "(SELECT " COLUMNS " FROM economy.contracts WHERE kind = 1 AND state = 1 AND origin ="
              " ANY($1::smallint[]) AND ends_at > now() ORDER BY origin, id) UNION ALL"
              " (SELECT " COLUMNS " FROM economy.contracts WHERE state = 2 AND player ="
              " ANY($2::bigint[]) ORDER BY id) UNION ALL (SELECT " COLUMNS " FROM economy.contracts"
              " WHERE kind = 2 AND state = 1 AND ends_at > now() ORDER BY fee DESC, id LIMIT 10)"},
    q_ended = {"contracts_ended",
               "SELECT " COLUMNS " FROM economy.contracts WHERE kind = 1 AND state IN (1, 2) AND"
               " ends_at <= to_timestamp(($1::bigint[])[1] / 1000.0) ORDER BY ends_at, id LIMIT 64"
               " FOR UPDATE"},
    /* All, and those that a pilot of such a purse and hold can take. */
    q_offers = {"contracts_offers",
                "SELECT origin, count(*), count(*) FILTER (WHERE collateral <= ($1::bigint[])[1]"
                " AND quantity * g.mass <= ($1::bigint[])[2]) FROM economy.contracts"
                " JOIN economy.commodities g ON g.id = commodity"
                " WHERE kind = 1 AND state = 1 GROUP BY origin"},
    q_insert = {"insert_contracts",
                "INSERT INTO economy.contracts (id, kind, state, origin, destination, commodity,"
                " quantity, fee, collateral, issuer, player, target, ends_at)"
                " SELECT i, k, s, o, d, c, q, f, l, u, p, t, to_timestamp(e / 1000.0)"
                " FROM unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::smallint[],"
                " $5::smallint[], $6::smallint[], $7::int[], $8::bigint[], $9::bigint[],"
                " $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[])"
                " AS n (i, k, s, o, d, c, q, f, l, u, p, t, e)"},
    q_update = {"update_contracts",
                "UPDATE economy.contracts SET state = q.s, player = q.p,"
                " ends_at = to_timestamp(q.e / 1000.0), changed_at = now()"
                " FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::bigint[])"
                " AS q (i, s, p, e) WHERE id = q.i"};
_Static_assert(CONTRACTS_SHOWN_HEADS == 10, "as in the statement");

static void take_rows(struct unit *u, const struct st_pg_result *r)
{
    for (size_t i = 0; i < st_pg_rows(r) && u->contracts_n < CONTRACTS_MAX; i++)
        u->contracts[u->contracts_n++] =
            (struct contract){.id = st_pg_int(r, i, 0),
                              .kind = (enum contract_kind)st_pg_int(r, i, 1),
                              .state = (enum contract_state)st_pg_int(r, i, 2),
                              .origin = (uint32_t)st_pg_int(r, i, 3),
                              .destination = (uint32_t)st_pg_int(r, i, 4),
                              .commodity = (uint32_t)st_pg_int(r, i, 5),
                              .quantity = st_pg_int(r, i, 6),
                              .fee = st_pg_int(r, i, 7),
                              .collateral = st_pg_int(r, i, 8),
                              .issuer = (uint64_t)st_pg_int(r, i, 9),
                              .player = (uint64_t)st_pg_int(r, i, 10),
                              .target = (uint64_t)st_pg_int(r, i, 11),
                              .ends_ms = (uint64_t)st_pg_int(r, i, 12)};
}

static void take_offers(struct unit *u, const struct st_pg_result *r)
{
    const struct world_config *w = &u->catalog->world;
    for (size_t i = 0; i < st_pg_rows(r); i++) {
        const struct config_station *s = world_config_station(w, (uint32_t)st_pg_int(r, i, 0));
        if (!s)
            continue;
        u->offers_n[s - w->stations] = (uint32_t)st_pg_int(r, i, 1);
        u->modest_n[s - w->stations] = (uint32_t)st_pg_int(r, i, 2);
    }
}

void store_contract_ask(struct store *s, const struct contract_needs *n)
{
    if (n->look) {
        struct column *c = steps_add(s, &q_look, 2);
        for (size_t i = 0; i < n->locations_n; i++)
            column_int(&c[0], n->locations[i]);
        for (size_t i = 0; i < n->players_n; i++)
            column_int(&c[1], (int64_t)n->players[i]);
        return;
    }
    if (n->cycle) {
        column_int(steps_add(s, &q_ended, 1), (int64_t)s->unit->now_ms);
        struct column *modest = steps_add(s, &q_offers, 1);
        column_int(modest, RULES_START_CREDITS);
        column_int(modest, RULES_MODEST_LOT_T);
        return;
    }
    struct column *c = steps_add(s, &q_lock, 3);
    for (size_t i = 0; i < n->ids_n; i++)
        column_int(&c[0], n->ids[i]);
    for (size_t i = 0; i < n->players_n; i++)
        column_int(&c[1], (int64_t)n->players[i]);
    for (size_t i = 0; i < n->victims_n; i++)
        column_int(&c[2], (int64_t)n->victims[i]);
}

bool store_contract_take(struct store *s, size_t step)
{
    const struct st_pg_stmt *q = s->steps[step].stmt;
    if (q == &q_offers)
        take_offers(s->unit, steps_result(s, step));
    else if (q == &q_lock || q == &q_look || q == &q_ended)
        take_rows(s->unit, steps_result(s, step));
    else
        return false;
    return true;
}

static void put_new(struct column *c, const struct contract *n)
{
    const int64_t values[] = {n->id,
                              n->kind,
                              n->state,
                              n->origin,
                              n->destination,
                              n->commodity,
                              n->quantity,
                              n->fee,
                              n->collateral,
                              (int64_t)n->issuer,
                              (int64_t)n->player,
                              (int64_t)n->target,
                              (int64_t)n->ends_ms};
    for (size_t i = 0; i < ST_ARRAY_LEN(values); i++)
        column_int(&c[i], values[i]);
}

void store_contract_write(struct store *s)
{
    const struct unit *u = s->unit;
    struct column *made = NULL, *c = NULL;
    for (uint32_t i = 0; i < u->contracts_n; i++) {
        if (!u->contracts[i].created)
            continue;
        made = made ? made : steps_add(s, &q_insert, 13);
        put_new(made, &u->contracts[i]);
    }
    for (uint32_t i = 0; i < u->contracts_n; i++) {
        const struct contract *n = &u->contracts[i];
        if (n->created || !n->changed)
            continue;
        c = c ? c : steps_add(s, &q_update, 4);
        column_int(&c[0], n->id);
        column_int(&c[1], n->state);
        column_int(&c[2], (int64_t)n->player);
        column_int(&c[3], (int64_t)n->ends_ms);
    }
}
