/* SPDX-License-Identifier: Apache-2.0 */
/* Runs daemon_probe as a process and looks at it from outside, as an operator would. */
#include "nats_fixture.h"

#include <st/assert.h>
#include <st/clock.h>

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_MS = 8000, TEXT_MAX = 1 << 18 };

static char program[512];
static struct nats_fixture server;

struct child {
    pid_t pid;
    int out; /* standard output and error */
    char text[TEXT_MAX];
    size_t len;
    uint16_t port;
};

static struct child c;

static void launch(const char *const *env, const char *const *args)
{
    int pipe_fd[2];
    memset(&c, 0, sizeof(c));
    ck_assert_int_eq(pipe2(pipe_fd, O_CLOEXEC), 0);
    pid_t parent = getpid();
    c.pid = fork();
    ck_assert_int_ge(c.pid, 0);
    if (c.pid == 0) {
        char *argv[16] = {program};
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        for (size_t i = 0; args && args[i]; i++)
            argv[i + 1] = (char *)args[i];
        for (size_t i = 0; env && env[i]; i++)
            putenv((char *)env[i]);
        dup2(pipe_fd[1], 1);
        dup2(pipe_fd[1], 2);
        execv(program, argv);
        _exit(127);
    }
    close(pipe_fd[1]);
    c.out = pipe_fd[0];
}

/* Reads on until the text holds `wanted` (or to the end of output for NULL). */
static const char *read_until(const char *wanted)
{
    uint64_t until = st_mono_ms() + WAIT_MS;
    for (;;) {
        const char *found = wanted ? strstr(c.text, wanted) : NULL;
        if (found)
            return found;
        struct pollfd p = {.fd = c.out, .events = POLLIN};
        int left = (int)(until - st_mono_ms());
        ck_assert_msg(left > 0 && poll(&p, 1, left) == 1, "no \"%s\" in: %s",
                      wanted ? wanted : "end", c.text);
        ssize_t n = read(c.out, c.text + c.len, TEXT_MAX - 1 - c.len);
        ck_assert_int_ge(n, 0);
        c.len += (size_t)n;
        c.text[c.len] = 0;
        if (n == 0) {
            ck_assert_msg(!wanted, "ended without \"%s\": %s", wanted, c.text);
            return c.text;
        }
    }
}

