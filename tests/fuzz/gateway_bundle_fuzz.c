/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the world stream as a gateway reads them, into cells and out to a view. */
#include <bundle.h>
#include <stream.h>
#include <view.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>

#include <stdlib.h>
#include <string.h>

static void walk(struct st_slice rest)
{
    struct st_slice whole;
    uint32_t field;
    while (bundle_field(&rest, &field, &whole))
        (void)bundle_content(whole);
}

static void show(struct stream *s)
{
    static uint8_t memory[2 * GATEWAY_BACKLOG_MAX];
    static struct view_wanted wanted;
    struct view_frame f = {.tick = 100, .world_epoch = 1, .dilation_pm = 1000, .synced = true};
    struct st_buf out;
    struct view v;
    st_buf_init_fixed(&out, memory, sizeof memory);
    view_init(&v);
    for (uint32_t cell = 0; cell < 8; cell++) {
        view_place(&v, cell);
        f.tick++;
        st_buf_clear(&out);
        wanted.count = 0;
        (void)view_build(&v, s->cells, &f, &wanted, &out);
        st_assert(out.len <= GATEWAY_BACKLOG_MAX + 64);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct stream s;
    struct world_bundle w;
    struct own_bundle o;
    struct tick_marker m;
    void *block;
    if (!s.cells) {
        stream_init(&s, 0);
        cells_free(&s.cells);
        s.cells = cells_new(64, 256, 16); /* small, so that they are full now and then */
    }
    if (len == 0)
        return 0;
    if (bundle_read_own(&o, data, len) == ST_OK && o.blob.len > 0)
        walk(o.blob);
    (void)!bundle_read_marker(&m, data, len);
    if (bundle_read_world(&w, data, len) == ST_OK)
        s.world_epoch = w.world_epoch;
    block = st_alloc(len);
    memcpy(block, data, len);
    stream_take_snapshot(&s, block, len, true);
    show(&s);
    cells_reset(s.cells);
    return 0;
}
