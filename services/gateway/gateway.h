/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits of the gateway, its close codes, and the messages between its two threads: the loop (HTTP,
 * sessions, requests) and the data plane (sockets, views, inputs). Owns nothing; pure declarations.
 * Must never know a foreign library.
 */
#ifndef GATEWAY_H
#define GATEWAY_H

#include <st/base.h>
#include <st/netaddr.h>
#include <st/ticket.h>

/* --- limits at the door (docs/PROTOCOL.md names those that clients meet) --- */
enum {
    GATEWAY_MESSAGE_MAX = 2048,    /* bytes of a client's message */
    GATEWAY_FRAGMENTS_MAX = 16,    /* of one message */
    GATEWAY_CONTROLS_PER_S = 10,   /* control frames */
    GATEWAY_CONTROLS_BURST = 20,   /* ten, and those that were under way */
    GATEWAY_INPUTS_PER_FRAME = 8,  /* ClientFrame.input */
    GATEWAY_ACTIONS_PER_INPUT = 4, /* Input.action */
    GATEWAY_REQUESTS_PER_FRAME = 4,
    GATEWAY_REQUESTS_OPEN_MAX = 8, /* of a session, unanswered */
    GATEWAY_SEQ_JUMP_MAX = 256,
    GATEWAY_STRIKES_MAX = 200, /* messages and inputs beyond their rates, before 1008 */
    GATEWAY_STRIKES_DECAY_PER_S = 10,
    GATEWAY_HELLO_MS = 5000,
    GATEWAY_PING_MS = 10000,
    GATEWAY_IDLE_MS = 20000,
    GATEWAY_STALL_MS = 15000,         /* an unfinished frame, before 1013 */
    GATEWAY_CLOSE_MS = 1000,          /* between our close frame and the end of the socket */
    GATEWAY_BACKLOG_MAX = 256 * 1024, /* bytes unsent of one client; also the largest frame */
    GATEWAY_EXTRA_MAX = 64 * 1024,    /* answers and news not yet framed, of one client */
    GATEWAY_EVENTS_MAX = 16 * 1024,   /* private events not yet framed, of one client */
    GATEWAY_SNDBUF = 64 * 1024,
    GATEWAY_RESYNC_MS = 1000, /* between two resyncs that one client asks for */
};

/* --- the data plane --- */
enum {
    GATEWAY_BEAT_MS = 10,     /* sockets are drained and batches sent once per beat */
    GATEWAY_LATE_MS = 25,     /* a frame waits this long for what its marker names */
    GATEWAY_STILL_MS = 500,   /* without a marker: the world stands still */
    GATEWAY_QUIET_TICKS = 20, /* at least one frame in so many ticks; docked pilots get no more */
    GATEWAY_TAIL_TICKS = 24,  /* every delta of so many ticks is kept, for the quiet */
    GATEWAY_RING_TICKS = 60,  /* a cell without a snapshot for so long is empty */
    GATEWAY_ROLL_TICKS = 40,  /* from one rolling snapshot of a cell to the next */
    GATEWAY_ROLL_SHARE = 4,   /* of so many rolling snapshots clients are told one */
    GATEWAY_TIERS = 3,        /* lists of deltas: every tick, every 4 ticks, every 10 ticks */
    GATEWAY_LEAF_SIDE = 8,    /* a crowded cell is told in 8 x 8 leaves */
    GATEWAY_LEAF_SHIFT = 17,  /* of a position in k: 256 units */
    GATEWAY_LEAVES = GATEWAY_LEAF_SIDE * GATEWAY_LEAF_SIDE,
    GATEWAY_CROWDS_MAX = 1024,     /* cells that are */
    GATEWAY_VIEW_CROWDS = 9,       /* of a view, where each leaf has a tier of its own: 3 x 3 */
    GATEWAY_TELL_MAX = 160 * 1024, /* bytes of cells in the frames of one client and tick */
    GATEWAY_CELLS = 512 * 512,     /* of the world */
    GATEWAY_CELLS_SIDE = 512,
    GATEWAY_RINGS_MAX = 16384,    /* cells that are not empty */
    GATEWAY_SLICES_MAX = 262144,  /* slices in all rings */
    GATEWAY_PARCELS_MAX = 4096,   /* bundles pinned by slices */
    GATEWAY_VIEW_CELLS = 49,      /* 7 x 7 */
    GATEWAY_WANTED_MAX = 512,     /* cells of a SnapshotRequest */
    GATEWAY_BUNDLE_MAX = 1000000, /* bytes of a bundle on the bus */
    GATEWAY_WORLD_QUEUE = 8192,   /* bundles and markers waiting for the data plane */
    GATEWAY_ORDER_QUEUE = 32768,  /* messages between the threads, each way */
    GATEWAY_BATCH_INPUTS = 8192,  /* inputs of one batch; more wait for the next beat */
    GATEWAY_NEWS_CELLS = 2,       /* public news travel so many cells */
};

