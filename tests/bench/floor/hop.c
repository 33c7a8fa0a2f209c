/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floors of latency: a message of 64 bytes there and back over loopback TCP between two
 * processes, and one hop from a publisher to a subscriber through a NATS server. Prints one JSON
 * object with medians and 99th percentiles in microseconds.
 *   floor_hop COUNT [NATS_PORT]     the server must ask for no password
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE = 64, COUNT_MAX = 1000000 };

static const char subscription[] = "CONNECT {\"verbose\":false}\r\nSUB floor 1\r\nPING\r\n";
static const char introduction[] = "CONNECT {\"verbose\":false}\r\nPING\r\n";

static void fail(const char *what)
{
    perror(what);
    _exit(1);
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int dial(struct sockaddr_in at)
{
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) < 0)
        fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void put(int fd, const void *data, size_t len)
{
    if (send(fd, data, len, MSG_NOSIGNAL) != (ssize_t)len)
        fail("send");
}

static void get(int fd, void *data, size_t len)
{
    if (recv(fd, data, len, MSG_WAITALL) != (ssize_t)len)
        fail("recv");
}

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(const char *name, double *us, size_t n)
{
    qsort(us, n, sizeof *us, rising);
    printf("\"%s_p50\":%.2f,\"%s_p99\":%.2f", name, us[n / 2], name, us[n * 99 / 100]);
}

static void echo(int listener)
{
    char message[MESSAGE];
    int on = 1, fd = accept(listener, NULL, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    while (recv(fd, message, sizeof message, MSG_WAITALL) == sizeof message)
        put(fd, message, sizeof message);
    _exit(0);
}

static void ping_pong(double *us, size_t n)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    char message[MESSAGE] = {0};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 1) < 0 ||
        getsockname(listener, (struct sockaddr *)&at, &len) < 0)
        fail("listen");
    pid_t other = fork();
    if (other == 0)
        echo(listener);
    int fd = dial(at);
    for (size_t i = 0; i < n; i++) {
        double begin = now_us();
        put(fd, message, sizeof message);
        get(fd, message, sizeof message);
        us[i] = now_us() - begin;
    }
    close(fd);
    waitpid(other, NULL, 0);
}

/* Reads until the answer to PING. */
static void await_pong(int fd)
{
    char text[8192];
    size_t len = 0;
    while (len < sizeof text - 1) {
        ssize_t got = recv(fd, text + len, sizeof text - 1 - len, 0);
        if (got <= 0)
            fail("nats");
        len += (size_t)got;
        text[len] = '\0';
        if (strstr(text, "PONG\r\n"))
            return;
    }
    fail("nats");
}

static void hop(double *us, size_t n, unsigned short port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons(port)};
    char out[256], in[256];
    char payload[MESSAGE + 1];
    int from = dial(at), to = dial(at);
    memset(payload, 'x', MESSAGE);
    payload[MESSAGE] = '\0';
    put(to, subscription, strlen(subscription));
    await_pong(to);
    put(from, introduction, strlen(introduction));
    await_pong(from);
    int len = snprintf(out, sizeof out, "PUB floor %d\r\n%s\r\n", MESSAGE, payload);
    int back = snprintf(in, sizeof in, "MSG floor 1 %d\r\n%s\r\n", MESSAGE, payload);
    for (size_t i = 0; i < n; i++) {
        double begin = now_us();
        put(from, out, (size_t)len);
        get(to, in, (size_t)back);
        us[i] = now_us() - begin;
    }
    close(from);
    close(to);
}

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    if (n < 1 || n > COUNT_MAX) {
        fprintf(stderr, "usage: floor_hop COUNT [NATS_PORT]\n");
        return 2;
    }
    double *us = calloc(n, sizeof *us);
    if (!us)
        fail("memory");
    ping_pong(us, n);
    printf("{");
    print("tcp", us, n);
    if (argc > 2) {
        hop(us, n, (unsigned short)strtoul(argv[2], NULL, 10));
        printf(",");
        print("nats", us, n);
    }
    printf("}\n");
    free(us);
    return 0;
}
