/* SPDX-License-Identifier: Apache-2.0 */
#include <st/netaddr.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/map.h>
#include <st/rng.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_mapped(const struct st_netaddr *a)
{
    return memcmp(a->ip, mapped_prefix, sizeof mapped_prefix) == 0;
}

static void map_v4(struct st_netaddr *out, const struct in_addr *v4)
{
    memcpy(out->ip, mapped_prefix, sizeof mapped_prefix);
    memcpy(out->ip + 12, v4, 4);
}

void st_netaddr_from_socket(struct st_netaddr *out, const struct sockaddr_storage *ss)
{
    st_assert(out && ss);
    memset(out, 0, sizeof *out);
    if (ss->ss_family == AF_INET)
        map_v4(out, &((const struct sockaddr_in *)(const void *)ss)->sin_addr);
    else if (ss->ss_family == AF_INET6)
        memcpy(out->ip, &((const struct sockaddr_in6 *)(const void *)ss)->sin6_addr, 16);
}

int st_netaddr_parse(struct st_netaddr *out, const char *text, size_t len)
{
    char copy[ST_NETADDR_TEXT_MAX];
    struct in_addr v4;
    st_assert(out && text);
    if (len == 0 || len >= sizeof copy)
        return ST_EINVAL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (inet_pton(AF_INET, copy, &v4) == 1) {
        map_v4(out, &v4);
        return ST_OK;
    }
    return inet_pton(AF_INET6, copy, out->ip) == 1 ? ST_OK : ST_EINVAL;
}

void st_netaddr_format(char *out, const struct st_netaddr *a)
{
    st_assert(out && a);
    if (is_mapped(a))
        inet_ntop(AF_INET, a->ip + 12, out, ST_NETADDR_TEXT_MAX);
    else
        inet_ntop(AF_INET6, a->ip, out, ST_NETADDR_TEXT_MAX);
}

static int parse_network(struct st_networks *out, const char *text, size_t len)
{
    const char *slash = memchr(text, '/', len);
    size_t address_len = slash ? (size_t)(slash - text) : len;
    struct st_netaddr base;
    unsigned bits, bits_max;
    if (out->count == ST_NETADDR_NETWORKS_MAX)
        return ST_EFULL;
    if (st_netaddr_parse(&base, text, address_len) != ST_OK)
        return ST_EINVAL;
    bits_max = is_mapped(&base) ? 32 : 128;
    bits = bits_max;
    if (slash) {
        size_t digits = len - address_len - 1;
        if (digits == 0 || digits > 3)
            return ST_EINVAL;
        bits = 0;
        for (size_t i = 1; i <= digits; i++) {
            if (slash[i] < '0' || slash[i] > '9')
                return ST_EINVAL;
            bits = bits * 10 + (unsigned)(slash[i] - '0');
        }
        if (bits > bits_max)
            return ST_EINVAL;
    }
    out->net[out->count].base = base;
    out->net[out->count].bits = (uint8_t)(bits + (128 - bits_max));
    out->count++;
    return ST_OK;
}

int st_networks_parse(struct st_networks *out, const char *text)
{
    st_assert(out);
    out->count = 0;
    while (text && *text) {
        size_t len = strcspn(text, ",");
        int err = parse_network(out, text, len);
        if (err != ST_OK)
            return err;
        text += len;
        if (*text == ',' && *++text == '\0')
            return ST_EINVAL;
    }
    return ST_OK;
}

static bool same_prefix(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(a, b, whole) != 0)
        return false;
    return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

bool st_networks_has(const struct st_networks *n, const struct st_netaddr *a)
{
    st_assert(n && a);
    for (uint32_t i = 0; i < n->count; i++)
        if (same_prefix(n->net[i].base.ip, a->ip, n->net[i].bits))
            return true;
    return false;
}

