/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a player is to this service, and the rules for names and passwords. Pure: any thread, no
 * I/O. Must never know how a player is kept or asked for.
 */
#ifndef PROFILE_PLAYER_H
#define PROFILE_PLAYER_H

#include <st/base.h>

enum {
    PLAYER_NAME_MIN = 3,
    PLAYER_NAME_MAX = 20,
    PLAYER_PASSWORD_MIN = 10,        /* characters */
    PLAYER_PASSWORD_MAX = 128,       /* characters */
    PLAYER_PASSWORD_BYTES_MAX = 512, /* 128 characters of four bytes */
    PLAYER_ID_MIN = 1001
};

/* The profile as cached and shown; the fields are explained in account.proto. */
struct player_profile {
    uint64_t player;
    char name[PLAYER_NAME_MAX + 1];
    uint64_t created_at; /* Unix time, s */
    bool guest;
    uint32_t kills, deaths;
    uint64_t credits;
    uint32_t ship, class_id;
    uint32_t holder; /* kind */
    uint32_t location;
    uint32_t cargo_units;
    uint64_t rev;
    uint64_t as_of_ms; /* Unix time */
};

/* 3 to 20 letters, digits, single spaces or hyphens of ASCII, of which at least one is a letter or
 * digit; no space at either end. Other letters are refused: too many of them look alike. */
bool player_name_valid(const char *name, size_t len);
/* What names are compared by: lower case. name is valid; out holds PLAYER_NAME_MAX + 1. */
void player_name_fold(char *out, const char *name);
/* UTF-8 of 10 to 128 characters. */
bool player_password_acceptable(const char *password, size_t len);
/* "Guest-" and six characters made from 30 random bits; out holds PLAYER_NAME_MAX + 1. */
void player_guest_name(char *out, uint32_t random);
/* Fits the range of player ids. */
bool player_id_valid(uint64_t player);

#endif
