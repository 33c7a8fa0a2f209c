/* SPDX-License-Identifier: Apache-2.0 */
#include "rude.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { FLOOD = 20 /* inputs per turn of 20 ms */, NOISE = 64, STALL_BUFFER = 4096 };

static void flood(struct pilot *p, struct world *w)
{
    for (int i = 0; i < FLOOD; i++) {
        Startrader__V1__Input in = STARTRADER__V1__INPUT__INIT;
        in.seq = ++p->seq;
        in.target_heading = p->seq & 4095;
        in.thrust = FLIGHT_AHEAD;
        Startrader__V1__Input *inputs[1] = {&in};
        Startrader__V1__ClientFrame f = STARTRADER__V1__CLIENT_FRAME__INIT;
        f.n_input = 1;
        f.input = inputs;
        pilot_send_frame(p, w, &f);
    }
}

static void stall(struct pilot *p, struct world *w)
{
    int size = STALL_BUFFER;
    setsockopt(p->link.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    epoll_ctl(w->epoll, EPOLL_CTL_DEL, p->link.fd, NULL);
}

static void babble(struct pilot *p)
{
    uint8_t noise[NOISE];
    for (int i = 0; i < NOISE; i++)
        noise[i] = (uint8_t)pilot_random(p, 256);
    (void)link_send(&p->link, noise, sizeof noise);
}

void rude_turn(struct pilot *p, struct world *w)
{
    if (w->options->rude == RUDE_FLOOD)
        flood(p, w);
    else if (w->options->rude == RUDE_MALFORMED)
        babble(p);
    else if (!p->stalled)
        stall(p, w);
    p->stalled = w->options->rude == RUDE_STALL;
}
