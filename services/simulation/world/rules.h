/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_RULES_H
#define WORLD_RULES_H

/*
 * What a step needs of the configuration, worked out once: classes by index with their weapons,
 * the graph that NPCs fly along, the ids of what has a role. Points into the configuration it was
 * made from; derived, so never saved or hashed. Tick thread only.
 */
#include "route.h"

#define RULE_CLASSES_MAX (CONFIG_CLASSES_MAX + 3)

struct rule_class {
    struct flight_class flight;
    const struct config_class *config; /* NULL for what is built in */
    const struct config_weapon *gun, *torpedo, *pd;
    uint32_t id;
    int32_t radius; /* k */
    int32_t hull, shield;
};

struct rules {
    struct rule_class classes[RULE_CLASSES_MAX];
    uint32_t classes_n;
    uint32_t raider, patrol; /* indexes of the first class of each role */
    const struct config_weapon *torpedo; /* the first one: built-in class 1000 */
    const struct config_weapon *weapons[CONFIG_WEAPONS_MAX + 1]; /* by id, NULL = none */
    uint16_t fuel;           /* good that raiders and drones drop */
    int32_t radius; /* k: the greatest of all classes */
    int32_t pickup; /* k: no ship picks up from farther away */
    struct routes routes;
};

/* Works the rules out; the configuration must have passed its check and must stay where it is. */
void rules_init(struct rules *r, const struct world_config *c);

/* Index of a class id, or classes_n. */
uint32_t rules_class(const struct rules *r, uint32_t class_id);

#endif
