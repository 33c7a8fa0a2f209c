/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_fixture.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/pg.h>

enum { READY_MS = 20000, SQL_BYTES_MAX = 1 << 20 };

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

/* The newest installed server; Debian keeps its programs off the PATH. */
static void find_bindir(char *out, size_t cap)
{
    glob_t g;
    st_assert(glob("/usr/lib/postgresql/*/bin", 0, NULL, &g) == 0 && g.gl_pathc > 0);
    snprintf(out, cap, "%s", g.gl_pathv[g.gl_pathc - 1]);
    globfree(&g);
}

/* In a child: another user when root, no survivor of the test, quiet. */
static void become_server(pid_t parent, const char *log)
{
    if (geteuid() == 0) {
        const struct passwd *user = getpwnam("postgres");
        if (!user || initgroups("postgres", user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
            setuid(user->pw_uid) != 0)
            _exit(1);
    }
    prctl(PR_SET_PDEATHSIG, SIGINT);
    if (getppid() != parent || chdir("/") != 0 || !freopen(log, "a", stdout) ||
        !freopen(log, "a", stderr))
        _exit(1);
}

/* args[0] is replaced by the program's path: it looks for its siblings beside itself. */
static pid_t spawn(const struct pg_fixture *f, const char *program, char **args)
{
    char path[512], bindir[256], log[96];
    find_bindir(bindir, sizeof bindir);
    snprintf(path, sizeof path, "%s/%s", bindir, program);
    args[0] = path;
    snprintf(log, sizeof log, "%s/log", f->dir);
    pid_t parent = getpid(), pid = fork();
    st_assert(pid >= 0);
    if (pid == 0) {
        become_server(parent, log);
        execv(path, args);
        _exit(127);
    }
    return pid;
}

static void create_cluster(const struct pg_fixture *f)
{
    char data[96];
    int status = 0;
    snprintf(data, sizeof data, "%s/data", f->dir);
    char *args[] = {"initdb",    "-D",       data, "-A",   "trust",
                    "-U",        "postgres", "-E", "UTF8", "--locale=C.UTF-8",
                    "--no-sync", NULL};
    pid_t pid = spawn(f, "initdb", args);
    st_assert(waitpid(pid, &status, 0) == pid && status == 0);
}

static bool answers(const char *url)
{
    static const struct st_pg_stmt q = {"fixture_ping", "SELECT 1"};
    struct st_pg_options options = {url, "fixture", 1000, 4};
    struct st_pg *pg = st_pg_new(&options);
    struct st_pg_result *r = NULL;
    int err = st_pg_exec(pg, &q, NULL, 0, &r);
    st_pg_result_free(&r);
    st_pg_free(&pg);
    return err == 0;
}

void pg_fixture_again(struct pg_fixture *f)
{
    char data[96], port[16], maintenance[128];
    snprintf(data, sizeof data, "%s/data", f->dir);
    snprintf(port, sizeof port, "%u", f->port);
    snprintf(maintenance, sizeof maintenance, "postgresql://postgres@127.0.0.1:%u/postgres",
             f->port);
    char *args[] = {
        "postgres", "-D",        data, "-p", port, "-k", f->dir, "-c", "listen_addresses=127.0.0.1",
        "-c",       "fsync=off", NULL};
    f->pid = spawn(f, "postgres", args);
    uint64_t until = st_mono_ms() + READY_MS;
    while (!answers(maintenance)) {
        int status;
        st_assert(st_mono_ms() < until);
        /* It refuses to start while children of a killed postmaster still end. */
        if (waitpid(f->pid, &status, WNOHANG) != 0)
            f->pid = spawn(f, "postgres", args);
        st_sleep_until_ns(st_mono_ns() + 20 * 1000000ULL);
    }
}

void pg_fixture_start(struct pg_fixture *f)
{
    static const struct st_pg_stmt q = {"fixture_create", "CREATE DATABASE test"};
    memset(f, 0, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/st-pg-XXXXXX");
    st_assert(mkdtemp(f->dir));
    if (geteuid() == 0) {
        const struct passwd *user = getpwnam("postgres");
        st_assert(user && chown(f->dir, user->pw_uid, user->pw_gid) == 0);
    }
    f->port = free_tcp_port();
    create_cluster(f);
    pg_fixture_again(f);
    snprintf(f->url, sizeof f->url, "postgresql://postgres@127.0.0.1:%u/postgres", f->port);
    struct st_pg_options options = {f->url, "fixture", 10000, 4};
    struct st_pg *pg = st_pg_new(&options);
    struct st_pg_result *r = NULL;
    int err = st_pg_exec(pg, &q, NULL, 0, &r);
    st_assert(err == 0);
    st_pg_result_free(&r);
    st_pg_free(&pg);
    pg_fixture_url(f, "postgres", f->url, sizeof f->url);
}

void pg_fixture_url(const struct pg_fixture *f, const char *role, char *out, size_t cap)
{
    snprintf(out, cap, "postgresql://%s@127.0.0.1:%u/test", role, f->port);
}

static void run_file(struct st_pg *pg, const char *path)
{
    char *text = st_alloc(SQL_BYTES_MAX);
    FILE *in = fopen(path, "r");
    st_assert(in);
    size_t n = fread(text, 1, SQL_BYTES_MAX - 1, in);
    st_assert(feof(in));
    fclose(in);
    text[n] = '\0';
    int err = st_pg_begin(pg);
    if (err == 0)
        err = st_pg_script(pg, text);
    if (err == 0)
        err = st_pg_commit(pg);
    if (err != 0)
        fprintf(stderr, "%s: %s\n", path, st_pg_error(pg));
    st_assert(err == 0);
    st_free(text);
}

static int is_sql(const struct dirent *e)
{
    return strstr(e->d_name, ".sql") != NULL;
}

void pg_fixture_migrate(const struct pg_fixture *f, const char *folder)
{
    struct st_pg_options options = {f->url, "fixture", 60000, 8};
    struct st_pg *pg = st_pg_new(&options);
    struct dirent **names = NULL;
    int n = scandir(folder, &names, is_sql, alphasort);
    st_assert(n > 0);
    for (int i = 0; i < n; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        run_file(pg, path);
        free(names[i]);
    }
    free(names);
    st_pg_free(&pg);
}

void pg_fixture_kill(struct pg_fixture *f)
{
    kill(f->pid, SIGKILL);
    waitpid(f->pid, NULL, 0);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void pg_fixture_stop(struct pg_fixture *f)
{
    kill(f->pid, SIGQUIT);
    waitpid(f->pid, NULL, 0);
    nftw(f->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
