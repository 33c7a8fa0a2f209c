/* SPDX-License-Identifier: Apache-2.0 */
#include "player.h"

#include <st/assert.h>
#include <st/rng.h>

#include <string.h>

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool player_name_valid(const char *name, size_t len)
{
    st_assert(name || len == 0);
    if (len < PLAYER_NAME_MIN || len > PLAYER_NAME_MAX)
        return false;
    bool any = false;
    for (size_t i = 0; i < len; i++) {
        bool space = name[i] == ' ';
        if (!is_alnum(name[i]) && !space && name[i] != '-')
            return false;
        if (space && (i == 0 || i + 1 == len || name[i - 1] == ' '))
            return false;
        any = any || is_alnum(name[i]);
    }
    return any;
}

void player_name_fold(char *out, const char *name)
{
    size_t len = strlen(name);
    st_assert(out && player_name_valid(name, len));
    for (size_t i = 0; i <= len; i++)
        out[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
}

bool player_password_acceptable(const char *password, size_t len)
{
    st_assert(password || len == 0);
    if (len > PLAYER_PASSWORD_BYTES_MAX || !st_utf8_valid(password, len))
        return false;
    size_t characters = 0;
    for (size_t i = 0; i < len; i++)
        characters += ((unsigned char)password[i] & 0xc0) != 0x80;
    return characters >= PLAYER_PASSWORD_MIN && characters <= PLAYER_PASSWORD_MAX;
}

void player_guest_name(char *out, uint32_t random)
{
    /* Without 0, 1, I and O, which look alike; all of one case, because names are compared so. */
    static const char digits[] = "BCDFGHJKLMNPQRSTVWXYZ3456789AEU2";
    _Static_assert(sizeof(digits) == 33, "five bits per character");
    st_assert(out);
    memcpy(out, "Guest-", 6);
    for (int i = 0; i < 6; i++)
        out[6 + i] = digits[random >> (5 * i) & 31];
    out[12] = '\0';
}

bool player_id_valid(uint64_t player)
{
    return player >= PLAYER_ID_MIN && player <= UINT32_MAX;
}
