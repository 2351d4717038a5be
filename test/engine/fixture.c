/* fixture.c - temporary places, and one-step transactions. */
#include "fixture.h"

#include "store/dynamo/dynamo.h"
#include "store/mem/mem.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARENA_BYTES = 64 * 1024 * 1024 };

static enum err open_lmdb(struct place *place)
{
    place->options.dir = place->dir;
    return store_open_lmdb(&place->options, &place->store, place->message);
}

static enum err open_mem(struct place *place)
{
    if (!place->disk)
        place->disk = mem_disk_new();
    struct mem_options options = {.disk = place->disk, .queue_max = place->options.queue_max};
    return store_open_mem(&options, &place->store);
}

static void no_tell(void *arg, const char *name, bool right, const char *what)
{
    (void)arg;
    (void)name;
    (void)right;
    (void)what;
}

/* Every place has tables of its own, in the one DynamoDB Local that the test runs beside. */
static enum err open_dynamo(struct place *place)
{
    static unsigned places;
    struct dynamo_options *options = &place->dynamo;
    static const char *const suffixes[DYNAMO_TABLES] = {"appointments", "patients", "practices", "system"};
    bool is_new = options->region == NULL;

    if (is_new) {
        places++;
        for (size_t i = 0; i < DYNAMO_TABLES; i++)
            options->names[i] = arena_printf(place->arena, "p%d-%u-%s", (int)getpid(), places, suffixes[i]);
        options->region = "eu-west-2";
        options->endpoint = getenv("DYNAMODB_ENDPOINT");
        options->get = getenv;
    }
    options->store = place->options;
    options->store.key_file = place->key_file;
    enum err e = is_new ? dynamo_tables_create(options, no_tell, NULL, place->message) : ERR_OK;
    return e ? e : store_open_dynamo(options, &place->store, place->message);
}

/* Not const only because cmocka's state is not. */
static struct engine_row engines[] = {{"lmdb", open_lmdb, TX_WRITES_MAX, ERR_INTERNAL, 150},
                                      {"mem", open_mem, TX_WRITES_MAX, ERR_INTERNAL, 150},
                                      {"dynamodb", open_dynamo, 100, ERR_TX_TOO_LARGE, 20},
                                      {NULL, NULL, 0, 0, 0}};

struct engine_row *engine_named(const char *name)
{
    for (struct engine_row *row = engines; row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

void place_init(struct place *place, const struct engine_row *engine)
{
    const char *temporary = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

    *place = (struct place){.engine = engine};
    (void)snprintf(place->folder, sizeof place->folder, "%s/opendoor-engine-XXXXXX", temporary);
    assert_non_null(mkdtemp(place->folder));
    (void)snprintf(place->dir, sizeof place->dir, "%s/data", place->folder);
    (void)snprintf(place->key_file, sizeof place->key_file, "%s/data.key", place->folder);
    place->arena = arena_new(ARENA_BYTES);
    assert_non_null(place->arena);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

void place_done(struct place *place)
{
    place_close(place);
    mem_disk_free(place->disk);
    arena_free(place->arena);
    assert_int_equal(nftw(place->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

enum err place_open(struct place *place)
{
    place->message[0] = '\0';
    return place->engine->open(place);
}

void place_close(struct place *place)
{
    store_close(place->store);
    place->store = NULL;
}

void place_reopen(struct place *place)
{
    place_close(place);
    assert_err(ERR_OK, place_open(place));
}

int place_set_up(void **state)
{
    static struct place place;

    place_init(&place, *state);
    assert_err(ERR_OK, place_open(&place));
    *state = &place;
    return 0;
}

int place_tear_down(void **state)
{
    place_done(*state);
    return 0;
}

struct span span_of(const char *text)
{
    return (struct span){(const uint8_t *)text, strlen(text)};
}

enum err run_write(struct place *place, tx_fn *fn, void *arg)
{
    return store_run(place->store, &(struct access){.write = true}, place->arena, fn, arg);
}

enum err run_read(struct place *place, tx_fn *fn, void *arg)
{
    return store_run(place->store, &(struct access){0}, place->arena, fn, arg);
}

struct one {
    const struct key *key;
    const char *person;
    const char *text;
};

static enum err one_put(struct tx *tx, void *arg)
{
    const struct one *one = arg;

    return tx_put(tx, one->key, one->person, span_of(one->text));
}

static enum err one_get(struct tx *tx, void *arg)
{
    struct one *one = arg;
    struct span value;

    enum err e = tx_get(tx, one->key, &value);
    if (e)
        return e;
    one->text = arena_text(tx_arena(tx), (const char *)value.data, value.size);
    return one->text ? ERR_OK : ERR_MEMORY;
}

static enum err one_delete(struct tx *tx, void *arg)
{
    const struct one *one = arg;

    return tx_delete(tx, one->key);
}

enum err put_text(struct place *place, const struct key *key, const char *person, const char *text)
{
    struct one one = {key, person, text};

    return run_write(place, one_put, &one);
}

enum err get_text(struct place *place, const struct key *key, const char **text)
{
    struct one one = {.key = key};

    enum err e = run_read(place, one_get, &one);
    if (!e)
        *text = one.text;
    return e;
}

enum err delete_key(struct place *place, const struct key *key)
{
    struct one one = {.key = key};

    return run_write(place, one_delete, &one);
}
