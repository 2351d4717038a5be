/* lmdb_test.c - what the embedded engine promises about its folder: sealed values, keys, locks, other
 * processes, full disks, failing syncs, and dying at any point.
 *
 * fdatasync() and pwrite() stand in for libc's below, so that the disk can be made to fail where LMDB calls
 * it. */
#include "fixture.h"

#include "store/stored_key.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct key key = {TABLE_PATIENT, "patient-1", NULL};
static const struct key other_key = {TABLE_PRACTICE, "practice-1", NULL};

/* ---- a disk that fails ---- */

static atomic_int sync_failures;  /* so many calls from now fail */
static atomic_int write_failures; /* of the small writes that LMDB makes to its meta pages */
static atomic_int page_failures;  /* of all others */

enum { META_WRITE_MAX = 512 };

#define SEEN_BY_LIBRARIES __attribute__((visibility("default")))

SEEN_BY_LIBRARIES int fdatasync(int fildes)
{
    if (atomic_load(&sync_failures) > 0) {
        atomic_fetch_sub(&sync_failures, 1);
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fildes);
}

/* LMDB writes pages that lie side by side with this. */
SEEN_BY_LIBRARIES ssize_t writev(int fd, const struct iovec *iovec, int count)
{
    if (atomic_load(&page_failures) > 0) {
        atomic_fetch_sub(&page_failures, 1);
        errno = ENOSPC;
        return -1;
    }
    return (ssize_t)syscall(SYS_writev, fd, iovec, count);
}

/* By its name in the library: the header may give pwrite() another one. */
SEEN_BY_LIBRARIES ssize_t failing_pwrite(int file, const void *data, size_t size,
                                         off_t offset) __asm__("pwrite");

ssize_t failing_pwrite(int file, const void *data, size_t size, off_t offset)
{
    atomic_int *failures = size < META_WRITE_MAX ? &write_failures : &page_failures;

    if (atomic_load(failures) > 0) {
        atomic_fetch_sub(failures, 1);
        errno = size < META_WRITE_MAX ? EIO : ENOSPC;
        return -1;
    }
    return (ssize_t)syscall(SYS_pwrite64, file, data, size, offset);
}

/* ---- the file as LMDB alone sees it ---- */

struct raw {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    MDB_cursor *cursor;
};

static void raw_open(struct raw *raw, const struct place *place)
{
    assert_int_equal(mdb_env_create(&raw->env), 0);
    assert_int_equal(mdb_env_open(raw->env, place->dir, 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(raw->env, NULL, 0, &raw->txn), 0);
    assert_int_equal(mdb_dbi_open(raw->txn, NULL, 0, &raw->dbi), 0);
    assert_int_equal(mdb_cursor_open(raw->txn, raw->dbi, &raw->cursor), 0);
}

static void raw_close(struct raw *raw)
{
    mdb_cursor_close(raw->cursor);
    assert_int_equal(mdb_txn_commit(raw->txn), 0);
    mdb_env_close(raw->env);
}

/* The first record of a table. */
static void raw_first(struct raw *raw, enum table table, MDB_val *at, MDB_val *value)
{
    int code = mdb_cursor_get(raw->cursor, at, value, MDB_FIRST);

    for (; code == 0; code = mdb_cursor_get(raw->cursor, at, value, MDB_NEXT)) {
        enum table found;
        if (stored_key_part_size(at->mv_data, at->mv_size, &found) > 0 && found == table)
            return;
    }
    fail_msg("there is no record of table %s", store_table_name(table));
}

static uint8_t *copy_of(struct place *place, const MDB_val *value)
{
    uint8_t *copy = arena_copy(place->arena, value->mv_data, value->mv_size);

    assert_non_null(copy);
    return copy;
}

/* ---- sealing ---- */

static void test_moved_value_does_not_open(void **state)
{
    struct place *place = *state;
    const enum table tables[] = {TABLE_PATIENT, TABLE_AGENDA};
    struct key agenda = {TABLE_AGENDA, "patient-1", NULL};
    MDB_val at[2];
    MDB_val value[2];
    struct raw raw;
    const char *text;

    assert_err(ERR_OK, put_text(place, &key, "patient-1", "first"));
    assert_err(ERR_OK, put_text(place, &agenda, "patient-1", "other"));
    place_close(place);
    raw_open(&raw, place);
    for (size_t i = 0; i < 2; i++) {
        raw_first(&raw, tables[i], &at[i], &value[i]);
        at[i].mv_data = copy_of(place, &at[i]);
        value[i].mv_data = copy_of(place, &value[i]);
    }
    assert_int_equal(mdb_put(raw.txn, raw.dbi, &at[0], &value[1], 0), 0);
    raw_close(&raw);
    assert_err(ERR_OK, place_open(place));
    assert_err(ERR_DAMAGED, get_text(place, &key, &text));
    assert_text(place, &agenda, "other");
}

/* Every bit of a value counts: header, key id, nonce, content, tag; and the length. */
static void test_changed_byte_does_not_open(void **state)
{
    struct place *place = *state;
    MDB_val at;
    MDB_val value;
    struct raw raw;
    const char *text;

    assert_err(ERR_OK, put_text(place, &key, "patient-1", "0123456789"));
    assert_err(ERR_OK, put_text(place, &other_key, "patient-1", "whole"));
    size_t size = 1;
    for (size_t i = 0; i <= size; i++) {
        place_close(place);
        raw_open(&raw, place);
        raw_first(&raw, TABLE_PATIENT, &at, &value);
        uint8_t *good = copy_of(place, &value);
        uint8_t *bad = copy_of(place, &value);
        uint8_t *name = copy_of(place, &at);
        size = value.mv_size;
        at.mv_data = name;
        value.mv_data = bad;
        if (i < size)
            bad[i] ^= (uint8_t)(1U << i % 8);
        else
            value.mv_size--;
        assert_int_equal(mdb_put(raw.txn, raw.dbi, &at, &value, 0), 0);
        raw_close(&raw);
        assert_err(ERR_OK, place_open(place));
        assert_err(ERR_DAMAGED, get_text(place, &key, &text));
        assert_text(place, &other_key, "whole");
        place_close(place);
        raw_open(&raw, place);
        value = (MDB_val){size, good};
        at = (MDB_val){at.mv_size, name};
        assert_int_equal(mdb_put(raw.txn, raw.dbi, &at, &value, 0), 0);
        raw_close(&raw);
        assert_err(ERR_OK, place_open(place));
    }
    assert_text(place, &key, "0123456789");
}

static void change_first(struct place *place, enum table table)
{
    MDB_val at;
    MDB_val value;
    struct raw raw;

    place_close(place);
    raw_open(&raw, place);
    raw_first(&raw, table, &at, &value);
    at.mv_data = copy_of(place, &at);
    uint8_t *bytes = copy_of(place, &value);
    bytes[value.mv_size - 1] ^= 1;
    value.mv_data = bytes;
    assert_int_equal(mdb_put(raw.txn, raw.dbi, &at, &value, 0), 0);
    raw_close(&raw);
    assert_err(ERR_OK, place_open(place));
}

static enum err scan_usage(struct tx *tx, void *arg)
{
    const bool *with_damaged = arg;
    struct scan scan = {
        .table = TABLE_USAGE_BY_PRACTICE, .part = "p", .limit = 10, .with_damaged = *with_damaged};
    struct row *rows;
    size_t count;
    bool more;

    enum err e = tx_scan(tx, &scan, &rows, &count, &more);
    if (e)
        return e;
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].sort, "2026-11-25");
    assert_err(ERR_DAMAGED, rows[0].err);
    assert_int_equal(rows[0].value.size, 0);
    assert_err(ERR_OK, rows[1].err);
    assert_int_equal(rows[1].value.size, 3);
    return ERR_OK;
}

