/* token.c - see token.h. The keys stand under a read-write lock that is written once in weeks; signing and
 * verifying hold it for reading while they work. */
#include "sec/token.h"

#include "base/must.h"
#include "sec/base64url.h"
#include "sec/ecdsa.h"
#include "sec/jws.h"
#include "sec/token_cache.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_TEXT = 160, SIGNATURE_TEXT = 87, SECOND_MS = 1000 };

struct signer {
    char header[HEADER_TEXT]; /* the first part of every token of this key, in base64url */
    size_t header_size;
    struct ecdsa *ecdsa;
};

struct tokens {
    struct tokens_options options;
    struct token_cache *cache;
    pthread_rwlock_t lock; /* of what follows */
    struct token_keys keys;
    struct signer signers[TOKEN_KEYS_MAX]; /* one for each key */
};

struct tokens *tokens_new(const struct tokens_options *options)
{
    struct tokens *tokens = calloc(1, sizeof *tokens);
    struct token_cache *cache = tokens ? token_cache_new() : NULL;

    must(options->ttl_ms >= SECOND_MS && options->ttl_ms <= TOKEN_TTL_MAX_MS);
    if (!cache) {
        free(tokens);
        return NULL;
    }
    tokens->options = *options;
    tokens->cache = cache;
    must(pthread_rwlock_init(&tokens->lock, NULL) == 0);
    return tokens;
}

static void signers_close(struct signer *signers)
{
    for (size_t i = 0; i < TOKEN_KEYS_MAX; i++)
        ecdsa_close(signers[i].ecdsa);
}

void tokens_free(struct tokens *tokens)
{
    if (!tokens)
        return;
    signers_close(tokens->signers);
    token_cache_free(tokens->cache);
    (void)pthread_rwlock_destroy(&tokens->lock);
    sodium_memzero(&tokens->keys, sizeof tokens->keys);
    free(tokens);
}

static enum err signer_open(const struct token_key *key, struct signer *signer)
{
    char json[HEADER_TEXT];
    int size = snprintf(json, sizeof json, "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", key->id);

    must(size > 0 && BASE64URL_TEXT((size_t)size) <= HEADER_TEXT);
    base64url_write(json, (size_t)size, signer->header);
    signer->header_size = strlen(signer->header);
    return ecdsa_open(key, &signer->ecdsa);
}

enum err tokens_set_keys(struct tokens *tokens, const struct token_keys *keys)
{
    struct signer fresh[TOKEN_KEYS_MAX] = {0}, old[TOKEN_KEYS_MAX];
    enum err e = ERR_OK;

    must(keys->count <= TOKEN_KEYS_MAX);
    for (size_t i = 0; !e && i < keys->count; i++)
        e = signer_open(&keys->items[i], &fresh[i]);
    if (e) {
        signers_close(fresh);
        return e;
    }
    (void)pthread_rwlock_wrlock(&tokens->lock);
    memcpy(old, tokens->signers, sizeof old);
    memcpy(tokens->signers, fresh, sizeof fresh);
    tokens->keys = *keys;
    for (size_t i = 0; i < TOKEN_KEYS_MAX; i++) /* the signers have them */
        sodium_memzero(tokens->keys.items[i].secret, TOKEN_NUMBER_BYTES);
    (void)pthread_rwlock_unlock(&tokens->lock);
    signers_close(old);
    return ERR_OK;
}

void tokens_publish(struct tokens *tokens, struct json_writer *writer)
{
    (void)pthread_rwlock_rdlock(&tokens->lock);
    token_keys_publish(&tokens->keys, writer);
    (void)pthread_rwlock_unlock(&tokens->lock);
}

/* ---- signing ---- */

static void add_base64url(struct buf *buf, const void *bytes, size_t size)
{
    char *text = arena_alloc(buf->arena, BASE64URL_TEXT(size));

    if (!text) {
        buf->failed = true;
        return;
    }
    base64url_write(bytes, size, text);
    buf_text(buf, text);
}

