/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "pilots: many players over real sockets, each from its own address in 127.0.0.0/8\n"
    "\n"
    "  --url URL           public address of a gateway (default $ST_URL)\n"
    "  --pilots N          how many (default 100)\n"
    "  --mix A:B:C:D[:E[:F]]  shares of manoeuvre, cruise, trade, fight, dock, rest\n"
    "                      (default 35:35:20:10)\n"
    "  --duration S        seconds of play after all are in (default 60)\n"
    "  --stations A,B,C    where they live (default TER,VEN,MAR)\n"
    "  --history FILE      each order and its answer, one JSON object per line\n"
    "  --ctl PATH          startraderctl: gives fighters to those who fight\n"
    "  --json FILE         the summary as JSON\n"
    "  --faults            servers are killed meanwhile: closed sockets are no errors\n"
    "  --home              each stays around the place where it first was, at the rates of a mix\n"
    "  --circle            each circles the corner of four cells next to its station\n"
    "  --digests FILE      what those who watch know of the four cells at the corner next to "
    "them:\n"
    "                      pilot, tick, cell, digest, a line each\n"
    "  --watch N           one pilot in N follows the world (default 1: all of them)\n"
    "  --calm N            the first N are told apart: gaps between their frames\n"
    "  --rude HOW          flood, stall or malformed: bad clients, nothing else (with --faults)\n"
    "  --control           commands on standard input: mark, drop N, quit\n"
    "  --min-fps F --min-visible F --min-orders N --min-kills N --max-input-p99 MS\n"
    "  --max-recover MS    thresholds; the exit status is 1 when one is missed or an error "
    "happened\n";

const char *behaviour_name(enum behaviour b)
{
    static const char *const names[BEHAVIOURS] = {"manoeuvre", "cruise", "trade",
                                                  "fight",     "dock",   "rest"};
    return names[b];
}

enum behaviour options_behaviour(const struct options *o, uint32_t i)
{
    uint32_t total = 0;
    for (uint32_t b = 0; b < BEHAVIOURS; b++)
        total += o->mix[b];
    /* A stride coprime to the total visits every share in turn, so any prefix is mixed. */
    uint32_t slot = (uint32_t)((uint64_t)i * 61 % total);
    for (uint32_t b = 0; b < BEHAVIOURS; b++) {
        if (slot < o->mix[b])
            return (enum behaviour)b;
        slot -= o->mix[b];
    }
    return MANOEUVRE;
}

static void refuse(const char *what, const char *value)
{
    fprintf(stderr, "pilots: bad %s: %s (see --help)\n", what, value);
    exit(2);
}

static uint64_t number(const char *what, const char *text)
{
    char *end;
    unsigned long long v = strtoull(text, &end, 10);
    if (*text == '\0' || *end != '\0')
        refuse(what, text);
    return v;
}

static void parse_url(struct options *o, const char *url)
{
    static char host[64];
    unsigned port = 80;
    if (!url || sscanf(url, "http://%63[0-9.a-z-]:%u", host, &port) < 1)
        refuse("--url, it must be http://address:port", url ? url : "(none)");
    o->host = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    o->port = (uint16_t)port;
}

static void parse_mix(struct options *o, const char *text)
{
    unsigned m[BEHAVIOURS] = {0};
    int n = sscanf(text, "%u:%u:%u:%u:%u:%u", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]);
    if (n < 4 || m[0] + m[1] + m[2] + m[3] + m[4] + m[5] == 0)
        refuse("--mix", text);
    for (int i = 0; i < BEHAVIOURS; i++)
        o->mix[i] = m[i];
}

static void parse_rude(struct options *o, const char *how)
{
    static const char *const names[] = {"", "flood", "stall", "malformed"};
    for (int i = RUDE_FLOOD; i <= RUDE_MALFORMED; i++)
        if (strcmp(how, names[i]) == 0)
            o->rude = (enum rude)i;
    if (o->rude == RUDE_NOT)
        refuse("--rude", how);
    o->faults = true;
}

