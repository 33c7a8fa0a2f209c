/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of a value, strongest first: --flag, --flag-file (secrets), environment, environment
 * _FILE (secrets), default. An empty environment variable counts as not set: that is how compose
 * files pass what nobody chose.
 */
#include <st/conf.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/buf.h>

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { STRING_MAX = 4096, FLAG_MAX = 64 };

struct value {
    const char *flag, *flag_file; /* lent from argv */
    char *text;
    int64_t num;
};

struct st_conf {
    const struct st_conf_item *items;
    size_t count;
    struct value *values;
    char **args;
    int args_count;
    FILE *errors;
    bool failed;
};

static void flag_of(const struct st_conf_item *item, char out[FLAG_MAX])
{
    const char *s = strncmp(item->env, "ST_", 3) == 0 ? item->env + 3 : item->env;
    size_t n = 0;
    for (; *s; s++) {
        st_assert(n + 1 < FLAG_MAX);
        out[n++] = *s == '_' ? '-' : (char)tolower((unsigned char)*s);
    }
    out[n] = 0;
}

static void __attribute__((format(printf, 2, 3))) complain(struct st_conf *c, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vfprintf(c->errors, fmt, args);
    va_end(args);
    fputc('\n', c->errors);
    c->failed = true;
}

/* Where a flag's argument goes, NULL for an unknown flag. */
static const char **flag_slot(struct st_conf *c, const char *name, size_t len)
{
    for (size_t i = 0; i < c->count; i++) {
        char flag[FLAG_MAX];
        flag_of(&c->items[i], flag);
        size_t n = strlen(flag);
        if (strncmp(name, flag, ST_MIN(n, len)) != 0 || len < n)
            continue;
        if (len == n)
            return &c->values[i].flag;
        if (c->items[i].type == ST_CONF_SECRET && len == n + 5 && !strncmp(name + n, "-file", 5))
            return &c->values[i].flag_file;
    }
    return NULL;
}

static void read_args(struct st_conf *c, int argc, char **argv)
{
    bool flags = true;
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];
        if (!flags || strncmp(a, "--", 2) != 0) {
            c->args[c->args_count++] = argv[i];
            continue;
        }
        if (!a[2]) {
            flags = false;
            continue;
        }
        const char *equals = strchr(a, '=');
        size_t len = equals ? (size_t)(equals - a) - 2 : strlen(a + 2);
        const char **slot = flag_slot(c, a + 2, len);
        if (!slot)
            complain(c, "--%.*s: unknown flag", (int)len, a + 2);
        else if (*slot)
            complain(c, "--%.*s: given twice", (int)len, a + 2);
        else if (equals)
            *slot = equals + 1;
        else if (i + 1 < argc)
            *slot = argv[++i];
        else
            complain(c, "%s: needs a value", a);
    }
}

/* The file's text without one trailing line end; NULL after a complaint. */
static char *read_secret(struct st_conf *c, const char *name, const char *path)
{
    char text[STRING_MAX + 2];
    FILE *f = fopen(path, "re");
    if (!f) {
        complain(c, "%s: cannot read %s: %s", name, path, strerror(errno));
        return NULL;
    }
    setvbuf(f, NULL, _IONBF, 0);
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    bool bad = ferror(f) || n > STRING_MAX;
    fclose(f);
    if (n > 0 && text[n - 1] == '\n')
        n--;
    if (n > 0 && text[n - 1] == '\r')
        n--;
    text[n] = 0;
    char *out = NULL;
    if (bad || strlen(text) != n)
        complain(c, "%s: %s is not one line of at most %d bytes", name, path, STRING_MAX);
    else
        out = st_strdup(text);
    explicit_bzero(text, sizeof(text));
    return out;
}

static const char *env_value(const char *name)
{
    const char *v = getenv(name);
    return v && *v ? v : NULL;
}

/* Sets v->text from the strongest source; false if there is none or it cannot be read. */
static bool resolve(struct st_conf *c, const struct st_conf_item *item, struct value *v)
{
    char file_env[FLAG_MAX + 8];
    const char *file = NULL, *text = v->flag;
    if (item->type == ST_CONF_SECRET) {
        snprintf(file_env, sizeof(file_env), "%s_FILE", item->env);
        file = v->flag_file;
        if (!text && !file) {
            text = env_value(item->env);
            file = env_value(file_env);
        }
        if (text && file) {
            complain(c, "%s: given directly and as a file", item->env);
            return false;
        }
    } else if (!text) {
        text = env_value(item->env);
    }
    if (file) {
        v->text = read_secret(c, item->env, file);
        return v->text != NULL;
    }
    if (!text)
        text = item->def;
    if (!text) {
        complain(c, "%s: required (%s)", item->env, item->help);
        return false;
    }
    v->text = st_strdup(text);
    return true;
}

static void check_int(struct st_conf *c, const struct st_conf_item *item, struct value *v)
{
    char *end;
    errno = 0;
    long long n = strtoll(v->text, &end, 10);
    bool number = end != v->text && !*end && errno == 0 && !isspace((unsigned char)v->text[0]);
    if (!number)
        complain(c, "%s: \"%s\" is not a whole number", item->env, v->text);
    else if (n < item->min || n > item->max)
        complain(c, "%s: %lld is not within %lld..%lld", item->env, n, (long long)item->min,
                 (long long)item->max);
    v->num = n;
}

