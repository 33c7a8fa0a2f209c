/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl.h"

#include <stdio.h>
#include <string.h>

#include <st/err.h>

enum { READY_TIMEOUT_MS = 2000, READY_BYTES_MAX = 64 << 10 };

static const struct {
    const char *name, *setting;
} services[] = {
    {"gateway", "ST_GATEWAY_INTERNAL"},
    {"simulation", "ST_SIMULATION_INTERNAL"},
    {"profile", "ST_PROFILE_INTERNAL"},
    {"economy", "ST_ECONOMY_INTERNAL"},
};

static bool wanted(const struct ctl *c, const char *name)
{
    for (int i = 0; i < c->argc; i++)
        if (strcmp(c->argv[i], name) == 0)
            return true;
    return c->argc == 0;
}

static bool is_ready(const char *name, const char *base)
{
    struct st_buf body;
    st_buf_init(&body, READY_BYTES_MAX);
    int status = ctl_get(base, "/readyz", READY_TIMEOUT_MS, &body);
    if (status == 200)
        printf("%-10s ready\n", name);
    else if (status > 0)
        printf("%-10s not ready: %s\n", name, st_buf_cstr(&body));
    else
        printf("%-10s no answer (%s)\n", name, st_err_name(status));
    st_buf_fini(&body);
    return status == 200;
}

int cmd_health(struct ctl *c)
{
    unsigned asked = 0;
    bool all = true;
    for (size_t i = 0; i < ST_ARRAY_LEN(services); i++) {
        const char *base = st_conf_str(c->conf, services[i].setting);
        if (!wanted(c, services[i].name) || (!base[0] && c->argc == 0))
            continue;
        asked++;
        if (!base[0])
            fprintf(stderr, "health: %s is not set\n", services[i].setting);
        all = base[0] && is_ready(services[i].name, base) && all;
    }
    if (asked == 0) {
        fprintf(stderr, "health: no service is named, and no ST_..._INTERNAL is set\n");
        return CTL_USAGE;
    }
    return all ? CTL_OK : CTL_FOUND;
}