static void parse_stations(struct options *o, const char *text)
{
    o->stations_n = 0;
    while (*text) {
        size_t len = strcspn(text, ",");
        if (len == 0 || len > 7 || o->stations_n == STATIONS_MAX)
            refuse("--stations", text);
        memcpy(o->stations[o->stations_n], text, len);
        o->stations[o->stations_n++][len] = '\0';
        text += len + (text[len] == ',');
    }
}

static const struct option flags[] = {
    {"url", 1, 0, 'u'},       {"pilots", 1, 0, 'n'},   {"mix", 1, 0, 'm'},
    {"duration", 1, 0, 'd'},  {"stations", 1, 0, 's'}, {"history", 1, 0, 'h'},
    {"ctl", 1, 0, 'c'},       {"json", 1, 0, 'j'},     {"faults", 0, 0, 'f'},
    {"home", 0, 0, 'H'},      {"calm", 1, 0, 'a'},     {"rude", 1, 0, 'r'},
    {"watch", 1, 0, 'w'},     {"control", 0, 0, 'C'},  {"circle", 0, 0, 'o'},
    {"digests", 1, 0, 'g'},   {"min-fps", 1, 0, 1},    {"min-visible", 1, 0, 2},
    {"min-orders", 1, 0, 3},  {"min-kills", 1, 0, 4},  {"max-input-p99", 1, 0, 5},
    {"max-recover", 1, 0, 6}, {"help", 0, 0, 7},       {0, 0, 0, 0},
};

static void take_threshold(struct options *o, int flag)
{
    if (flag == 1)
        o->fps_min = strtod(optarg, NULL);
    else if (flag == 2)
        o->visible_min = strtod(optarg, NULL);
    else if (flag == 3)
        o->orders_min = number("--min-orders", optarg);
    else if (flag == 4)
        o->kills_min = number("--min-kills", optarg);
    else if (flag == 5)
        o->input_p99_max_ms = strtod(optarg, NULL);
    else
        o->recover_max_ms = (uint32_t)number("--max-recover", optarg);
}

static bool take_plan(struct options *o, int flag)
{
    if (flag == 'n')
        o->pilots = (uint32_t)number("--pilots", optarg);
    else if (flag == 'm')
        parse_mix(o, optarg);
    else if (flag == 'd')
        o->duration_s = (uint32_t)number("--duration", optarg);
    else if (flag == 's')
        parse_stations(o, optarg);
    else if (flag == 'h')
        o->history = optarg;
    else if (flag == 'c')
        o->ctl = optarg;
    else if (flag == 'j')
        o->json = optarg;
    else if (flag == 'f')
        o->faults = true;
    else if (flag == 'H')
        o->home = true;
    else if (flag == 'o')
        o->circle = true;
    else if (flag == 'g')
        o->digests = optarg;
    else if (flag == 'a')
        o->calm = (uint32_t)number("--calm", optarg);
    else if (flag == 'r')
        parse_rude(o, optarg);
    else if (flag == 'w')
        o->watch = ST_MAX(1u, (uint32_t)number("--watch", optarg));
    else if (flag == 'C')
        o->control = true;
    else
        return false;
    return true;
}

void options_parse(struct options *o, int argc, char **argv)
{
    *o = (struct options){.pilots = 100, .duration_s = 60, .watch = 1, .mix = {35, 35, 20, 10}};
    const char *url = getenv("ST_URL");
    parse_stations(o, "TER,VEN,MAR");
    int c;
    while ((c = getopt_long(argc, argv, "", flags, NULL)) != -1) {
        if (c == 7) {
            fputs(usage, stdout);
            exit(0);
        }
        if (c == 'u')
            url = optarg;
        else if (c >= 1 && c <= 6)
            take_threshold(o, c);
        else if (!take_plan(o, c))
            exit(2);
    }
    if (optind != argc)
        refuse("argument", argv[optind]);
    if (o->pilots == 0 || o->pilots > 50000)
        refuse("--pilots", "1 to 50,000");
    parse_url(o, url);
}
