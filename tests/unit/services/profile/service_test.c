/* SPDX-License-Identifier: Apache-2.0 */
/* The service on real servers: the ways in, sessions, limits, events. Faults: faults_test.c. */
#include "asks.h"

#include <st/clock.h>
#include <st/err.h>
#include <st/subject.h>
#include <startrader/v1/event.pb-c.h>

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSWORD "ten letters at least"

static struct stack s;
static struct pilot ada, other, none;

static void setup(void)
{
    stack_init(&s);
    stack_start(&s, STACK_PROFILE); /* before everything that it needs */
    stack_start(&s, STACK_POSTGRES);
    stack_start(&s, STACK_NATS);
    stack_start(&s, STACK_REDIS);
    stack_migrate(&s);
    stack_await_ready(&s);
}

static void teardown(void)
{
    ck_assert_int_eq(stack_term(&s, STACK_PROFILE), 0);
    stack_fini(&s);
}

/* Nobody's counters are in the way of another test. */
static void fresh_limits(void)
{
    char out[64];
    stack_redis(&s, "FLUSHALL", out, sizeof(out));
    ck_assert_str_eq(out, "OK");
}

static void test_register_and_login(void)
{
    ck_assert_int_eq(ask_register(&s, &ada, "Ada Lovelace", PASSWORD), OK);
    ck_assert_uint_ge(ada.player, 1001);
    ck_assert_uint_eq(ada.epoch, 1);
    ck_assert_str_eq(ada.name, "Ada Lovelace");
    ck_assert(!ada.guest);
    ck_assert_uint_eq(ada.credits, 1500);
    ck_assert_uint_eq(ada.ship, ada.player + 100000);
    ck_assert_uint_eq(strlen(ada.secret), 43);
    uint64_t now_s = st_wall_ms() / 1000;
    ck_assert_uint_ge(ada.expires_at, now_s + 3590);
    ck_assert_uint_le(ada.expires_at, now_s + 3600);
    ck_assert_int_eq(ask_login(&s, &other, "ada LOVELACE", PASSWORD), OK);
    ck_assert_uint_eq(other.player, ada.player);
    ck_assert_uint_eq(other.epoch, 2);
    ck_assert_uint_eq(s.provisions, 1);
    ck_assert_int_eq(ask_register(&s, &none, "ADA lovelace", PASSWORD), NAME_TAKEN);
    ck_assert_int_eq(ask_register(&s, &none, "A\xc3\xa9rial", PASSWORD), NAME_INVALID);
    ck_assert_int_eq(ask_register(&s, &none, "Shorty", "too short"), PASSWORD_WEAK);
    /* No password and no secret is kept as it is. */
    ck_assert_int_eq(stack_sql(&s, "SELECT count(*) FROM profile.accounts WHERE password_phc"
                                   " LIKE '\\$argon2id\\$v=19\\$m=19456,t=2,p=1\\$%'"),
                     1);
    ck_assert_int_eq(stack_sql(&s, "SELECT min(length(secret_hash)) FROM profile.refresh_secrets"),
                     32);
}

static void test_unknown_accounts_cost_the_same_work(void)
{
    fresh_limits();
    double verified = stack_metric(&s, "startrader_password_hashes_total{kind=\"verify\"");
    double decoys = stack_metric(&s, "startrader_password_hashes_total{kind=\"decoy\"");
    uint8_t wrong[64], unknown[64];
    ck_assert_int_eq(ask_login(&s, &none, "Ada Lovelace", "not her password"), UNAUTHENTICATED);
    size_t wrong_len = s.reply_len;
    memcpy(wrong, s.reply, ST_MIN(wrong_len, sizeof(wrong)));
    ck_assert_int_eq(ask_login(&s, &none, "Nobody", "not her password"), UNAUTHENTICATED);
    memcpy(unknown, s.reply, ST_MIN(s.reply_len, sizeof(unknown)));
    ck_assert_uint_eq(s.reply_len, wrong_len);
    ck_assert_mem_eq(wrong, unknown, wrong_len);
    ck_assert_double_eq(stack_metric(&s, "startrader_password_hashes_total{kind=\"verify\""),
                        verified + 1);
    ck_assert_double_eq(stack_metric(&s, "startrader_password_hashes_total{kind=\"decoy\""),
                        decoys + 1);
}

