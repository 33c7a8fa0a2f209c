/* SPDX-License-Identifier: Apache-2.0 */
#include "store_private.h"

#include <stdio.h>
#include <string.h>

#include <st/clock.h>
#include <st/err.h>

static const struct st_pg_stmt
    q_markets = {"markets",
                 "SELECT m.location, m.commodity, m.local_base, m.target, m.spread_pm, m.bias_pm,"
                 " m.stock, m.version, w.credits, coalesce((SELECT h.mid_milli FROM"
                 " economy.price_history h WHERE h.location = m.location AND h.commodity ="
                 " m.commodity AND h.at >= now() - interval '1 hour' ORDER BY h.at LIMIT 1), 0),"
                 " coalesce(o.lost, 0), coalesce(i.coming, 0)"
                 " FROM economy.market_prices m JOIN economy.wallets w"
                 " ON w.account = m.location + 12884901888"
                 " LEFT JOIN (SELECT location, commodity, sum(quantity)::bigint AS lost"
                 " FROM economy.haul_losses WHERE at >= now() - interval '1 hour' GROUP BY 1, 2)"
                 " AS o ON o.location = m.location AND o.commodity = m.commodity"
                 " LEFT JOIN (SELECT s.route_to, c.commodity, sum(c.quantity)::bigint AS coming"
                 " FROM economy.ships s JOIN economy.cargo c ON c.account = s.id + 8589934592"
                 " WHERE s.player > 4294967040 AND s.holder_kind = 1 GROUP BY 1, 2) AS i"
                 " ON i.route_to = m.location AND i.commodity = m.commodity"
                 " ORDER BY m.location, m.commodity"},
    /* Balances against the running sums and the entries behind the horizon, in one snapshot; the
     * goods afloat against the containers, the escrow against contracts and limit orders. */
    q_check = {"ledger_check",
               "WITH booked AS (SELECT account, commodity, sum(amount) AS amount FROM ("
               " SELECT account, commodity, amount FROM economy.ledger_sums UNION ALL"
               " SELECT e.account, e.commodity, e.amount FROM economy.ledger_entries e WHERE"
               " e.xact >= (SELECT horizon FROM economy.ledger_horizon)) AS x GROUP BY 1, 2),"
               " gaps AS (SELECT coalesce(v.commodity, b.commodity) AS commodity,"
               " abs(coalesce(v.balance, 0) - coalesce(b.amount, 0)) AS gap"
               " FROM economy.balances_v v FULL JOIN booked b"
               " ON b.account = v.account AND b.commodity = v.commodity"
               " UNION ALL SELECT commodity, abs(sum(balance)) FROM economy.balances_v GROUP BY 1"
               " UNION ALL SELECT c.commodity, abs(c.quantity - coalesce((SELECT sum(g.quantity)"
               " FROM economy.loot_goods g WHERE g.commodity = c.commodity), 0))"
               " FROM economy.cargo c WHERE c.account = 17179869194"
               " UNION ALL SELECT 0, abs(w.credits - coalesce((SELECT sum(c.fee + CASE c.state"
               " WHEN 2 THEN c.collateral ELSE 0 END) FROM economy.contracts c WHERE c.state IN"
               " (1, 2)), 0) - coalesce((SELECT sum(o.remains::bigint * o.price) FROM"
               " economy.limit_orders o WHERE o.state = 1 AND o.side = 1), 0))"
               " FROM economy.wallets w WHERE w.account = 17179869197"
               " UNION ALL SELECT c.commodity, abs(c.quantity - coalesce((SELECT sum(o.remains)"
               " FROM economy.limit_orders o WHERE o.state = 1 AND o.side = 2 AND o.commodity ="
               " c.commodity), 0) - coalesce((SELECT sum(k.quantity) FROM economy.lockers k WHERE"
               " k.commodity = c.commodity), 0)) FROM economy.cargo c"
               " WHERE c.account = 17179869197)"
               " SELECT coalesce(sum(gap) FILTER (WHERE commodity = 0), 0)::bigint,"
               " coalesce(sum(gap) FILTER (WHERE commodity > 0), 0)::bigint FROM gaps"},
    q_lead = {"lead", "SELECT pg_try_advisory_lock(5410070002)"},
    /* All transactions before the oldest one that still runs are folded into the sums. */
    q_fold = {"ledger_fold",
              "WITH old AS (SELECT horizon FROM economy.ledger_horizon FOR UPDATE),"
              " next AS (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS horizon),"
              " folded AS (INSERT INTO economy.ledger_sums (account, commodity, amount)"
              " SELECT e.account, e.commodity, sum(e.amount) FROM economy.ledger_entries e, old,"
              " next WHERE e.xact >= old.horizon AND e.xact < next.horizon GROUP BY 1, 2"
              " ON CONFLICT (account, commodity)"
              " DO UPDATE SET amount = economy.ledger_sums.amount + excluded.amount)"
              " UPDATE economy.ledger_horizon SET horizon = next.horizon FROM old, next"
              " WHERE next.horizon > old.horizon"},
    q_clean_outbox = {"clean_outbox", "DELETE FROM economy.outbox"
                                      " WHERE published_at < now() - interval '1 hour'"},
    q_clean_inbox = {"clean_inbox",
                     "DELETE FROM economy.inbox WHERE at < now() - interval '8 days'"},
    q_clean_quotes = {"clean_quotes", "DELETE FROM economy.quotes"
                                      " WHERE expires_at < now() - interval '1 minute'"},
    q_clean_history = {"clean_history", "DELETE FROM economy.price_history"
                                        " WHERE at < now() - interval '2 hours'"},
    q_clean_candles = {"clean_candles", "DELETE FROM economy.candles"
                                        " WHERE minute < now() - interval '30 days'"},
    q_clean_losses = {"clean_haul_losses", "DELETE FROM economy.haul_losses"
                                           " WHERE at < now() - interval '1 day'"},
    q_clean_zones = {"clean_zone_days", "DELETE FROM economy.zone_days"
                                        " WHERE day < (now() AT TIME ZONE 'UTC')::date - 90"},
    q_clean_days = {"clean_days", "DELETE FROM economy.pilot_days"
                                  " WHERE day < (now() AT TIME ZONE 'UTC')::date - 90"},
    q_parked = {"long_parked", "SELECT id, player FROM economy.ships WHERE holder_kind = 3 AND"
                               " changed_at < now() - interval '24 hours' ORDER BY changed_at"
                               " LIMIT $1::int"},
    q_overdue = {"overdue",
                 "SELECT limits, id, player, location, commodity FROM ((SELECT 0 AS limits, id,"
                 " issuer AS player, 0 AS location, 0 AS commodity FROM economy.contracts"
                 " WHERE kind = 2 AND state = 1 AND ends_at <= now() ORDER BY ends_at, id"
                 " LIMIT $1::int) UNION ALL (SELECT 1, id, player, location, commodity"
                 " FROM economy.limit_orders WHERE state = 1 AND ends_at <= now()"
                 " ORDER BY ends_at, id LIMIT $1::int)) AS x LIMIT $1::int"},
    q_relay_begin = {"relay_begin", "SET LOCAL synchronous_commit = off"},
    q_sent = {"outbox_sent", "UPDATE economy.outbox SET published_at = now()"
                             " WHERE id = ANY($1::bigint[])"},
    q_waiting = {"outbox_waiting",
                 "SELECT id, subject, payload, (extract(epoch FROM clock_timestamp() - at)"
                 " * 1000)::bigint FROM economy.outbox WHERE published_at IS NULL ORDER BY id"
                 " LIMIT 256"};
