/* view.c - what an attempt reads.
 *
 * DynamoDB gives no snapshot over several requests. So everything that was got is remembered with its
 * version: a commit is conditional on all of it, and what ends without a commit (a read, or a refusal) asks
 * once more, with one TransactGetItems, whether all versions still stand, unless it has read one record only
 * or had all of them from one such request. Versions never come back, so if they stand, the reads were one
 * moment's state. Until then a function may see records of two moments; it decides, and then it runs again.
 *
 * Rows of a scan are remembered too, so that a get of one of them costs no trip, but only what was got by its
 * key is checked: a range cannot be. */
#include "store/dynamo/dynamo_engine.h"

#include "base/must.h"

#include <sodium.h>
#include <string.h>

enum { PAGE_ITEMS_MAX = 1000, TURNS_MAX = 8, UNPROCESSED_BASE_MS = 20 };

static struct dynamo_view *mine(struct view *view)
{
    return (struct dynamo_view *)view;
}

void dynamo_view_begin(struct dynamo_view *view, struct engine *engine, struct trip *trip, bool write)
{
    *view = (struct dynamo_view){
        .view = {&dynamo_view_ops, true}, .engine = engine, .trip = trip, .write = write};
}

/* ---- what was seen ---- */

static uint64_t hash_of(struct stored_key key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < key.size; i++)
        hash = (hash ^ key.data[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 32;
}

static bool same_key(struct stored_key a, struct stored_key b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

struct seen *dynamo_seen(struct dynamo_view *view, struct stored_key key)
{
    uint64_t hash = hash_of(key);
    struct seen *seen = view->buckets[hash % SEEN_BUCKETS];

    while (seen && !(seen->hash == hash && same_key(seen->key, key)))
        seen = seen->next;
    return seen;
}

bool dynamo_needs_check(const struct seen *seen)
{
    bool is_person_key =
        seen->key.data[0] == KEY_OF_PERSON && seen->key.data[1 + PERSON_ID_BYTES] == TABLE_PERSON_KEY;

    return seen->got && !(is_person_key && seen->version != 0);
}

/* The first sight counts: it is what the function knows. */
static enum err seen_add(struct dynamo_view *view, struct stored_key key, const struct item *item)
{
    struct arena *arena = view->trip->kept;

    if (dynamo_seen(view, key))
        return ERR_OK;
    struct seen *seen = arena_zero(arena, 1, sizeof *seen);
    uint8_t *bytes = arena_copy(arena, key.data, key.size);
    if (!seen || !bytes)
        return ERR_MEMORY;
    seen->key = (struct stored_key){bytes, key.size, key.part_size};
    seen->hash = hash_of(key);
    if (item) {
        seen->version = item->version;
        seen->sealed = item->sealed;
    }
    struct seen **bucket = &view->buckets[seen->hash % SEEN_BUCKETS];
    seen->next = *bucket;
    *bucket = seen;
    seen->before = view->newest;
    view->newest = seen;
    return ERR_OK;
}

static bool is_whole(const struct item *item)
{
    return item->version != 0 && item->sealed.data;
}

/* ---- requests ---- */

static struct buf body_begin(struct dynamo_view *view)
{
    struct buf buf;

    arena_reset(view->trip->scratch, view->trip->scratch_mark);
    buf_init(&buf, view->trip->scratch);
    return buf;
}

/* A read never conflicts but with a transaction that is at work, and then it is sent again. */
static enum err ask(struct dynamo_view *view, const char *operation, const struct buf *body,
                    const struct json **json, bool *conflict)
{
    if (!buf_ok(body))
        return ERR_MEMORY;
    struct request request = {.operation = operation, .body = buf_span(body)};
    enum outcome outcome = dynamo_send(view->engine, view->trip, &request);
    *conflict = outcome == OUTCOME_CONFLICT;
    if (outcome != OUTCOME_DONE)
        return *conflict ? ERR_BUSY : request.err;
    return answer_parse(view->trip, json);
}

/* ---- one record ---- */

static enum err fetch_one(struct dynamo_view *view, struct stored_key key)
{
    struct item item = {0};
    const struct json *json = NULL;
    bool conflict;

    struct buf body = body_begin(view);
    buf_printf(&body,
               "{\"TableName\":\"%s\",\"ConsistentRead\":true,\"ProjectionExpression\":\"v,ver\",\"Key\":{",
               view->engine->names[dynamo_table_of(key)]);
    put_key(&body, key);
    buf_text(&body, "}}");
    enum err e = ask(view, "GetItem", &body, &json, &conflict);
    if (e)
        return e;
    const struct json *found = json_member(json, "Item");
    if (found) {
        e = item_read(found, view->trip->kept, &item);
        if (!e && !is_whole(&item))
            e = ERR_DAMAGED;
        atomic_fetch_add(&view->engine->items_read, 1);
    }
    return e ? e : seen_add(view, key, found ? &item : NULL);
}

static enum err view_get(struct view *base, struct stored_key key, struct arena *arena, struct span *sealed)
{
    struct dynamo_view *view = mine(base);
    struct seen *seen = dynamo_seen(view, key);

    (void)arena;
    if (!seen) {
        view->snapshot = false;
        enum err e = fetch_one(view, key);
        if (e)
            return e;
        seen = dynamo_seen(view, key);
    }
    seen->got = true;
    if (seen->version == 0)
        return ERR_NOT_FOUND;
    *sealed = seen->sealed;
    return ERR_OK;
}

/* Not fetched, but checked at the end like what was. */
static enum err view_suppose(struct view *base, struct stored_key key)
{
    struct dynamo_view *view = mine(base);
    struct seen *seen = dynamo_seen(view, key);

    if (!seen) {
        view->snapshot = false;
        enum err e = seen_add(view, key, NULL);
        if (e)
            return e;
        seen = dynamo_seen(view, key);
    }
    seen->got = true;
    return seen->version == 0 ? ERR_NOT_FOUND : ERR_OK;
}

/* ---- many records by their keys ---- */

static void put_request_keys(struct dynamo_view *view, struct buf *body, const struct stored_key *keys,
                             size_t count, enum dynamo_table table, bool *first)
{
    bool is_first = true;

    for (size_t i = 0; i < count; i++) {
        if (dynamo_table_of(keys[i]) != table)
            continue;
        if (is_first)
            buf_printf(
                body, "%s\"%s\":{\"ConsistentRead\":true,\"ProjectionExpression\":\"pk,sk,v,ver\",\"Keys\":[",
                *first ? "" : ",", view->engine->names[table]);
        buf_text(body, is_first ? "{" : ",{");
        put_key(body, keys[i]);
        buf_byte(body, '}');
        is_first = *first = false;
    }
    if (!is_first)
        buf_text(body, "]}");
}

static enum err batch_items_read(struct dynamo_view *view, const struct json *json)
{
    const struct json *tables = json_member(json, "Responses");

    for (const struct json *table = tables ? tables->first : NULL; table; table = table->next) {
        for (const struct json *one = table->first; one; one = one->next) {
            struct item item;
            enum err e = item_read(one, view->trip->kept, &item);
            if (!e && (item.key.part_size == 0 || !is_whole(&item)))
                e = ERR_STORE;
            if (!e)
                e = seen_add(view, item.key, &item);
            if (e)
                return e;
            atomic_fetch_add(&view->engine->items_read, 1);
        }
    }
    return ERR_OK;
}

/* The answer's UnprocessedKeys are the next request. */
static enum err batch_fetch(struct dynamo_view *view, const struct stored_key *keys, size_t count)
{
    struct buf body = body_begin(view);
    bool first = true;

    buf_text(&body, "{\"RequestItems\":{");
    for (enum dynamo_table table = 0; table < DYNAMO_TABLES; table++)
        put_request_keys(view, &body, keys, count, table, &first);
    buf_text(&body, "}}");
    for (unsigned turn = 1;; turn++) {
        const struct json *json;
        bool conflict;
        enum err e = ask(view, "BatchGetItem", &body, &json, &conflict);
        if (!e)
            e = batch_items_read(view, json);
        const struct json *left = e ? NULL : json_member(json, "UnprocessedKeys");
        if (e || !left || left->count == 0)
            return e;
        if (turn == TURNS_MAX)
            return ERR_BUSY;
        dynamo_back_off(turn, UNPROCESSED_BASE_MS);
        struct buf again;
        buf_init(&again, view->trip->scratch);
        struct json_writer writer = json_writer(&again);
        json_object_begin(&writer, NULL);
        json_tree(&writer, "RequestItems", left);
        json_object_end(&writer);
        body = again;
    }
}

static void put_gets(struct dynamo_view *view, struct buf *body, const struct stored_key *keys, size_t count,
                     const char *projection)
{
    buf_text(body, "{\"TransactItems\":[");
    for (size_t i = 0; i < count; i++) {
        buf_printf(body, "%s{\"Get\":{\"TableName\":\"%s\",\"ProjectionExpression\":\"%s\",\"Key\":{",
                   i ? "," : "", view->engine->names[dynamo_table_of(keys[i])], projection);
        put_key(body, keys[i]);
        buf_text(body, "}}}");
    }
    buf_text(body, "]}");
}

/* TransactGetItems; it is refused while a transaction is at work on one of the items, and sent again. */
static enum err snapshot_ask(struct dynamo_view *view, const struct stored_key *keys, size_t count,
                             const char *projection, const struct json **responses)
{
    struct buf body = body_begin(view);
    const struct json *json = NULL;
    bool conflict = true;
    enum err e = ERR_BUSY;

    put_gets(view, &body, keys, count, projection);
    for (unsigned turn = 0; conflict && turn < TURNS_MAX; turn++) {
        if (turn > 0)
            dynamo_back_off(turn, UNPROCESSED_BASE_MS / 4);
        e = ask(view, "TransactGetItems", &body, &json, &conflict);
    }
    if (e)
        return e;
    const struct json *found = json_member(json, "Responses");
    if (!found || found->kind != JSON_ARRAY || found->count != count)
        return ERR_STORE;
    *responses = found;
    return ERR_OK;
}

static enum err snapshot_fetch(struct dynamo_view *view, const struct stored_key *keys, size_t count)
{
    const struct json *responses;

    enum err e = snapshot_ask(view, keys, count, "v,ver", &responses);
    const struct json *one = e ? NULL : responses->first;
    for (size_t i = 0; !e && i < count; i++, one = one->next) {
        const struct json *found = json_member(one, "Item");
        struct item item = {0};
        if (found)
            e = item_read(found, view->trip->kept, &item);
        if (!e && found && !is_whole(&item))
            e = ERR_STORE;
        if (!e)
            e = seen_add(view, keys[i], found ? &item : NULL);
        atomic_fetch_add(&view->engine->items_read, found ? 1 : 0);
    }
    return e;
}

/* ---- the keys of people ---- */

struct people {
    struct stored_key keys[ITEMS_MAX];
    struct stored_key_room rooms[ITEMS_MAX];
    size_t count;
};

static void people_add(struct dynamo_view *view, struct people *people, const uint8_t *id)
{
    uint8_t open_key[SEAL_KEY_BYTES];
    struct stored_key key;

    if (people->count == ITEMS_MAX)
        return;
    key = stored_key_of_person(id, &people->rooms[people->count]);
    bool known = dynamo_seen(view, key) || keyring_person_find(view->engine->keyring, id, open_key);
    sodium_memzero(open_key, sizeof open_key);
    for (size_t i = 0; !known && i < people->count; i++)
        known = same_key(people->keys[i], key);
    if (!known)
        people->keys[people->count++] = key;
}

/* Whose keys will be needed to open what was seen since `before`; they are fetched in one request. */
static enum err people_fetch(struct dynamo_view *view, const struct seen *before)
{
    struct seal_header header;

    if (!view->engine->keyring)
        return ERR_OK;
    struct people *people = arena_alloc(view->trip->kept, sizeof *people);
    if (!people)
        return ERR_MEMORY;
    people->count = 0;
    for (const struct seen *seen = view->newest; seen != before; seen = seen->before)
        if (seen->sealed.data && !seal_header_read(seen->sealed, &header) && header.kind == SEAL_PERSON)
            people_add(view, people, header.id);
    if (people->count < 2)
        return ERR_OK; /* a get will do */
    return batch_fetch(view, people->keys, people->count);
}

/* ---- beforehand ---- */

static size_t unseen(struct dynamo_view *view, const struct stored_key *keys, size_t count,
                     struct stored_key *left)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        bool again = dynamo_seen(view, keys[i]) != NULL;
        for (size_t k = 0; !again && k < kept; k++)
            again = same_key(left[k], keys[i]); /* DynamoDB refuses a batch with a key twice */
        if (!again)
            left[kept++] = keys[i];
    }
    return kept;
}

