/* SPDX-License-Identifier: Apache-2.0 */
#include "realm.h"

#include <stdlib.h>
#include <string.h>

#include <st/alloc.h>
#include <st/assert.h>

#include "bridge.h"
#include "decide.h"
#include "store_private.h"
#include "wire.h"

enum { ARENA_BYTES = 1 << 20, EPOCH = 1, CYCLE_DRIFTS = ECONOMY_DRIFTS_PER_CYCLE };
static const uint64_t midnight_ms = 1767225600000; /* 2026-01-01, so that each run is the same */

/* Ships beyond those that a drift loads. */
static const struct st_pg_stmt q_fleet = {"balance_fleet",
                                          "SELECT " STORE_SHIP_COLUMNS " FROM economy.ships"
                                          " WHERE player > 4294967040 ORDER BY id"};

static bool load(struct realm *r, struct store *s)
{
    struct act drift = {.kind = ACT_DRIFT}, *acts[] = {&drift};
    struct st_pg_result *fleet = NULL;
    unit_clear(store_unit(s), &r->catalog, 0); /* nobody is due at the epoch */
    if (store_load_catalog(s, &r->catalog) != 0 || store_load(s, acts, 1) != 0 ||
        st_pg_exec(store_pg(s), &q_fleet, NULL, 0, &fleet) != 0)
        return false;
    r->unit = st_alloc(sizeof *r->unit);
    memcpy(r->unit, store_unit(s), sizeof *r->unit);
    r->unit->ships_n = 0;
    for (size_t i = 0; i < st_pg_rows(fleet) && r->unit->ships_n < SHIPS_MAX; i++) {
        struct ship *ship = &r->unit->ships[r->unit->ships_n++];
        store_read_ship(fleet, i, ship);
        ship->ready_ms = r->begin_ms + i * 2000;
    }
    st_pg_result_free(&fleet);
    st_pg_rollback(store_pg(s));
    return r->unit->ships_n > 0 && r->unit->lines_n == r->catalog.lines_n;
}

static void open_world(struct realm *r, uint64_t seed)
{
    struct world_limits limits = {1024, 256, 512, 4096, 64};
    size_t size = world_size(&limits);
    r->memory = aligned_alloc(64, (size + 63) & ~(size_t)63);
    st_assert(r->memory);
    r->world = world_init(r->memory, &limits, &r->catalog.world, seed, ECONOMY_SHARD, EPOCH);
    r->unit->shards[0] = (struct shard){ECONOMY_SHARD, EPOCH};
    r->unit->shards_n = 1;
}

struct realm *realm_new(const char *url, uint64_t seed)
{
    struct realm *r = st_alloc(sizeof *r);
    r->begin_ms = midnight_ms;
    r->next_id = 1 << 20;
    memcpy(r->catalog.system, "sol-1", 6);
    struct store *s = store_new(url, "balance", &r->catalog);
    bool loaded = load(r, s);
    store_free(&s);
    if (!loaded) {
        st_free(r->unit);
        st_free(r);
        return NULL;
    }
    open_world(r, seed);
    st_buf_init(&r->wire, WIRE_EVENT_MAX);
    for (int i = 0; i < 2; i++) {
        r->arena_memory[i] = st_alloc(ARENA_BYTES);
        st_arena_init(&r->arena[i], r->arena_memory[i], ARENA_BYTES);
    }
    return r;
}

void realm_free(struct realm **r)
{
    for (int i = 0; i < 2; i++)
        st_free((*r)->arena_memory[i]);
    st_buf_fini(&(*r)->wire);
    free((*r)->memory);
    st_free((*r)->unit);
    st_free(*r);
    *r = NULL;
}

uint64_t realm_now_ms(const struct realm *r)
{
    return r->begin_ms + (uint64_t)world_tick(r->world) * (1000 / WORLD_TICK_HZ);
}

/* Numbers for what the next act makes. */
static void begin(struct realm *r)
{
    struct unit *u = r->unit;
    u->ids_n = ST_ARRAY_LEN(u->ids);
    u->id_block = u->id_next = 0;
    for (uint32_t i = 0; i < u->ids_n; i++, r->next_id += ID_BLOCK)
        u->ids[i] = r->next_id;
    u->now_ms = realm_now_ms(r);
}

static void deliver(struct realm *r, const struct letter *l)
{
    struct world_baton b;
    if (bridge_baton(r->world, r->unit->bytes + l->offset, l->len, &r->arena[1], &b) &&
        r->held_n < ST_ARRAY_LEN(r->held))
        r->held[r->held_n++] = b;
    r->voyages += b.kind == WORLD_BATON_APPEAR;
}

static void keep_zones(struct realm *r)
{
    for (uint32_t i = 0; i < r->unit->zones_n; i++) {
        struct zone_note *n = &r->unit->zones[i];
        for (uint32_t z = 0; z < r->catalog.world.zones_n; z++) {
            if (r->catalog.world.zones[z].id != n->zone)
                continue;
            r->day[z].flown_s += n->flown_s;
            r->day[z].losses += n->losses;
            r->hour[z].flown_s += n->flown_s;
            r->hour[z].losses += n->losses;
        }
        r->lost_ships += (uint64_t)n->losses;
        n->flown_s = n->losses = 0;
    }
}