static void test_hydrate_hits_after_a_miss(void)
{
    struct pilot p;
    fresh_limits();
    double hits = stack_metric(&s, "startrader_hydrate_hits_total");
    ck_assert_int_eq(ask_hydrate(&s, &p, ada.player, 0), OK);
    ck_assert_int_eq(p.source, DATABASE);
    STACK_UNTIL(&s, ask_hydrate(&s, &p, ada.player, 0) == OK && p.source == CACHE);
    ck_assert_str_eq(p.name, "Ada Lovelace");
    ck_assert_uint_eq(p.credits, 1500);
    ck_assert_double_ge(stack_metric(&s, "startrader_hydrate_hits_total"), hits + 1);
    ck_assert_int_eq(ask_hydrate(&s, &p, ada.player, 99), OK); /* a newer one is wanted */
    ck_assert_int_eq(p.source, DATABASE);
    ck_assert_int_eq(ask_me(&s, &p, other.ticket), OK);
    ck_assert_uint_eq(p.player, ada.player);
    ck_assert_int_eq(ask_me(&s, &p, "nonsense"), UNAUTHENTICATED);
    ck_assert_int_eq(ask_hydrate(&s, &p, 4000000000u, 0), NOT_FOUND);
    ck_assert_int_eq(ask_hydrate(&s, &p, 7, 0), NOT_FOUND);
    char ttl[64];
    char command[64];
    snprintf(command, sizeof(command), "TTL player:profile:%llu", (unsigned long long)ada.player);
    stack_redis(&s, command, ttl, sizeof(ttl));
    ck_assert_int_ge(strtol(ttl, NULL, 10), 86390);
}

static void test_refresh_serves_two_tabs(void)
{
    struct pilot a, b, late;
    fresh_limits();
    ck_assert_int_eq(ask_login(&s, &ada, "Ada Lovelace", PASSWORD), OK);
    ck_assert_int_eq(ask_refresh(&s, &a, ada.secret), OK);
    ck_assert_int_eq(ask_refresh(&s, &b, ada.secret), OK); /* the second tab, within 60 s */
    ck_assert_uint_eq(a.epoch, ada.epoch + 1);
    ck_assert_uint_eq(b.epoch, ada.epoch + 2);
    ck_assert_str_ne(a.secret, b.secret);
    ck_assert_int_eq(ask_refresh(&s, &a, a.secret), OK);
    ck_assert_int_eq(ask_refresh(&s, &b, b.secret), OK);
    stack_sql(&s, "UPDATE profile.refresh_secrets SET rotated_at = rotated_at - interval '61 s'");
    ck_assert_int_eq(ask_refresh(&s, &late, ada.secret), EXPIRED);
    ck_assert_int_eq(ask_refresh(&s, &a, a.secret), OK); /* the newest of its tab was not used */
    char unknown[64];
    snprintf(unknown, sizeof(unknown), "%s", a.secret);
    unknown[0] = unknown[0] == 'A' ? 'B' : 'A';
    ck_assert_int_eq(ask_refresh(&s, &late, unknown), UNAUTHENTICATED);
    ck_assert_int_eq(ask_refresh(&s, &late, "short"), UNAUTHENTICATED);
    stack_sql(&s, "UPDATE profile.refresh_secrets SET expires_at = now()");
    ck_assert_int_eq(ask_refresh(&s, &late, a.secret), EXPIRED);
}

static void test_claim_keeps_the_ship(void)
{
    struct pilot guest, claimed, back;
    fresh_limits();
    ck_assert_int_eq(ask_guest(&s, &guest), OK);
    ck_assert(guest.guest);
    ck_assert_int_eq(strncmp(guest.name, "Guest-", 6), 0);
    ck_assert_int_eq(ask_claim(&s, &claimed, guest.ticket, "Ada Lovelace", PASSWORD), NAME_TAKEN);
    ck_assert_int_eq(ask_claim(&s, &claimed, guest.ticket, "Grace Hopper", PASSWORD), OK);
    ck_assert_uint_eq(claimed.player, guest.player);
    ck_assert_uint_eq(claimed.ship, guest.ship);
    ck_assert_uint_eq(claimed.epoch, guest.epoch + 1);
    ck_assert_str_eq(claimed.name, "Grace Hopper");
    ck_assert(!claimed.guest);
    ck_assert_int_eq(ask_claim(&s, &none, guest.ticket, "Somebody", PASSWORD), CONFLICT);
    ck_assert_int_eq(ask_claim(&s, &none, claimed.ticket, "Somebody", PASSWORD), CONFLICT);
    ck_assert_int_eq(ask_login(&s, &back, "grace hopper", PASSWORD), OK);
    ck_assert_uint_eq(back.ship, guest.ship);
    ck_assert_int_eq(ask_guest(&s, &guest), OK);
    ck_assert_int_eq(ask_kick(&s, guest.player, ""), OK);
    ck_assert_int_eq(ask_claim(&s, &none, guest.ticket, "Somebody", PASSWORD), FENCED);
}