static enum err fetch_all(struct dynamo_view *view, bool snapshot, const struct stored_key *keys,
                          size_t count)
{
    if (snapshot) {
        enum err e = snapshot_fetch(view, keys, count);
        view->snapshot = !e;
        return e;
    }
    view->snapshot = false;
    enum err e = batch_fetch(view, keys, count);
    for (size_t i = 0; !e && i < count; i++)
        e = seen_add(view, keys[i], NULL); /* what did not come is not there */
    return e;
}

enum err dynamo_prefetch(struct dynamo_view *view, bool write, const struct stored_key *keys, size_t count)
{
    struct stored_key left[ITEMS_MAX];
    const struct seen *before = view->newest;

    must(count <= ITEMS_MAX);
    count = unseen(view, keys, count, left);
    if (count == 0)
        return ERR_OK;
    if (count == 1) {
        view->snapshot = false;
        return fetch_one(view, left[0]);
    }
    enum err e = fetch_all(view, !write && !before && !view->walked, left, count);
    return e || view->walked ? e : people_fetch(view, before);
}

static enum err view_expect(struct view *base, const struct stored_key *keys, size_t count)
{
    struct dynamo_view *view = mine(base);
    return dynamo_prefetch(view, view->write, keys, count);
}

/* ---- was it one moment? ---- */

