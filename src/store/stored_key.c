/* stored_key.c - keys to bytes and back; sort texts that order like numbers. */
#include "store/stored_key.h"

#include "base/must.h"
#include "base/time.h"
#include "domain/appointment.h"

#include <stdio.h>
#include <string.h>

struct table_row {
    const char *name;
    bool blind;
};

static const struct table_row tables[TABLE_COUNT] = {
#define STORE_TABLE_ROW(upper, lower, is_blind) [TABLE_##upper] = {#lower, is_blind},
    STORE_TABLES(STORE_TABLE_ROW)
#undef STORE_TABLE_ROW
};

_Static_assert((int)TABLE_COUNT < (int)KEY_OF_PERSON, "first bytes of keys must differ");
_Static_assert((int)KEY_OF_PRACTICE < (int)KEYRING_TAG_OWN, "tags of keys and of the keyring must differ");

/* How a part stands in the key. */
enum form { FORM_PLAIN, FORM_HASH, FORM_REFERENCE, FORM_PERSON, FORM_DATE, FORM_INSTANT };

/* The part of those of FORM_PERSON is a person's id, of FORM_DATE and FORM_INSTANT a practice's; the sort of
 * these two begins with what they are named after. */
static const enum form forms[TABLE_COUNT] = {
    [TABLE_PERSON_KEY] = FORM_PERSON,
    [TABLE_PATIENT] = FORM_PERSON,
    [TABLE_RELATION] = FORM_PERSON,
    [TABLE_AGENDA] = FORM_PERSON,
    [TABLE_APPOINTMENT_BY_PATIENT] = FORM_PERSON,
    [TABLE_USAGE] = FORM_PERSON,
    [TABLE_USER] = FORM_PERSON,
    [TABLE_PROXY] = FORM_PERSON,
    [TABLE_PROXY_OF] = FORM_PERSON,
    [TABLE_IDEMPOTENCY] = FORM_PERSON,
    [TABLE_DAY] = FORM_DATE,
    [TABLE_USAGE_BY_PRACTICE] = FORM_DATE,
    [TABLE_APPOINTMENT_BY_PRACTICE] = FORM_INSTANT,
    [TABLE_APPOINTMENT_REFERENCE] = FORM_REFERENCE,
};

enum {
    DATE_SIZE = DATE_TEXT - 1,
    INSTANT_SIZE = SORT_INSTANT - 1,
    DAY_HOUR = 13,        /* UTC, of a day's record: about the middle of opening hours */
    DATE_LEAST = -719528, /* 0000-01-01 */
    DATE_MOST = 2932896,  /* 9999-12-31 */
};

#define DAY_OFFSET_MS (DAY_HOUR * HOUR_MS)

const char *store_table_name(enum table table)
{
    return table < TABLE_COUNT ? tables[table].name : "unknown";
}

static enum form form_of(enum table table)
{
    if (forms[table] != FORM_PLAIN)
        return forms[table];
    return tables[table].blind ? FORM_HASH : FORM_PLAIN;
}

static bool is_of_practice(enum table table)
{
    return forms[table] == FORM_DATE || forms[table] == FORM_INSTANT;
}

/* ---- parts ---- */

static bool memo_has(const struct blind_memo *memo, const char *text, size_t size)
{
    return memo->size == size && memcmp(memo->text, text, size) == 0;
}

static void memo_keep(struct blind_memo *memo, const char *text, size_t size, const uint8_t *id)
{
    if (!memo || size > sizeof memo->text)
        return;
    memcpy(memo->text, text, size);
    memo->size = size;
    memcpy(memo->id, id, BLIND_BYTES);
}

static bool blind(const struct keyring *keyring, struct blind_memo *memo, uint8_t tag, const char *text,
                  uint8_t id[static BLIND_BYTES])
{
    size_t size = strnlen(text, KEY_BLIND_PART_MAX + 1);

    if (size == 0 || size > KEY_BLIND_PART_MAX)
        return false;
    if (memo && memo_has(memo, text, size)) {
        memcpy(id, memo->id, BLIND_BYTES);
        return true;
    }
    keyring_blind(keyring, tag, (struct span){(const uint8_t *)text, size}, id);
    memo_keep(memo, text, size, id);
    return true;
}

bool person_id_of(const struct keyring *keyring, struct key_memo *memo, const char *person,
                  uint8_t id[static PERSON_ID_BYTES])
{
    return blind(keyring, memo ? &memo->person : NULL, KEY_OF_PERSON, person, id);
}

