/* wire.c - keys and items as DynamoDB's JSON has them.
 *
 * A stored key is cut in two where a scan's partition ends: pk is what stands before the NUL of the partition
 * and sk begins with that NUL, so that no half is empty, which DynamoDB does not take. All that is kept about
 * one person has the person's hash as pk and goes on with the table in sk, so it lies together. Put together
 * again, the halves are the stored key.
 *
 * In a key of a practice's days the table's number stands behind the instant. Here it comes to the end of pk,
 * because a query cannot pass over rows of other tables without paying for them. */
#include "store/dynamo/dynamo_engine.h"

#include "base/must.h"

#include <sodium.h>
#include <string.h>

enum { VERSION_DIGITS_MAX = 19, PRACTICE_CUT = KEY_INSTANT_AT + 1 };

struct home {
    bool said;
    enum dynamo_table table;
};

#define IN(place)                                                                                            \
    {                                                                                                        \
        true, DYNAMO_##place                                                                                 \
    }
static const struct home homes[TABLE_COUNT] = {
    [TABLE_META] = IN(SYSTEM),
    [TABLE_PERSON_KEY] = IN(PATIENTS),
    [TABLE_PRACTICE] = IN(PRACTICES),
    [TABLE_PRACTICE_LIST] = IN(PRACTICES),
    [TABLE_PRACTICE_ODS] = IN(PRACTICES),
    [TABLE_SESSION] = IN(PRACTICES),
    [TABLE_PRACTITIONER] = IN(PRACTICES),
    [TABLE_DAY] = IN(APPOINTMENTS),
    [TABLE_PATIENT] = IN(PATIENTS),
    [TABLE_PATIENT_NHS] = IN(PATIENTS),
    [TABLE_PATIENT_SURNAME] = IN(PATIENTS),
    [TABLE_RELATION] = IN(PATIENTS),
    [TABLE_AGENDA] = IN(PATIENTS),
    [TABLE_APPOINTMENT] = IN(APPOINTMENTS),
    [TABLE_APPOINTMENT_BY_PATIENT] = IN(PATIENTS),
    [TABLE_APPOINTMENT_BY_PRACTICE] = IN(APPOINTMENTS),
    [TABLE_APPOINTMENT_REFERENCE] = IN(APPOINTMENTS),
    [TABLE_HOLD] = IN(APPOINTMENTS),
    [TABLE_USAGE] = IN(PATIENTS),
    [TABLE_USAGE_BY_PRACTICE] = IN(PRACTICES),
    [TABLE_USER] = IN(PATIENTS),
    [TABLE_USER_EMAIL] = IN(SYSTEM),
    [TABLE_USER_LIST] = IN(SYSTEM),
    [TABLE_TOKEN_FAMILY] = IN(SYSTEM),
    [TABLE_LOCKOUT] = IN(SYSTEM),
    [TABLE_IDEMPOTENCY] = IN(PATIENTS),
    [TABLE_BANK_HOLIDAY] = IN(PRACTICES),
    [TABLE_POSTCODE] = IN(PRACTICES),
    [TABLE_OUTBOX] = IN(SYSTEM),
    [TABLE_EXPIRY] = IN(SYSTEM),
    [TABLE_PROXY] = IN(PATIENTS),
    [TABLE_PROXY_OF] = IN(PATIENTS),
    [TABLE_USER_SUBJECT] = IN(SYSTEM),
};
#undef IN

bool dynamo_home(enum table table, enum dynamo_table *home)
{
    bool said = table < TABLE_COUNT && homes[table].said;

    *home = said ? homes[table].table : DYNAMO_SYSTEM;
    return said;
}

enum dynamo_table dynamo_table_of(struct stored_key key)
{
    enum dynamo_table home = DYNAMO_PATIENTS;

    if (key.data[0] == KEY_OF_PRACTICE)
        (void)dynamo_home((enum table)key.data[KEY_TABLE_AT], &home);
    else if (key.data[0] != KEY_OF_PERSON)
        (void)dynamo_home((enum table)key.data[0], &home);
    return home;
}

static struct split practice_split(struct stored_key key, struct stored_key_room *room)
{
    must(key.size > KEY_TABLE_AT && key.size <= sizeof room->bytes);
    memcpy(room->bytes, key.data, KEY_INSTANT_AT);
    room->bytes[KEY_INSTANT_AT] = key.data[KEY_TABLE_AT];
    memcpy(room->bytes + PRACTICE_CUT, key.data + KEY_INSTANT_AT, KEY_INSTANT_BYTES);
    memcpy(room->bytes + KEY_TABLE_AT + 1, key.data + KEY_TABLE_AT + 1, key.size - KEY_TABLE_AT - 1U);
    return (struct split){{room->bytes, PRACTICE_CUT}, {room->bytes + PRACTICE_CUT, key.size - PRACTICE_CUT}};
}

/* And back, in place. */
static void practice_join(uint8_t *bytes)
{
    uint8_t table = bytes[KEY_INSTANT_AT];

    memmove(bytes + KEY_INSTANT_AT, bytes + PRACTICE_CUT, KEY_INSTANT_BYTES);
    bytes[KEY_TABLE_AT] = table;
}

struct split dynamo_split(struct stored_key key, struct stored_key_room *room)
{
    enum table table;
    uint16_t part_size = stored_key_part_size(key.data, key.size, &table);

    if (key.data[0] == KEY_OF_PRACTICE)
        return practice_split(key, room);
    size_t cut = key.data[0] == KEY_OF_PERSON ? 1 + PERSON_ID_BYTES : part_size - 1U;
    must(part_size > 1 && cut < key.size);
    return (struct split){{key.data, cut}, {key.data + cut, key.size - cut}};
}