static struct span payload_of(const struct tokens *tokens, struct arena *arena,
                              const struct token_claims *claims, const char *token_id)
{
    struct buf json;

    buf_init(&json, arena);
    struct json_writer writer = json_writer(&json);
    json_object_begin(&writer, NULL);
    json_text(&writer, "iss", tokens->options.issuer);
    json_text(&writer, "sub", claims->user_id);
    json_text(&writer, "aud", tokens->options.audience);
    json_integer(&writer, "iat", claims->issued_at / SECOND_MS);
    json_integer(&writer, "ims", claims->issued_at % SECOND_MS);
    json_integer(&writer, "exp", claims->expires_at / SECOND_MS);
    json_text(&writer, "jti", token_id);
    json_text(&writer, "role", tokens->options.roles[claims->role - 1]);
    json_text(&writer, "fam", claims->family_id);
    json_object_end(&writer);
    return buf_ok(&json) ? buf_span(&json) : (struct span){0};
}

static enum err sign(const struct tokens *tokens, const struct token_key *key, struct buf *text,
                     struct span payload)
{
    const struct signer *signer = &tokens->signers[key - tokens->keys.items];
    uint8_t signature[ECDSA_BYTES];

    buf_add(text, signer->header, signer->header_size);
    buf_byte(text, '.');
    add_base64url(text, payload.data, payload.size);
    if (!buf_ok(text))
        return ERR_MEMORY;
    enum err e = ecdsa_sign(signer->ecdsa, buf_span(text), signature);
    if (e)
        return e;
    buf_byte(text, '.');
    add_base64url(text, signature, sizeof signature);
    return ERR_OK;
}

enum err token_sign(struct tokens *tokens, struct arena *arena, struct token_claims *claims,
                    const char *token_id, const char **token)
{
    struct buf text;
    enum err e = ERR_INTERNAL; /* there are no keys: main sets them before it serves */

    buf_init(&text, arena);
    claims->expires_at = (claims->issued_at / SECOND_MS) * SECOND_MS + tokens->options.ttl_ms;
    struct span payload = payload_of(tokens, arena, claims, token_id);
    if (!payload.data)
        return ERR_MEMORY;
    (void)pthread_rwlock_rdlock(&tokens->lock);
    const struct token_key *key = token_keys_signing(&tokens->keys, claims->issued_at);
    if (key)
        e = sign(tokens, key, &text, payload);
    (void)pthread_rwlock_unlock(&tokens->lock);
    const char *made = e ? NULL : buf_cstr(&text);
    if (!e && !made)
        e = ERR_MEMORY;
    must(e || text.size <= TOKEN_TEXT_MAX);
    if (!e)
        *token = made;
    return e;
}

/* ---- verifying ---- */

static bool text_claim(const struct json *json, const char *name, char out[static TOKEN_ID_MAX + 1])
{
    const struct json *member = json_member(json, name);

    if (!member || member->kind != JSON_STRING || member->size == 0 || member->size > TOKEN_ID_MAX ||
        strlen(member->text) != member->size)
        return false;
    memcpy(out, member->text, member->size + 1);
    return true;
}

static bool instant_claim(const struct json *json, const char *name, int64_t most, int64_t *out)
{
    const struct json *member = json_member(json, name);

    if (!member || member->kind != JSON_INTEGER || member->integer < 0 || member->integer > most)
        return false;
    *out = member->integer;
    return true;
}

static bool is_text(const struct json *json, const char *name, const char *text)
{
    const struct json *member = json_member(json, name);

    return member && member->kind == JSON_STRING && member->size == strlen(text) &&
           memcmp(member->text, text, member->size) == 0;
}

static int32_t role_claim(const struct json *json, const char *const *roles)
{
    for (int32_t i = 0; roles[i]; i++)
        if (is_text(json, "role", roles[i]))
            return i + 1;
    return 0;
}

