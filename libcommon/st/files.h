/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder of static files, read into memory at start and served from there: no path of a client
 * ever reaches the file system. Strong ETags from the content, If-None-Match, and a `name.gz`
 * beside a file is sent to clients that take gzip. Hidden files and symbolic links are left out.
 * Loop thread.
 */
#ifndef ST_FILES_H
#define ST_FILES_H

#include <st/base.h>
#include <st/http.h>

enum { ST_FILES_MAX = 1024, ST_FILES_BYTES_MAX = 64 << 20 };

struct st_files;

/* ST_ENOTFOUND: no such folder; ST_ELIMIT: too many or too large; ST_EIO. The reason is logged. */
int st_files_load(struct st_files **out, const char *root) ST_MUST_CHECK;
void st_files_free(struct st_files **f);
uint32_t st_files_count(const struct st_files *f);
size_t st_files_bytes(const struct st_files *f);
/* Answers with the file of the request's path (`index.html` for a folder, its last slash may be
 * missing), 304, or a 404 problem. */
void st_files_answer(const struct st_files *f, struct st_http_request *take_req);

#endif
