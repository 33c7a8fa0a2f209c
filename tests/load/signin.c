/* SPDX-License-Identifier: Apache-2.0 */
#include "signin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <st/base.h>
#include <st/clock.h>
#include <st/json.h>
#include <st/rng.h>

extern char **environ;

enum { THREADS = 64, ANSWER_MAX = 96 * 1024, ATTEMPTS = 30 };

uint32_t signin_address(uint32_t i)
{
    return 0x7f0a0000u + ((i / 250) << 8) + i % 250 + 1;
}

static int dial(const struct options *o, uint32_t source)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    struct timeval patience = {.tv_sec = 15};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(o->port)};
    inet_pton(AF_INET, o->host, &to.sin_addr);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Whole answer of a request that asked for the end of the connection; NUL-terminated. */
static long exchange(const struct options *o, uint32_t source, const char *request, char *out,
                     size_t cap)
{
    int fd = dial(o, source);
    if (fd < 0)
        return -1;
    size_t len = 0;
    if (send(fd, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request)) {
        ssize_t n;
        while (len < cap - 1 && (n = recv(fd, out + len, cap - 1 - len, 0)) > 0)
            len += (size_t)n;
    }
    close(fd);
    out[len] = '\0';
    return (long)len;
}

static int status_of(const char *answer)
{
    int status = 0;
    return sscanf(answer, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

static void guest(const struct options *o, uint32_t i, struct account *a)
{
    char request[256];
    snprintf(request, sizeof request,
             "POST /v1/auth/guest HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"
             "Content-Length: 2\r\nConnection: close\r\n\r\n{}",
             o->host);
    char *answer = malloc(ANSWER_MAX);
    if (!answer)
        abort();
    long len = exchange(o, signin_address(i), request, answer, ANSWER_MAX);
    a->status = len > 0 ? status_of(answer) : 0;
    const char *body = strstr(answer, "\r\n\r\n");
    if (len > 0 && body && (a->status == 200 || a->status == 201)) {
        struct st_json_doc *doc = st_json_parse(body + 4, strlen(body + 4));
        const char *ticket = doc ? st_json_get_str(doc, "ticket") : NULL;
        const char *player = doc ? st_json_get_str(doc, "player_id") : NULL;
        if (ticket && player) {
            snprintf(a->ticket, sizeof a->ticket, "%s", ticket);
            a->player = strtoull(player, NULL, 10);
        }
        if (doc)
            st_json_doc_free(&doc);
    }
    free(answer);
}

static bool grant_fighter(const struct options *o, uint64_t player)
{
    char id[24];
    snprintf(id, sizeof id, "%" PRIu64, player);
    char *argv[] = {(char *)(uintptr_t)o->ctl, "player", "ship", id, "fighter", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0);
    pid_t pid;
    int status = -1;
    if (posix_spawnp(&pid, o->ctl, &actions, NULL, argv, environ) == 0)
        waitpid(pid, &status, 0);
    posix_spawn_file_actions_destroy(&actions);
    return status == 0;
}

/* 503 and 429 ask for patience. */
static void back_off(uint32_t attempt)
{
    uint32_t ms = ST_MIN(50u << ST_MIN(attempt, 5u), 1000u);
    st_sleep_until_ns(st_mono_ns() + (ms + st_random_below(ms)) * 1000000ull);
}

struct crowd {
    const struct options *o;
    struct account *accounts;
    uint32_t n;
    _Atomic uint32_t next, failed;
};

static void *signer(void *arg)
{
    struct crowd *c = arg;
    for (uint32_t i; (i = atomic_fetch_add(&c->next, 1)) < c->n;) {
        struct account *a = &c->accounts[i];
        for (uint32_t attempt = 0; attempt < ATTEMPTS && a->player == 0; attempt++) {
            if (attempt > 0)
                back_off(attempt);
            guest(c->o, i, a);
        }
        bool ok = a->player != 0;
        if (ok && c->o->ctl && options_behaviour(c->o, i) == FIGHT)
            ok = grant_fighter(c->o, a->player);
        if (!ok)
            atomic_fetch_add(&c->failed, 1);
    }
    return NULL;
}

uint32_t signin_all(const struct options *o, struct account *accounts, uint32_t n)
{
    struct crowd c = {.o = o, .accounts = accounts, .n = n};
    pthread_t threads[THREADS];
    for (int t = 0; t < THREADS; t++)
        pthread_create(&threads[t], NULL, signer, &c);
    for (int t = 0; t < THREADS; t++)
        pthread_join(threads[t], NULL);
    return c.failed;
}

long signin_get(const struct options *o, const char *path, uint8_t *out, size_t cap)
{
    char request[256];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
             path, o->host);
    char *answer = malloc(ANSWER_MAX);
    if (!answer)
        abort();
    long len = exchange(o, signin_address(0), request, answer, ANSWER_MAX);
    long got = -1;
    char *body = len > 0 ? memmem(answer, (size_t)len, "\r\n\r\n", 4) : NULL;
    if (body && status_of(answer) == 200) {
        size_t body_len = (size_t)(answer + len - (body + 4));
        if (body_len <= cap) {
            memcpy(out, body + 4, body_len);
            got = (long)body_len;
        }
    }
    free(answer);
    return got;
}
