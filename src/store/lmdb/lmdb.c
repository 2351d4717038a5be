/* lmdb.c - the embedded engine: opening a folder, and the table of what it does.
 *
 *   DIR/data.mdb, DIR/lock.mdb   LMDB's own
 *   DIR/server.lock              held (flock) by the one server; the kernel lets go of it however that one
 * ends
 *
 * One LMDB database holds all tables, since the table is the first byte of a key. The map is address space,
 * not memory, and the file grows only with what is in it. The folder has to be on a local disk. */
#include "store/lmdb/lmdb_engine.h"

#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAP_BYTES_DEFAULT ((size_t)64 << 30)

enum { QUEUE_DEFAULT = 4096, MESSAGE_BYTES = 256, DIR_SHOWN = 120 };

/* ---- the folder ---- */

static enum err refuse(char *message, enum err err, const char *dir, const char *what, int number)
{
    (void)snprintf(message, MESSAGE_BYTES, "The store %.*s %s%s%s", DIR_SHOWN, dir, what, number ? ": " : "",
                   number ? mdb_strerror(number) : "");
    return err;
}

static bool has_data(const char *dir)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/data.mdb", dir) >= (int)sizeof path)
        return false;
    return access(path, F_OK) == 0;
}

/* How large a file of the folder is, or -1 if it is not there. */
static int64_t file_size(const char *dir, const char *name)
{
    char path[PATH_MAX];
    struct stat status;

    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path || stat(path, &status) != 0)
        return -1;
    return (int64_t)status.st_size;
}

/* A store was here, and its data is gone: data.mdb is empty, or missing beside files that only a store makes,
 * while there is a key, which is made last. A new store in its place would hide that. */
static bool has_lost_data(const struct store_options *options)
{
    char key[PATH_MAX];
    int64_t data = file_size(options->dir, "data.mdb");
    bool remnants =
        data == 0 || file_size(options->dir, "lock.mdb") >= 0 || file_size(options->dir, "server.lock") >= 0;

    if (data > 0 || !remnants)
        return false;
    return options->key_hex || (store_key_path(options, key, sizeof key) && access(key, F_OK) == 0);
}

static enum err lost_explain(const struct store_options *options, char *message)
{
    return refuse(message, ERR_DAMAGED, options->dir,
                  "has lost its data.mdb, but its key is there. Restore a backup; or, to begin anew, remove "
                  "the folder and the key.",
                  0);
}

static enum err folder_make(const struct store_options *options, char *message)
{
    const char *dir = options->dir;

    if (options->must_exist && !has_data(dir) && !has_lost_data(options))
        return refuse(message, ERR_STORE, dir, "does not exist. Check --data.", 0);
    if (mkdir(dir, S_IRWXU) == 0 || errno == EEXIST)
        return ERR_OK;
    if (errno == ENOENT)
        return refuse(message, ERR_STORE, dir,
                      "cannot be made: the folder that it would stand in is not there.", 0);
    return refuse(message, env_error(errno), dir, "cannot be made", errno);
}

static int sync_path(const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return errno;
    int code = fsync(folder) == 0 ? 0 : errno;
    (void)close(folder);
    return code;
}

/* LMDB syncs what is in its files, but not that they are there. */
static enum err folder_sync(const char *dir, char *message)
{
    char copy[PATH_MAX];

    int code = snprintf(copy, sizeof copy, "%s", dir) < (int)sizeof copy ? sync_path(dir) : ENAMETOOLONG;
    if (!code)
        code = sync_path(dirname(copy));
    return code ? refuse(message, env_error(code), dir, "cannot be written to the disk", code) : ERR_OK;
}

static enum err server_lock(struct engine *engine, char *message)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/server.lock", engine->dir) >= (int)sizeof path)
        return refuse(message, ERR_STORE, engine->dir, "has too long a path.", 0);
    engine->lock_file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (engine->lock_file < 0)
        return refuse(message, env_error(errno), engine->dir, "cannot be locked", errno);
    if (flock(engine->lock_file, LOCK_EX | LOCK_NB) == 0)
        return ERR_OK;
    if (errno == EWOULDBLOCK)
        return refuse(
            message, ERR_STORE_LOCKED, engine->dir,
            "is in use by another server. Stop that one first, or give this one a --data of its own.", 0);
    return refuse(message, ERR_STORE, engine->dir, "cannot be locked", errno);
}

static enum err open_explain(const struct engine *engine, int code, char *message)
{
    const char *dir = engine->dir;

