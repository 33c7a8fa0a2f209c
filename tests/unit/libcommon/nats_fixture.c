/* SPDX-License-Identifier: Apache-2.0 */
#include "nats_fixture.h"

#include <st/assert.h>
#include <st/clock.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READY_MS = 10000 };

static const char config[] =
    "jetstream: { max_memory_store: 16MB, max_file_store: 4GB }\n"
    "max_payload: 64KB\n"
    "write_deadline: \"1s\"\n"
    "authorization { users: [\n"
    "  { user: tester, password: secret, permissions: {\n"
    "      publish: [\"t.>\", \"ev.>\", \"baton.>\", \"$JS.>\", \"_INBOX_tester.>\"],\n"
    "      subscribe: [\"t.>\", \"ev.>\", \"_INBOX_tester.>\"], allow_responses: true } }\n"
    "  { user: guest, password: secret, permissions: {\n"
    "      publish: [\"g.>\"], subscribe: [\"_INBOX_guest.>\"] } }\n"
    "] }\n";

uint16_t free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    st_assert(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
    st_assert(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
    close(fd);
    return ntohs(a.sin_port);
}

/* Ready when a line of the log says so; the pid proves that it is ours. */
static bool is_ready(const struct nats_fixture *f)
{
    char path[96], text[65536];
    snprintf(path, sizeof(path), "%s/log", f->dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    return strstr(text, "Server is ready") != NULL;
}

static void launch(struct nats_fixture *f)
{
    char conf[96], log[96], store[96], port[16];
    snprintf(conf, sizeof(conf), "%s/conf", f->dir);
    snprintf(log, sizeof(log), "%s/log", f->dir);
    snprintf(store, sizeof(store), "%s/store", f->dir);
    snprintf(port, sizeof(port), "%u", f->port);
    unlink(log);
    int changes = inotify_init1(IN_CLOEXEC);
    st_assert(changes >= 0 && inotify_add_watch(changes, f->dir, IN_CREATE | IN_MODIFY) >= 0);
    pid_t parent = getpid();
    f->pid = fork();
    st_assert(f->pid >= 0);
    if (f->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        execlp("nats-server", "nats-server", "-c", conf, "-a", "127.0.0.1", "-p", port, "-sd",
               store, "-l", log, (char *)NULL);
        _exit(127);
    }
    uint64_t until = st_mono_ms() + READY_MS;
    while (!is_ready(f)) {
        char events[4096];
        int status;
        struct pollfd p = {.fd = changes, .events = POLLIN};
        st_assert(waitpid(f->pid, &status, WNOHANG) == 0);
        st_assert(st_mono_ms() < until);
        if (poll(&p, 1, 1000) == 1)
            st_assert(read(changes, events, sizeof(events)) > 0);
    }
    close(changes);
}

void nats_fixture_start(struct nats_fixture *f)
{
    char path[96];
    memset(f, 0, sizeof(*f));
    snprintf(f->dir, sizeof(f->dir), "/tmp/st-nats-XXXXXX");
    st_assert(mkdtemp(f->dir));
    snprintf(path, sizeof(path), "%s/conf", f->dir);
    FILE *file = fopen(path, "we");
    st_assert(file && fputs(config, file) >= 0 && fclose(file) == 0);
    f->port = free_port();
    snprintf(f->url, sizeof(f->url), "nats://127.0.0.1:%u", f->port);
    launch(f);
}

void nats_fixture_kill(struct nats_fixture *f)
{
    int status;
    st_assert(f->pid > 0 && kill(f->pid, SIGKILL) == 0);
    st_assert(waitpid(f->pid, &status, 0) == f->pid);
    f->pid = 0;
}

void nats_fixture_again(struct nats_fixture *f)
{
    launch(f);
}

void nats_fixture_freeze(struct nats_fixture *f, bool frozen)
{
    st_assert(kill(f->pid, frozen ? SIGSTOP : SIGCONT) == 0);
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *ftw)
{
    (void)s;
    (void)type;
    (void)ftw;
    return remove(path);
}

void nats_fixture_stop(struct nats_fixture *f)
{
    if (f->pid > 0)
        nats_fixture_kill(f);
    nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
