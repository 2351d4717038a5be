/* open.c - from an engine to a store: the format version, the master key, the store keys.
 *
 * Two records that are not sealed like the others stand in the table meta: "format" (the version, in clear,
 * so that any later program can tell) and "keys" (the wrapped store keys). Both are created if absent in one
 * transaction, so two programs may start on a new store at once: the second takes what the first has written.
 * The key file is made before them, and only if they are not there: a store that has data never gets a new
 * key.
 *
 * A store that becomes a copy of another one gets that one's keys in place of new ones, together with the
 * mark that keeps it closed until the copy is whole (store/copy.h). Keys that it has already, as `tables
 * create` makes them, give way if nothing is sealed with them yet. */
#include "base/must.h"
#include "store/copy_mark.h"
#include "store/tx.h"

#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FORMAT_VERSION = 3,
    FORMAT_BYTES = 4,
    BOOT_ARENA_BYTES = 64 * 1024,
    MESSAGE_BYTES = 256,
    FEW_RECORDS = 4
};

static const struct key format_key = {TABLE_META, META_FORMAT_PART, NULL};
static const struct key keys_key = {TABLE_META, META_KEYS_PART, NULL};

struct boot {
    const struct store_setup *setup;
    struct store *store;
    char *message;
    char key_path[PATH_MAX];
    uint8_t master[SEAL_KEY_BYTES];
    bool exists, marked;
    enum copy_state copied;             /* if marked */
    uint8_t record[KEYRING_RECORD_MAX]; /* the wrapped store keys, as stored or to be stored */
    size_t record_size;
};

