/* SPDX-License-Identifier: Apache-2.0 */
#include <st/files.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/err.h>
#include <st/log.h>
#include <st/rng.h>
#include <st/websocket.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_LEN_MAX = 256, DEPTH_MAX = 8, ETAG_LEN = 24 };

struct file {
    char *path; /* "/app.js" */
    uint8_t *data;
    size_t len;
    char etag[ETAG_LEN]; /* with quotes */
    const char *type;
    const struct file *gzip; /* the precompressed form, or NULL */
};

struct st_files {
    struct file file[ST_FILES_MAX];
    uint32_t count;
    size_t bytes;
};

static const struct {
    const char *suffix, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".wasm", "application/wasm"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".proto", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
    {".mp3", "audio/mpeg"},
    {".ogg", "audio/ogg"},
};

static bool ends_with(const char *s, const char *suffix)
{
    size_t len = strlen(s), want = strlen(suffix);
    return len >= want && strcmp(s + len - want, suffix) == 0;
}

static const char *type_of(const char *path)
{
    for (size_t i = 0; i < ST_ARRAY_LEN(types); i++)
        if (ends_with(path, types[i].suffix))
            return types[i].type;
    return "application/octet-stream";
}

static int read_whole(int fd, uint8_t *data, size_t len)
{
    size_t have = 0;
    while (have < len) {
        ssize_t n = read(fd, data + have, len - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ST_EIO;
        have += (size_t)n;
    }
    return ST_OK;
}

static int add_file(struct st_files *f, int fd, const char *path, size_t len)
{
    struct file *file;
    if (f->count == ST_FILES_MAX || f->bytes + len > ST_FILES_BYTES_MAX)
        return ST_ELIMIT;
    file = &f->file[f->count++];
    file->path = st_strdup(path);
    file->data = st_alloc(len ? len : 1);
    file->len = len;
    file->type = type_of(path);
    f->bytes += len;
    if (read_whole(fd, file->data, len) != ST_OK)
        return ST_EIO;
    snprintf(file->etag, sizeof file->etag, "\"%016llx\"",
             (unsigned long long)st_hash64(file->data, len, len));
    return ST_OK;
}

static int walk(struct st_files *f, int dir_fd, const char *prefix, int depth);

static int visit(struct st_files *f, int dir_fd, const char *prefix, const char *name, int depth)
{
    char path[PATH_LEN_MAX];
    struct stat st;
    int fd, err = ST_OK;
    if (name[0] == '.')
        return ST_OK;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", prefix, name) >= sizeof path)
        return ST_ELIMIT;
    fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ELOOP ? ST_OK : ST_EIO;
    if (fstat(fd, &st) != 0)
        err = ST_EIO;
    else if (S_ISDIR(st.st_mode))
        return depth < DEPTH_MAX ? walk(f, fd, path, depth + 1) : (close(fd), ST_ELIMIT);
    else if (S_ISREG(st.st_mode))
        err = add_file(f, fd, path, (size_t)st.st_size);
    close(fd);
    return err;
}

/* Takes dir_fd. */
static int walk(struct st_files *f, int dir_fd, const char *prefix, int depth)
{
    DIR *dir = fdopendir(dir_fd);
    struct dirent *entry;
    int err = ST_OK;
    if (!dir) {
        close(dir_fd);
        return ST_EIO;
    }
    while (err == ST_OK && (entry = readdir(dir)))
        err = visit(f, dirfd(dir), prefix, entry->d_name, depth);
    closedir(dir);
    return err;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

static const struct file *find(const struct st_files *f, const char *path)
{
    struct file key = {.path = (char *)(uintptr_t)path};
    return bsearch(&key, f->file, f->count, sizeof f->file[0], by_path);
}

int st_files_load(struct st_files **out, const char *root)
{
    struct st_files *f;
    int err, fd;
    st_assert(out && root);
    fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        st_log(ST_LOG_WARN, "web_root_absent", st_log_s("root", root),
               st_log_s("error", strerror(errno)));
        return ST_ENOTFOUND;
    }
    f = st_alloc(sizeof *f);
    err = walk(f, fd, "", 0);
    if (err != ST_OK) {
        st_log(ST_LOG_ERROR, "web_root_unreadable", st_log_s("root", root),
               st_log_s("error", st_err_name(err)));
        st_files_free(&f);
        return err;
    }
    qsort(f->file, f->count, sizeof f->file[0], by_path);
    for (uint32_t i = 0; i < f->count; i++) {
        char gz[PATH_LEN_MAX + 4];
        snprintf(gz, sizeof gz, "%s.gz", f->file[i].path);
        f->file[i].gzip = find(f, gz);
    }
    *out = f;
    return ST_OK;
}

void st_files_free(struct st_files **out)
{
    struct st_files *f = *out;
    if (!f)
        return;
    for (uint32_t i = 0; i < f->count; i++) {
        st_free(f->file[i].path);
        st_free(f->file[i].data);
    }
    st_free(f);
    *out = NULL;
}

uint32_t st_files_count(const struct st_files *f)
{
    return f->count;
}

size_t st_files_bytes(const struct st_files *f)
{
    return f->bytes;
}

/* The file itself, or the index of the folder, with or without its last slash. */
static const struct file *resolve(const struct st_files *f, const char *path)
{
    char index[PATH_LEN_MAX];
    size_t len = strlen(path);
    const char *slash = len > 0 && path[len - 1] == '/' ? "" : "/";
    const struct file *file = ends_with(path, ".gz") ? NULL : find(f, path);
    if (file ||
        (size_t)snprintf(index, sizeof index, "%s%sindex.html", path, slash) >= sizeof index)
        return file;
    return find(f, index);
}

void st_files_answer(const struct st_files *f, struct st_http_request *req)
{
    const struct file *file, *body;
    const char *match;
    const char *headers[] = {"Cache-Control",    "no-cache", "Vary",
                             "Accept-Encoding",  "ETag",     NULL,
                             "Content-Encoding", "gzip",     NULL};
    st_assert(f && req);
    file = resolve(f, st_http_path(req));
    if (!file) {
        st_http_problem(req, 404, "not_found", "There is nothing at this address", 0);
        return;
    }
    body = file->gzip && st_websocket_has_token(st_http_header(req, "Accept-Encoding"), "gzip")
               ? file->gzip
               : file;
    headers[5] = body->etag;
    if (body == file)
        headers[6] = NULL;
    match = st_http_header(req, "If-None-Match");
    if (st_websocket_has_token(match, body->etag)) {
        headers[6] = NULL;
        st_http_answer(req, &(struct st_http_answer){.status = 304, .headers = headers});
        return;
    }
    st_http_answer(req, &(struct st_http_answer){.status = 200,
                                                 .content_type = file->type,
                                                 .body = body->data,
                                                 .body_len = body->len,
                                                 .static_body = true,
                                                 .headers = headers});
}
