/* SPDX-License-Identifier: Apache-2.0 */
#include "decide.h"

#include <string.h>

#include <st/assert.h>

bool decide_replayed(struct unit *u, struct act *a, bool *taken)
{
    const struct transaction *t = unit_keyed(u, a->player, a->key);
    *taken = t && t->hash != a->hash;
    if (!t || *taken)
        return false;
    memcpy(a->answer, t->answer, t->answer_len);
    a->answer_len = t->answer_len;
    a->code = CODE_OK;
    return true;
}

void decide_keep(struct transaction *t, const struct act *a)
{
    memcpy(t->answer, a->answer, a->answer_len);
    t->answer_len = a->answer_len;
}

void decide_touched(struct unit *u, struct pilot *p, const char *kind)
{
    bool touched = p->touched;
    p->touched = false;
    if (!touched || catalog_guild_of(u->catalog, p->player)) /* nobody looks at a guild's row */
        return;
    p->rev++;
    int64_t credits = unit_wallet(u, p->player);
    st_assert(u->changes_n < CHANGES_MAX);
    u->changes[u->changes_n++] = (struct player_news){
        p->player, p->rev, credits, credits - p->credits_before, kind, p->ship};
    p->credits_before = credits;
}

bool decide_is_newcomer(const struct unit *u, const struct pilot *p)
{
    const struct ship *s = NULL;
    for (uint32_t i = 0; i < u->ships_n; i++)
        if (u->ships[i].id == p->ship)
            s = &u->ships[i];
    const struct config_class *k = s ? world_config_class(&u->catalog->world, s->class_id) : NULL;
    int64_t worth = unit_wallet(u, p->player) + (k ? k->price : 0);
    if (s)
        worth += unit_cargo_worth(u, s->id);
    return rules_newcomer(p->flown_ticks, worth, p->aggressor);
}

uint64_t decide_epoch(const struct unit *u, uint32_t shard)
{
    const struct shard *s = unit_shard(u, shard);
    return s ? s->world_epoch : 0;
}

void decide_provision(struct unit *u, struct act *a)
{
    const struct catalog *c = u->catalog;
    struct pilot *p = unit_pilot(u, a->player);
    if (p) {
        wire_answer_provision(a, p->ship, p->rev);
        return;
    }
    st_assert(u->pilots_n < PILOTS_MAX && u->ships_n < SHIPS_MAX);
    const struct config_class *k = world_config_class(&c->world, c->start_class);
    struct ship *s = &u->ships[u->ships_n++];
    *s = (struct ship){.id = unit_next_ship(u),
                       .player = a->player,
                       .class_id = k->id,
                       .holder = HOLDER_STATION,
                       .holder_id = c->start_location,
                       .version = 1,
                       .hull = k->hull,
                       .torpedoes = k->torpedoes,
                       .weapon = k->gun,
                       .insurance = INSURANCE_NONE,
                       .created = true};
    p = &u->pilots[u->pilots_n++];
    *p = (struct pilot){
        .player = a->player, .ship = s->id, .last_location = c->start_location, .created = true};
    struct transaction *t = unit_transaction(u, "provision", a->player, a);
    unit_move(u, t->id, account_of(ACCOUNT_SOURCE, SOURCE_MINT),
              account_of(ACCOUNT_PILOT, a->player), BOOK_CREDITS, RULES_START_CREDITS);
    p->touched = true;
    decide_touched(u, p, "provision");
    wire_answer_provision(a, s->id, p->rev);
}

static void decide_where(struct unit *u, struct act *a, struct pilot *p)
{
    const struct ship *s = unit_ship(u, p->ship);
    struct where_reply r = {s, s->x, s->y};
    const struct config_station *at =
        s->holder == HOLDER_STATION ? world_config_station(&u->catalog->world, s->holder_id) : NULL;
    if (at) {
        r.x = at->x * WORLD_UNIT;
        r.y = at->y * WORLD_UNIT;
    }
    wire_answer_where(a, &r);
}

static void decide_account(struct unit *u, struct act *a, struct pilot *p)
{
    const struct ship *s = unit_ship(u, p->ship);
    struct account_reply r = {.pilot = p,
                              .ship = s,
                              .credits = unit_wallet(u, p->player),
                              .hold = catalog_hold(u->catalog, s->class_id)};
    unit_manifest(u, s->id, &r.cargo);
    for (uint32_t i = 0; i < u->fleet_n && r.fleet_n < ST_ARRAY_LEN(r.fleet); i++)
        if (u->fleet[i].player == p->player)
            r.fleet[r.fleet_n++] = &u->fleet[i];
    r.catalog = u->catalog;
    /* Step 1: job 1 is under way, step 3: job 2. */
    if ((p->job_step == 1 || p->job_step == 3) &&
        catalog_job(u->catalog, (p->job_step + 1) / 2, &r.jobs[0]))
        r.jobs_n = 1;
    wire_answer_account(a, &r);
}

/* Takes the newest session epoch into account; false when the caller's is older. */
static bool pass_fence(const struct unit *u, struct act *a, struct pilot *p)
{
    if (a->session_epoch == 0)
        return true;
    if (a->session_epoch < p->session_epoch) {
        a->code = CODE_FENCED;
        return false;
    }
    if (a->session_epoch > p->session_epoch && u->looks) {
        a->must_lock = true;
        return false;
    }
    if (a->session_epoch > p->session_epoch) {
        p->session_epoch = a->session_epoch;
        p->changed = true;
    }
    return true;
}

void decide(struct unit *u, struct act *a)
{
    a->answer_len = 0;
    a->verdict = VERDICT_NONE;
    a->must_lock = false;
    switch (a->kind) {
    case ACT_PROVISION:
        decide_provision(u, a);
        return;
    case ACT_EVENT:
        decide_event(u, a);
        return;
    case ACT_DRIFT:
        decide_drift(u, a);
        return;
    case ACT_TOW:
        decide_tow(u, a);
        return;
    case ACT_LIMIT_END:
        decide_limit_end(u, a);
        return;
    case ACT_HEAD_END:
        decide_head_end(u, a);
        return;
    default:
        break;
    }
    struct pilot *p = unit_pilot(u, a->player);
    if (!p || !unit_ship(u, p->ship)) {
        a->code = CODE_NOT_FOUND;
        return;
    }
    if (!pass_fence(u, a, p))
        return;
    switch (a->kind) {
    case ACT_WHERE:
        decide_where(u, a, p);
        break;
    case ACT_ACCOUNT:
        decide_account(u, a, p);
        break;
    case ACT_ORDER:
        decide_order(u, a, p);
        break;
    case ACT_QUOTE:
        decide_quote(u, a, p);
        break;
    case ACT_CONTRACTS:
        wire_answer_contracts(a, u);
        break;
    case ACT_BOOK:
        wire_answer_book(a, u);
        break;
    case ACT_LIMIT:
        decide_limit(u, a, p);
        break;
    case ACT_CONTRACT:
        decide_contract(u, a, p);
        break;
    case ACT_SHIP:
        decide_ship(u, a, p);
        break;
    case ACT_UNDOCK:
        decide_undock(u, a, p);
        break;
    default:
        st_assert(a->kind == ACT_GRANT);
        decide_grant(u, a, p);
        break;
    }
}