_Static_assert(ECONOMY_RELAY_MAX == 256 && ECONOMY_TOW_HOURS == 24 && ECONOMY_CANDLE_DAYS == 30,
               "as in the statements");
_Static_assert(SOURCE_SPACE == 10 && SOURCE_ESCROW == 13, "accounts 4 * 2^32 + them");

int store_markets(struct store *s, struct market_line *out, size_t *count)
{
    struct st_pg_result *r = NULL;
    int err = st_pg_exec(s->pg, &q_markets, NULL, 0, &r);
    *count = err == 0 ? ST_MIN(st_pg_rows(r), (size_t)LINES_MAX) : 0;
    uint64_t now_ms = st_wall_ms();
    for (size_t i = 0; i < *count; i++) {
        struct market_line *m = &out[i];
        *m = (struct market_line){
            .line = {.location = (uint32_t)st_pg_int(r, i, 0),
                     .commodity = (uint32_t)st_pg_int(r, i, 1),
                     .price = {st_pg_int(r, i, 2), st_pg_int(r, i, 3), st_pg_int(r, i, 4), 0},
                     .bias_pm = st_pg_int(r, i, 5)},
            .stock = st_pg_int(r, i, 6),
            .version = (uint64_t)st_pg_int(r, i, 7),
            .treasury = st_pg_int(r, i, 8),
            .before_milli = st_pg_int(r, i, 9),
            .lost = st_pg_int(r, i, 10),
            .coming = st_pg_int(r, i, 11)};
        const struct config_zone *zone = catalog_zone_of(s->catalog, m->line.location);
        m->line.price.tax_pm = zone ? zone->tax_pm : 0;
        m->restricted = catalog_restricted(s->catalog, m->line.location, m->line.commodity);
        m->event = calendar_at(s->catalog, now_ms, m->line.location, m->line.commodity,
                               &m->event_until_ms);
    }
    st_pg_result_free(&r);
    return err;
}

int store_check(struct store *s, int64_t *credits, int64_t *goods)
{
    struct st_pg_result *r = NULL;
    int err = st_pg_exec(s->pg, &q_check, NULL, 0, &r);
    if (err == 0) {
        *credits = st_pg_int(r, 0, 0);
        *goods = st_pg_int(r, 0, 1);
    }
    st_pg_result_free(&r);
    return err;
}

