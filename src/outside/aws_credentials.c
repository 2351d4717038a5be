/* aws_credentials.c - see aws_credentials.h. Each place is a row of `places`; the first that answers anything
 * but "not here" is taken. */
#include "outside/aws_credentials.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/must.h"
#include "base/time.h"
#include "outside/http_client.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    ARENA_BYTES = 1024 * 1024,
    FILE_BYTES_MAX = 64 * 1024,
    ANSWER_BYTES_MAX = 64 * 1024,
    ROLE_MAX = 128,
    CONNECT_MS = 1000,
    TOTAL_MS = 3000,
    REFRESH_BEFORE_MS = 5 * 60 * 1000,
    REFRESH_AGAIN_MS = 10 * 1000,  /* after a fetch that failed */
    FILE_GOOD_MS = 15 * 60 * 1000, /* then it is read again: somebody may keep it fresh */
};

struct aws_keys {
    aws_getenv *get;
    int64_t (*clock)(void);
    struct http_client *http;
    pthread_mutex_t fetching; /* taken before `lock` */
    pthread_mutex_t lock;
    struct aws_credentials now; /* expires_ms 0: none yet */
    int64_t refresh_ms;         /* from then on somebody fetches new ones */
};

/* One fetch. */
struct fetch {
    struct aws_keys *keys;
    struct arena *arena;
    struct http_answer answer;
    struct aws_credentials out;
    const char *why;
};

static const char *const nowhere = "There are no AWS credentials. Set AWS_ACCESS_KEY_ID and "
                                   "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE for a profile of "
                                   "~/.aws/credentials, or run with a role (ECS, EKS, EC2, Lambda).";

static const char *variable(const struct fetch *fetch, const char *name)
{
    const char *value = fetch->keys->get(name);
    return value && *value ? value : NULL;
}

static enum err refuse(struct fetch *fetch, const char *why)
{
    fetch->why = why;
    return ERR_OUTSIDE;
}

/* False if it is too long, or there is none. */
static bool take(char *out, size_t max, const char *text)
{
    size_t size = text ? strnlen(text, max + 1) : 0;

    if (size == 0 || size > max)
        return false;
    memcpy(out, text, size + 1);
    return true;
}

/* token NULL: none. */
static bool take_all(struct aws_credentials *out, const char *key, const char *secret, const char *token,
                     int64_t expires_ms)
{
    out->token[0] = '\0';
    out->expires_ms = expires_ms;
    return take(out->access_key, AWS_KEY_MAX, key) && take(out->secret_key, AWS_SECRET_MAX, secret) &&
           (!token || !*token || take(out->token, AWS_TOKEN_MAX, token));
}

/* ---- environment ---- */

static enum err from_environment(struct fetch *fetch)
{
    const char *key = variable(fetch, "AWS_ACCESS_KEY_ID");
    const char *secret = variable(fetch, "AWS_SECRET_ACCESS_KEY");

    if (!key && !secret)
        return ERR_NOT_FOUND;
    if (take_all(&fetch->out, key, secret, variable(fetch, "AWS_SESSION_TOKEN"), INT64_MAX))
        return ERR_OK;
    return refuse(fetch,
                  "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY have to be set together, and to be keys.");
}

/* ---- the shared file ---- */

/* ERR_NOT_FOUND: there is no such file. */
static enum err file_read(struct fetch *fetch, const char *path, char **text)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return errno == ENOENT || errno == ENOTDIR
                   ? ERR_NOT_FOUND
                   : refuse(fetch, "A file of AWS credentials cannot be read.");
    char *bytes = arena_alloc(fetch->arena, FILE_BYTES_MAX + 1);
    size_t size = bytes ? fread(bytes, 1, FILE_BYTES_MAX + 1, file) : 0;
    bool whole = bytes && !ferror(file) && size <= FILE_BYTES_MAX && !memchr(bytes, '\0', size);
    (void)fclose(file);
    if (!bytes)
        return ERR_MEMORY;
    if (!whole)
        return refuse(fetch, "A file of AWS credentials cannot be read, or is larger than 64 KiB.");
    bytes[size] = '\0';
    *text = bytes;
    return ERR_OK;
}

