/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run is: how many pilots, what they do, for how long, and when the run counts as failed.
 * Read once at start; read-only afterwards.
 */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include <st/base.h>

enum behaviour { MANOEUVRE, CRUISE, TRADE, FIGHT, DOCK, REST, BEHAVIOURS };

enum { STATIONS_MAX = 8 };

enum rude {
    RUDE_NOT,
    RUDE_FLOOD,     /* inputs at 40 times the rate that is allowed */
    RUDE_STALL,     /* never reads again */
    RUDE_MALFORMED, /* messages that are none, and again after each close */
};

struct options {
    const char *host;
    uint16_t port;
    uint32_t pilots;
    uint32_t mix[BEHAVIOURS]; /* shares */
    uint32_t duration_s;
    char stations[STATIONS_MAX][8]; /* codes such as "TER" */
    uint32_t stations_n;
    const char *history; /* file of JSON lines, or NULL */
    const char *ctl;     /* startraderctl, to grant fighters to those who fight; or NULL */
    const char *json;    /* summary as JSON to this file, or NULL */
    bool faults;         /* closed sockets are part of the test */
    bool home;           /* each stays around the place where it began, and fights nobody else */
    bool circle;         /* each circles the corner of four cells that is nearest to a station */
    const char *digests; /* file of lines "pilot tick cell digest", or NULL; see digest.h */
    bool control;        /* takes commands from standard input; see control.h */
    uint32_t calm;       /* the first so many pilots have a histogram of gaps of their own */
    enum rude rude;      /* what all of them do once they are in, instead of playing */
    uint32_t watch;      /* one pilot in so many keeps a shadow of the world */
    double fps_min;      /* per pilot in flight */
    double visible_min;  /* mean */
    uint64_t orders_min, kills_min;
    double input_p99_max_ms;
    uint32_t recover_max_ms; /* faults: longest time without frames, 0 = no limit */
};

/* Exits with 2 and a message for unusable arguments, with 0 for --help. */
void options_parse(struct options *o, int argc, char **argv);
const char *behaviour_name(enum behaviour b);
/* Behaviour of pilot i of the run, spread evenly by the shares. */
enum behaviour options_behaviour(const struct options *o, uint32_t i);

#endif
