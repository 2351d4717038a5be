/* rec_token_keys.c - see rec_token_keys.h. TABLE_META "token_keys", sealed like every value. */
#include "store/rec_token_keys.h"

#include "base/buf.h"

#include <sodium.h>
#include <string.h>

enum { FORM = 1, ARENA_BYTES = 256 * 1024 };

static const struct key keys_key = {.table = TABLE_META, .part = "token_keys"};

struct refresh {
    struct token_keys keys;
    struct token_key fresh;
    int64_t now_ms;
    bool due;
};

static bool read_number(struct reader *reader, uint8_t out[static TOKEN_NUMBER_BYTES])
{
    struct span bytes = read_bytes(reader);

    if (bytes.size != TOKEN_NUMBER_BYTES)
        return false;
    memcpy(out, bytes.data, bytes.size);
    return true;
}

static bool read_key(struct reader *reader, struct token_key *key)
{
    struct span id = read_bytes(reader);

    if (id.size != sizeof key->id - 1)
        return false;
    memcpy(key->id, id.data, id.size);
    key->id[id.size] = '\0';
    bool good =
        read_number(reader, key->secret) && read_number(reader, key->x) && read_number(reader, key->y);
    key->active_from = read_zigzag(reader);
    return good;
}

/* None if there is no record. */
static enum err load(struct tx *tx, struct token_keys *keys)
{
    struct span value;

    *keys = (struct token_keys){.count = 0};
    enum err e = tx_get(tx, &keys_key, &value);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    if (e)
        return e;
    struct reader reader = reader_of(value);
    bool good = read_byte(&reader) == FORM;
    uint64_t count = read_varint(&reader);
    for (size_t i = 0; good && i < count; i++)
        good = i < TOKEN_KEYS_MAX && read_key(&reader, &keys->items[keys->count++]);
    return good && reader_done(&reader) ? ERR_OK : ERR_DAMAGED;
}

static enum err save(struct tx *tx, const struct token_keys *keys)
{
    struct buf value;

    buf_init(&value, tx_arena(tx));
    buf_byte(&value, FORM);
    buf_varint(&value, keys->count);
    for (size_t i = 0; i < keys->count; i++) {
        const struct token_key *key = &keys->items[i];
        buf_bytes(&value, key->id, strlen(key->id));
        buf_bytes(&value, key->secret, sizeof key->secret);
        buf_bytes(&value, key->x, sizeof key->x);
        buf_bytes(&value, key->y, sizeof key->y);
        buf_zigzag(&value, key->active_from);
    }
    return buf_ok(&value) ? tx_put(tx, &keys_key, NULL, buf_span(&value)) : ERR_MEMORY;
}

static enum err look(struct tx *tx, void *arg)
{
    struct refresh *refresh = arg;

    enum err e = load(tx, &refresh->keys);
    if (!e) {
        struct token_keys would = refresh->keys;
        refresh->due = token_keys_rotate(&would, &refresh->fresh, refresh->now_ms);
        sodium_memzero(&would, sizeof would);
    }
    return e;
}

static enum err rotate(struct tx *tx, void *arg)
{
    struct refresh *refresh = arg;

    enum err e = load(tx, &refresh->keys);
    if (!e && token_keys_rotate(&refresh->keys, &refresh->fresh, refresh->now_ms))
        e = save(tx, &refresh->keys);
    return e;
}

/* A look first, because a write waits for the disk and there is something to write once in weeks. */
enum err token_keys_refresh(struct store *store, struct tokens *tokens, int64_t now_ms)
{
    struct refresh refresh = {.now_ms = now_ms};
    struct access access = {.keys = &keys_key, .count = 1};
    struct arena *arena = arena_new(ARENA_BYTES);

    enum err e = arena ? store_run(store, &access, arena, look, &refresh) : ERR_MEMORY;
    if (!e && refresh.due) {
        access.write = true;
        e = token_key_make(&refresh.fresh);
        if (!e)
            e = store_run(store, &access, arena, rotate, &refresh);
    }
    if (!e)
        e = tokens_set_keys(tokens, &refresh.keys);
    sodium_memzero(&refresh, sizeof refresh);
    arena_free(arena);
    return e;
}
