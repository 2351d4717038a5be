/* rec_token_family.c - see rec_token_family.h. TABLE_TOKEN_FAMILY, part family id; under the person's own
 * key. */
#include "store/rec_token_family.h"

#include "base/buf.h"
#include "store/rec_expiry.h"

#include <string.h>

enum { FORM = 1 };

static struct key family_key(const char *family_id)
{
    return (struct key){.table = TABLE_TOKEN_FAMILY, .part = family_id};
}

static enum err decode(struct tx *tx, struct span value, struct token_family *family)
{
    struct reader reader = reader_of(value);

    uint8_t form = read_byte(&reader);
    struct span user_id = read_bytes(&reader);
    struct span newest = read_bytes(&reader);
    int64_t created_at = read_zigzag(&reader);
    int64_t expires_at = read_zigzag(&reader);
    if (!reader_done(&reader) || form != FORM || newest.size != REFRESH_HASH_BYTES)
        return ERR_DAMAGED;
    *family =
        (struct token_family){.user_id = arena_text(tx_arena(tx), (const char *)user_id.data, user_id.size),
                              .created_at = created_at,
                              .expires_at = expires_at};
    memcpy(family->newest, newest.data, newest.size);
    return family->user_id ? ERR_OK : ERR_MEMORY;
}

enum err token_family_load(struct tx *tx, const char *family_id, struct token_family *family)
{
    struct key key = family_key(family_id);
    struct token_family loaded = {0};
    struct span value;

    enum err e = tx_get(tx, &key, &value);
    if (!e)
        e = decode(tx, value, &loaded);
    if (!e)
        loaded.family_id = arena_dup(tx_arena(tx), family_id);
    if (!e && !loaded.family_id)
        e = ERR_MEMORY;
    if (!e)
        *family = loaded;
    return e;
}

enum err token_family_save(struct tx *tx, const struct token_family *before,
                           const struct token_family *family)
{
    struct key key = family_key(family->family_id);
    struct buf value;

    buf_init(&value, tx_arena(tx));
    buf_byte(&value, FORM);
    buf_bytes(&value, family->user_id, strlen(family->user_id));
    buf_bytes(&value, family->newest, sizeof family->newest);
    buf_zigzag(&value, family->created_at);
    buf_zigzag(&value, family->expires_at);
    if (!buf_ok(&value))
        return ERR_MEMORY;
    enum err e = tx_put(tx, &key, family->user_id, buf_span(&value));
    if (e)
        return e;
    return expiry_move(tx, &key, before ? before->expires_at : EXPIRY_NEVER, family->expires_at);
}

enum err token_family_delete(struct tx *tx, const struct token_family *family)
{
    struct key key = family_key(family->family_id);

    enum err e = tx_delete(tx, &key);
    return e ? e : expiry_move(tx, &key, family->expires_at, EXPIRY_NEVER);
}

enum err token_family_delete_id(struct tx *tx, const char *family_id)
{
    struct token_family family;

    enum err e = token_family_load(tx, family_id, &family);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    return e ? e : token_family_delete(tx, &family);
}

enum err token_family_alive(struct tx *tx, const char *family_id)
{
    struct key key = family_key(family_id);
    struct span value;

    return tx_get(tx, &key, &value);
}
