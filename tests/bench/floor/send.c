/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of a delivered frame: bare sends of `bytes` to `sockets` TCP connections on loopback,
 * as many per second as asked, in bursts of 50 ms, to a process that reads them as they come.
 * Prints one JSON object: the sender's CPU time, user and system, per send.
 *   floor_send SOCKETS BYTES PER_SECOND SECONDS
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BURST_MS = 50, READ_MAX = 65536, EVENTS = 1024, SOCKETS_MAX = 60000, BYTES_MAX = 1 << 20 };

static void fail(const char *what)
{
    perror(what);
    _exit(1);
}

static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int listen_here(struct sockaddr_in *at)
{
    socklen_t len = sizeof *at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || bind(fd, (struct sockaddr *)at, sizeof *at) < 0 || listen(fd, 4096) < 0 ||
        getsockname(fd, (struct sockaddr *)at, &len) < 0)
        fail("listen");
    return fd;
}

/* The other process: reads whatever comes, until the sender has gone. */
static void read_all(const struct sockaddr_in *at, long sockets)
{
    static char bytes[READ_MAX];
    struct epoll_event events[EVENTS];
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (long i = 0; i < sockets; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        uint32_t source = 0x7f0b0001u + (uint32_t)(i / 250 * 256 + i % 250);
        struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
        struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
        if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) < 0 ||
            connect(fd, (const struct sockaddr *)at, sizeof *at) < 0 ||
            epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) < 0)
            fail("connect");
    }
    for (;;) {
        int n = epoll_wait(epoll, events, EVENTS, 5);
        for (int i = 0; i < n; i++)
            if (recv(events[i].data.fd, bytes, sizeof bytes, MSG_DONTWAIT) == 0)
                _exit(0);
    }
}

static double cpu_us(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void wait_until(double at_ms)
{
    struct timespec t = {.tv_sec = (time_t)(at_ms / 1e3)};
    t.tv_nsec = (long)((at_ms - (double)t.tv_sec * 1e3) * 1e6);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}

struct result {
    long sent, blocked;
};

static struct result send_all(const int *fds, long sockets, size_t bytes, double rate, double ms)
{
    static char frame[BYTES_MAX];
    struct result r = {0};
    double start = now_ms(), next = start;
    double due = 0;
    long at = 0;
    memset(frame, 0x5a, bytes);
    while (next < start + ms) {
        wait_until(next);
        for (due += rate * BURST_MS / 1e3; due >= 1; due--) {
            ssize_t n = send(fds[at], frame, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
            r.sent += n == (ssize_t)bytes;
            r.blocked += n != (ssize_t)bytes;
            at = (at + 1) % sockets;
        }
        next += BURST_MS;
        if (next < now_ms() - BURST_MS)
            next = now_ms(); /* it cannot keep up: no catching up either */
    }
    return r;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: floor_send SOCKETS BYTES PER_SECOND SECONDS\n");
        return 2;
    }
    long sockets = strtol(argv[1], NULL, 10);
    size_t bytes = strtoul(argv[2], NULL, 10);
    double rate = strtod(argv[3], NULL), seconds = strtod(argv[4], NULL);
    if (sockets < 1 || sockets > SOCKETS_MAX || bytes < 1 || bytes > BYTES_MAX)
        return 2;
    raise_descriptors();
    struct sockaddr_in at;
    int listener = listen_here(&at);
    pid_t reader = fork();
    if (reader == 0)
        read_all(&at, sockets);
    int *fds = calloc((size_t)sockets, sizeof *fds);
    if (reader < 0 || !fds)
        fail("start");
    for (long i = 0; i < sockets; i++) {
        int on = 1;
        fds[i] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fds[i] < 0)
            fail("accept");
        setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    double begin_us = cpu_us(), begin_ms = now_ms();
    struct result r = send_all(fds, sockets, bytes, rate, seconds * 1e3);
    double us = cpu_us() - begin_us, ms = now_ms() - begin_ms;
    printf("{\"sends\":%ld,\"blocked\":%ld,\"seconds\":%.3f,\"cpu\":%.4f,\"us_per_send\":%.4f}\n",
           r.sent, r.blocked, ms / 1e3, us / 1e6, us / (double)(r.sent > 0 ? r.sent : 1));
    kill(reader, SIGKILL);
    waitpid(reader, NULL, 0);
    free(fds);
    return 0;
}
