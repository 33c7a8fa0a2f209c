/* SPDX-License-Identifier: Apache-2.0 */
#include "store_private.h"

#include <st/err.h>

/* Rows that exist were locked by the load, so what is written replaces what was read. */
static const struct st_pg_stmt
    q_transactions = {"insert_transactions",
                      "INSERT INTO economy.transactions (id, kind, player, key, content_hash,"
                      " asked, result, answer, request_id)"
                      " SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bytea[],"
                      " $5::bigint[], $6::bytea[], $7::smallint[], $8::bytea[], $9::text[])"},
    q_entries = {"insert_entries",
                 "INSERT INTO economy.ledger_entries (transaction, account, commodity, amount,"
                 " balance) SELECT t, a, c, m, b FROM unnest($1::bigint[], $2::bigint[],"
                 " $3::smallint[], $4::bigint[], $5::bigint[]) WITH ORDINALITY"
                 " AS q (t, a, c, m, b, n) ORDER BY n"},
    q_new_pilots = {"insert_pilots",
                    "INSERT INTO economy.pilots (player, ship, rev, last_location)"
                    " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[],"
                    " $4::smallint[])"},
    q_new_wallets = {"insert_wallets",
                     "INSERT INTO economy.wallets (account, kind, owner)"
                     " SELECT p + 4294967296, 'pilot', p FROM unnest($1::bigint[]) AS q (p)"},
    q_new_ships = {"insert_ships",
                   "INSERT INTO economy.ships (id, player, class_id, holder_kind, holder_id,"
                   " version, hull, torpedoes, weapon, insurance) SELECT i, p, c, k, h, v,"
                   " l, t, nullif(w, 0), n FROM unnest($1::bigint[], $2::bigint[],"
                   " $3::smallint[], $4::smallint[], $5::int[], $6::bigint[], $7::int[],"
                   " $8::int[], $9::smallint[], $10::smallint[])"
                   " AS q (i, p, c, k, h, v, l, t, w, n)"},
    q_pilots = {"update_pilots",
                "UPDATE economy.pilots SET ship = q.s, session_epoch = q.e, rev = q.r,"
                " last_location = q.l, job_step = q.j, flown_ticks = q.f, losses = q.o,"
                " aggressor = q.a, traded_at = CASE WHEN q.t THEN now() ELSE traded_at END,"
                " deliveries = q.d"
                " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[],"
                " $4::bigint[], $5::smallint[], $6::smallint[], $7::bigint[], $8::int[],"
                " $9::boolean[], $10::boolean[], $11::int[])"
                " AS q (p, s, e, r, l, j, f, o, a, t, d)"
                " WHERE player = q.p"},
    q_ships = {"update_ships",
               "UPDATE economy.ships SET class_id = q.c, holder_kind = q.k, holder_id = q.h,"
               " version = q.v, hull = q.u, torpedoes = q.t, weapon = nullif(q.w, 0), x = q.x,"
               " y = q.y, appear_at = q.a, flown_due = q.f, locked = q.l, changed_at = now(),"
               " route_to = q.o, route_short = q.b, ready_at = to_timestamp(q.d / 1000.0),"
               " insurance = q.n"
               " FROM unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::int[],"
               " $5::bigint[], $6::int[], $7::int[], $8::smallint[], $9::int[], $10::int[],"
               " $11::smallint[], $12::bigint[], $13::boolean[],"
               " $14::smallint[], $15::boolean[], $16::bigint[], $17::smallint[])"
               " AS q (i, c, k, h, v, u, t, w, x, y, a, f, l, o, b, d, n) WHERE id = q.i"},
    q_lines = {"update_lines", "UPDATE economy.market_prices SET stock = q.s, drift_carry = q.d,"
                               " version = version + 1 FROM unnest($1::smallint[], $2::smallint[],"
                               " $3::bigint[], $4::int[]) AS q (l, c, s, d)"
                               " WHERE location = q.l AND commodity = q.c"},
    q_wallets = {"update_wallets", "UPDATE economy.wallets SET credits = q.c"
                                   " FROM unnest($1::bigint[], $2::bigint[]) AS q (a, c)"
                                   " WHERE account = q.a"},
    q_cargo = {"write_cargo",
               "INSERT INTO economy.cargo (account, commodity, quantity)"
               " SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[])"
               " ON CONFLICT (account, commodity) DO UPDATE SET quantity = excluded.quantity"},
    q_new_loot = {"insert_loot",
                  "INSERT INTO economy.loot (id, shard, x, y)"
                  " SELECT * FROM unnest($1::bigint[], $2::int[], $3::int[], $4::int[])"},
    q_gone_loot = {"delete_loot", "DELETE FROM economy.loot WHERE id = ANY($1::bigint[])"},
    q_clear_goods = {"delete_loot_goods",
                     "DELETE FROM economy.loot_goods WHERE loot = ANY($1::bigint[])"},
    q_loot_goods = {"insert_loot_goods",
                    "INSERT INTO economy.loot_goods (loot, commodity, quantity)"
                    " SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[])"},
    q_inbox = {"insert_inbox",
               "INSERT INTO economy.inbox (event_id, content_hash, kind, shard, world_epoch,"
               " verdict, answers) SELECT e, h, k, s, w, v, coalesce((SELECT"
               " array_agg(o.payload ORDER BY o.id) FROM unnest($7::bigint[], $8::bytea[],"
               " $9::bigint[]) AS o (id, payload, event) WHERE o.event = e), '{}')"
               " FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::int[], $5::bigint[],"
               " $6::text[]) AS q (e, h, k, s, w, v)"},
    q_outbox = {"insert_outbox", "INSERT INTO economy.outbox (id, subject, payload)"
                                 " SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[])"},
    q_again = {"answer_again",
               "INSERT INTO economy.outbox (id, subject, payload)"
               " SELECT q.i + a.n - 1, q.s, a.payload FROM unnest($1::bigint[], $2::bigint[],"
               " $3::text[]) AS q (e, i, s) JOIN economy.inbox b ON b.event_id = q.e,"
               " unnest(b.answers) WITH ORDINALITY AS a (payload, n)"},
    q_drop_quotes = {"delete_quotes", "DELETE FROM economy.quotes WHERE id = ANY($1::bytea[])"},
    q_new_quotes = {"insert_quotes",
                    "INSERT INTO economy.quotes (id, player, location, commodity, side, quantity,"
                    " total, expires_at) SELECT i, p, l, c, s, q, t, clock_timestamp() +"
                    " interval '5 s' FROM unnest($1::bytea[], $2::bigint[], $3::smallint[],"
                    " $4::smallint[], $5::smallint[], $6::int[], $7::bigint[])"
                    " AS n (i, p, l, c, s, q, t)"},
    q_points = {"insert_price_history",
                "INSERT INTO economy.price_history (location, commodity, at, mid_milli)"
                " SELECT l, c, now(), m FROM unnest($1::smallint[], $2::smallint[], $3::bigint[])"
                " AS q (l, c, m)"};