static char *trimmed(char *text)
{
    size_t size = strlen(text);

    while (size > 0 && strchr(" \t\r", text[size - 1]))
        text[--size] = '\0';
    return text + strspn(text, " \t");
}

static bool is_section(char *line, const char *profile)
{
    char *end = strchr(line, ']');

    if (!end)
        return false;
    *end = '\0';
    return strcmp(trimmed(line + 1), profile) == 0;
}

struct profile {
    const char *key, *secret, *token;
    bool found;
};

static void profile_read(char *text, const char *name, struct profile *profile)
{
    bool inside = false;

    while (*text) {
        size_t size = strcspn(text, "\n");
        bool last = text[size] == '\0';
        text[size] = '\0';
        char *line = trimmed(text);
        char *value = strchr(line, '=');
        if (*line == '[') {
            inside = is_section(line, name);
            profile->found |= inside;
        } else if (inside && value && *line != '#' && *line != ';') {
            *value++ = '\0';
            const char *member = trimmed(line);
            const char **into = strcasecmp(member, "aws_access_key_id") == 0       ? &profile->key
                                : strcasecmp(member, "aws_secret_access_key") == 0 ? &profile->secret
                                : strcasecmp(member, "aws_session_token") == 0     ? &profile->token
                                                                                   : NULL;
            if (into)
                *into = trimmed(value);
        }
        text += size + !last;
    }
}

static enum err from_file(struct fetch *fetch)
{
    const char *path = variable(fetch, "AWS_SHARED_CREDENTIALS_FILE");
    const char *home = variable(fetch, "HOME");
    const char *name = variable(fetch, "AWS_PROFILE");
    struct profile profile = {0};
    char *text;

    if (!path && !home)
        return ERR_NOT_FOUND;
    if (!path)
        path = arena_printf(fetch->arena, "%s/.aws/credentials", home);
    enum err e = path ? file_read(fetch, path, &text) : ERR_MEMORY;
    if (e)
        return e;
    profile_read(text, name ? name : "default", &profile);
    if (!profile.found)
        return name ? refuse(fetch, "The file of AWS credentials has no profile of the name in AWS_PROFILE.")
                    : ERR_NOT_FOUND;
    int64_t expires_ms = fetch->keys->clock() + FILE_GOOD_MS;
    bool right = take_all(&fetch->out, profile.key, profile.secret, profile.token, expires_ms);
    return right ? ERR_OK : refuse(fetch, "The profile has no aws_access_key_id and aws_secret_access_key.");
}

/* ---- over HTTP ---- */

static enum err ask_for(struct fetch *fetch, const char *method, const char *url,
                        const struct http_header *header)
{
    struct http_ask ask = {.method = method,
                           .url = url,
                           .headers = header,
                           .header_count = header ? 1 : 0,
                           .answer_bytes_max = ANSWER_BYTES_MAX};
    static const uint8_t nothing[1];

    if (strcmp(method, "PUT") == 0)
        ask.body = (struct span){nothing, 0};
    enum err e = http_client_send(fetch->keys->http, &ask, &fetch->answer);
    return !e && fetch->answer.status != 200 ? ERR_OUTSIDE : e;
}

static const char *member_text(const struct json *object, const char *name)
{
    const struct json *member = json_member(object, name);
    return member && member->kind == JSON_STRING ? member->text : NULL;
}

/* What container and instance answer alike. */
static enum err answer_read(struct fetch *fetch)
{
    const struct json *json;
    const char *why;
    int64_t expires_ms = INT64_MAX;

    enum err e = json_parse(fetch->arena, fetch->answer.body, fetch->answer.body_size, &json, &why);
    if (e)
        return e == ERR_MEMORY ? e : refuse(fetch, "The answer about AWS credentials is no JSON.");
    const char *expires = member_text(json, "Expiration");
    if (expires && instant_parse(expires, strlen(expires), &expires_ms))
        return refuse(fetch, "The answer about AWS credentials has a wrong Expiration.");
    if (take_all(&fetch->out, member_text(json, "AccessKeyId"), member_text(json, "SecretAccessKey"),
                 member_text(json, "Token"), expires_ms))
        return ERR_OK;
    return refuse(fetch, "The answer about AWS credentials has no keys in it.");
}

