/* rec_outbox.c - see rec_outbox.h. TABLE_OUTBOX, part "all", sort "instant message_id"; under the person's
 * own key. */
#include "store/rec_outbox.h"

#include "store/rec_expiry.h"

static const char *const kind_names[] = {"password_reset", NULL};

static const struct field message_rows[] = {
    {.name = "message_id", .tag = 1, .kind = FIELD_TEXT, .offset = offsetof(struct message, message_id)},
    {.name = "kind",
     .tag = 2,
     .kind = FIELD_ENUM,
     .offset = offsetof(struct message, kind),
     .values = kind_names},
    {.name = "person", .tag = 3, .kind = FIELD_TEXT, .offset = offsetof(struct message, person)},
    {.name = "to",
     .tag = 4,
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct message, to)},
    {.name = "token",
     .tag = 5,
     .kind = FIELD_TEXT,
     .flags = FIELD_HIDDEN,
     .offset = offsetof(struct message, token)},
    {.name = "created_at", .tag = 6, .kind = FIELD_INSTANT, .offset = offsetof(struct message, created_at)},
    {.name = "expires_at", .tag = 7, .kind = FIELD_INSTANT, .offset = offsetof(struct message, expires_at)},
};

const struct field_set message_fields = {
    .name = "Message", .size = sizeof(struct message), FIELDS(message_rows)};

static enum err row_key(struct tx *tx, const struct message *message, struct key *key)
{
    char when[SORT_INSTANT];

    sort_instant(when, message->created_at);
    *key = (struct key){.table = TABLE_OUTBOX, .part = "all"};
    key->sort = arena_printf(tx_arena(tx), "%s %s", when, message->message_id);
    return key->sort ? ERR_OK : ERR_MEMORY;
}

enum err outbox_add(struct tx *tx, const struct message *message)
{
    struct key key;
    struct buf value;

    enum err e = row_key(tx, message, &key);
    if (e)
        return e;
    buf_init(&value, tx_arena(tx));
    fields_encode(&message_fields, message, &value);
    e = buf_ok(&value) ? tx_put(tx, &key, message->person, buf_span(&value)) : ERR_MEMORY;
    return e ? e : expiry_move(tx, &key, EXPIRY_NEVER, message->expires_at);
}

enum err outbox_list(struct tx *tx, size_t limit, struct message **messages, size_t *count)
{
    struct scan scan = {.table = TABLE_OUTBOX, .part = "all", .limit = limit};
    struct row *rows;
    size_t found;
    bool more;

    enum err e = tx_scan(tx, &scan, &rows, &found, &more);
    if (e)
        return e;
    struct message *items = arena_zero(tx_arena(tx), found ? found : 1, sizeof *items);
    if (!items)
        return ERR_MEMORY;
    for (size_t i = 0; !e && i < found; i++)
        e = fields_decode(&message_fields, rows[i].value, tx_arena(tx), &items[i]);
    if (e)
        return e;
    *messages = items;
    *count = found;
    return ERR_OK;
}

enum err outbox_delete(struct tx *tx, const struct message *message)
{
    struct key key;

    enum err e = row_key(tx, message, &key);
    if (!e)
        e = tx_delete(tx, &key);
    return e ? e : expiry_move(tx, &key, message->expires_at, EXPIRY_NEVER);
}
