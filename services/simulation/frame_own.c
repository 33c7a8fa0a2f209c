/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include <st/assert.h>

#include "put.h"

enum { FIELD_OWN = 4, FIELD_PRIVATE = 8 };

/* ---- own state ---------------------------------------------------------------------------- */

/* The station whose dock radius holds the place, or 0. */
static uint32_t station_at(const struct world_config *c, int32_t x, int32_t y)
{
    for (uint32_t i = 0; i < c->stations_n; i++) {
        const struct config_station *s = &c->stations[i];
        int64_t dx = x / WORLD_UNIT - s->x, dy = y / WORLD_UNIT - s->y, r = s->dock_radius;
        if (dx * dx + dy * dy <= r * r)
            return s->id;
    }
    return 0;
}

static void put_zone(const struct world_config *c, uint32_t id, bool shelter, struct st_buf *out)
{
    const struct config_zone *z = world_config_zone(c, id);
    if (z == NULL)
        return;
    size_t opened = put_open(out, 21);
    put_uint(out, 1, z->id);
    put_uint(out, 2, z->risk);
    put_uint(out, 3, z->pvp);
    put_uint(out, 4, z->loot_pm);
    put_uint(out, 5, z->insurance_pm);
    put_uint(out, 6, z->bounty_pm);
    put_sint(out, 7, (int32_t)z->import_pm - (int32_t)z->export_pm);
    put_uint(out, 8, (uint64_t)z->linkdead_s * WORLD_TICK_HZ);
    put_uint(out, 9, shelter);
    put_uint(out, 10, z->tax_pm);
    put_close(out, opened);
}

static void put_cargo(const struct world_own *own, struct st_buf *out)
{
    for (uint32_t i = 0; i < own->cargo_n; i++) {
        size_t opened = put_open(out, 20);
        put_uint(out, 1, own->cargo[i].good);
        put_uint(out, 2, own->cargo[i].quantity);
        put_close(out, opened);
    }
}

static uint32_t ready_tick(uint32_t tick, uint32_t cooldown)
{
    return cooldown != 0 ? tick + cooldown : 0;
}

static void put_ship(const struct world *w, const struct world_own *own, struct st_buf *out)
{
    const struct world_config *c = world_config_get(w);
    const struct flight *at = &own->flight;
    uint32_t tick = world_tick(w);
    bool docking = own->dock_ready != 0 || own->phase == WORLD_PHASE_DOCKING;
    put_uint(out, 4, own->id);
    put_uint(out, 5, docking ? station_at(c, at->x, at->y) : 0);
    put_fixed32(out, 6, (uint32_t)at->x);
    put_fixed32(out, 7, (uint32_t)at->y);
    put_sint(out, 8, at->vx);
    put_sint(out, 9, at->vy);
    put_fixed32(out, 10, flight_ctl_pack(at));
    put_uint(out, 11, own->class_id);
    put_uint(out, 12, own->hull);
    put_uint(out, 13, own->shield);
    put_uint(out, 14, own->energy > 0 ? (uint32_t)own->energy : 0);
    put_uint(out, 15, ready_tick(tick, own->cooldown[0]));
    put_uint(out, 16, ready_tick(tick, own->cooldown[1]));
    put_uint(out, 17, own->torpedoes);
    put_uint(out, 18, at->load);
    put_uint(out, 19, own->cargo_mass);
    put_cargo(own, out);
    put_zone(c, own->zone, own->shelter != 0, out);
    put_uint(out, 22, own->dock_at > tick ? own->dock_at : 0);
    put_uint(out, 23, own->immune_until);
    put_uint(out, 24, own->wanted_until);
    put_uint(out, 25, own->dock_ready);
    put_uint(out, 32, own->gun);
}

void frame_own(const struct world *w, const struct world_own *own, bool station_silent,
               uint32_t slack_ms, struct st_buf *out)
{
    st_assert(w != NULL && own != NULL);
    bool ship = own->phase == WORLD_PHASE_FLYING || own->phase == WORLD_PHASE_DOCKING;
    size_t opened = put_open(out, FIELD_OWN);
    put_uint(out, 1, own->phase);
    put_uint(out, 2, own->seq);
    put_uint(out, 3, own->seq_tick);
    if (ship) {
        put_ship(w, own, out);
    } else {
        const struct world_config *c = world_config_get(w);
        put_uint(out, 5, own->station);
        put_fixed32(out, 6, (uint32_t)own->x);
        put_fixed32(out, 7, (uint32_t)own->y);
        put_zone(c, world_config_zone_at(c, own->x, own->y), own->station != 0, out);
        put_uint(out, 26, own->phase == WORLD_PHASE_DEAD ? own->respawn_at : 0);
    }
    put_uint(out, 27, ship && own->newcomer);
    put_uint(out, 28, own->seq_tick == world_tick(w) ? slack_ms : 0);
    put_uint(out, 29, station_silent);
    put_uint(out, 30, ship ? own->version : 0);
    put_uint(out, 31, world_tick(w));
    put_close(out, opened);
}

/* ---- private events ------------------------------------------------------------------------- */

/* The kernel's refusals, as ActionResult. */
static const uint8_t action_results[] = {
    [WORLD_ACCEPTED] = 1,
    [WORLD_REFUSED_RANGE] = 2,
    [WORLD_REFUSED_SPEED] = 3,
    [WORLD_REFUSED_COMBAT] = 4,
    [WORLD_REFUSED_WANTED] = 5,
    [WORLD_REFUSED_STATION_SILENT] = 6,
    [WORLD_REFUSED_INTERRUPTED] = 7,
    [WORLD_REFUSED_HOLDER] = 8,
    [WORLD_REFUSED_NOT_POSSIBLE] = 9,
};
enum { ACTION_HOLD_FULL = 10 };

