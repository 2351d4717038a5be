/* idempotency.c - the same Idempotency-Key, user and body give the first answer again, for 24 hours.
 *
 * The record is written in the transaction of what it guards, so there is none without the other. It stands
 * with the other records of the user, under a keyed hash of user, endpoint and key; a caller without a user
 * is told apart by the body as well. Only successes are kept: a refused request may be corrected and sent
 * again. */
#include "flow/step.h"

#include "api/endpoint.h"
#include "call/reply.h"
#include "store/rec_expiry.h"

#include <sodium.h>
#include <string.h>

enum { KEEP_MS = 24 * 60 * 60 * 1000, HASH_BYTES = 32, FORM = 1 };

/* What makes two requests the same: where they go (a dry run is not the change itself) and what they carry.
 */
static void body_hash(const struct call *call, uint8_t hash[static HASH_BYTES])
{
    const struct request *request = &call->request;
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, NULL, 0, HASH_BYTES);
    (void)crypto_generichash_update(&state, (const uint8_t *)request->path, strlen(request->path) + 1);
    (void)crypto_generichash_update(&state, (const uint8_t *)request->query, strlen(request->query) + 1);
    (void)crypto_generichash_update(&state, request->body.data, request->body.size);
    (void)crypto_generichash_final(&state, hash, HASH_BYTES);
}

static enum err record_key(struct call *call, struct key *key)
{
    uint8_t hash[HASH_BYTES];
    char body[2 * HASH_BYTES + 1] = "";
    char blind[33];

    if (!call->caller.user_id) {
        body_hash(call, hash);
        (void)sodium_bin2hex(body, sizeof body, hash, sizeof hash);
    }
    const char *text =
        arena_printf(call->arena, "%s\n%s\n%s\n%s", call->caller.user_id ? call->caller.user_id : "",
                     call->endpoint->name, call->idempotency_key, body);
    if (!text)
        return ERR_MEMORY;
    store_blind(call->app->store, "idempotency", text, blind);
    const char *sort = arena_dup(call->arena, blind);
    if (!sort)
        return ERR_MEMORY;
    *key = (struct key){
        .table = TABLE_IDEMPOTENCY, .part = call->caller.user_id ? call->caller.user_id : sort, .sort = sort};
    return ERR_OK;
}

static const char *header_of(const struct reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcmp(reply->headers[i].name, name) == 0)
            return reply->headers[i].value;
    return "";
}

static const char *text_of(struct call *call, struct reader *reader)
{
    struct span span = read_bytes(reader);
    return arena_text(call->arena, (const char *)span.data, span.size);
}

/* The stored answer, if it is still to be given and was to the same body. */
static enum err answer_again(struct call *call, struct tx *tx, const struct key *key, struct span value,
                             bool *replayed)
{
    struct reader reader = reader_of(value);
    uint8_t hash[HASH_BYTES];

    body_hash(call, hash);
    uint8_t form = read_byte(&reader);
    int64_t expires_at = read_zigzag(&reader);
    struct span first_hash = read_bytes(&reader);
    int status = (int)read_varint(&reader);
    const char *location = text_of(call, &reader);
    const char *etag = text_of(call, &reader);
    struct span body = read_bytes(&reader);
    if (!reader_done(&reader) || form != FORM || first_hash.size != HASH_BYTES)
        return ERR_DAMAGED;
    if (!location || !etag)
        return ERR_MEMORY;
    if (expires_at <= call->now_ms)
        return expiry_move(tx, key, expires_at, EXPIRY_NEVER); /* a new one takes its place */
    if (memcmp(first_hash.data, hash, HASH_BYTES) != 0)
        return ERR_IDEMPOTENCY;
    reply_bytes(call, status, "application/json; charset=utf-8", body, false);
    if (*location)
        reply_header(call, "Location", location);
    if (*etag)
        reply_header(call, "ETag", etag);
    reply_header(call, "Idempotent-Replayed", "true");
    *replayed = true;
    return ERR_OK;
}

void idempotency_known(struct call *call, struct known *known)
{
    struct key key;

    if (record_key(call, &key) == ERR_OK)
        known_add(known, key.table, key.part, key.sort);
}

enum err idempotency_begin(struct call *call, struct tx *tx, bool *replayed)
{
    struct key key;
    struct span value;

    enum err e = record_key(call, &key);
    if (!e)
        e = tx_get(tx, &key, &value);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    return e ? e : answer_again(call, tx, &key, value, replayed);
}

enum err idempotency_end(struct call *call, struct tx *tx)
{
    struct key key;
    struct buf value;
    uint8_t hash[HASH_BYTES];
    int64_t expires_at = call->now_ms + KEEP_MS;
    const char *location = header_of(&call->reply, "Location");
    const char *etag = header_of(&call->reply, "ETag");

    enum err e = record_key(call, &key);
    if (e)
        return e;
    body_hash(call, hash);
    buf_init(&value, call->arena);
    buf_byte(&value, FORM);
    buf_zigzag(&value, expires_at);
    buf_bytes(&value, hash, sizeof hash);
    buf_varint(&value, (uint64_t)call->reply.status);
    buf_bytes(&value, location, strlen(location));
    buf_bytes(&value, etag, strlen(etag));
    buf_bytes(&value, call->reply.body.data, call->reply.body.size);
    if (!buf_ok(&value) || !buf_ok(&call->reply.body))
        return ERR_MEMORY;
    e = tx_put(tx, &key, call->caller.user_id, buf_span(&value));
    return e ? e : expiry_move(tx, &key, EXPIRY_NEVER, expires_at);
}