static enum err chunk_validate(struct dynamo_view *view, struct seen **chunk, size_t count, bool *stale)
{
    struct stored_key keys[ITEMS_MAX] = {0};
    const struct json *responses;

    for (size_t i = 0; i < count; i++)
        keys[i] = chunk[i]->key;
    enum err e = snapshot_ask(view, keys, count, "ver", &responses);
    const struct json *one = e ? NULL : responses->first;
    for (size_t i = 0; !e && i < count; i++, one = one->next) {
        const struct json *found = json_member(one, "Item");
        struct item item = {0};
        if (found)
            e = item_read(found, view->trip->kept, &item);
        *stale |= item.version != chunk[i]->version;
    }
    return e;
}

enum err dynamo_validate(struct dynamo_view *view, bool *stale)
{
    struct seen *chunk[ITEMS_MAX];
    size_t count = 0;
    size_t all = 0;
    enum err e = ERR_OK;

    *stale = false;
    if (view->snapshot || view->walked)
        return ERR_OK;
    for (const struct seen *seen = view->newest; seen; seen = seen->before)
        all += dynamo_needs_check(seen);
    if (all < 2)
        return ERR_OK;
    for (struct seen *seen = view->newest; !e && seen; seen = seen->before) {
        if (dynamo_needs_check(seen))
            chunk[count++] = seen;
        if (count == ITEMS_MAX) {
            e = chunk_validate(view, chunk, count, stale);
            count = 0;
        }
    }
    return !e && count > 0 ? chunk_validate(view, chunk, count, stale) : e;
}

