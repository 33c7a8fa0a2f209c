/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_ENTITY_H
#define WORLD_ENTITY_H

/*
 * Slots: taking one, giving it back, and which cell an entity belongs to. Tick thread only; knows
 * nothing of what an entity does.
 */
#include "state.h"

/* Takes the slot that has rested longest; NO_SLOT when the type has none left. The unit is zeroed
 * but for type, class, generation, position and marks, and its tables beside it are zeroed. */
uint32_t entity_new(struct world *w, enum unit_type type, uint32_t class_index, int32_t x,
                    int32_t y);

/* The entity is gone from now on; clients are told the reason. */
void entity_free(struct world *w, uint32_t slot, enum world_gone_reason reason);

/* Works a ship's traits out anew; for whoever has changed what they follow from. */
void ship_traits(struct world *w, uint32_t slot);

/* Home cell of a position, index in the play grid, and the id of such an index. */
uint32_t cell_of(int32_t x, int32_t y);
uint32_t cell_id(uint32_t index);

/* Index of a cell id; false when it lies outside the play square. */
bool cell_index(uint32_t cell, uint32_t *index);

/* True when the unit has left its home cell by more than the margin. */
bool cell_left(const struct unit *u);

/* Greatest hull and shield of a unit, its level considered. */
int32_t unit_hull_max(const struct world *w, uint32_t slot);
int32_t unit_shield_max(const struct world *w, uint32_t slot);

/* Sets cargo mass and load step from the manifest. */
void ship_weigh(struct world *w, uint32_t slot);

/* Adds units of a good, as many as mass and kinds allow; returns how many. */
uint32_t ship_stow(struct world *w, uint32_t slot, uint32_t good, uint32_t quantity);

/* Removes units of a good; false (and nothing removed) when there are fewer. */
bool ship_unstow(struct world *w, uint32_t slot, uint32_t good, uint32_t quantity);

/* Private event for the pilot of a ship; nothing for NPCs. */
void note(struct world *w, uint32_t pilot, struct world_note n);

/* The pilot's own section has changed. */
void own_touch(struct world *w, uint32_t pilot);

/* The player or guild whose ship it is by the books, 0 for those that no economy knows. */
uint32_t ship_owner(const struct ship *s);

/* Room for one more hard event in this tick. */
bool hard_room(const struct world *w);

/* A hard event with place, tick, ordinal and what it is about filled in; asserts that there is
 * room. `slot` may be NO_SLOT. */
struct world_hard *hard_new(struct world *w, enum world_hard_kind kind, uint32_t slot);

#endif