struct walked {
    size_t good, bad;
};

static enum err walked_one(void *arg, enum table table, const char *part, const char *sort, enum err err,
                           struct span value)
{
    struct walked *walked = arg;

    (void)table;
    (void)part;
    (void)sort;
    (void)value;
    if (err)
        walked->bad++;
    else
        walked->good++;
    return ERR_OK;
}

static void test_damage_stays_where_it_is(void **state)
{
    struct place *place = *state;
    struct walked walked = {0};
    bool with_damaged = false;

    assert_err(ERR_OK, put_text(place, &(struct key){TABLE_USAGE_BY_PRACTICE, "p", "2026-11-25"}, "patient-1",
                                "one"));
    assert_err(ERR_OK, put_text(place, &(struct key){TABLE_USAGE_BY_PRACTICE, "p", "2026-11-26"}, "patient-1",
                                "two"));
    change_first(place, TABLE_USAGE_BY_PRACTICE);
    assert_err(ERR_DAMAGED, run_read(place, scan_usage, &with_damaged));
    with_damaged = true;
    assert_err(ERR_OK, run_read(place, scan_usage, &with_damaged));
    assert_err(ERR_OK, store_walk(place->store, walked_one, &walked));
    assert_int_equal(walked.bad, 1);
    assert_int_equal(walked.good, 4); /* the other row, a person's key, two of meta */
    assert_err(ERR_OK, put_text(place, &(struct key){TABLE_USAGE_BY_PRACTICE, "p", "2026-11-25"}, "patient-1",
                                "new"));
}

/* A person whose key is damaged gets no new one: what is sealed under the old one may yet be saved. */
static void test_damaged_person_key(void **state)
{
    struct place *place = *state;
    struct walked walked = {0};
    const char *text;

    assert_err(ERR_OK, put_text(place, &key, "patient-1", "x"));
    change_first(place, TABLE_PERSON_KEY);
    assert_err(ERR_DAMAGED, get_text(place, &key, &text));
    assert_err(ERR_DAMAGED, put_text(place, &key, "patient-1", "y"));
    assert_err(ERR_OK, put_text(place, &other_key, "patient-2", "another person"));
    assert_err(ERR_OK, store_walk(place->store, walked_one, &walked));
    assert_int_equal(walked.bad, 2);
}