/* ---- a range ---- */

struct page {
    const struct json *items;
    struct split last; /* the key behind which the next page begins; pk.size 0: there is none */
};

static enum err page_ask(struct dynamo_view *view, const char *operation, const struct buf *body,
                         struct page *page)
{
    const struct json *json = NULL;
    struct item last = {0};
    bool conflict;

    enum err e = ask(view, operation, body, &json, &conflict);
    if (e)
        return e;
    page->items = json_member(json, "Items");
    const struct json *key = json_member(json, "LastEvaluatedKey");
    if (!page->items || page->items->kind != JSON_ARRAY)
        return ERR_STORE;
    if (key) {
        e = item_read(key, view->trip->kept, &last);
        if (!e && last.key.size == 0)
            e = ERR_STORE;
    }
    page->last = last.halves;
    return e;
}

static void put_start(struct buf *body, struct split last)
{
    if (last.pk.size == 0)
        return;
    buf_text(body, ",\"ExclusiveStartKey\":{");
    put_binary(body, "pk", last.pk);
    buf_byte(body, ',');
    put_binary(body, "sk", last.sk);
    buf_byte(body, '}');
}

static struct buf query_body(struct dynamo_view *view, const struct range *range, struct split last,
                             size_t limit)
{
    struct stored_key_room rooms[2];
    struct split from = dynamo_split(range->from, &rooms[0]);
    struct buf body = body_begin(view);

    buf_printf(
        &body,
        "{\"TableName\":\"%s\",\"ConsistentRead\":true,\"ScanIndexForward\":%s,\"Limit\":%zu,"
        "\"ProjectionExpression\":\"pk,sk,v,ver\","
        "\"KeyConditionExpression\":\"pk = :p AND sk BETWEEN :a AND :b\",\"ExpressionAttributeValues\":{",
        view->engine->names[dynamo_table_of(range->from)], range->backwards ? "false" : "true",
        limit < PAGE_ITEMS_MAX ? limit : (size_t)PAGE_ITEMS_MAX);
    put_binary(&body, ":p", from.pk);
    buf_byte(&body, ',');
    put_binary(&body, ":a", from.sk);
    buf_byte(&body, ',');
    put_binary(&body, ":b", dynamo_end(range, &rooms[1]));
    buf_byte(&body, '}');
    put_start(&body, last);
    buf_byte(&body, '}');
    return body;
}