static enum err say(const struct boot *boot, enum err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum err say(const struct boot *boot, enum err err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(boot->message, MESSAGE_BYTES, format, args);
    va_end(args);
    return err;
}

static const char *store_name(const struct boot *boot)
{
    return boot->setup->options && boot->setup->options->dir ? boot->setup->options->dir : "in memory";
}

/* ---- what is there ---- */

static enum err format_check(struct tx *tx, const struct boot *boot)
{
    struct span bytes;

    enum err e = tx_get_raw(tx, &format_key, &bytes);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
    if (bytes.size < FORMAT_BYTES)
        return ERR_DAMAGED;
    unsigned version = (unsigned)bytes.data[0] | (unsigned)bytes.data[1] << 8 |
                       (unsigned)bytes.data[2] << 16 | (unsigned)bytes.data[3] << 24;
    if (version == FORMAT_VERSION)
        return ERR_OK;
    if (version < FORMAT_VERSION)
        return say(boot, ERR_STORE_OLDER,
                   "The store %.100s has format %u, from an older version of this program; this one knows "
                   "format %d. Use the older program, or begin with a new store.",
                   store_name(boot), version, FORMAT_VERSION);
    return say(boot, ERR_STORE_NEWER,
               "The store %.100s has format %u and this program knows format %d. Use the newer program.",
               store_name(boot), version, FORMAT_VERSION);
}

static enum err mark_look(struct tx *tx, struct boot *boot)
{
    struct copy_mark mark;

    enum err e = copy_mark_load(tx, &mark);
    boot->marked = !e;
    if (!e)
        boot->copied = mark.state;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err look(struct tx *tx, void *arg)
{
    struct boot *boot = arg;
    struct span record;

    enum err e = mark_look(tx, boot);
    if (!e)
        e = tx_get_raw(tx, &keys_key, &record);
    if (e == ERR_NOT_FOUND) {
        boot->exists = false;
        return ERR_OK;
    }
    if (!e)
        e = format_check(tx, boot);
    if (e)
        return e;
    if (record.size > sizeof boot->record)
        return ERR_DAMAGED;
    memcpy(boot->record, record.data, record.size);
    boot->record_size = record.size;
    boot->exists = true;
    return ERR_OK;
}

/* ---- the master key ---- */

bool store_key_path(const struct store_options *options, char *path, size_t room)
{
    const char *dir = options->dir;
    size_t size = strlen(dir);
    int written;

    while (size > 1 && dir[size - 1] == '/')
        size--; /* "data/" has its key at "data.key", not inside */
    if (options->key_file)
        written = snprintf(path, room, "%s", options->key_file);
    else
        written = snprintf(path, room, "%.*s.key", (int)size, dir);
    return written >= 0 && (size_t)written < room;
}

static enum err key_path_make(struct boot *boot)
{
    return store_key_path(boot->setup->options, boot->key_path, sizeof boot->key_path)
               ? ERR_OK
               : say(boot, ERR_SETTING, "The path of the key file is too long.");
}

static enum err key_explain(const struct boot *boot, enum err err)
{
    const char *path = boot->key_path;

    switch (err) {
    case ERR_KEY_MISSING:
        if (!boot->exists)
            return say(boot, err,
                       "The key file %.100s is not there. `opendoor tables create --key FILE` makes it; "
                       "every server needs "
                       "the same.",
                       path);
        return say(
            boot, err,
            "The store %.70s has data, but its key file %.70s is not there. Put the file back, or name it "
            "with --key.",
            store_name(boot), path);
    case ERR_KEY_READABLE:
        return say(boot, err, "Others can read the key file %.100s. Run: chmod 600 %.100s", path, path);
    case ERR_KEY_WRONG:
        return say(boot, err,
                   "The key file %.100s does not hold a key: it has to be one line of 64 hex digits.", path);
    default:
        return say(boot, err, "The key file %.100s cannot be used: %s.", path, strerror(errno));
    }
}

static enum err master_get(struct boot *boot)
{
    const struct store_setup *setup = boot->setup;

    if (setup->master) {
        memcpy(boot->master, setup->master, sizeof boot->master);
        return ERR_OK;
    }
    must(setup->options);
    if (setup->options->key_hex) {
        enum err e = master_key_from_hex(setup->options->key_hex, boot->master);
        return e ? say(boot, e, "The master key given has to be 64 hex digits.") : ERR_OK;
    }
    enum err e = key_path_make(boot);
    if (e)
        return e;
    e = master_key_read(boot->key_path, boot->master);
    if (e == ERR_KEY_MISSING && !boot->exists && !setup->options->key_must_exist)
        e = master_key_make(boot->key_path, setup->source, boot->master);
    return e ? key_explain(boot, e) : ERR_OK;
}

/* ---- the store keys ---- */

static enum err format_put(struct tx *tx)
{
    static const uint8_t format[FORMAT_BYTES] = {FORMAT_VERSION & 0xff, FORMAT_VERSION >> 8, 0, 0};
    return tx_put_raw(tx, &format_key, (struct span){format, sizeof format});
}

static enum err create(struct tx *tx, void *arg)
{
    struct boot *boot = arg;
    struct span there;

    enum err e = tx_get_raw(tx, &keys_key, &there);
    if (e != ERR_NOT_FOUND)
        return e; /* another program was faster */
    e = tx_put_raw(tx, &keys_key, (struct span){boot->record, boot->record_size});
    return e ? e : format_put(tx);
}

static struct span keys_bound(struct stored_key_room *room)
{
    struct stored_key stored;

    must(stored_key_make(NULL, NULL, &keys_key, room, &stored));
    return (struct span){stored.data, stored.size};
}

static enum err keys_make(struct boot *boot, struct arena *arena)
{
    struct stored_key_room room;

    if (boot->setup->options && boot->setup->options->must_exist)
        return say(boot, ERR_STORE, "There is no store in %.150s. Check --data.", store_name(boot));
    enum err e = master_get(boot);
    if (e)
        return e;
    struct keyring *fresh = keyring_new(boot->setup->source);
    if (!fresh)
        return ERR_MEMORY;
    boot->record_size = keyring_wrap(fresh, boot->master, keys_bound(&room), boot->record);
    keyring_free(fresh);
    e = store_run(boot->store, &(struct access){.write = true}, arena, create, boot);
    if (!e)
        e = store_run(boot->store, &(struct access){0}, arena, look, boot);
    return e;
}

static enum err keys_open(struct boot *boot)
{
    struct stored_key_room room;
    struct span record = {boot->record, boot->record_size};

    enum err e =
        keyring_unwrap(record, boot->master, keys_bound(&room), boot->setup->source, &boot->store->keyring);
    if (e == ERR_KEY_WRONG)
        return say(boot, e, "This is not the master key of the store %.100s. Give the one it was made with.",
                   store_name(boot));
    return e;
}

/* ---- becoming a copy ---- */

static enum err not_empty(const struct boot *boot)
{
    return say(boot, ERR_STORE,
               "The store %.100s has other data. Name a target that is empty; nothing was changed.",
               store_name(boot));
}

struct few {
    struct arena *arena;
    size_t others; /* records that are no key or format */
};

static enum err few_walk(struct view *view, void *arg)
{
    struct few *few = arg;
    struct record *records;
    size_t count = 0;
    enum table table;
    const char *part;
    const char *sort;

    enum err e = view->ops->walk(view, (struct stored_key){0}, FEW_RECORDS, few->arena, &records, &count);
    few->others = 0;
    for (size_t i = 0; !e && i < count; i++) {
        e = stored_key_read(records[i].key, few->arena, &table, &part, &sort);
        struct key key = {e ? TABLE_COUNT : table, part, sort};
        few->others += e || table != TABLE_META || !key_is_own(&key);
        e = e == ERR_DAMAGED ? ERR_OK : e;
    }
    return e;
}

/* In one transaction with the mark, so that no other program finds the one without the other. */
static enum err copy_begin(struct tx *tx, void *arg)
{
    struct boot *boot = arg;
    struct copy_mark mark = {.state = COPY_GOING};

    enum err e = mark_look(tx, boot);
    if (e || boot->marked)
        return e; /* another copy was faster */
    e = format_put(tx);
    if (!e)
        e = tx_put_raw(tx, &keys_key, (struct span){boot->record, boot->record_size});
    return e ? e : copy_mark_save(tx, &mark);
}

static enum err keys_take_over(struct boot *boot, struct arena *arena)
{
    struct few few = {arena, 0};
    struct stored_key_room room;
    struct keyring *theirs = boot->setup->options->copy_of->keyring;
    const struct engine_ops *ops = boot->setup->ops;

    enum err e = ops->read(boot->setup->engine, &(struct access){.loose = true}, few_walk, &few);
    if (!e && few.others > 0)
        return not_empty(boot);
    if (!e)
        e = master_get(boot);
    if (e)
        return e;
    boot->record_size = keyring_wrap(theirs, boot->master, keys_bound(&room), boot->record);
    e = store_run(boot->store, &(struct access){.write = true}, arena, copy_begin, boot);
    return e ? e : store_run(boot->store, &(struct access){0}, arena, look, boot);
}

/* The same store keys, whoever has wrapped them? */
static bool same_keys(const struct store *one, const struct store *other)
{
    char first[33];
    char second[33];

    store_blind(one, "copy", "keys", first);
    store_blind(other, "copy", "keys", second);
    return strcmp(first, second) == 0;
}

static enum err boot_copy(struct boot *boot, struct arena *arena)
{
    if (boot->marked && boot->copied == COPY_DONE)
        return say(boot, ERR_STORE,
                   "The store %.100s holds a finished copy. Use it, or name another target; nothing was "
                   "changed.",
                   store_name(boot));
    enum err e = boot->marked ? master_get(boot) : keys_take_over(boot, arena);
    if (!e)
        e = keys_open(boot);
    if (!e && !same_keys(boot->store, boot->setup->options->copy_of))
        return say(boot, ERR_STORE,
                   "The store %.100s has the unfinished copy of another store. Name another target.",
                   store_name(boot));
    return e;
}

static enum err boot_usual(struct boot *boot, struct arena *arena)
{
    if (boot->marked && boot->copied != COPY_DONE)
        return say(boot, ERR_STORE,
                   "The store %.100s is a copy that is not finished. Run `opendoor copy` again: it goes on.",
                   store_name(boot));
    enum err e = boot->exists ? master_get(boot) : keys_make(boot, arena);
    return e ? e : keys_open(boot);
}

static enum err boot_run(struct boot *boot, struct arena *arena)
{
    enum err e = store_run(boot->store, &(struct access){0}, arena, look, boot);
    if (e)
        return e;
    bool copies = boot->setup->options && boot->setup->options->copy_of;
    return copies ? boot_copy(boot, arena) : boot_usual(boot, arena);
}

static enum err boot_all(struct boot *boot)
{
    if (sodium_init() < 0)
        return say(boot, ERR_INTERNAL, "The cryptography library does not start.");
    struct arena *arena = arena_new(BOOT_ARENA_BYTES);
    if (!arena)
        return ERR_MEMORY;
    enum err e = boot_run(boot, arena);
    arena_free(arena);
    if (e == ERR_DAMAGED)
        return say(boot, e, "The store %.100s has lost its key record. Restore it from a backup.",
                   store_name(boot));
    if (e && boot->message[0] == '\0')
        return say(boot, e, "The store %.100s cannot be opened: %.100s", store_name(boot), err_info(e)->text);
    return e;
}

enum err store_start(const struct store_setup *setup, struct store **store, char message[static 256])
{
    message[0] = '\0';
    struct store *made = calloc(1, sizeof *made);
    struct boot *boot = calloc(1, sizeof *boot);
    enum err e = ERR_MEMORY;

    if (made && boot) {
        *made = (struct store){.engine = setup->engine, .ops = setup->ops};
        *boot = (struct boot){.setup = setup, .store = made, .message = message};
        e = boot_all(boot);
    } else {
        (void)snprintf(message, MESSAGE_BYTES, "There is not enough memory to open the store.");
    }
    if (boot)
        sodium_memzero(boot, sizeof *boot);
    free(boot);
    if (!e) {
        *store = made;
        return ERR_OK;
    }
    setup->ops->close(setup->engine);
    if (made)
        keyring_free(made->keyring);
    free(made);
    return e;
}
