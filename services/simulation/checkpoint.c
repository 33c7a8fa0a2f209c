/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/buf.h>
#include <st/err.h>
#include <st/log.h>
#include <st/rng.h>

static const char magic[] = "STARCKPT";

enum { SUM_AT = CHECKPOINT_HEAD - 8, PATH_MAX_LEN = 512 };

/* Larger than any world; a length beyond it is damage. */
#define FILE_MAX ((size_t)1 << 30)

static uint64_t checksum(const uint8_t *file, size_t len)
{
    uint64_t head = st_hash64(file, SUM_AT, 0);
    return st_hash64(file + CHECKPOINT_HEAD, len - CHECKPOINT_HEAD, head);
}

void checkpoint_seal(uint8_t *file, const struct checkpoint *c)
{
    struct st_buf b;
    st_buf_init_fixed(&b, file, CHECKPOINT_HEAD);
    st_buf_put(&b, magic, 8);
    st_buf_put_u32le(&b, CHECKPOINT_FORMAT);
    st_buf_put_u32le(&b, c->shard);
    st_buf_put_u32le(&b, c->epoch);
    st_buf_put_u32le(&b, c->tick);
    st_buf_put_u64le(&b, c->config_hash);
    st_buf_put_u32le(&b, (uint32_t)c->config_len);
    st_buf_put_u32le(&b, 0);
    st_buf_put_u64le(&b, c->world_len);
    st_assert(b.len == SUM_AT);
    st_buf_put_u64le(&b, checksum(file, CHECKPOINT_HEAD + c->config_len + c->world_len));
}

static uint64_t get(const uint8_t *at, int bytes)
{
    uint64_t v = 0;
    for (int i = bytes; i-- > 0;)
        v = v << 8 | at[i];
    return v;
}

int checkpoint_open(const uint8_t *file, size_t len, uint32_t shard, struct checkpoint *out)
{
    if (len < CHECKPOINT_HEAD || len > FILE_MAX || memcmp(file, magic, 8) != 0 ||
        get(file + 8, 4) != CHECKPOINT_FORMAT)
        return ST_EPROTO;
    *out = (struct checkpoint){
        .shard = (uint32_t)get(file + 12, 4),
        .epoch = (uint32_t)get(file + 16, 4),
        .tick = (uint32_t)get(file + 20, 4),
        .config_hash = get(file + 24, 8),
        .config_len = (size_t)get(file + 32, 4),
        .world_len = (size_t)get(file + 40, 8),
    };
    size_t body = len - CHECKPOINT_HEAD;
    if (out->shard != shard || out->config_len > body || out->world_len != body - out->config_len ||
        get(file + SUM_AT, 8) != checksum(file, len))
        return ST_EPROTO;
    out->config = file + CHECKPOINT_HEAD;
    out->world = out->config + out->config_len;
    return 0;
}

/* ---- files ---------------------------------------------------------------------------------- */

static void path_of(char *out, const char *dir, uint32_t shard, const char *suffix)
{
    int n = snprintf(out, PATH_MAX_LEN, "%s/s%u.ckpt%s", dir, shard, suffix);
    st_assert(n > 0 && n < PATH_MAX_LEN);
}

static int log_failure(const char *what, const char *path)
{
    st_log(ST_LOG_ERROR, "checkpoint_failed", st_log_s("what", what), st_log_s("path", path),
           st_log_s("reason", strerror(errno)));
    return ST_EIO;
}

static int read_all(int fd, uint8_t *to, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = read(fd, to + done, len - done);
        if (n == 0)
            errno = ENODATA;
        if (n <= 0)
            return ST_EIO;
        done += (size_t)n;
    }
    return 0;
}

static int write_all(int fd, const uint8_t *from, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = write(fd, from + done, len - done);
        if (n < 0 && errno != EINTR)
            return ST_EIO;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

uint8_t *checkpoint_read(const char *dir, uint32_t shard, size_t *len)
{
    char path[PATH_MAX_LEN];
    path_of(path, dir, shard, "");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        if (errno != ENOENT)
            log_failure("open", path);
        return NULL;
    }
    struct stat st;
    uint8_t *file = NULL;
    if (fstat(fd, &st) == 0 && st.st_size > 0 && (size_t)st.st_size <= FILE_MAX) {
        *len = (size_t)st.st_size;
        file = st_alloc(*len);
        if (read_all(fd, file, *len) != 0) {
            log_failure("read", path);
            st_free(file);
            file = NULL;
        }
    }
    close(fd);
    return file;
}

/* A file's new name is on the disk only when its directory is. */
static int sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return log_failure("open", dir);
    int err = fsync(fd) == 0 ? 0 : log_failure("fsync", dir);
    close(fd);
    return err;
}

int checkpoint_write(const char *dir, uint32_t shard, const uint8_t *file, size_t len)
{
    char path[PATH_MAX_LEN], tmp[PATH_MAX_LEN];
    path_of(path, dir, shard, "");
    path_of(tmp, dir, shard, ".tmp");
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return log_failure("create", tmp);
    int err = 0;
    if (write_all(fd, file, len) != 0)
        err = log_failure("write", tmp);
    else if (fsync(fd) != 0)
        err = log_failure("fsync", tmp);
    close(fd);
    if (err == 0 && rename(tmp, path) != 0)
        err = log_failure("rename", path);
    return err != 0 ? err : sync_dir(dir);
}
