/* SPDX-License-Identifier: Apache-2.0 */
#include <st/err.h>

#include <st/base.h>

static const char *const names[] = {
    [-ST_OK] = "ok",
    [-ST_EINVAL] = "invalid",
    [-ST_ENOMEM] = "no_room",
    [-ST_EFULL] = "full",
    [-ST_ETIMEOUT] = "timeout",
    [-ST_EUNAVAILABLE] = "unavailable",
    [-ST_EPROTO] = "protocol",
    [-ST_EDENIED] = "denied",
    [-ST_ENOTFOUND] = "not_found",
    [-ST_EEXIST] = "exists",
    [-ST_EIO] = "io",
    [-ST_ECLOSED] = "closed",
    [-ST_ELIMIT] = "limit",
    [-ST_ECONFLICT] = "conflict",
};

const char *st_err_name(int err)
{
    if (err > 0 || err <= -(int)ST_ARRAY_LEN(names))
        return "unknown";
    return names[-err];
}
