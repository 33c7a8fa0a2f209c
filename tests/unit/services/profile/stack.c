/* SPDX-License-Identifier: Apache-2.0 */
#include "stack.h"

#include "../../libcommon/redis/redis_server.h"

#include <st/alloc.h>
#include <st/buf.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/files.h>
#include <st/subject.h>
#include <st/wire.h>
#include <startrader/v1/trade.pb-c.h>

#include <arpa/inet.h>
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PASSWORD "testpassword00000"

static const char *const names[] = {"postgres", "redis", "nats", "profile"};

static void run(const char *program, char *const argv[])
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        execvp(program, argv);
        _exit(127);
    }
    ck_assert_int_gt(pid, 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(status == 0, "%s failed", argv[0]);
}

static void on_pause(void *ctx)
{
    st_loop_stop(ctx);
}

void stack_init(struct stack *s)
{
    char ports[3][8];
    memset(s, 0, sizeof(*s));
    snprintf(s->dir, sizeof(s->dir), "/tmp/st-profile-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(s->dir));
    for (int i = 0; i < STACK_SERVERS; i++)
        s->port[i] = redis_server_probe_port();
    for (int i = 0; i < 3; i++)
        snprintf(ports[i], sizeof(ports[i]), "%u", s->port[i]);
    char *argv[] = {TOP "/tests/unit/services/profile/prepare",
                    TOP,
                    s->dir,
                    ports[0],
                    ports[1],
                    ports[2],
                    NULL};
    run(argv[0], argv);
    s->loop = st_loop_new();
    s->pause = st_timer_new(s->loop, on_pause, s->loop);
    s->provision_code = STARTRADER__V1__CODE__CODE_OK;
}

void stack_pump(struct stack *s, uint32_t ms)
{
    st_timer_start(s->pause, ms, 0);
    st_loop_run(s->loop);
    st_timer_stop(s->pause);
}

static void set_profile_environment(const struct stack *s)
{
    char text[128];
    snprintf(text, sizeof(text), "postgresql://st_profile@127.0.0.1:%u/postgres",
             s->port[STACK_POSTGRES]);
    setenv("ST_POSTGRES_URL", text, 1);
    snprintf(text, sizeof(text), "redis://127.0.0.1:%u", s->port[STACK_REDIS]);
    setenv("ST_REDIS_URL", text, 1);
    snprintf(text, sizeof(text), "nats://127.0.0.1:%u", s->port[STACK_NATS]);
    setenv("ST_NATS_URL", text, 1);
    snprintf(text, sizeof(text), "127.0.0.1:%u", s->port[STACK_PROFILE]);
    setenv("ST_INTERNAL_LISTEN", text, 1);
    setenv("ST_NATS_PASSWORD", PASSWORD, 1);
    setenv("ST_LOG_LEVEL", "debug", 0); /* unless the caller says otherwise */
    setenv("ST_TICKET_SECRET_KEY",
           "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", 1);
}

void stack_start(struct stack *s, enum stack_server which)
{
    char path[128];
    ck_assert_int_eq(s->pid[which], 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        snprintf(path, sizeof(path), "%s/%s.log", s->dir, names[which]);
        int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
        if (which == STACK_PROFILE) {
            set_profile_environment(s);
            execl(PROFILE_PROGRAM, PROFILE_PROGRAM, NULL);
        }
        snprintf(path, sizeof(path), "%s/start-%s", s->dir, names[which]);
        execl(path, path, NULL);
        _exit(127);
    }
    s->pid[which] = pid;
}

/* Postgres's children are in sessions of their own. */
static void signal_children(pid_t parent, int signal)
{
    DIR *proc = opendir("/proc");
    ck_assert_ptr_nonnull(proc);
    for (struct dirent *e; (e = readdir(proc));) {
        char path[300], line[512] = "";
        snprintf(path, sizeof(path), "/proc/%s/stat", e->d_name);
        FILE *f = e->d_name[0] > '0' && e->d_name[0] <= '9' ? fopen(path, "r") : NULL;
        if (!f)
            continue;
        const char *got = fgets(line, sizeof(line), f);
        fclose(f);
        const char *end = got ? strrchr(line, ')') : NULL;
        int ppid = 0;
        char state = 0;
        if (end && sscanf(end + 1, " %c %d", &state, &ppid) == 2 && ppid == parent)
            kill((pid_t)strtol(e->d_name, NULL, 10), signal);
    }
    closedir(proc);
}

void stack_signal(struct stack *s, enum stack_server which, int signal)
{
    ck_assert_int_gt(s->pid[which], 0);
    kill(s->pid[which], signal);
    if (which == STACK_POSTGRES)
        signal_children(s->pid[which], signal);
}

void stack_kill(struct stack *s, enum stack_server which)
{
    if (s->pid[which] == 0)
        return;
    stack_signal(s, which, SIGKILL);
    waitpid(s->pid[which], NULL, 0);
    s->pid[which] = 0;
}

int stack_term(struct stack *s, enum stack_server which)
{
    int status = -1;
    kill(s->pid[which], SIGTERM);
    STACK_UNTIL(s, waitpid(s->pid[which], &status, WNOHANG) == s->pid[which]);
    s->pid[which] = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* --- the economy that the test plays, and the notices --- */

static void on_provision(void *ctx, struct st_bus_msg *take_msg)
{
    struct stack *s = ctx;
    Startrader__V1__ProvisionRequest *ask =
        startrader__v1__provision_request__unpack(NULL, take_msg->len, take_msg->data);
    ck_assert_ptr_nonnull(ask);
    s->provisions++;
    if (s->provision_code == STARTRADER__V1__CODE__CODE_OK) {
        char sql[256];
        snprintf(sql, sizeof(sql),
                 "INSERT INTO economy.player_read_v VALUES (%llu, 1, 1500, %llu, 1, 2, 7, 7, 0)"
                 " ON CONFLICT DO NOTHING",
                 (unsigned long long)ask->player, (unsigned long long)ask->player + 100000);
        /* Twice: the connection may be from before Postgres was killed. */
        ck_assert(st_pg_script(s->sql, sql) == 0 || st_pg_script(s->sql, sql) == 0);
    }
    if (s->provision_code) {
        Startrader__V1__ProvisionReply reply = STARTRADER__V1__PROVISION_REPLY__INIT;
        uint8_t out[64];
        reply.code = (Startrader__V1__Code)s->provision_code;
        reply.rev = s->rev;
        size_t len = startrader__v1__provision_reply__pack(&reply, out);
        ck_assert_int_eq(st_bus_reply(s->economy, take_msg, out, len), 0);
    }
    startrader__v1__provision_request__free_unpacked(ask, NULL);
    st_bus_msg_free(take_msg);
}

static void on_notice(void *ctx, struct st_bus_msg *take_msg)
{
    struct stack *s = ctx;
    Startrader__V1__SessionNotice *n =
        startrader__v1__session_notice__unpack(NULL, take_msg->len, take_msg->data);
    ck_assert_ptr_nonnull(n);
    s->notices++;
    s->notice_player = n->player;
    s->notice_epoch = n->session_epoch;
    snprintf(s->notice_reason, sizeof(s->notice_reason), "%s", n->reason);
    startrader__v1__session_notice__free_unpacked(n, NULL);
    st_bus_msg_free(take_msg);
}

static struct st_bus *open_bus(struct stack *s, const char *user, enum st_bus_role role)
{
    char url[64];
    struct st_bus *b = NULL;
    snprintf(url, sizeof(url), "nats://127.0.0.1:%u", s->port[STACK_NATS]);
    struct st_bus_options o = {
        .url = url, .user = user, .password = PASSWORD, .instance = "test-1", .role = role};
    ck_assert_int_eq(st_bus_open(&b, s->loop, &o), 0);
    STACK_UNTIL(s, st_bus_up(b));
    return b;
}

static void apply(struct stack *s, const char *name)
{
    char path[256];
    snprintf(path, sizeof(path), TOP "/deploy/sql/%s", name);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    char *text = st_alloc(65536);
    size_t len = fread(text, 1, 65535, f);
    fclose(f);
    text[len] = '\0';
    ck_assert_msg(st_pg_script(s->sql, text) == 0, "%s: %s", name, st_pg_error(s->sql));
    st_free(text);
}

static void open_sql(struct stack *s)
{
    char url[96];
    snprintf(url, sizeof(url), "postgresql://postgres@127.0.0.1:%u/postgres",
             s->port[STACK_POSTGRES]);
    s->sql = st_pg_new(&(struct st_pg_options){
        .url = url, .name = "test", .timeout_ms = 5000, .statements_max = 64});
    STACK_UNTIL(s, st_pg_script(s->sql, "SELECT 1") == 0);
}

void stack_migrate(struct stack *s)
{
    char error[256] = "";
    char subject[ST_SUBJECT_MAX];
    open_sql(s);
    apply(s, "000_roles.sql");
    apply(s, "100_profile.sql");
    ck_assert_int_eq(
        st_pg_script(s->sql, "CREATE TABLE economy.player_read_v (player bigint PRIMARY KEY,"
                             " rev bigint, credits bigint, ship bigint, class_id int,"
                             " holder_kind int, holder_id int, location int, cargo_units bigint);"
                             "GRANT USAGE ON SCHEMA economy TO st_profile;"
                             "GRANT SELECT ON economy.player_read_v TO st_profile"),
        0);
    struct st_bus *ctl = open_bus(s, "ctl", ST_BUS_JS);
    ck_assert_msg(st_bus_js_migrate(ctl, "sol-1", 1, error, sizeof(error)) == 0, "%s", error);
    st_bus_close(&ctl, 500);
    s->ctl = open_bus(s, "ctl", ST_BUS_RPC);
    s->gateway = open_bus(s, "gateway", ST_BUS_RPC);
    s->economy = open_bus(s, "economy", ST_BUS_RPC);
    s->economy_js = open_bus(s, "economy", ST_BUS_JS);
    s->simulation_js = open_bus(s, "simulation", ST_BUS_JS);
    st_subject_req_econ(subject, "provision");
    ck_assert_int_eq(st_bus_subscribe(s->economy, subject, ST_QUEUE_ECON, 256, on_provision, s), 0);
    ck_assert_int_eq(st_bus_subscribe(s->gateway, "sess.*", NULL, 256, on_notice, s), 0);
}

void stack_fini(struct stack *s)
{
    st_bus_close(&s->gateway, 200);
    st_bus_close(&s->ctl, 200);
    st_bus_close(&s->economy, 200);
    st_bus_close(&s->economy_js, 200);
    st_bus_close(&s->simulation_js, 200);
    st_pg_free(&s->sql);
    for (int i = STACK_SERVERS - 1; i >= 0; i--)
        stack_kill(s, (enum stack_server)i);
    st_timer_free(&s->pause);
    st_loop_free(&s->loop);
    char *argv[] = {"rm", "-rf", s->dir, NULL};
    if (!getenv("ST_KEEP"))
        run("rm", argv);
}

/* --- the caller's side --- */

static void on_reply(void *ctx, int err, const uint8_t *data, size_t len)
{
    struct stack *s = ctx;
    s->reply_err = err;
    s->reply_len = ST_MIN(len, sizeof(s->reply));
    if (s->reply_len)
        memcpy(s->reply, data, s->reply_len);
    s->replied = true;
    st_loop_stop(s->loop);
}

void stack_ask_later(struct stack *s, const char *verb, const ProtobufCMessage *message,
                     st_bus_reply_fn *done, void *ctx)
{
    uint8_t data[8192];
    char subject[ST_SUBJECT_MAX];
    ck_assert_uint_le(protobuf_c_message_get_packed_size(message), sizeof(data));
    size_t len = protobuf_c_message_pack(message, data);
    st_subject_req_profile(subject, verb);
    st_bus_request(strcmp(verb, "kick") == 0 ? s->ctl : s->gateway, subject, data, len, 8000, done,
                   ctx);
}

const uint8_t *stack_ask(struct stack *s, const char *verb, const ProtobufCMessage *message,
                         size_t *len)
{
    s->replied = false;
    stack_ask_later(s, verb, message, on_reply, s);
    while (!s->replied)
        st_loop_run(s->loop);
    ck_assert_msg(s->reply_err == 0, "%s: %s", verb, st_err_name(s->reply_err));
    *len = s->reply_len;
    return s->reply;
}

static size_t http_get(struct stack *s, const char *path, char *out, size_t cap)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(s->port[STACK_PROFILE])};
    char request[128];
    size_t len = 0;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0) {
        int n = snprintf(request, sizeof(request),
                         "GET %s HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", path);
        ck_assert_int_eq(send(fd, request, (size_t)n, MSG_NOSIGNAL), n);
        for (ssize_t got; len + 1 < cap && (got = recv(fd, out + len, cap - 1 - len, 0)) > 0;)
            len += (size_t)got;
    }
    close(fd);
    out[len] = '\0';
    return len;
}