/* --- the loop --- */
enum {
    GATEWAY_BIND_MS = 500,
    GATEWAY_BIND_TRIES = 3,
    GATEWAY_ENTER_MS = 3000, /* a ship in transit is asked for so long */
    GATEWAY_RETRY_MS = 200,
    GATEWAY_CONFIRM_MS = 300,
    GATEWAY_CONFIRM_AGAIN_MS = 5000,
    GATEWAY_RENEW_MS = 15 * 60 * 1000,
    GATEWAY_RENEW_RETRY_MS = 30 * 1000,
    GATEWAY_REQUEST_MS = 1000,
    GATEWAY_SIGN_IN_MS = 4000, /* a full queue of password hashes takes that long */
    GATEWAY_BINDS_MAX = 64,    /* under way at once after a new world epoch */
    GATEWAY_REPLY_MAX = 60 * 1024,
};

_Static_assert((int)GATEWAY_REPLY_MAX < (int)GATEWAY_EXTRA_MAX,
               "an answer fits what waits for a frame");
_Static_assert(GATEWAY_EXTRA_MAX + GATEWAY_EVENTS_MAX + GATEWAY_TELL_MAX + 8192 <
                   GATEWAY_BACKLOG_MAX,
               "and that a frame, with an own section");
_Static_assert((int)GATEWAY_QUIET_TICKS < (int)GATEWAY_TAIL_TICKS,
               "the quiet can catch up by deltas");

enum gateway_close {
    CLOSE_NORMAL = 1000,
    CLOSE_MOVING = 1012,
    CLOSE_PROTOCOL = 1002,
    CLOSE_TEXT = 1003,
    CLOSE_PAYLOAD = 1007,
    CLOSE_POLICY = 1008,
    CLOSE_TOO_BIG = 1009,
    CLOSE_SLOW = 1013,
    CLOSE_BAD_HELLO = 4000,
    CLOSE_FENCED = 4001,
    CLOSE_TICKET = 4002,
    CLOSE_KICKED = 4003,
    CLOSE_HELLO_LATE = 4004,
    CLOSE_IDLE = 4005,
    CLOSE_NO_WORLD = 4006,
    CLOSE_GONE = 0, /* the socket ended without a word */
};

/* --- between the threads; each message is one block of st_alloc, freed by its receiver --- */

enum plane_order_kind {              /* loop -> data plane */
                        ORDER_ADOPT, /* a socket after its upgrade; data = bytes that came with it
                                      */
                        ORDER_ENTER, /* sid is bound; data = its Welcome, as a field of ServerFrame
                                      */
                        ORDER_SEND,  /* data = complete fields of ServerFrame for sid */
                        ORDER_CLOSE, /* end sid with code; data = reason */
                        ORDER_SNAPSHOT, /* data = a WorldBundle that was asked for; empty: no answer
                                           came */
                        ORDER_NEWS, /* data = complete fields of ServerFrame for those near `cell`
                                     */
                        ORDER_CHAT, /* data = complete fields of ServerFrame for those who listen to
                                         `zone` */
                        ORDER_LISTEN, /* sid listens to `zone`, 0 = to none */
                        ORDER_STATUS, /* trade and sign-in: flags */
                        ORDER_DRAIN,  /* close all with 1012, then end the thread */
};

struct plane_order {
    enum plane_order_kind kind;
    uint32_t sid;
    int fd;
    uint32_t code;
    uint32_t cell;
    uint32_t world_epoch, last_seq;
    uint32_t flags;
    uint32_t zone;
    char address[ST_NETADDR_TEXT_MAX];
    size_t len;
    uint8_t data[];
};

enum { STATUS_TRADE_CLOSED = 1, STATUS_SIGN_IN_CLOSED = 2 };

enum loop_note_kind {               /* data plane -> loop */
                      NOTE_HELLO,   /* data = ticket */
                      NOTE_REQUEST, /* data = an encoded Request */
                      NOTE_GONE,    /* the socket of sid has ended */
                      NOTE_UNBOUND, /* the simulation does not know sid: bind again */
                      NOTE_FENCED,  /* the simulation gave sid's player to a newer session */
                      NOTE_EPOCH,   /* world_epoch is new: bind all again */
                      NOTE_CONFIG,  /* revision is in force */
                      NOTE_DENSITY, /* data = Density as a field of ServerFrame */
                      NOTE_WANTED,  /* data = uint32_t cells whose snapshot is wanted; none = all */
                      NOTE_DRAINED, /* the data plane has ended */
};

struct loop_note {
    enum loop_note_kind kind;
    uint32_t sid;
    uint32_t last_seq;
    uint32_t world_epoch;
    uint32_t cell; /* where sid's ship is; at least GATEWAY_CELLS: it is not known */
    uint64_t revision;
    char address[ST_NETADDR_TEXT_MAX];
    size_t len;
    uint8_t data[];
};

#endif