static void test_sessions(void)
{
    struct pilot first, second;
    uint64_t newest = 0;
    char ticket[256];
    fresh_limits();
    ck_assert_int_eq(ask_guest(&s, &first), OK);
    uint32_t notices = s.notices;
    ck_assert_int_eq(ask_refresh(&s, &second, first.secret), OK);
    STACK_UNTIL(&s, s.notices > notices);
    ck_assert_uint_eq(s.notice_player, first.player);
    ck_assert_uint_eq(s.notice_epoch, second.epoch);
    ck_assert_str_eq(s.notice_reason, "");
    ck_assert_int_eq(ask_confirm(&s, first.player, first.epoch, &newest), FENCED);
    ck_assert_uint_eq(newest, second.epoch);
    ck_assert_int_eq(ask_confirm(&s, first.player, second.epoch, &newest), OK);
    ck_assert_int_eq(ask_confirm(&s, 4000000000u, 1, NULL), NOT_FOUND);
    ck_assert_int_eq(ask_renew(&s, second.ticket, ticket), OK);
    ck_assert_uint_eq(strlen(ticket), strlen(second.ticket));
    ck_assert_int_eq(ask_renew(&s, first.ticket, ticket), FENCED);
    ck_assert_int_eq(ask_renew(&s, "", ticket), UNAUTHENTICATED);
    ck_assert_int_eq(ask_kick(&s, first.player, "be nice"), OK);
    STACK_UNTIL(&s, strcmp(s.notice_reason, "be nice") == 0);
    ck_assert_uint_eq(s.notice_epoch, second.epoch + 1);
    ck_assert_int_eq(ask_renew(&s, second.ticket, ticket), FENCED);
    ck_assert_int_eq(ask_refresh(&s, &second, second.secret), OK); /* a kick is no ban */
    ck_assert_int_eq(ask_logout(&s, second.ticket), OK);
    ck_assert_int_eq(ask_confirm(&s, first.player, second.epoch, NULL), FENCED);
    ck_assert_int_eq(ask_refresh(&s, &first, second.secret), UNAUTHENTICATED);
    ck_assert_int_eq(ask_kick(&s, 4000000000u, "who"), NOT_FOUND);
    uint64_t players[] = {ada.player, 4000000000u, 3};
    char names[128], want[64];
    ck_assert_int_eq(ask_names(&s, players, 3, names, sizeof(names)), OK);
    snprintf(want, sizeof(want), "%llu=Ada Lovelace,", (unsigned long long)ada.player);
    ck_assert_str_eq(names, want);
}

static double hashes(void)
{
    return stack_metric(&s, "startrader_password_hashes_total");
}

static void test_limits(void)
{
    struct pilot p;
    char address[32];
    fresh_limits();
    asks_from = "198.51.100.1";
    ck_assert_int_eq(ask_login(&s, &p, "Ada Lovelace", PASSWORD), OK); /* her address */
    double before = hashes();
    for (int i = 0; i < 100; i++) { /* strangers, each from his own address */
        snprintf(address, sizeof(address), "192.0.2.%d", i);
        asks_from = address;
        int want = i < 5 ? UNAUTHENTICATED : RATE_LIMITED;
        ck_assert_int_eq(ask_login(&s, &p, "Ada Lovelace", "guess number one"), want);
        ck_assert_int_eq(p.retry_after_ms > 0 && p.retry_after_ms <= 60000, i >= 5);
    }
    ck_assert_double_eq(hashes(), before + 5);
    ck_assert_int_eq(ask_login(&s, &p, "Ada Lovelace", PASSWORD), RATE_LIMITED);
    asks_from = "198.51.100.1"; /* nobody has locked her out */
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(ask_login(&s, &p, "Ada Lovelace", PASSWORD), OK);
    fresh_limits();
    for (int i = 0; i < 15; i++) { /* one address tries many names; /64 of IPv6 is one address */
        char name[32];
        snprintf(name, sizeof(name), "Victim %d", i);
        snprintf(address, sizeof(address), "2001:db8::%x", i + 1);
        asks_from = address;
        int want = i < 10 ? UNAUTHENTICATED : RATE_LIMITED;
        ck_assert_int_eq(ask_login(&s, &p, name, "guess number one"), want);
    }
    ck_assert_uint_gt(p.retry_after_ms, 60000);
    asks_from = "2001:db8:0:1::1";
    ck_assert_int_eq(ask_login(&s, &p, "Victim 1", "guess number one"), UNAUTHENTICATED);
    asks_from = "203.0.113.7";
}

