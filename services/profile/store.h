/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that this service asks of Postgres about players, accounts and sign-ins: one
 * connection, owned by one worker thread; calls block, never past their deadline. Each is atomic
 * and may be repeated. Errors: ST_EUNAVAILABLE and ST_ETIMEOUT (Postgres is away; in the second
 * case it may have been done), ST_EPROTO (refused by Postgres: logged), and what each names.
 */
#ifndef PROFILE_STORE_H
#define PROFILE_STORE_H

#include "player.h"

#include <st/base.h>
#include <st/secret.h>

enum {
    STORE_REFRESH_LIFE_DAYS = 90, /* of an unused refresh secret */
    STORE_REFRESH_GRACE_S = 60,   /* of a used one: a second tab, an answer that was lost */
    STORE_NAMES_MAX = 64,
    STORE_FIGHTS_MAX = 20
};

struct store;

struct store *store_new(const char *url, const char *connection_name);
void store_free(struct store **s);
/* The request that the following calls are made for; for the log; lent until the next one. */
void store_on_behalf(struct store *s, const char *request_id);
int store_ping(struct store *s) ST_MUST_CHECK;

/* ST_ENOTFOUND. *provisioned: the economy has made wallet and ship. */
int store_profile(struct store *s, uint64_t player, struct player_profile *out,
                  bool *provisioned) ST_MUST_CHECK;

struct store_account {
    uint64_t player;
    bool provisioned;
    char phc[ST_PASSWORD_TEXT_MAX];
};
/* By folded name. ST_ENOTFOUND: no player of that name has an account. */
int store_account(struct store *s, const char *folded, struct store_account *out) ST_MUST_CHECK;

/* A player with an account (phc) or a guest (NULL). ST_EEXIST: the name is taken. */
int store_create(struct store *s, const char *name, const char *phc,
                 uint64_t *player) ST_MUST_CHECK;
/* A guest gets name and account. ST_EEXIST: the name is taken; ST_ECONFLICT: has an account;
 * ST_EDENIED: epoch is not the newest; ST_ENOTFOUND. */
int store_claim(struct store *s, uint64_t player, uint64_t epoch, const char *name,
                const char *phc) ST_MUST_CHECK;

/* Raises the session epoch, keeps the hash of a refresh secret, marks the player as provisioned;
 * a new phc replaces the old one (NULL = keep). */
int store_sign_in(struct store *s, uint64_t player, const uint8_t hash[ST_SECRET_HASH_LEN],
                  const char *phc, uint64_t *epoch) ST_MUST_CHECK;
/* Exchanges a refresh secret for a new one and raises the session epoch. ST_ENOTFOUND: unknown;
 * ST_ELIMIT: too old. */
int store_refresh(struct store *s, const uint8_t old_hash[ST_SECRET_HASH_LEN],
                  const uint8_t new_hash[ST_SECRET_HASH_LEN], uint64_t *player,
                  uint64_t *epoch) ST_MUST_CHECK;
/* Forgets the refresh secrets of the sign-in that the epoch belongs to; fences the epoch if it is
 * the newest. *epoch receives the newest. ST_ENOTFOUND. */
int store_logout(struct store *s, uint64_t player, uint64_t *epoch) ST_MUST_CHECK;
/* Newest session epoch (0 before the first) and name. ST_ENOTFOUND. */
int store_session(struct store *s, uint64_t player, uint64_t *epoch,
                  char name[PLAYER_NAME_MAX + 1]) ST_MUST_CHECK;
/* Raises the session epoch. ST_ENOTFOUND. */
int store_kick(struct store *s, uint64_t player, uint64_t *epoch) ST_MUST_CHECK;

/* A ship that was destroyed; player 0: nobody's, class 0: the Sun. */
struct store_fight {
    uint64_t at_ms, victim_player, killer_player;
    uint32_t zone, victim_class, killer_class;
};
/* The newest fights of a player into out (STORE_FIGHTS_MAX), the newest first. */
int store_fights(struct store *s, uint64_t player, struct store_fight *out,
                 size_t *found) ST_MUST_CHECK;

struct store_name {
    uint64_t player;
    char name[PLAYER_NAME_MAX + 1];
};
/* Names of those that exist; out holds `count` entries. */
int store_names(struct store *s, const uint64_t *players, size_t count, struct store_name *out,
                size_t *found) ST_MUST_CHECK;

#endif