struct found {
    struct record *records;
    size_t count, max;
};

static enum err page_keep(struct dynamo_view *view, const struct page *page, const struct range *range,
                          struct found *found)
{
    for (const struct json *one = page->items->first; one && found->count < found->max; one = one->next) {
        struct item item;
        enum err e = item_read(one, view->trip->kept, &item);
        if (!e && (item.key.size == 0 || !is_whole(&item)))
            e = ERR_STORE;
        if (!e && range && same_key(item.key, range->until))
            continue; /* BETWEEN takes both ends in, a range does not */
        if (!e && range)
            e = seen_add(view, item.key, &item);
        if (e)
            return e;
        found->records[found->count++] = (struct record){item.key, item.sealed};
        atomic_fetch_add(&view->engine->items_read, 1);
    }
    return ERR_OK;
}

static bool is_empty(const struct range *range)
{
    size_t least = range->from.size < range->until.size ? range->from.size : range->until.size;
    int order = memcmp(range->from.data, range->until.data, least);

    return order > 0 || (order == 0 && range->from.size >= range->until.size);
}

static enum err view_scan(struct view *base, const struct range *range, struct arena *arena,
                          struct record **records, size_t *count, bool *more)
{
    struct dynamo_view *view = mine(base);
    struct found found = {.max = range->limit + 1};
    struct page page = {0};
    enum err e = ERR_OK;

    found.records = arena_zero(arena, found.max, sizeof *found.records);
    if (!found.records)
        return ERR_MEMORY;
    const struct seen *before = view->newest;
    bool open = !is_empty(range);
    while (!e && open) {
        size_t left = found.max - found.count;
        struct buf body = query_body(view, range, page.last, left + 1);
        e = page_ask(view, "Query", &body, &page);
        if (!e)
            e = page_keep(view, &page, range, &found);
        open = found.count < found.max && page.last.pk.size > 0;
    }
    if (!e)
        e = people_fetch(view, before);
    if (e)
        return e;
    *more = found.count == found.max;
    *count = *more ? range->limit : found.count;
    *records = found.records;
    return ERR_OK;
}

/* ---- everything ---- */

static enum err walk_page(struct dynamo_view *view, enum dynamo_table table, struct found *found,
                          struct split *last)
{
    struct page page = {0};
    struct buf body = body_begin(view);

    buf_printf(&body,
               "{\"TableName\":\"%s\",\"ConsistentRead\":true,\"ProjectionExpression\":\"pk,sk,v,ver\","
               "\"Limit\":%zu",
               view->engine->names[table], found->max - found->count);
    put_start(&body, *last);
    buf_byte(&body, '}');
    enum err e = page_ask(view, "Scan", &body, &page);
    if (!e)
        e = page_keep(view, &page, NULL, found);
    *last = page.last;
    return e;
}

static bool is_at_home(struct stored_key key, enum dynamo_table table)
{
    enum table unused;
    return stored_key_part_size(key.data, key.size, &unused) != 0 && dynamo_table_of(key) == table;
}

/* Table after table, each in DynamoDB's order. The last key of a slice says in which table the next one goes
 * on, so an item that does not belong where it stands may not be the last: it waits for the next slice. */
static enum err view_walk(struct view *base, struct stored_key behind, size_t limit, struct arena *arena,
                          struct record **records, size_t *count)
{
    struct dynamo_view *view = mine(base);
    struct found found = {.max = limit};
    enum dynamo_table table = behind.size ? dynamo_table_of(behind) : 0;
    struct stored_key_room room;
    struct split last = behind.size ? dynamo_split(behind, &room) : (struct split){0};
    size_t good = 0; /* records up to the last one that may be the last */
    enum err e = ERR_OK;

    view->walked = true;
    found.records = arena_zero(arena, limit, sizeof *found.records);
    if (!found.records)
        return ERR_MEMORY;
    while (!e && found.count < limit && table < DYNAMO_TABLES) {
        size_t before = found.count;
        e = walk_page(view, table, &found, &last);
        for (size_t i = before; !e && i < found.count; i++)
            good = is_at_home(found.records[i].key, table) ? i + 1 : good;
        table += last.pk.size == 0;
    }
    if (e)
        return e;
    *records = found.records;
    *count = good;
    return good == 0 && found.count > 0 ? ERR_DAMAGED : ERR_OK;
}

const struct view_ops dynamo_view_ops = {view_get,     view_scan,   view_walk,
                                         dynamo_apply, view_expect, view_suppose};