static void check_bool(struct st_conf *c, const struct st_conf_item *item, struct value *v)
{
    static const struct {
        const char *text;
        bool value;
    } words[] = {{"on", true},     {"off", false}, {"true", true},
                 {"false", false}, {"1", true},    {"0", false}};
    for (size_t i = 0; i < ST_ARRAY_LEN(words); i++) {
        if (strcmp(v->text, words[i].text) == 0) {
            v->num = words[i].value;
            return;
        }
    }
    complain(c, "%s: \"%s\" is neither on nor off", item->env, v->text);
}

static void check_string(struct st_conf *c, const struct st_conf_item *item, struct value *v)
{
    size_t len = strlen(v->text), min = (size_t)item->min;
    size_t max = item->max ? (size_t)item->max : (size_t)STRING_MAX;
    if (len < min || len > max)
        complain(c, "%s: has %zu bytes, not %zu..%zu", item->env, len, min, max);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)v->text[i] < 0x20 || v->text[i] == 0x7f) {
            complain(c, "%s: holds a control character", item->env);
            return;
        }
    }
}

struct st_conf *st_conf_load(const struct st_conf_item *items, size_t count, int argc, char **argv,
                             FILE *errors)
{
    st_assert(items && errors && argc >= 1);
    struct st_conf *c = st_alloc(sizeof(*c));
    c->items = items;
    c->count = count;
    c->errors = errors;
    c->values = st_alloc_array(count, sizeof(*c->values));
    c->args = st_alloc_array((size_t)argc, sizeof(*c->args));
    read_args(c, argc, argv);
    for (size_t i = 0; i < count; i++) {
        struct value *v = &c->values[i];
        if (!resolve(c, &items[i], v))
            continue;
        if (items[i].type == ST_CONF_INT)
            check_int(c, &items[i], v);
        else if (items[i].type == ST_CONF_BOOL)
            check_bool(c, &items[i], v);
        else
            check_string(c, &items[i], v);
    }
    if (c->failed)
        st_conf_free(&c);
    return c;
}

void st_conf_free(struct st_conf **cc)
{
    st_assert(cc);
    struct st_conf *c = *cc;
    if (!c)
        return;
    for (size_t i = 0; i < c->count; i++) {
        char *text = c->values[i].text;
        if (text && c->items[i].type == ST_CONF_SECRET)
            explicit_bzero(text, strlen(text));
        st_free(text);
    }
    st_free(c->values);
    st_free(c->args);
    st_free(c);
    *cc = NULL;
}

static const struct value *find(const struct st_conf *c, const char *env, enum st_conf_type type)
{
    const struct value *found = NULL;
    st_assert(c && env);
    for (size_t i = 0; i < c->count && !found; i++) {
        enum st_conf_type t = c->items[i].type;
        if (strcmp(c->items[i].env, env) != 0)
            continue;
        st_assert(t == type || (type == ST_CONF_STRING && t == ST_CONF_SECRET));
        found = &c->values[i];
    }
    st_assert(found);
    return found;
}

const char *st_conf_str(const struct st_conf *c, const char *env)
{
    return find(c, env, ST_CONF_STRING)->text;
}

int64_t st_conf_int(const struct st_conf *c, const char *env)
{
    return find(c, env, ST_CONF_INT)->num;
}

bool st_conf_bool(const struct st_conf *c, const char *env)
{
    return find(c, env, ST_CONF_BOOL)->num != 0;
}

void st_conf_print(const struct st_conf *c, FILE *out)
{
    st_assert(c && out);
    for (size_t i = 0; i < c->count; i++) {
        const char *text = c->values[i].text;
        if (c->items[i].type == ST_CONF_SECRET)
            text = *text ? "(set)" : "";
        fprintf(out, "%s=%s\n", c->items[i].env, text);
    }
}

void st_conf_usage(const struct st_conf_item *items, size_t count, const char *program,
                   const char *about, FILE *out)
{
    st_assert(items && program && about && out);
    fprintf(out, "%s: %s\n\nSettings: flag > environment > default.\n", program, about);
    for (size_t i = 0; i < count; i++) {
        char flag[FLAG_MAX];
        const struct st_conf_item *it = &items[i];
        flag_of(it, flag);
        fprintf(out, "  --%s VALUE (%s%s)\n      %s", flag, it->env,
                it->type == ST_CONF_SECRET ? ", or the path of a file in ..._FILE" : "", it->help);
        if (it->type == ST_CONF_INT)
            fprintf(out, "; %lld..%lld", (long long)it->min, (long long)it->max);
        if (!it->def)
            fprintf(out, "; required");
        else if (it->type == ST_CONF_SECRET || !*it->def)
            fprintf(out, "; optional");
        else
            fprintf(out, "; default %s", it->def);
        fputc('\n', out);
    }
}

char *const *st_conf_args(const struct st_conf *c, int *count)
{
    st_assert(c && count);
    *count = c->args_count;
    return c->args;
}