/* Opens and reads in a process of its own, whose last words come back: how it ended. */
static int read_in_child(struct place *place, char *said, size_t room)
{
    int pipe_ends[2];
    int status;

    assert_int_equal(pipe(pipe_ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const char *text;
        (void)dup2(pipe_ends[1], STDERR_FILENO);
        if (place_open(place) == ERR_OK)
            (void)get_text(place, &key, &text);
        _exit(0);
    }
    (void)close(pipe_ends[1]);
    ssize_t size = read(pipe_ends[0], said, room - 1);
    said[size > 0 ? size : 0] = '\0';
    (void)close(pipe_ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* LMDB reads the file as memory: what is not there is a signal, and not an error code. */
static void test_file_that_was_cut(void **state)
{
    struct place *place = *state;
    char path[300];
    char said[500];
    struct stat stat;
    long page = sysconf(_SC_PAGESIZE);

    for (int i = 0; i < 400; i++) {
        struct key session = {TABLE_SESSION, "p", arena_printf(place->arena, "%03d", i)};
        assert_err(ERR_OK, put_text(place, &session, NULL, "a record that fills the file"));
    }
    place_close(place);
    (void)snprintf(path, sizeof path, "%s/data.mdb", place->dir);
    assert_int_equal(lstat(path, &stat), 0);
    assert_true(stat.st_size > 8 * page);
    assert_int_equal(truncate(path, 2 * page), 0);
    assert_int_equal(read_in_child(place, said, sizeof said), 1);
    assert_non_null(strstr(said, "backup"));
}

static void test_foreign_record_is_reported(void **state)
{
    struct place *place = *state;
    struct walked walked = {0};
    struct raw raw;
    uint8_t name[500];

    place_close(place);
    raw_open(&raw, place);
    memset(name, 0xff, sizeof name);
    MDB_val at = {sizeof name, name};
    MDB_val value = {3, name};
    assert_int_equal(mdb_put(raw.txn, raw.dbi, &at, &value, 0), 0);
    raw_close(&raw);
    assert_err(ERR_OK, place_open(place));
    assert_err(ERR_OK, store_walk(place->store, walked_one, &walked));
    assert_int_equal(walked.bad, 1);
    assert_int_equal(walked.good, 2);
}

static bool file_has(const char *path, const char *needle)
{
    static char content[4 * 1024 * 1024];

    int file = open(path, O_RDONLY);
    assert_true(file >= 0);
    ssize_t size = read(file, content, sizeof content);
    assert_true(size > 0 && (size_t)size < sizeof content);
    assert_int_equal(close(file), 0);
    return memmem(content, (size_t)size, needle, strlen(needle)) != NULL;
}

static void test_nothing_readable_in_the_folder(void **state)
{
    struct place *place = *state;
    static const char *const secrets[] = {"Featherstonehaugh", "9434765919", "hollow.knees@example.org",
                                          "07700900123"};
    char path[300];

    for (size_t i = 0; i < 4; i++) {
        assert_err(ERR_OK,
                   put_text(place, &(struct key){TABLE_PATIENT, secrets[i], NULL}, secrets[i], secrets[i]));
        assert_err(ERR_OK,
                   put_text(place, &(struct key){TABLE_USER_EMAIL, secrets[i], NULL}, NULL, secrets[i]));
        assert_err(ERR_OK, put_text(place, &other_key, secrets[i], secrets[i]));
        assert_err(ERR_OK, delete_key(place, &(struct key){TABLE_PATIENT, secrets[i], NULL}));
    }
    assert_err(ERR_OK, put_text(place, &(struct key){TABLE_PRACTICE, "can-be-seen", NULL}, NULL, "x"));
    place_close(place);
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof path, "%s/data.mdb", place->dir);
        assert_false(file_has(path, secrets[i]));
        assert_true(file_has(path, "can-be-seen")); /* so the search would have found it */
        (void)snprintf(path, sizeof path, "%s/lock.mdb", place->dir);
        assert_false(file_has(path, secrets[i]));
    }
    assert_err(ERR_OK, place_open(place));
}

/* ---- keys ---- */

static void write_file(const char *path, const char *text, mode_t mode)
{
    (void)unlink(path);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, mode);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(file, mode), 0);
    assert_int_equal(close(file), 0);
}