/* Exit status, or 128 + signal. */
static int wait_exit(void)
{
    int status = 0;
    read_until(NULL);
    close(c.out);
    ck_assert_int_eq(waitpid(c.pid, &status, 0), c.pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Status code of GET path; the answer's text in `answer`. */
static char answer[TEXT_MAX];
static int get(const char *path)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                            .sin_port = htons(c.port)};
    char request[128];
    size_t len = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    int n = snprintf(request, sizeof(request),
                     "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
    ck_assert_int_eq(write(fd, request, (size_t)n), n);
    for (ssize_t got; (got = read(fd, answer + len, TEXT_MAX - 1 - len)) > 0;)
        len += (size_t)got;
    answer[len] = 0;
    close(fd);
    int status = 0;
    ck_assert_int_eq(sscanf(answer, "HTTP/1.1 %d", &status), 1);
    return status;
}

static bool get_until(const char *path, int status)
{
    for (uint64_t until = st_mono_ms() + WAIT_MS; st_mono_ms() < until;) {
        if (get(path) == status)
            return true;
        st_sleep_until_ns(st_mono_ns() + 20000000);
    }
    return false;
}

static char url_env[96];
static const char *const run_env[] = {url_env, "ST_NATS_USER=tester", "ST_NATS_PASSWORD=secret",
                                      NULL};

static void launch_running(const char *const *args)
{
    snprintf(url_env, sizeof(url_env), "ST_NATS_URL=%s", server.url);
    launch(run_env, args);
    const char *at = read_until("\"listening\"");
    ck_assert(read_until("}\n") != NULL);
    at = strstr(at, "\"port\":");
    ck_assert_ptr_nonnull(at);
    c.port = (uint16_t)strtoul(at + 7, NULL, 10);
    ck_assert_uint_gt(c.port, 0);
}

static void setup(void)
{
    nats_fixture_start(&server);
}

static void teardown(void)
{
    nats_fixture_stop(&server);
}

START_TEST(says_what_it_is)
{
    launch(NULL, (const char *const[]){"--version", NULL});
    ck_assert_int_eq(wait_exit(), 0);
    ck_assert_str_eq(c.text, "startrader-probe " ST_VERSION "\n");
    launch(NULL, (const char *const[]){"--help", NULL});
    ck_assert_int_eq(wait_exit(), 0);
    ck_assert_ptr_nonnull(strstr(c.text, "--nats-password"));
    ck_assert_ptr_nonnull(strstr(c.text, "--number"));
}
END_TEST

START_TEST(refuses_bad_settings)
{
    launch(NULL, NULL);
    ck_assert_int_eq(wait_exit(), 2);
    ck_assert_ptr_nonnull(strstr(c.text, "ST_NATS_PASSWORD: required"));
    launch(run_env, (const char *const[]){"--number", "900", NULL});
    ck_assert_int_eq(wait_exit(), 2);
    ck_assert_ptr_nonnull(strstr(c.text, "ST_NUMBER"));
    launch(run_env, (const char *const[]){"--check-config", "--number=13", NULL});
    ck_assert_int_eq(wait_exit(), 2);
    ck_assert_ptr_nonnull(strstr(c.text, "bad luck"));
    launch(run_env, (const char *const[]){"--check-config", NULL});
    ck_assert_int_eq(wait_exit(), 0);
    launch(run_env, (const char *const[]){"--instance", "A.B", NULL});
    ck_assert_int_eq(wait_exit(), 2);
    launch(run_env, (const char *const[]){"surplus", NULL});
    ck_assert_int_eq(wait_exit(), 2);
}
END_TEST

START_TEST(prints_settings_without_secrets)
{
    launch(run_env, (const char *const[]){"--print-config", NULL});
    ck_assert_int_eq(wait_exit(), 0);
    ck_assert_ptr_nonnull(strstr(c.text, "ST_NATS_PASSWORD=(set)\n"));
    ck_assert_ptr_nonnull(strstr(c.text, "ST_INSTANCE=probe-1\n"));
    ck_assert_ptr_null(strstr(c.text, "secret"));
}
END_TEST

START_TEST(is_ready_when_all_it_needs_is)
{
    launch_running(NULL);
    ck_assert_int_eq(get("/livez"), 200);
    ck_assert_int_eq(get("/readyz"), 503);
    ck_assert_ptr_nonnull(strstr(answer, "silent so far"));
    ck_assert_int_eq(get("/become"), 204);
    ck_assert(get_until("/readyz", 200));
    read_until("\"event\":\"ready\"");
    ck_assert_int_eq(get("/metrics"), 200);
    ck_assert_ptr_nonnull(strstr(answer, "startrader_build_info{"));
    ck_assert_ptr_nonnull(strstr(answer, "startrader_dependency_ready{dependency=\"bus\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(answer, "startrader_process_open_fds "));
    kill(c.pid, SIGTERM);
    ck_assert_int_eq(wait_exit(), 0);
    ck_assert_ptr_nonnull(strstr(c.text, "\"event\":\"stopped\""));
}
END_TEST

START_TEST(waits_for_the_bus_and_says_so)
{
    nats_fixture_kill(&server);
    launch_running(NULL);
    read_until("waiting for bus");
    ck_assert_int_eq(get("/become"), 204);
    ck_assert_int_eq(get("/readyz"), 503);
    nats_fixture_again(&server);
    ck_assert(get_until("/readyz", 200));
    nats_fixture_kill(&server);
    ck_assert(get_until("/readyz", 503));
    nats_fixture_again(&server);
    ck_assert(get_until("/readyz", 200));
    kill(c.pid, SIGINT);
    ck_assert_int_eq(wait_exit(), 0);
}
END_TEST

START_TEST(ends_within_its_time)
{
    uint64_t begun;
    launch_running((const char *const[]){"--linger", "on", NULL});
    begun = st_mono_ms();
    kill(c.pid, SIGTERM);
    ck_assert(get_until("/readyz", 503));
    ck_assert_int_eq(wait_exit(), 1);
    ck_assert_uint_lt(st_mono_ms() - begun, 7500);
    ck_assert_ptr_nonnull(strstr(c.text, "stop_deadline"));
    launch_running((const char *const[]){"--hang", "on", NULL});
    begun = st_mono_ms();
    kill(c.pid, SIGTERM);
    ck_assert_int_eq(wait_exit(), 128 + SIGALRM);
    ck_assert_uint_lt(st_mono_ms() - begun, 7500);
    launch_running((const char *const[]){"--linger", "on", NULL});
    kill(c.pid, SIGTERM);
    read_until("\"stopping\"");
    kill(c.pid, SIGTERM);
    ck_assert_int_eq(wait_exit(), 1);
}
END_TEST

START_TEST(stops_while_the_bus_is_frozen)
{
    launch_running(NULL);
    ck_assert_int_eq(get("/become"), 204);
    ck_assert(get_until("/readyz", 200));
    nats_fixture_freeze(&server, true);
    uint64_t begun = st_mono_ms();
    kill(c.pid, SIGTERM);
    ck_assert_int_eq(wait_exit(), 0);
    ck_assert_uint_lt(st_mono_ms() - begun, 5000);
    nats_fixture_freeze(&server, false);
}
END_TEST

START_TEST(a_taken_port_is_a_clear_end)
{
    char listen[64];
    launch_running(NULL);
    uint16_t port = c.port;
    struct child first = c;
    snprintf(listen, sizeof(listen), "127.0.0.1:%u", port);
    launch(run_env, (const char *const[]){"--internal-listen", listen, NULL});
    ck_assert_int_eq(wait_exit(), 1);
    ck_assert_ptr_nonnull(strstr(c.text, "http_listen_failed"));
    c = first;
    kill(c.pid, SIGTERM);
    ck_assert_int_eq(wait_exit(), 0);
}
END_TEST

START_TEST(tells_the_service_manager)
{
    char path[96], env[128], text[64];
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(path, sizeof(path), "%s/notify", server.dir);
    snprintf(env, sizeof(env), "NOTIFY_SOCKET=%s", path);
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    snprintf(url_env, sizeof(url_env), "ST_NATS_URL=%s", server.url);
    launch((const char *const[]){url_env, "ST_NATS_PASSWORD=secret", env, NULL}, NULL);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    ck_assert_int_eq(poll(&p, 1, WAIT_MS), 1);
    ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
    ck_assert_int_gt(n, 0);
    text[n] = 0;
    ck_assert_str_eq(text, "READY=1");
    kill(c.pid, SIGTERM);
    ck_assert_int_eq(wait_exit(), 0);
    close(fd);
}
END_TEST

int main(int argc, char **argv)
{
    st_assert(argc >= 1);
    const char *slash = strrchr(argv[0], '/');
    snprintf(program, sizeof(program), "%.*sdaemon_probe", slash ? (int)(slash + 1 - argv[0]) : 0,
             argv[0]);
    Suite *s = suite_create("daemon");
    TCase *t = tcase_create("process");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 40);
    tcase_add_test(t, says_what_it_is);
    tcase_add_test(t, refuses_bad_settings);
    tcase_add_test(t, prints_settings_without_secrets);
    tcase_add_test(t, is_ready_when_all_it_needs_is);
    tcase_add_test(t, waits_for_the_bus_and_says_so);
    tcase_add_test(t, ends_within_its_time);
    tcase_add_test(t, stops_while_the_bus_is_frozen);
    tcase_add_test(t, a_taken_port_is_a_clear_end);
    tcase_add_test(t, tells_the_service_manager);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