static uint32_t storm_busy, storm_refused, storm_done;

static void on_storm(void *ctx, int err, const uint8_t *data, size_t len)
{
    (void)ctx;
    ck_assert_int_eq(err, 0);
    Startrader__V1__SignInReply *r = startrader__v1__sign_in_reply__unpack(NULL, len, data);
    ck_assert_ptr_nonnull(r);
    storm_busy += r->code == STARTRADER__V1__CODE__CODE_BUSY && r->retry_after_ms > 0;
    storm_refused += r->code == STARTRADER__V1__CODE__CODE_UNAUTHENTICATED;
    storm_done++;
    startrader__v1__sign_in_reply__free_unpacked(r, NULL);
}

static void test_hash_storm_is_told_busy(void)
{
    enum { STORM = 200 };
    fresh_limits();
    double before = hashes();
    for (int i = 0; i < STORM; i++) {
        Startrader__V1__LoginRequest m = STARTRADER__V1__LOGIN_REQUEST__INIT;
        char name[32], address[32];
        snprintf(name, sizeof(name), "Stranger %d", i);
        snprintf(address, sizeof(address), "10.0.%d.1", i);
        m.name = name;
        m.password = (char *)(uintptr_t)PASSWORD;
        m.address = address;
        stack_ask_later(&s, "login", &m.base, on_storm, NULL);
    }
    STACK_UNTIL(&s, storm_done == STORM);
    STACK_UNTIL(&s, stack_metric(&s, "startrader_worker_waiting{pool=\"hash\"") == 0);
    ck_assert_uint_gt(storm_busy, 0);
    ck_assert_uint_gt(storm_refused, 0);
    /* Who was told busy cost no hash; on a slow machine some may be told that it took too long. */
    ck_assert_double_ge(hashes() - before, storm_refused);
    ck_assert_double_le(hashes() - before, STORM - storm_busy);
}

static void test_provisioning_is_made_up_for(void)
{
    struct pilot p;
    fresh_limits();
    s.provision_code = STARTRADER__V1__CODE__CODE_UNAVAILABLE;
    ck_assert_int_eq(ask_register(&s, &p, "Late Starter", PASSWORD), UNAVAILABLE);
    ck_assert_uint_gt(p.retry_after_ms, 0);
    s.provision_code = 0; /* silent: the step has a deadline */
    ck_assert_int_eq(ask_login(&s, &p, "Late Starter", PASSWORD), UNAVAILABLE);
    s.provision_code = STARTRADER__V1__CODE__CODE_OK;
    ck_assert_int_eq(ask_register(&s, &p, "Late Starter", "another password"), NAME_TAKEN);
    uint32_t provisions = s.provisions;
    ck_assert_int_eq(ask_register(&s, &p, "Late Starter", PASSWORD), OK); /* the same again */
    ck_assert_uint_eq(s.provisions, provisions + 1);
    ck_assert_uint_eq(p.credits, 1500);
    ck_assert_int_eq(ask_login(&s, &p, "Late Starter", PASSWORD), OK);
    ck_assert_uint_eq(s.provisions, provisions + 1);
}

static void on_stored(void *ctx, int err)
{
    (void)ctx;
    ck_assert_int_eq(err, 0);
}