double stack_metric(struct stack *s, const char *begin)
{
    static char page[1 << 20];
    double sum = 0;
    bool found = false;
    http_get(s, "/metrics", page, sizeof(page));
    for (char *line = page; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        size_t len = strlen(begin);
        if (strncmp(line, begin, len) != 0 ||
            (line[len] != ' ' && line[len] != '{' && line[len] != '}' && line[len] != ','))
            continue;
        size_t end = strcspn(line, "\n");
        const char *value = memrchr(line, ' ', end);
        sum += value ? strtod(value, NULL) : 0;
        found = true;
    }
    return found ? sum : -1;
}

void stack_await_metric(struct stack *s, const char *begin, double min)
{
    STACK_UNTIL(s, stack_metric(s, begin) >= min);
}

void stack_await_ready(struct stack *s)
{
    char page[4096];
    STACK_UNTIL(s, http_get(s, "/readyz", page, sizeof(page)) > 0 && strstr(page, " 200 "));
}

/* The first line of what a shell command prints. */
static void capture(const char *command, char *out, size_t cap)
{
    int pipe_fd[2];
    size_t len = 0;
    ck_assert_int_eq(pipe2(pipe_fd, O_CLOEXEC), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        dup2(pipe_fd[1], STDOUT_FILENO);
        execlp("sh", "sh", "-c", command, NULL);
        _exit(127);
    }
    close(pipe_fd[1]);
    for (ssize_t n; len + 1 < cap && (n = read(pipe_fd[0], out + len, cap - 1 - len)) > 0;)
        len += (size_t)n;
    out[len] = '\0';
    out[strcspn(out, "\n")] = '\0';
    close(pipe_fd[0]);
    waitpid(pid, NULL, 0);
}

int64_t stack_sql(struct stack *s, const char *sql)
{
    char command[1024], out[64];
    snprintf(command, sizeof(command),
             "psql -XqtA -h 127.0.0.1 -p %u -U postgres postgres -c \"%s\"",
             s->port[STACK_POSTGRES], sql);
    capture(command, out, sizeof(out));
    return out[0] ? strtoll(out, NULL, 10) : -1;
}

void stack_redis(struct stack *s, const char *arguments, char *out, size_t cap)
{
    char command[512];
    snprintf(command, sizeof(command), "redis-cli -p %u %s", s->port[STACK_REDIS], arguments);
    capture(command, out, cap);
}
