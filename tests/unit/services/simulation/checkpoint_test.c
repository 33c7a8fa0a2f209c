/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <checkpoint.h>
#include <st/alloc.h>
#include <st/err.h>

enum { CONFIG = 40, WORLD = 500, FILE_LEN = CHECKPOINT_HEAD + CONFIG + WORLD };

static uint8_t file[FILE_LEN];
static char dir[] = "/tmp/checkpoint_test_XXXXXX";

static void make_file(void)
{
    for (size_t i = CHECKPOINT_HEAD; i < FILE_LEN; i++)
        file[i] = (uint8_t)(i * 7);
    checkpoint_seal(file, &(struct checkpoint){.shard = 3,
                                               .epoch = 9,
                                               .tick = 12345,
                                               .config_hash = 0xfeedface12345678,
                                               .config_len = CONFIG,
                                               .world_len = WORLD});
}

START_TEST(round_trip)
{
    struct checkpoint c;
    make_file();
    ck_assert_int_eq(checkpoint_open(file, FILE_LEN, 3, &c), 0);
    ck_assert_uint_eq(c.epoch, 9);
    ck_assert_uint_eq(c.tick, 12345);
    ck_assert_uint_eq(c.config_hash, 0xfeedface12345678);
    ck_assert_ptr_eq(c.config, file + CHECKPOINT_HEAD);
    ck_assert_ptr_eq(c.world, file + CHECKPOINT_HEAD + CONFIG);
    ck_assert_uint_eq(c.config_len, CONFIG);
    ck_assert_uint_eq(c.world_len, WORLD);
    ck_assert_int_eq(checkpoint_open(file, FILE_LEN, 4, &c), ST_EPROTO);
}
END_TEST

START_TEST(every_damaged_bit_is_seen)
{
    struct checkpoint c;
    make_file();
    for (size_t bit = 0; bit < FILE_LEN * 8; bit++) {
        file[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_int_eq(checkpoint_open(file, FILE_LEN, 3, &c), ST_EPROTO);
        file[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < FILE_LEN; len++)
        ck_assert_int_eq(checkpoint_open(file, len, 3, &c), ST_EPROTO);
    ck_assert_int_eq(checkpoint_open(file, FILE_LEN, 3, &c), 0);
}
END_TEST

START_TEST(files_are_replaced_whole)
{
    size_t len;
    char path[64];
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_ptr_null(checkpoint_read(dir, 3, &len));
    make_file();
    ck_assert_int_eq(checkpoint_write(dir, 3, file, FILE_LEN), 0);
    file[0] ^= 1;
    ck_assert_int_eq(checkpoint_write(dir, 3, file, FILE_LEN), 0);
    uint8_t *read = checkpoint_read(dir, 3, &len);
    ck_assert_uint_eq(len, FILE_LEN);
    ck_assert_mem_eq(read, file, FILE_LEN);
    st_free(read);
    ck_assert_ptr_null(checkpoint_read(dir, 4, &len));
    snprintf(path, sizeof(path), "%s/s3.ckpt.tmp", dir);
    ck_assert_int_ne(access(path, F_OK), 0);
    snprintf(path, sizeof(path), "%s/s3.ckpt", dir);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(dir), 0);
    ck_assert_int_eq(checkpoint_write(dir, 3, file, FILE_LEN), ST_EIO);
}
END_TEST

START_TEST(keeper_writes_what_it_was_given)
{
    char place[] = "/tmp/checkpoint_test_XXXXXX", path[64];
    size_t cap, len;
    ck_assert_ptr_nonnull(mkdtemp(place));
    struct keeper *k = keeper_start(place, 5, WORLD);
    uint8_t *to = keeper_take(k, CONFIG, &cap);
    ck_assert_ptr_nonnull(to);
    ck_assert_uint_ge(cap, WORLD);
    ck_assert_ptr_null(keeper_take(k, CONFIG, &cap)); /* it has one owner */
    memset(to, 0x5a, CONFIG + WORLD);
    keeper_give(
        k, &(struct checkpoint){.shard = 5, .epoch = 1, .config_len = CONFIG, .world_len = WORLD});
    keeper_wait(k);
    uint8_t *read = checkpoint_read(place, 5, &len);
    struct checkpoint c;
    ck_assert_ptr_nonnull(read);
    ck_assert_int_eq(checkpoint_open(read, len, 5, &c), 0);
    ck_assert_uint_eq(c.world[WORLD - 1], 0x5a);
    st_free(read);
    ck_assert_ptr_nonnull(keeper_take(k, CONFIG, &cap));
    keeper_give(k, &c);
    keeper_stop(&k);
    snprintf(path, sizeof(path), "%s/s5.ckpt", place);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(place), 0);
}
END_TEST

SUITE_MAIN("checkpoint", round_trip, every_damaged_bit_is_seen, files_are_replaced_whole,
           keeper_writes_what_it_was_given)