/* What a database would have kept stays, what was only written is let go. */
static void end(struct realm *r)
{
    struct unit *u = r->unit;
    for (uint32_t i = 0; i < u->letters_n; i++)
        if (u->letters[i].is_baton)
            deliver(r, &u->letters[i]);
    keep_zones(r);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < u->loots_n; i++) {
        if (u->loots[i].goods.n == 0)
            continue;
        u->loots[kept] = u->loots[i];
        u->loots[kept].created = u->loots[kept].changed = false;
        kept++;
    }
    u->loots_n = kept;
    u->book.entries_n = 0;
    u->transactions_n = u->letters_n = u->trades_n = u->changes_n = 0;
    u->inbox_n = u->points_n = u->losses_n = u->bytes_n = 0;
}

static void book_event(struct realm *r, const struct world_hard *h)
{
    struct act a = {.kind = ACT_EVENT};
    st_buf_clear(&r->wire);
    bridge_event(h, ECONOMY_SHARD, EPOCH, &r->wire);
    bool sane = wire_event(&a, r->wire.data, r->wire.len, &r->arena[0]);
    st_assert(sane);
    begin(r);
    decide(r->unit, &a);
    r->events++;
    end(r);
}

static void count_inbound(struct unit *u)
{
    for (uint32_t i = 0; i < u->lines_n; i++)
        u->lines[i].inbound = 0;
    for (uint32_t i = 0; i < u->ships_n; i++) {
        struct manifest m;
        if (u->ships[i].holder != HOLDER_SHARD)
            continue;
        unit_manifest(u, u->ships[i].id, &m);
        for (uint32_t k = 0; k < m.n; k++) {
            struct line *l = unit_line(u, u->ships[i].route_to, m.g[k].commodity);
            if (l)
                l->inbound += m.g[k].quantity;
        }
    }
}

/* At the first cycle of a day the one before it is learnt from. */
static void close_day(struct realm *r)
{
    uint64_t minute = realm_now_ms(r) / 60000;
    if (minute % (24 * 60) != 0)
        return;
    for (uint32_t i = 0; i < r->unit->zones_n; i++) {
        struct zone_note *n = &r->unit->zones[i];
        for (uint32_t z = 0; z < r->catalog.world.zones_n; z++) {
            if (r->catalog.world.zones[z].id != n->zone)
                continue;
            n->day_flown_s = r->day[z].flown_s;
            n->day_losses = r->day[z].losses;
            n->day_over = true;
        }
    }
    memset(r->day, 0, sizeof r->day);
}

static int64_t guilds_own(const struct realm *r)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < r->catalog.world.guilds_n; i++)
        sum += unit_wallet(r->unit, WORLD_GUILD_PLAYER | r->catalog.world.guilds[i].id);
    return sum;
}

static uint32_t guild_of(account_id account)
{
    uint32_t id = account_number(account) & 0xff;
    return ST_MIN(id, (uint32_t)CONFIG_GUILDS_MAX);
}

/* Entries between a guild and the mint: what its owners put in or took out. */
static void count_owners(struct realm *r)
{
    const struct book *b = &r->unit->book;
    for (uint32_t i = 0; i + 1 < b->entries_n; i++) {
        const struct book_entry *e = &b->entries[i], *other = &b->entries[i + 1];
        account_id mint = account_of(ACCOUNT_SOURCE, SOURCE_MINT);
        if (e->commodity != BOOK_CREDITS || e->transaction != other->transaction ||
            e->amount != -other->amount)
            continue;
        if (account_kind(e->account) == ACCOUNT_PILOT && other->account == mint)
            r->owners_took[guild_of(e->account)] -= e->amount;
        if (account_kind(other->account) == ACCOUNT_PILOT && e->account == mint)
            r->owners_paid[guild_of(other->account)] += other->amount;
    }
}

static void drift(struct realm *r)
{
    struct act a = {.kind = ACT_DRIFT, .cycle = ++r->drifts % CYCLE_DRIFTS == 0};
    count_inbound(r->unit);
    if (a.cycle)
        close_day(r);
    begin(r);
    decide(r->unit, &a);
    if (a.cycle)
        count_owners(r);
    for (uint32_t i = 0; i < r->unit->zones_n; i++)
        r->unit->zones[i].day_over = r->unit->zones[i].learnt = false;
    end(r);
    st_assert(guilds_own(r) >= 0);
}

/* As the simulation does it, but once a second. */
static void tell_calendar(struct realm *r)
{
    uint64_t now_ms = realm_now_ms(r);
    uint32_t tick = world_tick(r->world), until;
    struct blockade b = calendar_blockade(&r->catalog, now_ms);
    if (tick % WORLD_TICK_HZ == 0 && world_blockaded(r->world, &until) != b.station)
        (void)world_blockade(r->world, b.station,
                             tick + (uint32_t)((b.until_ms - now_ms) * WORLD_TICK_HZ / 1000));
}

void realm_tick(struct realm *r)
{
    const struct world_hard *hards;
    struct world_hard copies[WORLD_HARD_MAX];
    uint32_t held_n = r->held_n;
    r->held_n = 0;
    for (uint32_t i = 0; i < held_n; i++) {
        struct world_baton b = r->held[i];
        if (world_apply(r->world, &b) == WORLD_FULL)
            r->held[r->held_n++] = b;
    }
    tell_calendar(r);
    world_step(r->world);
    uint32_t n = world_hards(r->world, &hards);
    memcpy(copies, hards, n * sizeof *hards);
    for (uint32_t i = 0; i < n; i++)
        book_event(r, &copies[i]);
    if (world_tick(r->world) % REALM_DRIFT_TICKS == 0)
        drift(r);
}

int64_t realm_imbalance(const struct realm *r, int32_t commodity)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < BOOK_BALANCES_MAX; i++)
        if (r->unit->book.balances[i].used && r->unit->book.balances[i].commodity == commodity)
            sum += r->unit->book.balances[i].amount;
    return sum;
}