static void publish_kill(uint64_t event, uint32_t tick, uint64_t victim, uint64_t killer,
                         const char *msg_id)
{
    Startrader__V1__WorldEvent m = STARTRADER__V1__WORLD_EVENT__INIT;
    Startrader__V1__ShipDestroyed d = STARTRADER__V1__SHIP_DESTROYED__INIT;
    Startrader__V1__Position at = STARTRADER__V1__POSITION__INIT;
    uint8_t data[512];
    char subject[ST_SUBJECT_MAX];
    uint64_t assists[] = {1003, 1004};
    at.x = 1000;
    at.y = -7;
    m.event_id = event;
    m.world_epoch = 3;
    m.tick = tick;
    m.event_case = STARTRADER__V1__WORLD_EVENT__EVENT_DESTROYED;
    m.destroyed = &d;
    d.player = victim;
    d.ship = 5;
    d.killer_player = killer;
    d.zone = 4;
    d.position = &at;
    d.assist_player = assists;
    d.n_assist_player = 2;
    size_t len = startrader__v1__world_event__pack(&m, data);
    ck_assert_uint_le(len, sizeof(data));
    st_subject_event(subject, "sol-1", 0, "destroyed");
    st_bus_js_publish(s.simulation_js, subject, msg_id, data, len, on_stored, NULL);
}

static void test_combat_log(void)
{
    struct pilot p;
    const uint64_t event = 0xfedcba9876543210u;
    ck_assert_int_eq(ask_hydrate(&s, &p, ada.player, 0), OK);
    publish_kill(event, 77, ada.player, 1002, "a");
    stack_await_metric(&s, "startrader_combat_events_total{result=\"booked\"", 1);
    publish_kill(event, 77, ada.player, 1002, "b"); /* again, as after a lost answer */
    stack_await_metric(&s, "startrader_combat_events_total{result=\"duplicate\"", 1);
    publish_kill(event, 78, ada.player, 1002, "c"); /* the same id with other content */
    stack_await_metric(&s, "startrader_combat_events_total{result=\"conflict\"", 1);
    ck_assert_int_eq(stack_sql(&s, "SELECT count(*) FROM profile.combat_log WHERE tick = 77"
                                   " AND zone = 4 AND x = 1000 AND y = -7"
                                   " AND assists = '{1003,1004}'"),
                     1);
    ck_assert_int_eq(stack_sql(&s, "SELECT count(*) FROM profile.combat_log"), 1);
    STACK_UNTIL(&s, ask_hydrate(&s, &p, ada.player, 0) == OK && p.deaths == 1);
    ck_assert_uint_eq(p.kills, 0);
    publish_kill(event + 1, 80, 0, ada.player, "d"); /* an NPC */
    STACK_UNTIL(&s, ask_hydrate(&s, &p, ada.player, 0) == OK && p.kills == 1);
}

static void test_economy_events_overtake_the_cache(void)
{
    struct pilot p;
    STACK_UNTIL(&s, ask_hydrate(&s, &p, ada.player, 0) == OK && p.source == CACHE);
    char sql[160];
    snprintf(sql, sizeof(sql),
             "UPDATE economy.player_read_v SET credits = 777, rev = 2"
             " WHERE player = %llu",
             (unsigned long long)ada.player);
    stack_sql(&s, sql);
    ck_assert_int_eq(ask_hydrate(&s, &p, ada.player, 0), OK);
    ck_assert_uint_eq(p.credits, 1500); /* nobody said anything yet */
    Startrader__V1__PlayerChanged m = STARTRADER__V1__PLAYER_CHANGED__INIT;
    uint8_t data[64];
    m.player = ada.player;
    m.rev = 2;
    Startrader__V1__PlayerChanged *changes[] = {&m};
    Startrader__V1__PlayersChanged all = STARTRADER__V1__PLAYERS_CHANGED__INIT;
    all.n_change = 1;
    all.change = changes;
    size_t len = startrader__v1__players_changed__pack(&all, data);
    st_bus_js_publish(s.economy_js, ST_PLAYERS_CHANGED, "e1", data, len, on_stored, NULL);
    STACK_UNTIL(&s, ask_hydrate(&s, &p, ada.player, 0) == OK && p.credits == 777);
    STACK_UNTIL(&s, ask_hydrate(&s, &p, ada.player, 0) == OK && p.source == CACHE);
}

START_TEST(test_service)
{
    test_register_and_login();
    test_unknown_accounts_cost_the_same_work();
    test_hydrate_hits_after_a_miss();
    test_refresh_serves_two_tabs();
    test_claim_keeps_the_ship();
    test_sessions();
    test_limits();
    test_hash_storm_is_told_busy();
    test_provisioning_is_made_up_for();
    test_combat_log();
    test_economy_events_overtake_the_cache();
}
END_TEST

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    setenv("ST_REDIS_TIMEOUT_MS", "5000", 1); /* a busy machine is no fault: those are elsewhere */
    Suite *suite = suite_create("profile service");
    TCase *t = tcase_create("service");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_service);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
