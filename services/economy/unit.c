/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include <st/assert.h>

enum { NUMBERS_PER_ACT = 30 };
_Static_assert(TRANSACTIONS_MAX + LETTERS_MAX + 2 * ECONOMY_BATCH_MAX <=
                   NUMBERS_PER_ACT * ECONOMY_BATCH_MAX,
               "reserved numbers suffice for all that a batch may make");

void unit_clear(struct unit *u, const struct catalog *catalog, uint64_t now_ms)
{
    book_clear(&u->book);
    u->pilots_n = u->ships_n = u->fleet_n = u->lines_n = u->loots_n = u->quotes_n = u->shards_n = 0;
    u->transactions_n = u->letters_n = u->trades_n = u->changes_n = 0;
    u->inbox_n = u->points_n = u->bytes_n = u->losses_n = u->zones_n = 0;
    u->contracts_n = u->limits_n = u->lockers_n = u->levels_n = 0;
    memset(u->offers_n, 0, sizeof u->offers_n);
    memset(u->modest_n, 0, sizeof u->modest_n);
    u->traders = 0;
    u->ids_n = u->id_block = u->id_next = u->ship_ids_n = u->ship_next = 0;
    u->catalog = catalog;
    u->now_ms = now_ms;
}

struct pilot *unit_pilot(struct unit *u, uint64_t player)
{
    for (uint32_t i = 0; i < u->pilots_n; i++)
        if (u->pilots[i].player == player)
            return &u->pilots[i];
    return NULL;
}

struct ship *unit_ship(struct unit *u, uint32_t id)
{
    for (uint32_t i = 0; i < u->ships_n; i++)
        if (u->ships[i].id == id)
            return &u->ships[i];
    return NULL;
}

struct line *unit_line(struct unit *u, uint32_t location, uint32_t commodity)
{
    for (uint32_t i = 0; i < u->lines_n; i++)
        if (u->lines[i].location == location && u->lines[i].commodity == commodity)
            return &u->lines[i];
    return NULL;
}

struct loot *unit_loot(struct unit *u, uint64_t id)
{
    for (uint32_t i = 0; i < u->loots_n; i++)
        if (u->loots[i].id == id)
            return &u->loots[i];
    return NULL;
}

struct quote *unit_quote(struct unit *u, const uint8_t id[KEY_BYTES])
{
    for (uint32_t i = 0; i < u->quotes_n; i++)
        if (memcmp(u->quotes[i].id, id, KEY_BYTES) == 0)
            return &u->quotes[i];
    return NULL;
}

struct contract *unit_contract(struct unit *u, int64_t id)
{
    for (uint32_t i = 0; i < u->contracts_n; i++)
        if (u->contracts[i].id == id)
            return &u->contracts[i];
    return NULL;
}

struct limit_order *unit_limit(struct unit *u, int64_t id)
{
    for (uint32_t i = 0; i < u->limits_n; i++)
        if (u->limits[i].id == id)
            return &u->limits[i];
    return NULL;
}

struct locker *unit_locker(struct unit *u, uint64_t player, uint32_t location, uint32_t commodity)
{
    for (uint32_t i = 0; i < u->lockers_n; i++)
        if (u->lockers[i].player == player && u->lockers[i].location == location &&
            u->lockers[i].commodity == commodity)
            return &u->lockers[i];
    return NULL;
}

struct inbox_row *unit_inbox(struct unit *u, uint64_t event_id)
{
    for (uint32_t i = 0; i < u->inbox_n; i++)
        if (u->inbox[i].event_id == event_id)
            return &u->inbox[i];
    return NULL;
}

struct zone_note *unit_zone(struct unit *u, uint32_t zone)
{
    for (uint32_t i = 0; i < u->zones_n; i++)
        if (u->zones[i].zone == zone)
            return &u->zones[i];
    if (!world_config_zone(&u->catalog->world, zone) || u->zones_n == ST_ARRAY_LEN(u->zones))
        return NULL;
    u->zones[u->zones_n] = (struct zone_note){.zone = zone};
    return &u->zones[u->zones_n++];
}

const struct shard *unit_shard(const struct unit *u, uint32_t id)
{
    for (uint32_t i = 0; i < u->shards_n; i++)
        if (u->shards[i].id == id)
            return &u->shards[i];
    return NULL;
}