enum err token_claims_read(struct arena *arena, const char *json, size_t size,
                           const struct tokens_options *options, struct token_claims *claims)
{
    const int64_t seconds_max = INT64_C(1) << 40;
    const struct json *root = NULL;
    const char *why;
    struct token_claims read = {0};
    int64_t issued = 0, milliseconds = 0, expires = 0;

    enum err e = json_parse(arena, json, size, &root, &why);
    if (e)
        return e == ERR_MEMORY ? e : ERR_UNAUTHENTICATED;
    read.role = role_claim(root, options->roles);
    if (!is_text(root, "iss", options->issuer) || !is_text(root, "aud", options->audience) || !read.role ||
        !text_claim(root, "sub", read.user_id) || !text_claim(root, "fam", read.family_id) ||
        !instant_claim(root, "iat", seconds_max, &issued) ||
        !instant_claim(root, "exp", seconds_max, &expires) ||
        !instant_claim(root, "ims", SECOND_MS - 1, &milliseconds))
        return ERR_UNAUTHENTICATED;
    read.issued_at = issued * SECOND_MS + milliseconds;
    read.expires_at = expires * SECOND_MS;
    *claims = read;
    return ERR_OK;
}

static const struct ecdsa *key_of(const struct tokens *tokens, struct span header)
{
    for (size_t i = 0; i < tokens->keys.count; i++) {
        const struct signer *signer = &tokens->signers[i];
        if (signer->header_size == header.size && memcmp(signer->header, header.data, header.size) == 0)
            return signer->ecdsa;
    }
    return NULL;
}

static bool from_base64url(struct span text, uint8_t *out, size_t room, size_t *size)
{
    return base64url_read((const char *)text.data, text.size, out, room, size);
}

static enum err signature_check(struct tokens *tokens, const struct jws *parts)
{
    uint8_t signature[ECDSA_BYTES];
    size_t size = 0;
    enum err e = ERR_UNAUTHENTICATED;

    if (!from_base64url(parts->signature, signature, sizeof signature, &size) || size != sizeof signature)
        return e;
    (void)pthread_rwlock_rdlock(&tokens->lock);
    const struct ecdsa *key = key_of(tokens, parts->header);
    if (key)
        e = ecdsa_verify(key, parts->signed_text, signature);
    (void)pthread_rwlock_unlock(&tokens->lock);
    return e;
}

static enum err verify(struct tokens *tokens, struct arena *arena, const char *token,
                       struct token_claims *claims)
{
    struct jws parts;
    uint8_t payload[TOKEN_TEXT_MAX];
    size_t size = 0;

    if (!jws_split(token, &parts))
        return ERR_UNAUTHENTICATED;
    enum err e = signature_check(tokens, &parts);
    if (!e && !from_base64url(parts.payload, payload, sizeof payload, &size))
        e = ERR_UNAUTHENTICATED;
    if (!e)
        e = token_claims_read(arena, (const char *)payload, size, &tokens->options, claims);
    return e;
}

enum err token_verify(struct tokens *tokens, struct arena *arena, const char *token, int64_t now_ms,
                      struct token_claims *claims)
{
    uint8_t hash[TOKEN_HASH_BYTES];
    struct token_claims found;
    size_t size = strnlen(token, TOKEN_TEXT_MAX + 1);

    if (size > TOKEN_TEXT_MAX)
        return ERR_UNAUTHENTICATED;
    (void)crypto_generichash(hash, sizeof hash, (const uint8_t *)token, size, NULL, 0);
    if (!token_cache_find(tokens->cache, hash, &found)) {
        enum err e = verify(tokens, arena, token, &found);
        if (e)
            return e;
        if (found.expires_at > now_ms)
            token_cache_add(tokens->cache, hash, &found);
    }
    if (found.issued_at > now_ms + TOKEN_SKEW_MS)
        return ERR_UNAUTHENTICATED;
    if (found.expires_at <= now_ms)
        return ERR_TOKEN_EXPIRED;
    *claims = found;
    return ERR_OK;
}