/* The host may be named by whoever sets a variable, so without TLS it has to be this machine. */
static bool is_safe(const char *url)
{
    static const char *const safe[] = {"http://169.254.170.2",  "http://169.254.170.23",
                                       "http://[fd00:ec2::23]", "http://localhost",
                                       "http://127.0.0.1",      "http://[::1]"};

    if (strncasecmp(url, "https://", 8) == 0)
        return true;
    for (size_t i = 0; i < sizeof safe / sizeof safe[0]; i++) {
        size_t size = strlen(safe[i]);
        if (strncasecmp(url, safe[i], size) == 0 && strchr("/:", url[size]))
            return true;
    }
    return false;
}

static enum err container_token(struct fetch *fetch, const char **token)
{
    const char *path = variable(fetch, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    char *text;

    *token = variable(fetch, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (!path)
        return ERR_OK;
    enum err e = file_read(fetch, path, &text);
    if (e == ERR_NOT_FOUND)
        return refuse(fetch, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names a file that is not there.");
    if (!e) {
        text[strcspn(text, "\r\n")] = '\0';
        *token = text;
    }
    return e;
}

static enum err from_container(struct fetch *fetch)
{
    const char *relative = variable(fetch, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *url = variable(fetch, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    struct http_header header = {"Authorization", NULL};

    if (relative)
        url = arena_printf(fetch->arena, "http://169.254.170.2%s", relative);
    if (!url)
        return relative ? ERR_MEMORY : ERR_NOT_FOUND;
    if (!is_safe(url))
        return refuse(fetch,
                      "AWS_CONTAINER_CREDENTIALS_FULL_URI has to be https, or an address of this machine.");
    enum err e = container_token(fetch, &header.value);
    if (!e)
        e = ask_for(fetch, "GET", url, header.value ? &header : NULL);
    if (e)
        return e == ERR_MEMORY || fetch->why
                   ? e
                   : refuse(fetch, "The container's service gives no AWS credentials.");
    return answer_read(fetch);
}

static enum err instance_ask(struct fetch *fetch, const char *host)
{
    struct http_header ttl = {"X-aws-ec2-metadata-token-ttl-seconds", "21600"};
    struct http_header token = {"X-aws-ec2-metadata-token", NULL};
    char role[ROLE_MAX + 1];

    const char *url = arena_printf(fetch->arena, "%s/latest/api/token", host);
    const char *list = arena_printf(fetch->arena, "%s/latest/meta-data/iam/security-credentials/", host);
    enum err e = url && list ? ask_for(fetch, "PUT", url, &ttl) : ERR_MEMORY;
    if (e)
        return e;
    token.value = arena_text(fetch->arena, fetch->answer.body, fetch->answer.body_size);
    e = token.value ? ask_for(fetch, "GET", list, &token) : ERR_MEMORY;
    if (e)
        return e;
    (void)snprintf(role, sizeof role, "%.*s",
                   (int)strcspn(fetch->answer.body ? fetch->answer.body : "", "\r\n"),
                   fetch->answer.body ? fetch->answer.body : "");
    url = arena_printf(fetch->arena, "%s%s", list, role);
    return url ? ask_for(fetch, "GET", url, &token) : ERR_MEMORY;
}

static enum err from_instance(struct fetch *fetch)
{
    const char *disabled = variable(fetch, "AWS_EC2_METADATA_DISABLED");
    const char *host = variable(fetch, "AWS_EC2_METADATA_SERVICE_ENDPOINT");

    if (disabled && strcasecmp(disabled, "true") == 0)
        return ERR_NOT_FOUND;
    enum err e = instance_ask(fetch, host ? host : "http://169.254.169.254");
    if (e)
        return e == ERR_MEMORY ? e : ERR_NOT_FOUND; /* this may be no instance at all */
    return answer_read(fetch);
}

/* ---- keeping them ---- */

static enum err fetch_from_places(struct fetch *fetch)
{
    static enum err (*const places[])(struct fetch *) = {from_environment, from_file, from_container,
                                                         from_instance};
    enum err e = ERR_NOT_FOUND;

    for (size_t i = 0; e == ERR_NOT_FOUND && i < sizeof places / sizeof places[0]; i++)
        e = places[i](fetch);
    return e == ERR_NOT_FOUND ? refuse(fetch, nowhere) : e;
}

/* With `fetching` held. */
static enum err fetch_now(struct aws_keys *keys, const char **why)
{
    struct fetch fetch = {.keys = keys, .arena = arena_new(ARENA_BYTES)};

    if (!fetch.arena)
        return ERR_MEMORY;
    arena_hold_secrets(fetch.arena);
    enum err e = fetch_from_places(&fetch);
    int64_t now_ms = keys->clock();
    if (!e && fetch.out.expires_ms <= now_ms)
        e = refuse(&fetch, "The AWS credentials that were found have expired.");
    must(pthread_mutex_lock(&keys->lock) == 0);
    if (e) {
        keys->refresh_ms = now_ms + REFRESH_AGAIN_MS;
    } else {
        keys->now = fetch.out;
        keys->refresh_ms =
            fetch.out.expires_ms == INT64_MAX ? INT64_MAX : fetch.out.expires_ms - REFRESH_BEFORE_MS;
        if (keys->refresh_ms < now_ms + REFRESH_AGAIN_MS)
            keys->refresh_ms = now_ms + REFRESH_AGAIN_MS; /* they are short-lived; not at every request */
    }
    must(pthread_mutex_unlock(&keys->lock) == 0);
    if (why && e)
        *why = fetch.why ? fetch.why : err_info(e)->text;
    sodium_memzero(&fetch.out, sizeof fetch.out);
    http_answer_done(&fetch.answer);
    arena_free(fetch.arena);
    return e;
}

/* Gives those that are kept, if they are valid. *due: somebody should fetch new ones. */
static bool kept(struct aws_keys *keys, struct aws_credentials *out, bool *due)
{
    int64_t now_ms = keys->clock();

    must(pthread_mutex_lock(&keys->lock) == 0);
    bool valid = now_ms < keys->now.expires_ms;
    *due = now_ms >= keys->refresh_ms;
    if (valid)
        *out = keys->now;
    must(pthread_mutex_unlock(&keys->lock) == 0);
    return valid;
}

static enum err fetch_and_wait(struct aws_keys *keys, struct aws_credentials *out, const char **why)
{
    bool due;

    must(pthread_mutex_lock(&keys->fetching) == 0);
    enum err e =
        kept(keys, out, &due) ? ERR_OK : fetch_now(keys, why); /* another thread may have been faster */
    must(pthread_mutex_unlock(&keys->fetching) == 0);
    if (e)
        return e;
    return kept(keys, out, &due) ? ERR_OK : ERR_OUTSIDE;
}

enum err aws_keys_get(struct aws_keys *keys, struct aws_credentials *out, const char **why)
{
    bool due;

    if (why)
        *why = nowhere;
    if (!kept(keys, out, &due))
        return fetch_and_wait(keys, out, why);
    if (due && pthread_mutex_trylock(&keys->fetching) == 0) {
        (void)fetch_now(keys, NULL); /* the old ones still serve */
        must(pthread_mutex_unlock(&keys->fetching) == 0);
        (void)kept(keys, out, &due);
    }
    return ERR_OK;
}

void aws_keys_expire(struct aws_keys *keys)
{
    must(pthread_mutex_lock(&keys->lock) == 0);
    keys->now.expires_ms = 0;
    must(pthread_mutex_unlock(&keys->lock) == 0);
}

struct aws_keys *aws_keys_new(aws_getenv *get, int64_t (*clock)(void))
{
    struct http_client_options options = {
        .connections_max = 1, .connect_ms = CONNECT_MS, .total_ms = TOTAL_MS};

    struct aws_keys *keys = calloc(1, sizeof *keys);
    if (!keys)
        return NULL;
    *keys = (struct aws_keys){.get = get, .clock = clock, .http = http_client_new(&options)};
    if (!keys->http) {
        free(keys);
        return NULL;
    }
    must(pthread_mutex_init(&keys->fetching, NULL) == 0);
    must(pthread_mutex_init(&keys->lock, NULL) == 0);
    return keys;
}

void aws_keys_free(struct aws_keys *keys)
{
    if (!keys)
        return;
    http_client_free(keys->http);
    must(pthread_mutex_destroy(&keys->lock) == 0);
    must(pthread_mutex_destroy(&keys->fetching) == 0);
    sodium_memzero(keys, sizeof *keys);
    free(keys);
}