struct span dynamo_end(const struct range *range, struct stored_key_room *room)
{
    if (range->until.data[0] == KEY_OF_PRACTICE)
        return practice_split(range->until, room).sk;
    size_t cut = dynamo_split(range->from, room).pk.size; /* the end may have a 1 instead of the NUL */
    return (struct span){range->until.data + cut, range->until.size - cut};
}

/* ---- writing ---- */

void put_binary(struct buf *buf, const char *name, struct span bytes)
{
    size_t size = sodium_base64_ENCODED_LEN(bytes.size, sodium_base64_VARIANT_ORIGINAL); /* with its NUL */

    buf_printf(buf, "\"%s\":{\"B\":\"", name);
    buf_reserve(buf, size);
    if (buf->failed)
        return;
    (void)sodium_bin2base64(buf->data + buf->size, size, bytes.data, bytes.size,
                            sodium_base64_VARIANT_ORIGINAL);
    buf->size += size - 1;
    buf_text(buf, "\"}");
}

void put_number(struct buf *buf, const char *name, uint64_t number)
{
    buf_printf(buf, "\"%s\":{\"N\":\"%llu\"}", name, (unsigned long long)number);
}

void put_key(struct buf *buf, struct stored_key key)
{
    struct stored_key_room room;
    struct split split = dynamo_split(key, &room);

    put_binary(buf, "pk", split.pk);
    buf_byte(buf, ',');
    put_binary(buf, "sk", split.sk);
}

/* ---- reading ---- */

enum err answer_parse(struct trip *trip, const struct json **json)
{
    const char *why;
    enum err e = json_parse(trip->scratch, trip->answer.body, trip->answer.body_size, json, &why);

    return e == ERR_OK || e == ERR_MEMORY ? e : ERR_STORE;
}

/* The text of {"name":{"B":"..."}}, or NULL. */
static const struct json *typed(const struct json *item, const char *name, const char *type)
{
    const struct json *value = json_member(json_member(item, name), type);
    return value && value->kind == JSON_STRING ? value : NULL;
}

static bool number_of(const char *text, uint64_t *number)
{
    uint64_t value = 0;
    size_t size = strspn(text, "0123456789");

    if (size == 0 || size > VERSION_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < size; i++)
        value = value * 10 + (uint64_t)(text[i] - '0');
    *number = value;
    return true;
}

/* Into room bytes at out. */
static enum err bytes_of(const struct json *text, uint8_t *out, size_t room, size_t *size)
{
    int code = sodium_base642bin(out, room, text->text, text->size, NULL, size, NULL,
                                 sodium_base64_VARIANT_ORIGINAL);
    return code == 0 ? ERR_OK : ERR_STORE;
}

/* The stored key in bytes of its own, if the halves are those of one. */
static enum err key_join(struct split halves, struct arena *arena, struct stored_key *key)
{
    enum table table;
    size_t size = halves.pk.size + halves.sk.size;

    uint8_t *bytes = arena_alloc(arena, size + 1);
    if (!bytes)
        return ERR_MEMORY;
    memcpy(bytes, halves.pk.data, halves.pk.size);
    memcpy(bytes + halves.pk.size, halves.sk.data, halves.sk.size);
    if (halves.pk.size == PRACTICE_CUT && bytes[0] == KEY_OF_PRACTICE && halves.sk.size >= KEY_INSTANT_BYTES)
        practice_join(bytes);
    *key = (struct stored_key){bytes, (uint16_t)size, 0};
    key->part_size = stored_key_part_size(bytes, size, &table);
    return ERR_OK;
}

static enum err key_read(const struct json *pk, const struct json *sk, struct arena *arena, struct item *item)
{
    size_t room = pk->size / 4 * 3 + sk->size / 4 * 3;
    size_t pk_size = 0;
    size_t sk_size = 0;

    uint8_t *bytes = arena_alloc(arena, room + 1);
    if (!bytes)
        return ERR_MEMORY;
    enum err e = bytes_of(pk, bytes, room, &pk_size);
    if (!e)
        e = bytes_of(sk, bytes + pk_size, room - pk_size, &sk_size);
    if (e || pk_size + sk_size > UINT16_MAX)
        return ERR_STORE;
    item->halves = (struct split){{bytes, pk_size}, {bytes + pk_size, sk_size}};
    return key_join(item->halves, arena, &item->key);
}

static enum err value_read(const struct json *text, struct arena *arena, struct span *sealed)
{
    size_t room = text->size / 4 * 3;
    size_t size = 0;

    uint8_t *bytes = arena_alloc(arena, room + 1);
    if (!bytes)
        return ERR_MEMORY;
    enum err e = bytes_of(text, bytes, room, &size);
    if (!e)
        *sealed = (struct span){bytes, size};
    return e;
}

enum err item_read(const struct json *json, struct arena *arena, struct item *item)
{
    const struct json *pk = typed(json, "pk", "B");
    const struct json *sk = typed(json, "sk", "B");
    const struct json *value = typed(json, "v", "B");
    const struct json *version = typed(json, "ver", "N");
    struct item read = {0};
    enum err e = ERR_OK;

    if (version && (!number_of(version->text, &read.version) || read.version == 0))
        return ERR_STORE;
    if (pk && sk)
        e = key_read(pk, sk, arena, &read);
    if (!e && value)
        e = value_read(value, arena, &read.sealed);
    if (!e)
        *item = read;
    return e;
}

uint64_t answer_version(const struct http_answer *answer)
{
    static const char before[] = "\"ver\":{\"N\":\"";
    const char *at = answer->body && answer->body_size > 0 ? strstr(answer->body, before) : NULL;
    uint64_t number = 0;

    return at && number_of(at + sizeof before - 1, &number) ? number : 0;
}