static void put_answer(const struct world_note *note, struct st_buf *out)
{
    st_assert(note->code < ST_ARRAY_LEN(action_results));
    size_t opened = put_open(out, 2);
    put_uint(out, 1, note->a);
    put_uint(out, 2, action_results[note->code]);
    put_uint(out, 3, note->b);
    put_uint(out, 4, note->c);
    put_close(out, opened);
}

static void put_hit(const struct world_note *note, struct st_buf *out)
{
    bool taken = note->kind == WORLD_NOTE_HIT_BY;
    size_t opened = put_open(out, taken ? 3 : 4);
    put_uint(out, 1, note->a);
    put_uint(out, 2, note->b);
    put_uint(out, 3, note->d);
    put_uint(out, 4, taken ? note->c : 0);
    put_close(out, opened);
}

static void put_goods(struct st_buf *out, uint32_t field, uint32_t good, uint32_t quantity)
{
    size_t opened = put_open(out, field);
    put_uint(out, 1, good);
    put_uint(out, 2, quantity);
    put_close(out, opened);
}

/* All that is forbidden at this place, when the scan found something. */
static void put_scanned(const struct world *w, const struct world_own *own, bool found,
                        struct st_buf *out)
{
    const struct world_config *c = world_config_get(w);
    const struct config_zone *z = world_config_zone(c, own->zone);
    size_t opened = put_open(out, 10);
    for (uint32_t i = 0; found && z != NULL && i < own->cargo_n; i++) {
        const struct config_good *g = world_config_good(c, own->cargo[i].good);
        if (g != NULL && ((g->contraband | g->restricted) >> z->risk & 1) != 0)
            put_goods(out, 1, g->id, own->cargo[i].quantity);
    }
    put_close(out, opened);
}

static void put_note(const struct world *w, const struct world_own *own,
                     const struct world_note *note, struct st_buf *out)
{
    size_t opened;
    switch (note->kind) {
    case WORLD_NOTE_ANSWER:
        put_answer(note, out);
        break;
    case WORLD_NOTE_HIT_BY:
    case WORLD_NOTE_HIT_ON:
        put_hit(note, out);
        break;
    case WORLD_NOTE_WANTED:
        opened = put_open(out, 9);
        put_uint(out, 1, note->a);
        put_close(out, opened);
        break;
    case WORLD_NOTE_LOOT:
        opened = put_open(out, 7);
        put_goods(out, 1, note->b, note->c);
        put_close(out, opened);
        break;
    case WORLD_NOTE_SCANNED:
        put_scanned(w, own, note->b != 0, out);
        break;
    default:
        opened = put_open(out, 2);
        put_uint(out, 2, ACTION_HOLD_FULL);
        put_close(out, opened);
        break;
    }
}

void frame_note(const struct world *w, const struct world_own *own, const struct world_note *note,
                struct st_buf *out)
{
    switch (note->kind) {
    case WORLD_NOTE_KILL: /* the hard event says more */
    case WORLD_NOTE_KILLED:
    case WORLD_NOTE_ZONE: /* part of the own state */
    case WORLD_NOTE_LOCKED:
        return;
    default:
        break;
    }
    size_t opened = put_open(out, FIELD_PRIVATE);
    put_uint(out, 1, world_tick(w));
    put_note(w, own, note, out);
    put_close(out, opened);
}

void frame_destroyed(const struct world_hard *hard, struct st_buf *out)
{
    st_assert(hard->kind == WORLD_HARD_DESTROYED);
    size_t opened = put_open(out, FIELD_PRIVATE);
    put_uint(out, 1, hard->tick);
    size_t body = put_open(out, 5);
    put_uint(out, 1, hard->killer_entity);
    put_uint(out, 2, hard->killer_player);
    put_uint(out, 3, hard->killer_class);
    put_uint(out, 4, hard->zone);
    for (uint32_t i = 0; i < hard->drops_n; i++)
        put_goods(out, 5, hard->drops[i].good, hard->drops[i].quantity);
    for (uint32_t i = 0; i < hard->lost_n; i++)
        put_goods(out, 6, hard->lost[i].good, hard->lost[i].quantity);
    put_close(out, body);
    put_close(out, opened);
}

void frame_kill(const struct world_hard *hard, struct st_buf *out)
{
    st_assert(hard->kind == WORLD_HARD_DESTROYED);
    size_t opened = put_open(out, FIELD_PRIVATE);
    put_uint(out, 1, hard->tick);
    size_t body = put_open(out, 6);
    put_uint(out, 1, hard->entity);
    put_uint(out, 2, hard->player);
    put_uint(out, 3, hard->class_id);
    put_uint(out, 4, hard->zone);
    put_uint(out, 5, hard->level);
    put_close(out, body);
    put_close(out, opened);
}

void frame_booked(uint32_t tick, int64_t credits, int64_t balance, const char *kind,
                  struct st_buf *out)
{
    size_t opened = put_open(out, FIELD_PRIVATE);
    put_uint(out, 1, tick);
    size_t body = put_open(out, 8);
    put_sint(out, 1, credits);
    put_sint(out, 2, balance);
    put_text(out, 3, kind);
    put_close(out, body);
    put_close(out, opened);
}