#define KEY_A "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define KEY_B "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void test_key_file_is_made_once(void **state)
{
    struct place *place = *state;
    struct stat status;

    assert_int_equal(stat(place->key_file, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_size, 65);
    assert_int_equal(stat(place->dir, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_err(ERR_OK, put_text(place, &key, "patient-1", "x"));
    place_close(place);
    assert_int_equal(unlink(place->key_file), 0);
    assert_err(ERR_KEY_MISSING, place_open(place));
    assert_non_null(strstr(place->message, "data.key"));
    assert_int_equal(access(place->key_file, F_OK), -1);
}

static void test_key_errors(void **state)
{
    struct place *place = *state;
    static const struct {
        const char *text;
        mode_t mode;
        enum err err;
    } cases[] = {
        {KEY_A "\n", 0600, ERR_KEY_WRONG},    {KEY_A, 0600, ERR_KEY_WRONG},
        {KEY_A "\r\n", 0400, ERR_KEY_WRONG},  {"", 0600, ERR_KEY_WRONG},
        {"hello\n", 0600, ERR_KEY_WRONG},     {KEY_A "0\n", 0600, ERR_KEY_WRONG},
        {KEY_A KEY_A, 0600, ERR_KEY_WRONG},   {KEY_A "\n", 0640, ERR_KEY_READABLE},
        {KEY_A "\n", 0604, ERR_KEY_READABLE}, {KEY_A "\n", 0620, ERR_KEY_READABLE},
    };

    assert_err(ERR_OK, put_text(place, &key, "patient-1", "x"));
    place_close(place);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_file(place->key_file, cases[i].text, cases[i].mode);
        assert_err(cases[i].err, place_open(place));
        assert_true(strlen(place->message) > 20);
    }
    assert_int_equal(unlink(place->key_file), 0);
    assert_int_equal(mkdir(place->key_file, 0700), 0);
    assert_err(ERR_KEY_WRONG, place_open(place));
    assert_int_equal(rmdir(place->key_file), 0);
}

static void test_key_that_is_given(void **state)
{
    struct place *place = *state;
    struct stat status;

    place_close(place);
    struct place given;
    place_init(&given, place->engine);
    given.options.key_hex = KEY_A;
    assert_err(ERR_OK, place_open(&given));
    assert_err(ERR_OK, put_text(&given, &key, "patient-1", "x"));
    assert_int_equal(stat(given.key_file, &status), -1);
    place_reopen(&given);
    assert_text(&given, &key, "x");
    place_close(&given);
    given.options.key_hex = KEY_B;
    assert_err(ERR_KEY_WRONG, place_open(&given));
    given.options.key_hex = "abc";
    assert_err(ERR_SETTING, place_open(&given));
    given.options.key_hex = NULL;
    assert_err(ERR_KEY_MISSING, place_open(&given));
    char path[300];
    (void)snprintf(path, sizeof path, "%s/elsewhere", given.folder);
    write_file(path, KEY_A "\n", 0600);
    given.options.key_file = path;
    assert_err(ERR_OK, place_open(&given));
    assert_text(&given, &key, "x");
    place_done(&given);
}

static void test_key_beside_the_folder(void **state)
{
    struct place *place = *state;

    place_close(place);
    assert_int_equal(unlink(place->key_file), 0);
    (void)snprintf(place->dir, sizeof place->dir, "%s/data2/", place->folder);
    assert_err(ERR_OK, place_open(place));
    (void)snprintf(place->key_file, sizeof place->key_file, "%s/data2.key", place->folder);
    assert_int_equal(access(place->key_file, F_OK), 0);
}

static void test_damaged_key_record(void **state)
{
    struct place *place = *state;
    MDB_val at;
    MDB_val value;
    struct raw raw;

    place_close(place);
    raw_open(&raw, place);
    raw_first(&raw, TABLE_META, &at, &value); /* "format" comes before "keys" */
    assert_int_equal(mdb_cursor_get(raw.cursor, &at, &value, MDB_NEXT), 0);
    assert_non_null(memmem(at.mv_data, at.mv_size, "keys", 4));
    at.mv_data = copy_of(place, &at);
    uint8_t *bytes = copy_of(place, &value);
    bytes[value.mv_size - 1] ^= 1;
    value.mv_data = bytes;
    assert_int_equal(mdb_put(raw.txn, raw.dbi, &at, &value, 0), 0);
    raw_close(&raw);
    assert_err(ERR_DAMAGED, place_open(place));
    assert_non_null(strstr(place->message, "backup"));
}

static void format_set(struct place *place, uint8_t format)
{
    MDB_val at;
    MDB_val value;
    struct raw raw;
    uint8_t bytes[4] = {format, 0, 0, 0};

    place_close(place);
    raw_open(&raw, place);
    raw_first(&raw, TABLE_META, &at, &value);
    at.mv_data = copy_of(place, &at);
    value = (MDB_val){sizeof bytes, bytes};
    assert_int_equal(mdb_put(raw.txn, raw.dbi, &at, &value, 0), 0);
    raw_close(&raw);
}

static void test_newer_store(void **state)
{
    struct place *place = *state;

    format_set(place, 4);
    assert_err(ERR_STORE_NEWER, place_open(place));
    assert_non_null(strstr(place->message, "format 4"));
    assert_non_null(strstr(place->message, "newer program"));
}

/* Its keys have another form. */
static void test_older_store(void **state)
{
    struct place *place = *state;

    format_set(place, 2);
    assert_err(ERR_STORE_OLDER, place_open(place));
    assert_non_null(strstr(place->message, "format 2"));
    assert_non_null(strstr(place->message, "older program"));
}

/* ---- folders ---- */

static void test_folders_that_are_none(void **state)
{
    struct place *place = *state;
    char path[300];

    place_close(place);
    (void)snprintf(place->dir, sizeof place->dir, "%s/a/b", place->folder);
    assert_err(ERR_STORE, place_open(place));
    (void)snprintf(place->dir, sizeof place->dir, "%s/none", place->folder);
    place->options.must_exist = true;
    assert_err(ERR_STORE, place_open(place));
    assert_non_null(strstr(place->message, "--data"));
    assert_int_equal(access(place->dir, F_OK), -1);
    place->options.must_exist = false;
    write_file(place->dir, "a file", 0600);
    assert_err(ERR_STORE, place_open(place));
    (void)unlink(place->dir);
    assert_int_equal(mkdir(place->dir, 0700), 0);
    (void)snprintf(path, sizeof path, "%s/data.mdb", place->dir);
    char *rubbish = arena_zero(place->arena, 1, 16384);
    memset(rubbish, 'x', 16383);
    write_file(path, rubbish, 0600);
    assert_err(ERR_DAMAGED, place_open(place));
    assert_non_null(strstr(place->message, "backup"));
}

static void test_crash_point_has_to_exist(void **state)
{
    struct place *place = *state;
    static const char *const wrong[] = {
        "nowhere", "before_commit:0", "before_commit:x", "before_commit:", ":1", "before"};

    place_close(place);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        place->options.crash_at = wrong[i];
        assert_err(ERR_SETTING, place_open(place));
    }
    place->options.crash_at = "";
    assert_err(ERR_OK, place_open(place));
}

/* ---- other processes ---- */

static void test_second_server(void **state)
{
    struct place *place = *state;
    struct place second;

    place_close(place);
    place->options.exclusive = true;
    assert_err(ERR_OK, place_open(place));
    second = *place;
    assert_err(ERR_STORE_LOCKED, place_open(&second));
    assert_non_null(strstr(second.message, "another server"));
    assert_err(ERR_OK, put_text(place, &key, "patient-1", "still works"));
    place_reopen(place); /* closing lets go */
    assert_text(place, &key, "still works");
}

/* Runs the function on the place in a process of its own; its exit code is 0 if that says true. */
static void in_child(struct place *place, bool (*function)(struct place *place))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        place->store = NULL; /* the parent's is not to be touched */
        place->options.exclusive = false;
        _exit(place_open(place) == ERR_OK && function(place) ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static bool write_beside(struct place *place)
{
    struct walked walked = {0};
    const char *text;

    if (get_text(place, &key, &text) != ERR_OK || strcmp(text, "from the server") != 0)
        return false;
    if (put_text(place, &key, "patient-1", "from beside") != ERR_OK)
        return false;
    if (put_text(place, &other_key, "patient-2", "somebody new") != ERR_OK)
        return false;
    bool good =
        store_walk(place->store, walked_one, &walked) == ERR_OK && walked.bad == 0 && walked.good == 6;
    store_close(place->store);
    return good;
}

static void test_work_beside_a_server(void **state)
{
    struct place *place = *state;

    place_close(place);
    place->options.exclusive = true;
    assert_err(ERR_OK, place_open(place));
    assert_err(ERR_OK, put_text(place, &key, "patient-1", "from the server"));
    in_child(place, write_beside);
    assert_text(place, &key, "from beside");
    assert_text(place, &other_key, "somebody new");
    assert_err(ERR_OK, put_text(place, &other_key, "patient-2", "known here too"));
    assert_text(place, &other_key, "known here too");
}

static bool write_many(struct place *place)
{
    for (int i = 0; i < 200; i++) {
        char part[40];
        (void)snprintf(part, sizeof part, "%ld-%d", (long)getpid(), i);
        if (put_text(place, &(struct key){TABLE_POSTCODE, part, NULL}, "patient-1", "x") != ERR_OK)
            return false;
    }
    store_close(place->store);
    return true;
}

/* Two processes start on a new store at once; one makes the keys, both use them. */
static void test_two_start_at_once(void **state)
{
    struct place *place = *state;
    struct walked walked = {0};
    pid_t children[3];

    place_close(place);
    (void)snprintf(place->dir, sizeof place->dir, "%s/new", place->folder);
    for (size_t i = 0; i < 3; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            _exit(place_open(place) == ERR_OK && write_many(place) ? 0 : 1);
    }
    for (size_t i = 0; i < 3; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_err(ERR_OK, place_open(place));
    assert_err(ERR_OK, store_walk(place->store, walked_one, &walked));
    assert_int_equal(walked.bad, 0);
    assert_int_equal(walked.good, 3 * 200 + 3); /* and one person's key, two of meta */
}

/* ---- a full disk, a failing disk ---- */

static enum err put_large(struct place *place, int number)
{
    static char text[3001];
    char part[40];

    memset(text, 'x', sizeof text - 1);
    (void)snprintf(part, sizeof part, "%d", number);
    return put_text(place, &(struct key){TABLE_POSTCODE, part, NULL}, NULL, text);
}

static void check_large(struct place *place, int count)
{
    struct walked walked = {0};

    assert_err(ERR_OK, store_walk(place->store, walked_one, &walked));
    assert_int_equal(walked.bad, 0);
    assert_int_equal(walked.good, count + 2);
}

static void test_full_map(void **state)
{
    struct place *place = *state;
    int count = 0;
    enum err e;

    place_close(place);
    place->options.map_bytes = 512 * 1024;
    assert_err(ERR_OK, place_open(place));
    while ((e = put_large(place, count)) == ERR_OK && count < 1000)
        count++;
    assert_err(ERR_STORE_FULL, e);
    assert_in_range(count, 50, 200);
    assert_err(ERR_STORE_FULL, put_large(place, count));
    check_large(place, count); /* reading goes on */
    assert_err(ERR_STORE_FULL, store_health(place->store));
    place_close(place);
    place->options.map_bytes = 0;
    assert_err(ERR_OK, place_open(place));
    check_large(place, count);
    assert_err(ERR_OK, put_large(place, count));
    assert_err(ERR_OK, store_health(place->store));
}

static bool health_is(struct place *place, enum err expected)
{
    for (int i = 0; i < 500; i++) { /* the writer probes once a second */
        if (store_health(place->store) == expected)
            return true;
        (void)usleep(10 * 1000);
    }
    return false;
}

static bool fill_to_limit(struct place *place, rlim_t bytes)
{
    struct rlimit limit = {bytes, RLIM_INFINITY};
    struct walked walked = {0};
    int count = 0;
    enum err e;

    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return false;
    while ((e = put_large(place, count)) == ERR_OK && count < 1000)
        count++;
    if (e != ERR_STORE_FULL || count < 50 || store_health(place->store) != ERR_STORE_FULL)
        return false;
    if (store_walk(place->store, walked_one, &walked) != ERR_OK || walked.good != (size_t)count + 2)
        return false;
    limit.rlim_cur = RLIM_INFINITY;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0 || !health_is(place, ERR_OK))
        return false;
    e = put_large(place, count);
    store_close(place->store);
    return e == ERR_OK;
}

static bool fill_file_limit(struct place *place)
{
    return fill_to_limit(place, 1024 * 1024);
}

/* The last write is not refused but cut short, as on a disk that becomes full in the middle of it. */
static bool fill_file_limit_within_page(struct place *place)
{
    return fill_to_limit(place, 1024 * 1024 + 1000);
}

static void test_short_write(void **state)
{
    struct place *place = *state;

    place_close(place);
    in_child(place, fill_file_limit_within_page);
}

/* A limit on file sizes fails like a full disk; the signal that comes with it does not end the program. */
static void test_file_size_limit(void **state)
{
    struct place *place = *state;

    place_close(place);
    in_child(place, fill_file_limit);
}

static void test_failed_sync(void **state)
{
    struct place *place = *state;
    struct store_stats stats;

    assert_err(ERR_OK, put_text(place, &key, "patient-1", "before"));
    atomic_store(&sync_failures, 1);
    assert_err(ERR_STORE, put_text(place, &key, "patient-1", "lost"));
    assert_int_equal(atomic_load(&sync_failures), 0);
    assert_text(place, &key, "before");
    store_stats(place->store, &stats);
    assert_int_equal(stats.failures, 1);
    assert_err(ERR_OK, put_text(place, &other_key, "patient-2", "after"));
    assert_err(ERR_OK, store_health(place->store));
    place_reopen(place);
    assert_text(place, &key, "before");
    assert_text(place, &other_key, "after");
}

static void test_failed_page_write(void **state)
{
    struct place *place = *state;

    assert_err(ERR_OK, put_text(place, &key, "patient-1", "before"));
    atomic_store(&page_failures, 1);
    assert_err(ERR_STORE_FULL, put_text(place, &key, "patient-3", "lost"));
    assert_int_equal(atomic_load(&page_failures), 0);
    assert_text(place, &key, "before");
    assert_true(health_is(place, ERR_OK)); /* without anybody writing */
    assert_err(ERR_OK, put_text(place, &key, "patient-3", "after"));
    place_reopen(place);
    assert_text(place, &key, "after");
}

/* LMDB goes no further when it cannot write its meta page: the environment has to be opened again. */
static void test_failed_meta_write(void **state)
{
    struct place *place = *state;

    assert_err(ERR_OK, put_text(place, &key, "patient-1", "before"));
    for (int failures = 1; failures <= 2; failures++) { /* the second is writing the old page back */
        atomic_store(&write_failures, failures);
        assert_err(ERR_STORE, put_text(place, &key, "patient-1", "lost"));
        atomic_store(&write_failures, 0);
        assert_text(place, &key, "before");
        assert_err(ERR_OK, put_text(place, &other_key, "patient-2", "after"));
        assert_text(place, &other_key, "after");
    }
    place_reopen(place);
    assert_text(place, &key, "before");
    assert_text(place, &other_key, "after");
}

struct looker {
    struct place *place;
    atomic_bool stop;
    atomic_int looks, wrong;
    pthread_t thread;
};

static enum err look(struct tx *tx, void *arg)
{
    struct span value;

    (void)arg;
    enum err e = tx_get(tx, &key, &value);
    return e ? e : value.size == 6 && memcmp(value.data, "before", 6) == 0 ? ERR_OK : ERR_INTERNAL;
}

static void *keep_looking(void *arg)
{
    struct looker *looker = arg;
    struct arena *arena = arena_new(1024 * 1024);
    struct arena_mark mark = arena_mark(arena);

    while (!atomic_load(&looker->stop)) {
        if (store_run(looker->place->store, &(struct access){0}, arena, look, NULL) != ERR_OK)
            atomic_fetch_add(&looker->wrong, 1);
        atomic_fetch_add(&looker->looks, 1);
        arena_reset(arena, mark);
    }
    arena_free(arena);
    return NULL;
}

/* Readers notice nothing while the environment is opened again under them. */
static void test_readers_through_a_reopening(void **state)
{
    struct place *place = *state;
    struct looker looker = {.place = place};

    assert_err(ERR_OK, put_text(place, &key, "patient-1", "before"));
    assert_int_equal(pthread_create(&looker.thread, NULL, keep_looking, &looker), 0);
    for (int i = 0; i < 20; i++) {
        int looks = atomic_load(&looker.looks);
        atomic_store(&write_failures, 1);
        assert_err(ERR_STORE, put_text(place, &other_key, NULL, "lost"));
        assert_err(ERR_OK, put_text(place, &other_key, NULL, "kept"));
        while (atomic_load(&looker.looks) == looks)
            (void)usleep(1000);
    }
    atomic_store(&looker.stop, true);
    assert_int_equal(pthread_join(looker.thread, NULL), 0);
    assert_int_equal(atomic_load(&looker.wrong), 0);
}

/* ---- the queue ---- */

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool reached, open;
    int done;
    enum err errors[8];
};

static enum err wait_at_gate(struct tx *tx, void *arg)
{
    struct gate *gate = arg;

    pthread_mutex_lock(&gate->lock);
    gate->reached = true;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->open)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
    return tx_put(tx, &other_key, NULL, span_of("x"));
}

