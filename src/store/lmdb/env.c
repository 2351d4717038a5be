/* env.c - the LMDB environment and reading from it.
 *
 * A read transaction is bound to no thread (MDB_NOTLS); when a read is over it is reset, which gives up the
 * snapshot and keeps the slot in the reader table, and waits in a small pool to be renewed by whoever reads
 * next. So a read takes no lock of LMDB's and allocates nothing. */
#include "base/must.h"
#include "store/lmdb/lmdb_engine.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REOPENINGS_MAX = 5 }; /* that one read goes through */

enum err env_error(int code)
{
    switch (code) {
    case MDB_SUCCESS:
        return ERR_OK;
    case MDB_NOTFOUND:
        return ERR_NOT_FOUND;
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ERR_STORE_FULL;
    case MDB_READERS_FULL:
        return ERR_BUSY;
    case ENOMEM:
        return ERR_MEMORY;
    default:
        return ERR_STORE;
    }
}

/* Does the disk, or a limit on files, refuse one more page? Room is asked for behind the end of the file,
 * which changes nothing that is in it or may be written to it. */
static bool is_full(struct engine *engine)
{
    struct stat status;
    struct rlimit limit;
    mdb_filehandle_t file;
    off_t page = (off_t)sysconf(_SC_PAGESIZE);

    if (!engine->env || mdb_env_get_fd(engine->env, &file) != 0 || fstat(file, &status) != 0)
        return false;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        (rlim_t)(status.st_size + page) > limit.rlim_cur)
        return true;
    return fallocate(file, FALLOC_FL_KEEP_SIZE, status.st_size, page) != 0 &&
           (errno == ENOSPC || errno == EDQUOT || errno == EFBIG);
}

/* A write that the system cuts short, because the rest has no room, is an input/output error to LMDB. */
int env_commit_error(struct engine *engine, int code)
{
    return code == EIO && is_full(engine) ? ENOSPC : code;
}

static int env_set_up(struct engine *engine, MDB_env *env)
{
    MDB_txn *txn;
    int dead;

    int code = mdb_env_set_mapsize(env, engine->map_bytes);
    if (!code)
        code = mdb_env_set_maxreaders(env, READERS_MAX);
    if (!code)
        code = mdb_env_open(env, engine->dir, MDB_NOTLS, S_IRUSR | S_IWUSR);
    if (code)
        return code;
    damage_watch(engine->dir);
    code = mdb_reader_check(env, &dead); /* slots of processes that were killed */
    if (!code)
        code = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    if (code)
        return code;
    code = mdb_dbi_open(txn, NULL, 0, &engine->dbi);
    mdb_txn_abort(txn); /* the handle of the main database needs no commit */
    return code;
}

int env_open(struct engine *engine)
{
    MDB_env *env;

    int code = mdb_env_create(&env);
    if (code)
        return code;
    code = env_set_up(engine, env);
    if (code)
        mdb_env_close(env);
    else
        engine->env = env;
    return code;
}

void env_close(struct engine *engine)
{
    for (size_t i = 0; i < engine->idle_count; i++)
        mdb_txn_abort(engine->idle[i]);
    engine->idle_count = 0;
    if (engine->env)
        mdb_env_close(engine->env);
    engine->env = NULL;
}

static bool is_useless(const struct engine *engine)
{
    MDB_txn *txn;

    int code = engine->env ? mdb_txn_begin(engine->env, NULL, MDB_RDONLY, &txn) : MDB_PANIC;
    if (!code)
        mdb_txn_abort(txn);
    return code == MDB_PANIC;
}

int env_recover(struct engine *engine)
{
    int code = 0;

    must(pthread_rwlock_wrlock(&engine->env_lock) == 0);
    if (is_useless(engine)) { /* or somebody has been here meanwhile */
        env_close(engine);
        code = env_open(engine);
    }
    must(pthread_rwlock_unlock(&engine->env_lock) == 0);
    return code;
}

/* ---- reading ---- */

static MDB_txn *idle_take(struct engine *engine)
{
    must(pthread_mutex_lock(&engine->idle_lock) == 0);
    MDB_txn *txn = engine->idle_count > 0 ? engine->idle[--engine->idle_count] : NULL;
    must(pthread_mutex_unlock(&engine->idle_lock) == 0);
    return txn;
}

static void idle_give(struct engine *engine, MDB_txn *txn)
{
    mdb_txn_reset(txn);
    must(pthread_mutex_lock(&engine->idle_lock) == 0);
    bool kept = engine->idle_count < READERS_IDLE_MAX;
    if (kept)
        engine->idle[engine->idle_count++] = txn;
    must(pthread_mutex_unlock(&engine->idle_lock) == 0);
    if (!kept)
        mdb_txn_abort(txn);
}

static int begin_new(struct engine *engine, MDB_txn **txn)
{
    int dead;

    int code = mdb_txn_begin(engine->env, NULL, MDB_RDONLY, txn);
    if (code != MDB_READERS_FULL || mdb_reader_check(engine->env, &dead) != 0 || dead == 0)
        return code;
    return mdb_txn_begin(engine->env, NULL, MDB_RDONLY, txn);
}

static int begin(struct engine *engine, MDB_txn **txn)
{
    if (!engine->env)
        return MDB_PANIC;
    *txn = idle_take(engine);
    if (!*txn)
        return begin_new(engine, txn);
    int code = mdb_txn_renew(*txn);
    if (code)
        mdb_txn_abort(*txn);
    return code;
}

static int read_once(struct engine *engine, view_fn *fn, void *arg, enum err *result)
{
    struct lmdb_view view = {.view = {&lmdb_view_ops, true}, .engine = engine};

    must(pthread_rwlock_rdlock(&engine->env_lock) == 0);
    int code = begin(engine, &view.txn);
    if (!code) {
        *result = fn(&view.view, arg);
        idle_give(engine, view.txn);
    }
    must(pthread_rwlock_unlock(&engine->env_lock) == 0);
    return code;
}

enum err env_read(struct engine *engine, const struct access *access, view_fn *fn, void *arg)
{
    enum err result = ERR_OK;

    (void)access; /* nothing to fetch ahead */
    int code = read_once(engine, fn, arg, &result);
    for (int turn = 0; turn < REOPENINGS_MAX && code == MDB_PANIC && env_recover(engine) == 0; turn++)
        code = read_once(engine, fn, arg, &result); /* the next commit may have failed meanwhile */
    return code ? env_error(code) : result;
}

/* Looking for a key brings the pages to it into memory and into this process's map. For a writer that does
 * one job after the other both are dear: the disk would be waited for by everybody in its queue. */
void env_warm(struct engine *engine, const struct stored_key *keys, size_t count)
{
    struct lmdb_view view = {.view = {&lmdb_view_ops, true}, .engine = engine};
    struct span found;

    must(pthread_rwlock_rdlock(&engine->env_lock) == 0);
    if (begin(engine, &view.txn) == 0) {
        for (size_t i = 0; i < count; i++)
            if (lmdb_view_ops.get(&view.view, keys[i], NULL, &found) == ERR_OK && found.size > 0)
                (void)*(const volatile uint8_t *)found.data;
        idle_give(engine, view.txn);
    }
    must(pthread_rwlock_unlock(&engine->env_lock) == 0);
}
