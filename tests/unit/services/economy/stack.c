/* SPDX-License-Identifier: Apache-2.0 */
#include "stack.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <st/assert.h>
#include <st/clock.h>

enum { READY_MS = 10000 };

static uint16_t free_tcp_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    st_assert(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0);
    st_assert(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
    close(fd);
    return ntohs(a.sin_port);
}

static bool accepts(uint16_t port)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool yes = fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    close(fd);
    return yes;
}

void nats_server_start(struct nats_server *n)
{
    char store[96], log[96], port_text[16];
    uint16_t port = free_tcp_port();
    memset(n, 0, sizeof *n);
    snprintf(n->dir, sizeof n->dir, "/tmp/st-econ-XXXXXX");
    st_assert(mkdtemp(n->dir));
    snprintf(n->url, sizeof n->url, "nats://127.0.0.1:%u", port);
    snprintf(store, sizeof store, "%s/store", n->dir);
    snprintf(log, sizeof log, "%s/log", n->dir);
    snprintf(port_text, sizeof port_text, "%u", port);
    pid_t parent = getpid();
    n->pid = fork();
    st_assert(n->pid >= 0);
    if (n->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        execlp("nats-server", "nats-server", "-a", "127.0.0.1", "-p", port_text, "-js", "-sd",
               store, "-l", log, (char *)NULL);
        _exit(127);
    }
    uint64_t until = st_mono_ms() + READY_MS;
    while (!accepts(port)) {
        int status;
        st_assert(waitpid(n->pid, &status, WNOHANG) == 0 && st_mono_ms() < until);
        st_sleep_until_ns(st_mono_ns() + 10 * 1000000ULL);
    }
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void nats_server_stop(struct nats_server *n)
{
    kill(n->pid, SIGKILL);
    waitpid(n->pid, NULL, 0);
    nftw(n->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void set_bus(const char *nats_url, const char *postgres_url)
{
    setenv("ST_POSTGRES_URL", postgres_url, 1);
    setenv("ST_NATS_URL", nats_url, 1);
    setenv("ST_NATS_PASSWORD", "unused", 1);
}

int stack_economy(const char *nats_url, const char *postgres_url)
{
    pid_t parent = getpid(), pid = fork();
    st_assert(pid >= 0);
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    set_bus(nats_url, postgres_url);
    setenv("ST_INTERNAL_LISTEN", "127.0.0.1:0", 1);
    setenv("ST_LOG_LEVEL", "error", 1);
    execl(ST_BIN "/startrader-economy", "startrader-economy", (char *)NULL);
    _exit(127);
}

int stack_ctl(const char *nats_url, const char *postgres_url, char *const *args)
{
    pid_t pid = fork();
    st_assert(pid >= 0);
    if (pid == 0) {
        set_bus(nats_url, postgres_url);
        setenv("ST_SQL_DIR", ST_SQL_SOURCE, 1);
        if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
            _exit(1);
        execv(ST_BIN "/startraderctl", args);
        _exit(127);
    }
    int status = 0;
    st_assert(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
