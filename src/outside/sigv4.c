/* sigv4.c - see sigv4.h. Four steps, as the reference numbers them: the canonical request, its hash in the
 * text to sign, the key made of the date, the region and the service, the signature. */
#include "outside/sigv4.h"

#include "base/buf.h"
#include "base/time.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    HASH_BYTES = crypto_hash_sha256_BYTES,
    HASH_TEXT = 2 * HASH_BYTES + 1,
    DATE_DIGITS = 8,
    STEPS_MAX = 64
};

#define ALGORITHM "AWS4-HMAC-SHA256"

void sigv4_date(int64_t ms, char out[static SIGV4_DATE_TEXT])
{
    char text[INSTANT_TEXT]; /* 2026-08-30T12:36:00Z */
    size_t at = 0;

    instant_format(ms, text);
    for (size_t i = 0; text[i] && at < SIGV4_DATE_TEXT - 1; i++)
        if (text[i] != '-' && text[i] != ':')
            out[at++] = text[i];
    out[at] = '\0';
}

/* ---- the canonical request ---- */

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

static void put_encoded(struct buf *buf, const char *text, size_t size, const char *kept)
{
    for (size_t i = 0; i < size; i++) {
        if (is_unreserved(text[i]) || (text[i] != '\0' && strchr(kept, text[i])))
            buf_byte(buf, (uint8_t)text[i]);
        else
            buf_printf(buf, "%%%02X", (unsigned)(unsigned char)text[i]);
    }
}

/* "/a/./b/../c//" becomes "/a/c/". */
static enum err put_path(struct buf *buf, const char *path)
{
    struct span steps[STEPS_MAX];
    size_t count = 0;

    for (const char *at = path; *at;) {
        at += strspn(at, "/");
        size_t size = strcspn(at, "/");
        if (size == 2 && memcmp(at, "..", 2) == 0)
            count -= count > 0;
        else if (size > 0 && !(size == 1 && *at == '.')) {
            if (count == STEPS_MAX)
                return ERR_INTERNAL;
            steps[count++] = (struct span){(const uint8_t *)at, size};
        }
        at += size;
    }
    for (size_t i = 0; i < count; i++) {
        buf_byte(buf, '/');
        put_encoded(buf, (const char *)steps[i].data, steps[i].size, "");
    }
    size_t size = strlen(path);
    if (count == 0 || (size > 0 && path[size - 1] == '/'))
        buf_byte(buf, '/');
    return ERR_OK;
}

struct parameter {
    const char *name, *value; /* encoded, NUL-terminated */
};

static int compare_parameters(const struct parameter *a, const struct parameter *b)
{
    int order = strcmp(a->name, b->name);
    return order ? order : strcmp(a->value, b->value);
}

static const char *encoded(struct arena *arena, const char *text, size_t size)
{
    struct buf buf;

    buf_init(&buf, arena);
    put_encoded(&buf, text, size, "%");
    return buf_cstr(&buf);
}

static enum err parameters_read(struct arena *arena, const char *query, struct parameter *list, size_t *count)
{
    *count = 0;
    while (*query) {
        size_t size = strcspn(query, "&");
        const char *equals = memchr(query, '=', size);
        size_t name_size = equals ? (size_t)(equals - query) : size;
        if (*count == SIGV4_PARAMETERS_MAX)
            return ERR_INTERNAL;
        struct parameter one = {encoded(arena, query, name_size),
                                equals ? encoded(arena, equals + 1, size - name_size - 1) : ""};
        if (!one.name || !one.value)
            return ERR_MEMORY;
        size_t at = (*count)++; /* insertion: there are few */
        for (; at > 0 && compare_parameters(&one, &list[at - 1]) < 0; at--)
            list[at] = list[at - 1];
        list[at] = one;
        query += size + (query[size] == '&');
    }
    return ERR_OK;
}

static enum err put_query(struct buf *buf, const char *query)
{
    struct parameter list[SIGV4_PARAMETERS_MAX];
    size_t count;

    enum err e = parameters_read(buf->arena, query ? query : "", list, &count);
    for (size_t i = 0; !e && i < count; i++)
        buf_printf(buf, "%s%s=%s", i ? "&" : "", list[i].name, list[i].value);
    return e;
}

/* Without blanks at the ends; a run of blanks is one. */
static void put_value(struct buf *buf, const char *value)
{
    bool blank = false;

    for (value += strspn(value, " \t\r\n"); *value; value++) {
        if (strchr(" \t\r\n", *value)) {
            blank = true;
            continue;
        }
        if (blank)
            buf_byte(buf, ' ');
        blank = false;
        buf_byte(buf, (uint8_t)*value);
    }
}

static void put_lower(struct buf *buf, const char *text)
{
    for (; *text; text++)
        buf_byte(buf, (uint8_t)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text));
}