int store_lead(struct store *s, bool *mine)
{
    *mine = st_pg_up(s->pg) && s->led_generation == st_pg_generation(s->pg);
    if (*mine)
        return 0;
    struct st_pg_result *r = NULL;
    int err = st_pg_exec(s->pg, &q_lead, NULL, 0, &r);
    if (err == 0 && st_pg_bool(r, 0, 0)) {
        s->led_generation = st_pg_generation(s->pg);
        *mine = true;
    }
    st_pg_result_free(&r);
    return err;
}

int store_fold(struct store *s)
{
    struct st_pg_result *r = NULL;
    int err = st_pg_exec(s->pg, &q_fold, NULL, 0, &r);
    st_pg_result_free(&r);
    return err;
}

int store_clean(struct store *s, uint32_t *ships, uint64_t *players, size_t max, size_t *count)
{
    char text[24];
    struct st_pg_param limit = st_pg_param_int(text, (int64_t)max);
    struct st_pg_step steps[] = {
        {&q_clean_outbox, NULL, 0, NULL}, {&q_clean_inbox, NULL, 0, NULL},
        {&q_clean_quotes, NULL, 0, NULL}, {&q_clean_history, NULL, 0, NULL},
        {&q_clean_days, NULL, 0, NULL},   {&q_clean_candles, NULL, 0, NULL},
        {&q_clean_losses, NULL, 0, NULL}, {&q_clean_zones, NULL, 0, NULL},
        {&q_parked, &limit, 1, NULL}};
    *count = 0;
    int err = st_pg_pipeline(s->pg, steps, ST_ARRAY_LEN(steps));
    if (err != 0)
        return err;
    const struct st_pg_result *r = steps[ST_ARRAY_LEN(steps) - 1].result;
    for (; *count < st_pg_rows(r) && *count < max; (*count)++) {
        ships[*count] = (uint32_t)st_pg_int(r, *count, 0);
        players[*count] = (uint64_t)st_pg_int(r, *count, 1);
    }
    st_pg_steps_free(steps, ST_ARRAY_LEN(steps));
    return 0;
}

int store_overdue(struct store *s, struct act *out, size_t max, size_t *count)
{
    char text[24];
    struct st_pg_param limit = st_pg_param_int(text, (int64_t)max);
    struct st_pg_result *r = NULL;
    int err = st_pg_exec(s->pg, &q_overdue, &limit, 1, &r);
    *count = err == 0 ? ST_MIN(st_pg_rows(r), max) : 0;
    for (size_t i = 0; i < *count; i++) {
        struct act *a = &out[i];
        *a = (struct act){.player = (uint64_t)st_pg_int(r, i, 2),
                          .location = (uint32_t)st_pg_int(r, i, 3),
                          .commodity = (uint32_t)st_pg_int(r, i, 4)};
        a->kind = st_pg_int(r, i, 0) ? ACT_LIMIT_END : ACT_HEAD_END;
        *(a->kind == ACT_LIMIT_END ? &a->limit.id : &a->contract.id) = st_pg_int(r, i, 1);
    }
    st_pg_result_free(&r);
    return err;
}

static void take_waiting(struct outgoing_batch *b)
{
    b->oldest_ms = 0;
    for (size_t i = 0; i < st_pg_rows(b->result); i++) {
        struct st_slice payload = st_pg_bytes(b->result, i, 2);
        struct outgoing *o = &b->rows[b->count++];
        *o = (struct outgoing){
            .id = st_pg_int(b->result, i, 0), .data = payload.data, .len = payload.len};
        snprintf(o->subject, sizeof o->subject, "%s", st_pg_text(b->result, i, 1));
        b->oldest_ms = ST_MAX(b->oldest_ms, st_pg_int(b->result, i, 3));
    }
}

/* A mark that is lost in a crash costs a second publication under the same message id. */
int store_relay(struct store *s, struct outgoing_batch *b)
{
    size_t sent = 0;
    for (size_t i = 0; i < b->count; i++)
        sent += b->rows[i].sent;
    steps_begin(s);
    if (sent > 0) {
        (void)steps_add(s, &st_pg_stmt_begin, 0);
        (void)steps_add(s, &q_relay_begin, 0);
        struct column *c = steps_add(s, &q_sent, 1);
        for (size_t i = 0; i < b->count; i++)
            if (b->rows[i].sent)
                column_int(c, b->rows[i].id);
        (void)steps_add(s, &st_pg_stmt_commit, 0);
    }
    (void)steps_add(s, &q_waiting, 0);
    st_pg_result_free(&b->result);
    b->count = 0;
    int err = steps_run(s);
    if (err == 0) {
        b->result = s->steps[s->steps_n - 1].result;
        s->steps[s->steps_n - 1].result = NULL;
        take_waiting(b);
    }
    steps_end(s);
    return err;
}
