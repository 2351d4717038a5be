/* bare_store.c - the limit that bookings are measured against: LMDB alone, writing as many records of the
 * same sizes in batches of the same size, with one sync to disk a batch. No sealing, no HTTP, no reading, no
 * deciding.
 *
 * Prints one line of key=value. See records.h for the options. */
#include "records.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILL_STEP = 1000 };

struct bare {
    MDB_env *env;
    MDB_dbi dbi;
    const struct load *load;
    uint8_t value[RECORD_BYTES_MAX];
    double commit_seconds;
};

static void need(int code, const char *what)
{
    if (code == 0)
        return;
    (void)fprintf(stderr, "bare_store: %s: %s\n", what, mdb_strerror(code));
    exit(1);
}

static void put(struct bare *bare, MDB_txn *txn, size_t kind, const char *id)
{
    char key[1 + RECORD_ID_BYTES];
    char place = bare->load->kinds[kind].place;

    key[0] = (char)(kind + 1);
    if (place == 'p' || place == 'u' || place == 'd') /* they stand together, so the kind comes last */
        key[0] = place == 'p' ? 0x7f : 0x7e;
    memcpy(key + 1, id, RECORD_ID_BYTES);
    key[RECORD_ID_BYTES] = (char)kind;
    MDB_val at = {sizeof key, key};
    MDB_val value = {bare->load->kinds[kind].bytes, bare->value};
    need(mdb_put(txn, bare->dbi, &at, &value, 0), "mdb_put");
}

/* How many of that kind are there before the first booking. */
static uint64_t filled_of(const struct load *load, size_t kind)
{
    switch (load->kinds[kind].place) {
    case 'p':
        return load->population;
    case 'u':
        return load->days ? load->days : load->population;
    default:
        return load->filled;
    }
}

/* The records that others take the place of, or stand among. In steps, so that the free pages are scattered
 * as in a store that has been at work for a while, and not one long row that the disk likes better. */
static void fill_from(struct bare *bare, size_t kind, uint64_t from)
{
    MDB_txn *txn;

    need(mdb_txn_begin(bare->env, NULL, 0, &txn), "mdb_txn_begin");
    for (uint64_t i = from; i < from + FILL_STEP && i < filled_of(bare->load, kind); i++) {
        char id[RECORD_ID_BYTES];
        record_id(bare->load, kind, i, id);
        put(bare, txn, kind, id);
    }
    need(mdb_txn_commit(txn), "mdb_txn_commit");
}

/* Made durable once, at the end. */
static void fill(struct bare *bare)
{
    need(mdb_env_set_flags(bare->env, MDB_NOSYNC, 1), "mdb_env_set_flags");
    for (size_t kind = 0; kind < bare->load->count; kind++)
        for (uint64_t i = 0; i < filled_of(bare->load, kind); i += FILL_STEP)
            fill_from(bare, kind, i);
    need(mdb_env_set_flags(bare->env, MDB_NOSYNC, 0), "mdb_env_set_flags");
    need(mdb_env_sync(bare->env, 1), "mdb_env_sync");
}

/* A store that is there already is gone on with. Gives the number of the next booking: no smaller one is
 * free. */
static uint64_t fill_or_go_on(struct bare *bare)
{
    MDB_stat stat;
    MDB_txn *txn;

    need(mdb_txn_begin(bare->env, NULL, MDB_RDONLY, &txn), "mdb_txn_begin");
    need(mdb_stat(txn, bare->dbi, &stat), "mdb_stat");
    mdb_txn_abort(txn);
    if (stat.ms_entries > 0)
        return stat.ms_entries;
    fill(bare);
    return bare->load->filled;
}

static void batch_write(struct bare *bare, uint64_t first)
{
    MDB_txn *txn;

    need(mdb_txn_begin(bare->env, NULL, 0, &txn), "mdb_txn_begin");
    for (uint64_t booking = first; booking < first + bare->load->batch; booking++)
        for (size_t kind = 0; kind < bare->load->count; kind++) {
            char id[RECORD_ID_BYTES];
            record_id(bare->load, kind, booking, id);
            bare->value[0]++; /* no two are the same */
            put(bare, txn, kind, id);
        }
    double start = now_seconds();
    need(mdb_txn_commit(txn), "mdb_txn_commit");
    bare->commit_seconds += now_seconds() - start;
}

static void env_start(struct bare *bare, const char *folder)
{
    MDB_txn *txn;

    need(mdb_env_create(&bare->env), "mdb_env_create");
    need(mdb_env_set_mapsize(bare->env, (size_t)64 << 30), "mdb_env_set_mapsize");
    need(mdb_env_open(bare->env, folder, 0, 0600), "mdb_env_open");
    need(mdb_txn_begin(bare->env, NULL, 0, &txn), "mdb_txn_begin");
    need(mdb_dbi_open(txn, NULL, 0, &bare->dbi), "mdb_dbi_open");
    need(mdb_txn_commit(txn), "mdb_txn_commit");
}

int main(int count, char **arguments)
{
    static struct bare bare;
    struct load load;
    uint64_t bookings = 0;
    uint64_t first;

    load_read(&load, count, arguments);
    bare.load = &load;
    for (size_t i = 0; i < sizeof bare.value; i++)
        bare.value[i] = (uint8_t)(i * 131 >> 3);
    env_start(&bare, load_folder(&load));
    first = fill_or_go_on(&bare);
    batch_write(&bare, first); /* the first one pays for what the others find ready */
    bare.commit_seconds = 0;
    double cpu = cpu_seconds();
    double start = now_seconds();
    double elapsed;
    do {
        bookings += load.batch;
        batch_write(&bare, first + bookings);
        elapsed = now_seconds() - start;
    } while (elapsed < load.seconds);
    double batches = (double)bookings / (double)load.batch;
    (void)printf(
        "ops_per_s=%.0f batch=%zu records=%zu bytes=%zu population=%zu commit_us=%.0f cpu_us_per_op=%.1f\n",
        (double)bookings / elapsed, load.batch, load.count, load.bytes, load.population,
        bare.commit_seconds / batches * 1e6, (cpu_seconds() - cpu) / (double)bookings * 1e6);
    mdb_env_close(bare.env);
    load_done(&load);
    return 0;
}
