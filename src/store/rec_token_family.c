/* rec_token_family.c - see rec_token_family.h. TABLE_TOKEN_FAMILY, part family id; under the person's own
 * key. */
#include "store/rec_token_family.h"

#include "base/buf.h"
#include "store/rec_expiry.h"

#include <string.h>

enum { FORM = 1, FORM_PROVIDER = 2 };

static struct key family_key(const char *family_id)
{
    return (struct key){.table = TABLE_TOKEN_FAMILY, .part = family_id};
}

/* An empty one is none. */
static bool keep_text(struct tx *tx, struct span bytes, const char **text)
{
    *text = bytes.size > 0 ? arena_text(tx_arena(tx), (const char *)bytes.data, bytes.size) : NULL;
    return *text || bytes.size == 0;
}

static enum err decode(struct tx *tx, struct span value, struct token_family *family)
{
    struct reader reader = reader_of(value);

    uint8_t form = read_byte(&reader);
    struct span user_id = read_bytes(&reader);
    struct span newest = read_bytes(&reader);
    int64_t created_at = read_zigzag(&reader);
    int64_t expires_at = read_zigzag(&reader);
    bool more = form == FORM_PROVIDER;
    struct span provider_token = more ? read_bytes(&reader) : (struct span){0};
    struct span root = more ? read_bytes(&reader) : (struct span){0};
    if (!reader_done(&reader) || (form != FORM && !more) || newest.size != REFRESH_HASH_BYTES)
        return ERR_DAMAGED;
    *family = (struct token_family){.created_at = created_at, .expires_at = expires_at};
    memcpy(family->newest, newest.data, newest.size);
    bool kept = keep_text(tx, user_id, &family->user_id) &&
                keep_text(tx, provider_token, &family->provider_token) && keep_text(tx, root, &family->root);
    return kept ? ERR_OK : ERR_MEMORY;
}

static enum err load(struct tx *tx, const char *family_id, struct token_family *family)
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

enum err token_family_load(struct tx *tx, const char *family_id, struct token_family *family)
{
    struct token_family loaded;

    enum err e = load(tx, family_id, &loaded);
    if (!e && loaded.root)
        e = load(tx, loaded.root, &loaded);
    if (!e && loaded.root)
        e = ERR_DAMAGED;
    if (!e)
        *family = loaded;
    return e;
}

static void add_text(struct buf *buf, const char *text)
{
    buf_bytes(buf, text ? text : "", text ? strlen(text) : 0);
}

enum err token_family_save(struct tx *tx, const struct token_family *before,
                           const struct token_family *family)
{
    struct key key = family_key(family->family_id);
    struct buf value;

    buf_init(&value, tx_arena(tx));
    bool more = family->provider_token || family->root;
    buf_byte(&value, more ? FORM_PROVIDER : FORM);
    buf_bytes(&value, family->user_id, strlen(family->user_id));
    buf_bytes(&value, family->newest, sizeof family->newest);
    buf_zigzag(&value, family->created_at);
    buf_zigzag(&value, family->expires_at);
    if (more) {
        add_text(&value, family->provider_token);
        add_text(&value, family->root);
    }
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