static size_t plain_put(const char *part, uint8_t *out)
{
    size_t size = strnlen(part, KEY_PART_MAX + 1);

    if (size == 0 || size > KEY_PART_MAX)
        return 0;
    memcpy(out, part, size);
    return size;
}

/* Where the reference stands: in the order in which they are given out (appointment_reference_make). */
static size_t reference_put(const struct keyring *keyring, const char *reference, uint8_t *out)
{
    uint64_t number;

    if (!reference_number(reference, &number))
        return 0;
    uint64_t place = keyring_permute_back(keyring, number);
    for (size_t i = REFERENCE_PLACE_BYTES; i-- > 0; place >>= 8)
        out[i] = (uint8_t)place;
    return REFERENCE_PLACE_BYTES;
}

static size_t person_part(const uint8_t *id, enum table table, uint8_t *out)
{
    out[0] = KEY_OF_PERSON;
    memcpy(out + 1, id, PERSON_ID_BYTES);
    out[1 + PERSON_ID_BYTES] = (uint8_t)table;
    return 2 + PERSON_ID_BYTES;
}

/* Writes the partition, all but its NUL; 0 if it cannot be. */
static size_t part_put(const struct keyring *keyring, struct key_memo *memo, const struct key *key,
                       uint8_t *out)
{
    uint8_t id[BLIND_BYTES];
    size_t size = 0;

    out[0] = (uint8_t)key->table;
    switch (form_of(key->table)) {
    case FORM_PERSON:
        return person_id_of(keyring, memo, key->part, id) ? person_part(id, key->table, out) : 0;
    case FORM_HASH:
        size = blind(keyring, NULL, out[0], key->part, out + 1) ? BLIND_BYTES : 0;
        break;
    case FORM_REFERENCE:
        size = reference_put(keyring, key->part, out + 1);
        break;
    default:
        size = plain_put(key->part, out + 1);
    }
    return size > 0 ? 1 + size : 0;
}

/* ---- keys of practices ---- */

static bool hex_parse(const char *text, size_t size, uint64_t *number)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++) {
        const char *digit = text[i] ? strchr(digits, text[i]) : NULL;
        if (!digit)
            return false;
        value = value << 4 | (uint64_t)(digit - digits);
    }
    *number = value;
    return true;
}

static uint64_t ordered_of(int64_t ms)
{
    return (uint64_t)ms ^ (UINT64_C(1) << 63); /* negative ones come first */
}

static bool digits_read(const char *text, size_t size, int *number)
{
    int value = 0;

    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = 10 * value + (text[i] - '0');
    }
    *number = value;
    return true;
}