/* The q-th step of its kind, made when the first row asks for it. */
static struct column *lazily(struct store *s, struct column **c, const struct st_pg_stmt *q,
                             size_t params)
{
    if (!*c)
        *c = steps_add(s, q, params);
    return *c;
}

static void add_transactions(struct store *s)
{
    struct column *c = NULL;
    for (uint32_t i = 0; i < s->unit->transactions_n; i++) {
        const struct transaction *t = &s->unit->transactions[i];
        if (t->known)
            continue;
        lazily(s, &c, &q_transactions, 9);
        column_int(&c[0], t->id);
        column_text(&c[1], t->kind);
        if (t->player != 0)
            column_int(&c[2], (int64_t)t->player);
        else
            column_null(&c[2]);
        column_bytes(&c[3], t->has_key ? t->key : NULL, KEY_BYTES);
        column_int(&c[4], (int64_t)t->hash);
        column_bytes(&c[5], t->asked_len > 0 ? t->asked : NULL, t->asked_len);
        column_int(&c[6], t->result);
        column_bytes(&c[7], t->answer_len > 0 ? t->answer : NULL, t->answer_len);
        column_text(&c[8], t->request_id);
    }
}

static void add_entries(struct store *s)
{
    struct column *c = NULL;
    for (uint32_t i = 0; i < s->unit->book.entries_n; i++) {
        const struct book_entry *e = &s->unit->book.entries[i];
        lazily(s, &c, &q_entries, 5);
        column_int(&c[0], e->transaction);
        column_int(&c[1], e->account);
        column_int(&c[2], e->commodity);
        column_int(&c[3], e->amount);
        column_int(&c[4], e->balance);
    }
}

static void add_pilots(struct store *s)
{
    struct column *made = NULL, *wallets = NULL, *c = NULL;
    for (uint32_t i = 0; i < s->unit->pilots_n; i++) {
        const struct pilot *p = &s->unit->pilots[i];
        if (!p->created)
            continue;
        lazily(s, &made, &q_new_pilots, 4);
        column_int(&made[0], (int64_t)p->player);
        column_int(&made[1], p->ship);
        column_int(&made[2], (int64_t)p->rev);
        column_int(&made[3], p->last_location);
    }
    for (uint32_t i = 0; i < s->unit->pilots_n; i++)
        if (s->unit->pilots[i].created)
            column_int(lazily(s, &wallets, &q_new_wallets, 1), (int64_t)s->unit->pilots[i].player);
    for (uint32_t i = 0; i < s->unit->pilots_n; i++) {
        const struct pilot *p = &s->unit->pilots[i];
        if (!p->changed)
            continue;
        lazily(s, &c, &q_pilots, 11);
        column_int(&c[0], (int64_t)p->player);
        column_int(&c[1], p->ship);
        column_int(&c[2], (int64_t)p->session_epoch);
        column_int(&c[3], (int64_t)p->rev);
        column_int(&c[4], p->last_location);
        column_int(&c[5], p->job_step);
        column_int(&c[6], p->flown_ticks);
        column_int(&c[7], p->losses);
        column_bool(&c[8], p->aggressor);
        column_bool(&c[9], p->traded);
        column_int(&c[10], p->deliveries);
    }
}