    switch (code) {
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
        return refuse(message, ERR_DAMAGED, dir,
                      "is damaged: data.mdb is no LMDB file. Restore it from a backup.", 0);
    case MDB_VERSION_MISMATCH:
        return refuse(message, ERR_STORE_NEWER, dir, "was written by another version of LMDB.", 0);
    case EACCES:
    case EPERM:
        return refuse(message, ERR_STORE, dir, "may not be read and written by this user.", 0);
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return refuse(message, ERR_STORE_FULL, dir, "cannot be opened: the disk is full.", 0);
    case ENOMEM:
        return refuse(message, ERR_MEMORY, dir, "needs more address space than this process may have.", 0);
    default:
        return refuse(message, ERR_STORE, dir, "cannot be opened", code);
    }
}

/* ---- the engine ---- */

static enum err lmdb_health(struct engine *engine)
{
    return (enum err)atomic_load(&engine->health);
}

static void lmdb_stats(struct engine *engine, struct store_stats *stats)
{
    MDB_envinfo info;
    MDB_stat stat;

    stats->commits = atomic_load(&engine->commits);
    stats->commit_us_total = atomic_load(&engine->commit_us_total);
    stats->writes = atomic_load(&engine->writes);
    stats->failures = atomic_load(&engine->failures);
    stats->batch_max = atomic_load(&engine->batch_max);
    must(pthread_mutex_lock(&engine->queue_lock) == 0);
    stats->queued = engine->queued;
    must(pthread_mutex_unlock(&engine->queue_lock) == 0);
    must(pthread_rwlock_rdlock(&engine->env_lock) == 0);
    if (engine->env && mdb_env_info(engine->env, &info) == 0 && mdb_env_stat(engine->env, &stat) == 0)
        stats->bytes_used = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
    must(pthread_rwlock_unlock(&engine->env_lock) == 0);
}

static void engine_free(struct engine *engine)
{
    env_close(engine);
    if (engine->lock_file >= 0)
        (void)close(engine->lock_file);
    must(pthread_rwlock_destroy(&engine->env_lock) == 0);
    must(pthread_mutex_destroy(&engine->idle_lock) == 0);
    free(engine->dir);
    free(engine);
}

static void lmdb_close(struct engine *engine)
{
    writer_stop(engine);
    engine_free(engine);
}

static const struct engine_ops ops = {
    .name = "lmdb",
    .read = env_read,
    .submit = writer_submit,
    .warm = env_warm,
    .health = lmdb_health,
    .stats = lmdb_stats,
    .close = lmdb_close,
};

/* Writers come first: there is one only to open the environment again, and readers must not starve it. */
static void env_lock_init(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t kind;

    must(pthread_rwlockattr_init(&kind) == 0);
    must(pthread_rwlockattr_setkind_np(&kind, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP) == 0);
    must(pthread_rwlock_init(lock, &kind) == 0);
    must(pthread_rwlockattr_destroy(&kind) == 0);
}

static struct engine *engine_new(const struct store_options *options)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t map_bytes = options->map_bytes ? options->map_bytes : MAP_BYTES_DEFAULT;

    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return NULL;
    engine->dir = strdup(options->dir);
    if (!engine->dir) {
        free(engine);
        return NULL;
    }
    engine->lock_file = -1;
    engine->map_bytes = (map_bytes + page - 1) / page * page;
    engine->queue_max = options->queue_max ? options->queue_max : QUEUE_DEFAULT;
    env_lock_init(&engine->env_lock);
    must(pthread_mutex_init(&engine->idle_lock, NULL) == 0);
    return engine;
}

static enum err engine_open(struct engine *engine, const struct store_options *options, char *message)
{
    if (crash_init(&engine->crash, options->crash_at))
        return refuse(message, ERR_SETTING, engine->dir,
                      "cannot be opened: there is no such place to crash at.", 0);
    bool lost = has_lost_data(options); /* the lock makes a file that would count as a remnant */
    enum err e = folder_make(options, message);
    if (!e && options->exclusive)
        e = server_lock(engine, message);
    if (!e && lost && file_size(engine->dir, "data.mdb") <= 0)
        e = lost_explain(options, message);
    if (e)
        return e;
    bool is_new = !has_data(engine->dir);
    int code = env_open(engine);
    if (code)
        return open_explain(engine, code, message);
    return is_new ? folder_sync(engine->dir, message) : ERR_OK;
}

enum err store_open_lmdb(const struct store_options *options, struct store **store, char message[static 256])
{
    struct engine *engine = engine_new(options);
    if (!engine) {
        (void)snprintf(message, MESSAGE_BYTES, "There is not enough memory to open the store.");
        return ERR_MEMORY;
    }
    enum err e = engine_open(engine, options, message);
    if (e) {
        engine_free(engine);
        return e;
    }
    e = writer_start(engine);
    if (e) {
        lmdb_close(engine);
        (void)snprintf(message, MESSAGE_BYTES,
                       "The store's writer cannot be started: the limit of threads is reached.");
        return e;
    }
    struct store_setup setup = {.engine = engine, .ops = &ops, .options = options};
    return store_start(&setup, store, message);
}