/* Any date as date_format() writes it: the ends of a scan may lie where input may not. */
static bool date_read(const char *sort, int32_t *date)
{
    char again[DATE_TEXT];
    int year;
    int month;
    int day;

    if (strnlen(sort, DATE_SIZE) < DATE_SIZE || !digits_read(sort, 4, &year) ||
        !digits_read(sort + 5, 2, &month) || !digits_read(sort + 8, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    *date = days_from_civil(year, month, day);
    date_format(*date, again);
    return memcmp(again, sort, DATE_SIZE) == 0;
}

/* The instant that a sort begins with, and how many letters of it that took; 0 if it does not. */
static size_t instant_take(enum form form, const char *sort, uint64_t *ordered)
{
    int32_t date;

    if (form == FORM_INSTANT)
        return hex_parse(sort, INSTANT_SIZE, ordered) ? INSTANT_SIZE : 0;
    if (!date_read(sort, &date))
        return 0;
    *ordered = ordered_of(date * DAY_MS + DAY_OFFSET_MS);
    return DATE_SIZE;
}

static void instant_put(uint64_t ordered, uint8_t *out)
{
    for (size_t i = KEY_INSTANT_BYTES; i-- > 0; ordered >>= 8)
        out[i] = (uint8_t)ordered;
}

/* All but the rest of the sort. */
static bool practice_put(const struct keyring *keyring, struct key_memo *memo, const struct key *key,
                         uint64_t ordered, uint8_t *out)
{
    out[0] = KEY_OF_PRACTICE;
    instant_put(ordered, out + KEY_INSTANT_AT);
    out[KEY_TABLE_AT] = (uint8_t)key->table;
    return blind(keyring, memo ? &memo->practice : NULL, KEY_OF_PRACTICE, key->part, out + 1);
}

static bool practice_make(const struct keyring *keyring, struct key_memo *memo, const struct key *key,
                          struct stored_key_room *room, struct stored_key *stored)
{
    const char *sort = key->sort ? key->sort : "";
    uint64_t ordered;

    size_t taken = instant_take(forms[key->table], sort, &ordered);
    if (taken == 0 || !practice_put(keyring, memo, key, ordered, room->bytes))
        return false;
    size_t rest = strnlen(sort + taken, KEY_SORT_MAX + 1);
    if (taken + rest > KEY_SORT_MAX)
        return false;
    memcpy(room->bytes + KEY_TABLE_AT + 1, sort + taken, rest);
    *stored = (struct stored_key){room->bytes, (uint16_t)(KEY_TABLE_AT + 1 + rest), KEY_INSTANT_AT};
    return true;
}

/* ---- whole keys ---- */

bool stored_key_make(const struct keyring *keyring, struct key_memo *memo, const struct key *key,
                     struct stored_key_room *room, struct stored_key *stored)
{
    const char *sort = key->sort ? key->sort : "";

    must(key->part && key->table < TABLE_COUNT);
    if (is_of_practice(key->table))
        return practice_make(keyring, memo, key, room, stored);
    size_t sort_size = strnlen(sort, KEY_SORT_MAX + 1);
    if (sort_size > KEY_SORT_MAX)
        return false;
    size_t size = part_put(keyring, memo, key, room->bytes);
    if (size == 0)
        return false;
    room->bytes[size++] = 0;
    memcpy(room->bytes + size, sort, sort_size);
    *stored = (struct stored_key){room->bytes, (uint16_t)(size + sort_size), (uint16_t)size};
    return true;
}

struct stored_key stored_key_of_person(const uint8_t id[static PERSON_ID_BYTES], struct stored_key_room *room)
{
    size_t size = person_part(id, TABLE_PERSON_KEY, room->bytes);

    room->bytes[size++] = 0;
    return (struct stored_key){room->bytes, (uint16_t)size, (uint16_t)size};
}

/* The first key, or the one behind the last, that a partition can have. */
static bool end_make(const struct keyring *keyring, struct key_memo *memo, const struct key *part, bool last,
                     struct stored_key_room *room, struct stored_key *end)
{
    if (is_of_practice(part->table)) {
        *end = (struct stored_key){room->bytes, KEY_TABLE_AT + 1, KEY_INSTANT_AT};
        return practice_put(keyring, memo, part, last ? UINT64_MAX : 0, room->bytes);
    }
    if (!stored_key_make(keyring, memo, part, room, end))
        return false;
    room->bytes[end->part_size - 1] = last; /* 1 sorts after the NUL, whatever comes behind that */
    return true;
}

bool stored_key_range(const struct keyring *keyring, struct key_memo *memo, const struct scan *scan,
                      struct stored_key_room rooms[static 2], struct stored_key *from,
                      struct stored_key *until)
{
    struct key ends[] = {{scan->table, scan->part, scan->from}, {scan->table, scan->part, scan->until}};
    struct stored_key *out[] = {from, until};

    for (int i = 0; i < 2; i++) {
        bool open = !ends[i].sort || (i == 0 && ends[i].sort[0] == '\0');
        bool made = open ? end_make(keyring, memo, &ends[i], i == 1, &rooms[i], out[i])
                         : stored_key_make(keyring, memo, &ends[i], &rooms[i], out[i]);
        if (!made)
            return false;
    }
    return true;
}

/* ---- and back ---- */

/* The fixed size of a partition that is not plain, or 0. */
static size_t fixed_size(const uint8_t *data)
{
    switch (data[0]) {
    case KEY_OF_PERSON:
        return PERSON_ID_BYTES + 3;
    case KEY_OF_PRACTICE:
        return KEY_INSTANT_AT;
    case TABLE_APPOINTMENT_REFERENCE:
        return REFERENCE_PLACE_BYTES + 2;
    default:
        return tables[data[0]].blind ? BLIND_BYTES + 2 : 0;
    }
}

static bool practice_read(const uint8_t *data, size_t size, enum table *table)
{
    if (size <= KEY_TABLE_AT)
        return false;
    *table = (enum table)data[KEY_TABLE_AT];
    return *table < TABLE_COUNT && is_of_practice(*table);
}

static bool fixed_read(const uint8_t *data, size_t size, size_t part_size, enum table *table)
{
    if (data[0] == KEY_OF_PRACTICE)
        return practice_read(data, size, table);
    if (size < part_size || data[part_size - 1] != 0)
        return false;
    *table = data[0] == KEY_OF_PERSON ? (enum table)data[part_size - 2] : (enum table)data[0];
    if (*table >= TABLE_COUNT || is_of_practice(*table))
        return false;
    return (forms[*table] == FORM_PERSON) == (data[0] == KEY_OF_PERSON);
}

static bool first_is_known(uint8_t first)
{
    return first < TABLE_COUNT || first == KEY_OF_PERSON || first == KEY_OF_PRACTICE;
}

uint16_t stored_key_part_size(const uint8_t *data, size_t size, enum table *table)
{
    if (size < 3 || size > STORED_KEY_MAX || !first_is_known(data[0]))
        return 0;
    size_t fixed = fixed_size(data);
    if (fixed)
        return fixed_read(data, size, fixed, table) ? (uint16_t)fixed : 0;
    const uint8_t *end = memchr(data + 1, 0, size - 1);
    if (!end || forms[data[0]] != FORM_PLAIN)
        return 0;
    *table = (enum table)data[0];
    return (uint16_t)(end + 1 - data);
}

/* What instant_take() has taken. */
static enum err instant_read(const uint8_t *data, enum table table, struct arena *arena, const char **sort)
{
    char text[SORT_INSTANT];
    uint64_t ordered = 0;

    for (size_t i = 0; i < KEY_INSTANT_BYTES; i++)
        ordered = ordered << 8 | data[KEY_INSTANT_AT + i];
    int64_t ms = (int64_t)ordered_of((int64_t)ordered);
    if (forms[table] == FORM_INSTANT) {
        sort_instant(text, ms);
    } else {
        if (ms < DATE_LEAST * DAY_MS || ms > (DATE_MOST + 1) * DAY_MS)
            return ERR_DAMAGED;
        int64_t date = (ms - DAY_OFFSET_MS) / DAY_MS;
        if (date * DAY_MS + DAY_OFFSET_MS != ms)
            return ERR_DAMAGED;
        date_format((int32_t)date, text);
    }
    *sort = arena_dup(arena, text);
    return *sort ? ERR_OK : ERR_MEMORY;
}

static enum err sort_read(struct stored_key stored, size_t part_size, enum table table, struct arena *arena,
                          const char **sort)
{
    bool of_practice = is_of_practice(table);
    const char *instant = "";
    size_t at = of_practice ? KEY_TABLE_AT + 1 : part_size;

    enum err e = of_practice ? instant_read(stored.data, table, arena, &instant) : ERR_OK;
    if (e)
        return e;
    const char *rest = arena_text(arena, (const char *)stored.data + at, (size_t)stored.size - at);
    *sort = rest && of_practice ? arena_printf(arena, "%s%s", instant, rest) : rest;
    return *sort ? ERR_OK : ERR_MEMORY;
}

enum err stored_key_sort(struct stored_key stored, struct arena *arena, const char **sort)
{
    enum table table;
    uint16_t part_size = stored_key_part_size(stored.data, stored.size, &table);

    return part_size ? sort_read(stored, part_size, table, arena, sort) : ERR_DAMAGED;
}

enum err stored_key_read(struct stored_key stored, struct arena *arena, enum table *table, const char **part,
                         const char **sort)
{
    const char *bytes = (const char *)stored.data;
    const char *part_text = NULL;
    const char *sort_text = NULL;
    enum table found;

    uint16_t part_size = stored_key_part_size(stored.data, stored.size, &found);
    if (part_size == 0)
        return ERR_DAMAGED;
    bool plain = form_of(found) == FORM_PLAIN;
    if (plain)
        part_text = arena_text(arena, bytes + 1, part_size - 2U);
    if (plain && !part_text)
        return ERR_MEMORY;
    enum err e = sort_read(stored, part_size, found, arena, &sort_text);
    if (e)
        return e;
    *table = found;
    *part = part_text;
    *sort = sort_text;
    return ERR_OK;
}

void sort_instant(char out[static SORT_INSTANT], int64_t ms)
{
    (void)snprintf(out, SORT_INSTANT, "%016llx", (unsigned long long)ordered_of(ms));
}
