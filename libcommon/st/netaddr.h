/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of clients: their text form, lists of networks, the address behind trusted proxies, and
 * how many connections each holds. Owns no descriptor and knows no HTTP. The counts may be used by
 * any thread, all else is pure.
 */
#ifndef ST_NETADDR_H
#define ST_NETADDR_H

#include <st/base.h>
#include <sys/socket.h>

enum { ST_NETADDR_TEXT_MAX = 46, ST_NETADDR_NETWORKS_MAX = 32 };

/* 16 bytes in network order; IPv4 is mapped (::ffff:a.b.c.d). */
struct st_netaddr {
    uint8_t ip[16];
};

struct st_networks {
    uint32_t count;
    struct {
        struct st_netaddr base;
        uint8_t bits; /* of 128 */
    } net[ST_NETADDR_NETWORKS_MAX];
};

/* All zero for families other than IPv4 and IPv6. */
void st_netaddr_from_socket(struct st_netaddr *out, const struct sockaddr_storage *ss);
/* Numeric text; ST_EINVAL for anything else. */
int st_netaddr_parse(struct st_netaddr *out, const char *text, size_t len) ST_MUST_CHECK;
/* Canonical text; mapped IPv4 in dotted form. out holds ST_NETADDR_TEXT_MAX. */
void st_netaddr_format(char *out, const struct st_netaddr *a);

/* "10.0.0.0/8,fd00::/8,192.0.2.1"; NULL or "" is the empty list. ST_EINVAL, ST_EFULL. */
int st_networks_parse(struct st_networks *out, const char *text) ST_MUST_CHECK;
bool st_networks_has(const struct st_networks *n, const struct st_netaddr *a);
/* The right-most address of an X-Forwarded-For value that is not itself a trusted proxy; `peer`
 * when the peer is not trusted or the value is malformed. */
struct st_netaddr st_netaddr_behind(const struct st_networks *trusted,
                                    const struct st_netaddr *peer, const char *forwarded_for);

/* "address:port" or "[v6]:port" into a listening, non-blocking socket; the descriptor or ST_EINVAL
 * (text) or ST_EIO (errno tells). */
int st_netaddr_listen(const char *text, uint16_t *port) ST_MUST_CHECK;

/* Connections per address; an IPv6 client counts by its /64. Any thread. */
struct st_netcount;
/* at most `addresses_max` different addresses at a time; per_address_max 0 = no limit. */
struct st_netcount *st_netcount_new(uint32_t addresses_max, uint32_t per_address_max);
void st_netcount_free(struct st_netcount **c);
/* One more, unless it would pass the limit. */
bool st_netcount_enter(struct st_netcount *c, const struct st_netaddr *a);
void st_netcount_leave(struct st_netcount *c, const struct st_netaddr *a);
/* Of all addresses together. */
uint32_t st_netcount_total(const struct st_netcount *c);

#endif
