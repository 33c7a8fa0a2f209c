/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors of the world (sockets, databases, limits): functions return int, 0 or one of these.
 * What a player or the business refuses is not an error but an enum of proto/.
 */
#ifndef ST_ERR_H
#define ST_ERR_H

enum st_err {
    ST_OK = 0,
    ST_EINVAL = -1,       /* what was given cannot be used */
    ST_ENOMEM = -2,       /* a bounded buffer is too small */
    ST_EFULL = -3,        /* a bounded queue or table is full */
    ST_ETIMEOUT = -4,     /* no answer before the deadline: done or not, nobody knows */
    ST_EUNAVAILABLE = -5, /* the other side is away; nothing was done */
    ST_EPROTO = -6,       /* the other side answered nonsense */
    ST_EDENIED = -7,      /* no permission */
    ST_ENOTFOUND = -8,
    ST_EEXIST = -9,
    ST_EIO = -10,
    ST_ECLOSED = -11, /* already closed or shutting down */
    ST_ELIMIT = -12,  /* larger than a documented limit */
    ST_ECONFLICT = -13,
};

/* Name such as "timeout"; "unknown" for other numbers. */
const char *st_err_name(int err);

#endif