static void put_new_ship(struct column *c, const struct ship *p)
{
    column_int(&c[0], p->id);
    column_int(&c[1], (int64_t)p->player);
    column_int(&c[2], p->class_id);
    column_int(&c[3], p->holder);
    column_int(&c[4], p->holder_id);
    column_int(&c[5], (int64_t)p->version);
    column_int(&c[6], p->hull);
    column_int(&c[7], p->torpedoes);
    column_int(&c[8], p->weapon);
    column_int(&c[9], p->insurance);
}

static void put_ship(struct column *c, const struct ship *p)
{
    column_int(&c[0], p->id);
    column_int(&c[1], p->class_id);
    column_int(&c[2], p->holder);
    column_int(&c[3], p->holder_id);
    column_int(&c[4], (int64_t)p->version);
    column_int(&c[5], p->hull);
    column_int(&c[6], p->torpedoes);
    column_int(&c[7], p->weapon);
    column_int(&c[8], p->x);
    column_int(&c[9], p->y);
    column_int(&c[10], p->appear_at);
    column_int(&c[11], p->flown_due);
    column_bool(&c[12], p->locked);
    column_int(&c[13], p->route_to);
    column_bool(&c[14], p->route_short);
    column_int(&c[15], (int64_t)p->ready_ms);
    column_int(&c[16], p->insurance);
}

static void add_ships(struct store *s)
{
    struct column *made = NULL, *c = NULL;
    for (uint32_t i = 0; i < s->unit->ships_n; i++)
        if (s->unit->ships[i].created)
            put_new_ship(lazily(s, &made, &q_new_ships, 10), &s->unit->ships[i]);
    for (uint32_t i = 0; i < s->unit->ships_n; i++)
        if (s->unit->ships[i].changed)
            put_ship(lazily(s, &c, &q_ships, 17), &s->unit->ships[i]);
}

static void add_lines(struct store *s)
{
    struct column *c = NULL;
    for (uint32_t i = 0; i < s->unit->lines_n; i++) {
        const struct line *l = &s->unit->lines[i];
        if (!l->changed)
            continue;
        lazily(s, &c, &q_lines, 4);
        column_int(&c[0], l->location);
        column_int(&c[1], l->commodity);
        column_int(&c[2], book_balance(&s->unit->book, account_of(ACCOUNT_STATION, l->location),
                                       (int32_t)l->commodity));
        column_int(&c[3], l->carry);
    }
}

static void add_balances(struct store *s)
{
    struct column *wallets = NULL, *cargo = NULL;
    for (uint32_t i = 0; i < BOOK_BALANCES_MAX; i++) {
        const struct book_balance *b = &s->unit->book.balances[i];
        if (!b->changed || b->commodity != BOOK_CREDITS)
            continue;
        lazily(s, &wallets, &q_wallets, 2);
        column_int(&wallets[0], b->account);
        column_int(&wallets[1], b->amount);
    }
    for (uint32_t i = 0; i < BOOK_BALANCES_MAX; i++) {
        const struct book_balance *b = &s->unit->book.balances[i];
        if (!b->changed || b->commodity == BOOK_CREDITS ||
            account_kind(b->account) == ACCOUNT_STATION)
            continue;
        lazily(s, &cargo, &q_cargo, 3);
        column_int(&cargo[0], b->account);
        column_int(&cargo[1], b->commodity);
        column_int(&cargo[2], b->amount);
    }
}

static void add_loot_goods(struct store *s)
{
    struct column *c = NULL;
    for (uint32_t i = 0; i < s->unit->loots_n; i++) {
        const struct loot *l = &s->unit->loots[i];
        for (uint32_t k = 0; (l->created || l->changed) && k < l->goods.n; k++) {
            lazily(s, &c, &q_loot_goods, 3);
            column_int(&c[0], (int64_t)l->id);
            column_int(&c[1], l->goods.g[k].commodity);
            column_int(&c[2], l->goods.g[k].quantity);
        }
    }
}