/* Headers of one name are one line, in the order in which they came. */
static enum err put_headers(struct buf *buf, const struct sigv4_ask *ask, struct buf *names)
{
    const struct http_header *sorted[SIGV4_HEADERS_MAX];

    if (ask->header_count > SIGV4_HEADERS_MAX)
        return ERR_INTERNAL;
    for (size_t i = 0; i < ask->header_count; i++) {
        size_t at = i;
        for (; at > 0 && strcasecmp(ask->headers[i].name, sorted[at - 1]->name) < 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = &ask->headers[i];
    }
    for (size_t i = 0; i < ask->header_count; i++) {
        bool again = i > 0 && strcasecmp(sorted[i]->name, sorted[i - 1]->name) == 0;
        if (!again) {
            buf_text(buf, i > 0 ? "\n" : "");
            put_lower(buf, sorted[i]->name);
            buf_text(names, i > 0 ? ";" : "");
            put_lower(names, sorted[i]->name);
        }
        buf_byte(buf, again ? ',' : ':');
        put_value(buf, sorted[i]->value);
    }
    buf_text(buf, "\n\n");
    return ERR_OK;
}

static void hash_text(struct span bytes, char out[static HASH_TEXT])
{
    static const uint8_t nothing[1];
    uint8_t hash[HASH_BYTES];

    (void)crypto_hash_sha256(hash, bytes.data ? bytes.data : nothing, bytes.size);
    sodium_bin2hex(out, HASH_TEXT, hash, sizeof hash);
}

enum err sigv4_canonical(struct arena *arena, const struct sigv4_ask *ask, const char **canonical,
                         const char **signed_headers)
{
    struct buf buf;
    struct buf names;
    char hash[HASH_TEXT];

    buf_init(&buf, arena);
    buf_init(&names, arena);
    buf_printf(&buf, "%s\n", ask->method);
    enum err e = put_path(&buf, ask->path);
    buf_byte(&buf, '\n');
    if (!e)
        e = put_query(&buf, ask->query);
    buf_byte(&buf, '\n');
    if (!e)
        e = put_headers(&buf, ask, &names);
    if (e)
        return e;
    hash_text(ask->body, hash);
    buf_printf(&buf, "%s\n%s", buf_cstr(&names) ? buf_cstr(&names) : "", hash);
    const char *text = buf_cstr(&buf);
    const char *list = buf_cstr(&names);
    if (!text || !list)
        return ERR_MEMORY;
    *canonical = text;
    *signed_headers = list;
    return ERR_OK;
}

/* ---- the signature ---- */

static void hmac(const void *key, size_t key_size, const char *text, uint8_t out[static HASH_BYTES])
{
    crypto_auth_hmacsha256_state state;

    (void)crypto_auth_hmacsha256_init(&state, key, key_size);
    (void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)text, strlen(text));
    (void)crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

static enum err sign(struct arena *arena, const struct sigv4_ask *ask, const char *day, const char *text,
                     char out[static HASH_TEXT])
{
    uint8_t key[HASH_BYTES];
    char *first = arena_printf(arena, "AWS4%s", ask->secret_key);

    if (!first)
        return ERR_MEMORY;
    hmac(first, strlen(first), day, key);
    sodium_memzero(first, strlen(first));
    hmac(key, sizeof key, ask->region, key);
    hmac(key, sizeof key, ask->service, key);
    hmac(key, sizeof key, "aws4_request", key);
    hmac(key, sizeof key, text, key);
    sodium_bin2hex(out, HASH_TEXT, key, sizeof key);
    sodium_memzero(key, sizeof key);
    return ERR_OK;
}

enum err sigv4_authorization(struct arena *arena, const struct sigv4_ask *ask, const char **value)
{
    const char *canonical;
    const char *names;
    char hash[HASH_TEXT];
    char signature[HASH_TEXT];
    char day[DATE_DIGITS + 1];

    enum err e = sigv4_canonical(arena, ask, &canonical, &names);
    if (e)
        return e;
    (void)snprintf(day, sizeof day, "%.8s", ask->date);
    hash_text((struct span){(const uint8_t *)canonical, strlen(canonical)}, hash);
    const char *scope = arena_printf(arena, "%s/%s/%s/aws4_request", day, ask->region, ask->service);
    const char *text = scope ? arena_printf(arena, ALGORITHM "\n%s\n%s\n%s", ask->date, scope, hash) : NULL;
    e = text ? sign(arena, ask, day, text, signature) : ERR_MEMORY;
    if (e)
        return e;
    const char *made = arena_printf(arena, ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                                    ask->access_key, scope, names, signature);
    if (!made)
        return ERR_MEMORY;
    *value = made;
    return ERR_OK;
}