static enum err put_one(struct tx *tx, void *arg)
{
    (void)arg;
    return tx_put(tx, &key, "patient-1", span_of("x"));
}

static void gate_done(struct store_job *job, enum err err)
{
    struct gate *gate = job->arg;

    pthread_mutex_lock(&gate->lock);
    gate->errors[gate->done++] = err;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

static void test_full_queue_refuses_at_once(void **state)
{
    struct place *place = *state;
    struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct store_job jobs[6];
    struct store_stats stats;

    place_close(place);
    place->options.queue_max = 4;
    assert_err(ERR_OK, place_open(place));
    for (int i = 0; i < 6; i++)
        jobs[i] = (struct store_job){.access = {.write = true},
                                     .arena = arena_new(64 * 1024),
                                     .fn = i == 0 ? wait_at_gate : put_one,
                                     .arg = &gate,
                                     .done = gate_done};
    assert_err(ERR_OK, store_submit(place->store, &jobs[0]));
    pthread_mutex_lock(&gate.lock);
    while (!gate.reached)
        pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    for (int i = 1; i <= 4; i++)
        assert_err(ERR_OK, store_submit(place->store, &jobs[i]));
    assert_err(ERR_BUSY, store_submit(place->store, &jobs[5]));
    store_stats(place->store, &stats);
    assert_int_equal(stats.queued, 4);
    pthread_mutex_lock(&gate.lock);
    gate.open = true;
    pthread_cond_broadcast(&gate.changed);
    while (gate.done < 5)
        pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    store_stats(place->store, &stats);
    assert_int_equal(stats.batch_max, 4); /* all that waited went together */
    for (int i = 0; i < 6; i++)
        arena_free(jobs[i].arena);
    for (int i = 0; i < 5; i++)
        assert_err(ERR_OK, gate.errors[i]);
}

/* ---- dying ---- */

enum { PAIRS = 64, PUTTERS = 3 };

/* Number n of a putter is written to two records in one transaction. */
struct pair {
    int putter;
    int number;
};

static enum err put_pair(struct tx *tx, void *arg)
{
    const struct pair *pair = arg;
    const char *part = arena_printf(tx_arena(tx), "%d-%d", pair->putter, pair->number % PAIRS);
    const char *text = arena_printf(tx_arena(tx), "%d", pair->number);

    enum err e = tx_put(tx, &(struct key){TABLE_SESSION, part, NULL}, NULL, span_of(text));
    if (!e)
        e = tx_put(tx, &(struct key){TABLE_AGENDA, part, NULL}, part, span_of(text));
    return e;
}

struct putter {
    struct place *place;
    int number, to;
    pthread_t thread;
};

static void *keep_putting(void *arg)
{
    struct putter *putter = arg;
    struct arena *arena = arena_new(1024 * 1024);
    struct arena_mark mark = arena_mark(arena);

    for (int i = 1;; i++) {
        struct pair pair = {putter->number, i};
        if (store_run(putter->place->store, &(struct access){.write = true}, arena, put_pair, &pair) !=
            ERR_OK)
            _exit(3);
        if (write(putter->to, &pair, sizeof pair) != sizeof pair) /* acknowledged */
            _exit(4);
        arena_reset(arena, mark);
    }
    return NULL;
}

static _Noreturn void child_puts(struct place *place, int to)
{
    struct putter putters[PUTTERS];

    if (place_open(place) != ERR_OK)
        _exit(2);
    for (int i = 0; i < PUTTERS; i++) {
        putters[i] = (struct putter){.place = place, .number = i, .to = to};
        if (pthread_create(&putters[i].thread, NULL, keep_putting, &putters[i]) != 0)
            _exit(2);
    }
    for (;;)
        (void)pause();
}

static int number_at(struct place *place, enum table table, const struct pair *pair)
{
    const char *part = arena_printf(place->arena, "%d-%d", pair->putter, pair->number % PAIRS);
    const char *text;

    enum err e = get_text(place, &(struct key){table, part, NULL}, &text);
    if (e == ERR_NOT_FOUND)
        return 0;
    assert_err(ERR_OK, e);
    return (int)strtol(text, NULL, 10);
}

/* What was acknowledged is there, and no pair is torn. */
static void check_pairs(struct place *place, const int *acknowledged)
{
    struct walked walked = {0};

    assert_err(ERR_OK, place_open(place));
    for (int putter = 0; putter < PUTTERS; putter++)
        for (int i = 0; i < PAIRS; i++) {
            struct pair pair = {putter, i};
            int one = number_at(place, TABLE_SESSION, &pair);
            assert_int_equal(one, number_at(place, TABLE_AGENDA, &pair));
            int last = acknowledged[putter];
            int due =
                last - ((last - i) % PAIRS + PAIRS) % PAIRS; /* the last acknowledged one of this record */
            assert_true(one >= due);
        }
    assert_err(ERR_OK, store_walk(place->store, walked_one, &walked));
    assert_int_equal(walked.bad, 0);
    place_close(place);
}

/* Lets a child write until it dies by itself or has done so much; what it acknowledged goes to the array. */
static void child_dies(struct place *place, int kill_after, int *acknowledged)
{
    int ends[2];
    struct pair pair;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(ends[0]);
        child_puts(place, ends[1]);
    }
    (void)close(ends[1]);
    for (int count = 0; read(ends[0], &pair, sizeof pair) == sizeof pair; count++) {
        if (pair.number > acknowledged[pair.putter])
            acknowledged[pair.putter] = pair.number;
        if (count == kill_after)
            (void)kill(child, SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    (void)close(ends[0]);
}

/* Each life starts counting at 1 again, so it needs a store of its own. */
static void new_store(struct place *place, int life)
{
    place_close(place);
    (void)snprintf(place->dir, sizeof place->dir, "%s/life-%d", place->folder, life);
}

static void test_killed_at_any_time(void **state)
{
    struct place *place = *state;

    for (int life = 0; life < 4; life++) {
        int acknowledged[PUTTERS] = {0};
        new_store(place, life);
        child_dies(place, 50 + 333 * life, acknowledged);
        check_pairs(place, acknowledged);
    }
}

static void test_killed_at_named_points(void **state)
{
    struct place *place = *state;
    static const char *const points[] = {"mid_apply:40", "mid_batch:10", "before_commit:30",
                                         "after_commit_before_answer:30", "after_first_answer:30"};

    for (int i = 0; i < 5; i++) {
        int acknowledged[PUTTERS] = {0};
        new_store(place, i);
        place->options.crash_at = points[i];
        child_dies(place, -1, acknowledged);
        place->options.crash_at = NULL;
        assert_true(acknowledged[0] + acknowledged[1] + acknowledged[2] > 0);
        check_pairs(place, acknowledged);
    }
}

#define TEST(function)                                                                                       \
    {                                                                                                        \
#function, function, place_set_up, place_tear_down, NULL                                             \
    }

int main(void)
{
    struct CMUnitTest tests[] = {
        TEST(test_moved_value_does_not_open),
        TEST(test_changed_byte_does_not_open),
        TEST(test_damage_stays_where_it_is),
        TEST(test_damaged_person_key),
        TEST(test_file_that_was_cut),
        TEST(test_foreign_record_is_reported),
        TEST(test_nothing_readable_in_the_folder),
        TEST(test_key_file_is_made_once),
        TEST(test_key_errors),
        TEST(test_key_that_is_given),
        TEST(test_key_beside_the_folder),
        TEST(test_damaged_key_record),
        TEST(test_newer_store),
        TEST(test_older_store),
        TEST(test_folders_that_are_none),
        TEST(test_crash_point_has_to_exist),
        TEST(test_second_server),
        TEST(test_work_beside_a_server),
        TEST(test_two_start_at_once),
        TEST(test_full_map),
        TEST(test_file_size_limit),
        TEST(test_short_write),
        TEST(test_failed_sync),
        TEST(test_failed_page_write),
        TEST(test_failed_meta_write),
        TEST(test_readers_through_a_reopening),
        TEST(test_full_queue_refuses_at_once),
        TEST(test_killed_at_any_time),
        TEST(test_killed_at_named_points),
    };

    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tests[i].initial_state = engine_named("lmdb");
    return cmocka_run_group_tests_name("lmdb", tests, NULL, NULL);
}