struct transaction *unit_keyed(struct unit *u, uint64_t player, const uint8_t key[KEY_BYTES])
{
    for (uint32_t i = 0; i < u->transactions_n; i++) {
        struct transaction *t = &u->transactions[i];
        if (t->has_key && t->player == player && memcmp(t->key, key, KEY_BYTES) == 0)
            return t;
    }
    return NULL;
}

uint32_t unit_blocks_wanted(uint32_t acts)
{
    return acts * NUMBERS_PER_ACT / ID_BLOCK + 1;
}

int64_t unit_next_id(struct unit *u)
{
    st_assert(u->id_block < u->ids_n);
    int64_t id = u->ids[u->id_block] + u->id_next;
    if (++u->id_next == ID_BLOCK) {
        u->id_next = 0;
        u->id_block++;
    }
    return id;
}

uint32_t unit_next_ship(struct unit *u)
{
    st_assert(u->ship_next < u->ship_ids_n);
    return u->ship_ids[u->ship_next++];
}

struct transaction *unit_transaction(struct unit *u, const char *kind, uint64_t player,
                                     const struct act *act)
{
    st_assert(u->transactions_n < TRANSACTIONS_MAX);
    struct transaction *t = &u->transactions[u->transactions_n++];
    memset(t, 0, sizeof *t);
    t->id = unit_next_id(u);
    t->kind = kind;
    t->player = player;
    t->hash = act->hash;
    t->result = 1;
    t->request_id = act->request_id;
    return t;
}

struct transaction *unit_transaction_keyed(struct unit *u, const char *kind, const struct act *act)
{
    struct transaction *t = unit_transaction(u, kind, act->player, act);
    t->has_key = true;
    memcpy(t->key, act->key, KEY_BYTES);
    memcpy(t->asked, act->asked, act->asked_len);
    t->asked_len = act->asked_len;
    return t;
}

struct letter *unit_letter(struct unit *u)
{
    st_assert(u->letters_n < LETTERS_MAX);
    struct letter *l = &u->letters[u->letters_n++];
    memset(l, 0, sizeof *l);
    l->id = unit_next_id(u);
    l->offset = u->bytes_n;
    return l;
}

uint8_t *unit_letter_bytes(struct unit *u, struct letter *l, uint32_t len)
{
    st_assert(u->bytes_n + len <= LETTER_BYTES_MAX);
    l->offset = u->bytes_n;
    l->len = len;
    u->bytes_n += len;
    return u->bytes + l->offset;
}

void unit_manifest(const struct unit *u, uint32_t ship, struct manifest *out)
{
    account_id hold = account_of(ACCOUNT_SHIP, ship);
    out->n = 0;
    for (int32_t g = 1; g <= GOOD_ID_MAX; g++) {
        int64_t quantity = book_balance(&u->book, hold, g);
        if (quantity > 0 && out->n < GOODS_MAX)
            out->g[out->n++] = (struct goods){(uint32_t)g, quantity};
    }
}

int64_t unit_cargo_mass(const struct unit *u, uint32_t ship)
{
    struct manifest m;
    unit_manifest(u, ship, &m);
    int64_t mass = 0;
    for (uint32_t i = 0; i < m.n; i++)
        mass += m.g[i].quantity * catalog_mass(u->catalog, m.g[i].commodity);
    return mass;
}

int64_t unit_cargo_worth(const struct unit *u, uint32_t ship)
{
    struct manifest m;
    unit_manifest(u, ship, &m);
    int64_t worth = 0;
    for (uint32_t i = 0; i < m.n; i++)
        worth += m.g[i].quantity *
                 (int64_t)world_config_good(&u->catalog->world, m.g[i].commodity)->base;
    return worth;
}

void unit_move(struct unit *u, int64_t transaction, account_id from, account_id to,
               int32_t commodity, int64_t amount)
{
    bool moved = amount == 0 || book_move(&u->book, transaction, from, to, commodity, amount);
    st_assert(moved);
}

void unit_move_either(struct unit *u, int64_t transaction, account_id from, account_id to,
                      int32_t commodity, int64_t amount)
{
    if (amount >= 0)
        unit_move(u, transaction, from, to, commodity, amount);
    else
        unit_move(u, transaction, to, from, commodity, -amount);
}

int64_t unit_wallet(const struct unit *u, uint64_t player)
{
    return book_balance(&u->book, account_of(ACCOUNT_PILOT, player), BOOK_CREDITS);
}

void ship_change(struct ship *s)
{
    s->changed = true;
}

void pilot_touch(struct pilot *p)
{
    p->changed = p->touched = true;
}