static void add_loot(struct store *s)
{
    struct column *made = NULL, *gone = NULL, *cleared = NULL;
    for (uint32_t i = 0; i < s->unit->loots_n; i++) {
        const struct loot *l = &s->unit->loots[i];
        if (!l->created || l->goods.n == 0)
            continue;
        lazily(s, &made, &q_new_loot, 4);
        column_int(&made[0], (int64_t)l->id);
        column_int(&made[1], l->shard);
        column_int(&made[2], l->x);
        column_int(&made[3], l->y);
    }
    for (uint32_t i = 0; i < s->unit->loots_n; i++) {
        const struct loot *l = &s->unit->loots[i];
        if (!l->created && l->changed && l->goods.n == 0)
            column_int(lazily(s, &gone, &q_gone_loot, 1), (int64_t)l->id);
    }
    for (uint32_t i = 0; i < s->unit->loots_n; i++) {
        const struct loot *l = &s->unit->loots[i];
        if (!l->created && l->changed && l->goods.n > 0)
            column_int(lazily(s, &cleared, &q_clear_goods, 1), (int64_t)l->id);
    }
    add_loot_goods(s);
}

static void add_inbox(struct store *s)
{
    const struct unit *u = s->unit;
    struct column *c = NULL;
    for (uint32_t i = 0; i < u->inbox_n; i++) {
        const struct inbox_row *b = &u->inbox[i];
        if (b->known)
            continue;
        lazily(s, &c, &q_inbox, 9);
        column_int(&c[0], (int64_t)b->event_id);
        column_int(&c[1], (int64_t)b->hash);
        column_text(&c[2], b->kind);
        column_int(&c[3], b->shard);
        column_int(&c[4], (int64_t)b->world_epoch);
        column_text(&c[5], b->verdict);
        for (uint32_t k = b->first_letter; k < b->first_letter + b->letters; k++) {
            const struct letter *l = &u->letters[k];
            if (!l->is_baton)
                continue;
            column_int(&c[6], l->id);
            column_bytes(&c[7], u->bytes + l->offset, l->len);
            column_int(&c[8], (int64_t)b->event_id);
        }
    }
}

static void add_outbox(struct store *s)
{
    struct column *c = NULL, *again = NULL;
    for (uint32_t i = 0; i < s->unit->letters_n; i++) {
        const struct letter *l = &s->unit->letters[i];
        if (l->again_event != 0)
            continue;
        lazily(s, &c, &q_outbox, 3);
        column_int(&c[0], l->id);
        column_text(&c[1], l->subject);
        column_bytes(&c[2], s->unit->bytes + l->offset, l->len);
    }
    for (uint32_t i = 0; i < s->unit->letters_n; i++) {
        const struct letter *l = &s->unit->letters[i];
        if (l->again_event == 0)
            continue;
        lazily(s, &again, &q_again, 3);
        column_int(&again[0], (int64_t)l->again_event);
        column_int(&again[1], l->id);
        column_text(&again[2], l->subject);
    }
}

static void add_quotes(struct store *s)
{
    struct column *gone = NULL, *c = NULL;
    for (uint32_t i = 0; i < s->unit->quotes_n; i++) {
        const struct quote *q = &s->unit->quotes[i];
        if (q->used && !q->created)
            column_bytes(lazily(s, &gone, &q_drop_quotes, 1), q->id, KEY_BYTES);
    }
    for (uint32_t i = 0; i < s->unit->quotes_n; i++) {
        const struct quote *q = &s->unit->quotes[i];
        if (!q->created || q->used)
            continue;
        lazily(s, &c, &q_new_quotes, 7);
        column_bytes(&c[0], q->id, KEY_BYTES);
        column_int(&c[1], (int64_t)q->player);
        column_int(&c[2], q->location);
        column_int(&c[3], q->commodity);
        column_int(&c[4], q->side);
        column_int(&c[5], q->quantity);
        column_int(&c[6], q->credits);
    }
    struct column *points = NULL;
    for (uint32_t i = 0; i < s->unit->points_n; i++) {
        lazily(s, &points, &q_points, 3);
        column_int(&points[0], s->unit->points[i].location);
        column_int(&points[1], s->unit->points[i].commodity);
        column_int(&points[2], s->unit->points[i].mid_milli);
    }
}

int store_flush(struct store *s)
{
    steps_begin(s);
    add_transactions(s);
    add_entries(s);
    add_pilots(s);
    add_ships(s);
    add_lines(s);
    add_balances(s);
    add_loot(s);
    add_inbox(s);
    add_outbox(s);
    add_quotes(s);
    store_guild_write(s);
    store_contract_write(s);
    store_limit_write(s);
    (void)steps_add(s, &st_pg_stmt_commit, 0);
    int err = steps_run(s);
    steps_end(s);
    return err;
}