struct st_netaddr st_netaddr_behind(const struct st_networks *trusted,
                                    const struct st_netaddr *peer, const char *forwarded_for)
{
    struct st_netaddr client = *peer;
    const char *end;
    if (!forwarded_for || !st_networks_has(trusted, peer))
        return client;
    end = forwarded_for + strlen(forwarded_for);
    while (end > forwarded_for && st_networks_has(trusted, &client)) {
        const char *begin = end, *stop = end;
        while (begin > forwarded_for && begin[-1] != ',')
            begin--;
        end = begin > forwarded_for ? begin - 1 : begin;
        while (begin < stop && (*begin == ' ' || *begin == '\t'))
            begin++;
        while (stop > begin && (stop[-1] == ' ' || stop[-1] == '\t'))
            stop--;
        if (st_netaddr_parse(&client, begin, (size_t)(stop - begin)) != ST_OK)
            return *peer;
    }
    return client;
}

static int bind_listen(const struct addrinfo *ai, uint16_t *port)
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    int on = 1;
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ST_EIO;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, (struct sockaddr *)&bound, &len) != 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return ST_EIO;
    }
    *port = ntohs(bound.ss_family == AF_INET
                      ? ((const struct sockaddr_in *)(const void *)&bound)->sin_port
                      : ((const struct sockaddr_in6 *)(const void *)&bound)->sin6_port);
    return fd;
}

int st_netaddr_listen(const char *text, uint16_t *port)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *ai = NULL;
    char host[ST_NETADDR_TEXT_MAX + 2];
    const char *colon, *begin = text;
    size_t len;
    int fd;
    st_assert(text && port);
    colon = strrchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof host || colon[1] == '\0')
        return ST_EINVAL;
    len = (size_t)(colon - text);
    if (len >= 2 && begin[0] == '[' && begin[len - 1] == ']') {
        begin++;
        len -= 2;
    }
    memcpy(host, begin, len);
    host[len] = '\0';
    if (getaddrinfo(len ? host : NULL, colon + 1, &hints, &ai) != 0)
        return ST_EINVAL;
    fd = bind_listen(ai, port);
    freeaddrinfo(ai);
    return fd;
}

struct st_netcount {
    pthread_mutex_t lock;
    struct st_map *map; /* hash of the address -> connections */
    uint32_t per_address_max;
    uint32_t total;
};

struct st_netcount *st_netcount_new(uint32_t addresses_max, uint32_t per_address_max)
{
    struct st_netcount *c = st_alloc(sizeof *c);
    pthread_mutex_init(&c->lock, NULL);
    c->map = st_map_new(addresses_max);
    c->per_address_max = per_address_max;
    return c;
}

void st_netcount_free(struct st_netcount **c)
{
    if (!*c)
        return;
    st_map_free(&(*c)->map);
    pthread_mutex_destroy(&(*c)->lock);
    st_free(*c);
    *c = NULL;
}

static uint64_t count_key(const struct st_netaddr *a)
{
    return st_hash64(a->ip, is_mapped(a) ? 16 : 8, 0);
}

bool st_netcount_enter(struct st_netcount *c, const struct st_netaddr *a)
{
    uint64_t key = count_key(a), held = 0;
    bool in = false;
    pthread_mutex_lock(&c->lock);
    (void)st_map_get(c->map, key, &held);
    if ((c->per_address_max == 0 || held < c->per_address_max) &&
        st_map_set(c->map, key, held + 1) == ST_OK) {
        c->total++;
        in = true;
    }
    pthread_mutex_unlock(&c->lock);
    return in;
}

void st_netcount_leave(struct st_netcount *c, const struct st_netaddr *a)
{
    uint64_t key = count_key(a), held = 0;
    int err = ST_OK;
    pthread_mutex_lock(&c->lock);
    st_assert(st_map_get(c->map, key, &held) && held > 0);
    if (held == 1)
        (void)st_map_remove(c->map, key);
    else
        err = st_map_set(c->map, key, held - 1);
    st_assert(err == ST_OK);
    c->total--;
    pthread_mutex_unlock(&c->lock);
}

uint32_t st_netcount_total(const struct st_netcount *c)
{
    struct st_netcount *m = (struct st_netcount *)(uintptr_t)c;
    uint32_t total;
    pthread_mutex_lock(&m->lock);
    total = m->total;
    pthread_mutex_unlock(&m->lock);
    return total;
}
