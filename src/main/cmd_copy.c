/* cmd_copy.c - `opendoor copy`: moves everything from one store to another one, on whatever engine.
 *
 * A folder is locked as a server would lock it, so neither can be in use. Nothing locks tables on DynamoDB:
 * their servers have to be stopped before; whatever they write nevertheless, the check at the end finds. */
#include "base/time.h"
#include "main/subcommand.h"
#include "store/copy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARENA_BYTES = 4 * 1024 * 1024, TERMINAL_US = 200 * 1000, LOG_US = 5 * 1000 * 1000, PREFIX_MAX = 200 };

#define DYNAMODB "dynamodb"

/* ---- which stores ---- */

/* The settings as they are for this end. False (and a complaint) if its name says nothing. */
static bool end_settings(const struct settings *settings, const char *name, const char *key_file,
                         struct arena *arena, struct settings *end)
{
    size_t size = strlen(DYNAMODB);
    const char *prefix = strncmp(name, DYNAMODB, size) == 0 && name[size] == ':' ? name + size + 1 : NULL;

    *end = *settings;
    end->key_file = key_file;
    if (!prefix && strcmp(name, DYNAMODB) != 0) {
        end->store = STORE_ENGINE_LMDB;
        end->data_dir = name;
        end->master_key = NULL; /* a folder has its key beside it; MASTER_KEY may be the other end's */
        return true;
    }
    end->store = STORE_ENGINE_DYNAMODB;
    if (key_file)
        end->master_key = NULL;
    if (!prefix)
        return true;
    if (!*prefix || strlen(prefix) > PREFIX_MAX) {
        complain("%s: behind the colon stands what the names of the tables begin with.", DYNAMODB);
        return false;
    }
    end->appointments_table = arena_printf(arena, "%s-appointments", prefix);
    end->patients_table = arena_printf(arena, "%s-patients", prefix);
    end->practices_table = arena_printf(arena, "%s-practices", prefix);
    end->system_table = arena_printf(arena, "%s-system", prefix);
    return end->appointments_table && end->patients_table && end->practices_table && end->system_table;
}

/* One table in common is too many. */
static bool share_a_table(const struct settings *from, const struct settings *to)
{
    struct dynamo_options one = dynamo_options_of(from);
    struct dynamo_options other = dynamo_options_of(to);

    for (size_t i = 0; i < DYNAMO_TABLES; i++)
        for (size_t k = 0; k < DYNAMO_TABLES; k++)
            if (strcmp(one.names[i], other.names[k]) == 0)
                return true;
    return false;
}

static bool are_the_same(const struct settings *from, const struct settings *to)
{
    struct stat one;
    struct stat other;

    if (from->store != to->store)
        return false;
    if (from->store == STORE_ENGINE_DYNAMODB)
        return share_a_table(from, to);
    return stat(from->data_dir, &one) == 0 && stat(to->data_dir, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/* ---- while it runs ---- */

struct show {
    bool terminal, open; /* open: a line without an end is on the terminal */
    enum copy_phase phase;
    int64_t phase_us, shown_us;
};

static void show_line(struct show *show, const struct copy_progress *progress, int64_t now_us)
{
    static const char *const names[] = {
        [COPY_RECORDS] = "copied", [COPY_MEND] = "compared again", [COPY_CHECK] = "checked"};
    int64_t us = now_us - show->phase_us;
    uint64_t rate = us > 0 ? (uint64_t)((double)progress->records * 1e6 / (double)us) : 0;

    (void)fprintf(stderr, "%s%s %" PRIu64 " records, %" PRIu64 " MB, %" PRIu64 " records a second%s",
                  show->terminal ? "\r" : "", names[progress->phase], progress->records,
                  progress->bytes / 1000000, rate, show->terminal ? "   " : "\n");
    (void)fflush(stderr);
    show->open = show->terminal;
    show->shown_us = now_us;
}

static void show_end(struct show *show)
{
    if (show->open)
        (void)fputc('\n', stderr);
    show->open = false;
}

static void on_progress(void *arg, const struct copy_progress *progress)
{
    struct show *show = arg;
    int64_t now_us = clock_monotonic_us();

    if (show->phase_us == 0 || show->phase != progress->phase) {
        show_end(show);
        show->phase = progress->phase;
        show->phase_us = show->shown_us = now_us;
    }
    if (now_us - show->shown_us >= (show->terminal ? TERMINAL_US : LOG_US))
        show_line(show, progress, now_us);
}

/* ---- what came of it ---- */

static void print_counts(const struct copy_result *result)
{
    uint64_t from = 0;
    uint64_t to = 0;

    (void)printf("%-24s %12s %12s\n", "table", "source", "target");
    for (enum table table = 0; table < TABLE_COUNT; table++) {
        if (result->in_from[table] == 0 && result->in_to[table] == 0)
            continue;
        (void)printf("%-24s %12" PRIu64 " %12" PRIu64 "\n", store_table_name(table), result->in_from[table],
                     result->in_to[table]);
        from += result->in_from[table];
        to += result->in_to[table];
    }
    (void)printf("%-24s %12" PRIu64 " %12" PRIu64 "\n", "all", from, to);
}

static int report(const struct copy_result *result)
{
    print_counts(result);
    (void)printf("%" PRIu64 " records copied", result->copied);
    if (result->copied_before > 0)
        (void)printf(", %" PRIu64 " by earlier runs, of which %" PRIu64 " had changed since",
                     result->copied_before, result->mended);
    (void)printf("\n");
    if (result->damaged > 0)
        complain("%" PRIu64
                 " records of the source do not open, and neither do their copies. `opendoor verify` "
                 "names them.",
                 result->damaged);
    if (result->differences == 0) {
        (void)printf("the target is the same as the source\n");
        return 0;
    }
    complain("%" PRIu64
             " records differ: something has written to one of the stores. Stop it and run this again: "
             "it copies them again.",
             result->differences);
    return EXIT_FAILED;
}

static int failed(const struct copy_result *result, enum err err)
{
    if (result->overtaken)
        complain("Another `opendoor copy` works on the same target. This one has stopped.");
    else
        complain("The %s: %s Run the same command again: it goes on where it stopped.",
                 result->from_failed ? "source" : "target", err_info(err)->text);
    return EXIT_FAILED;
}

static int copy(struct store *from, struct store *to)
{
    struct copy_result result;
    struct show show = {.terminal = isatty(STDERR_FILENO)};

    enum err e = store_copy(from, to, clock_now_ms(), on_progress, &show, &result);
    show_end(&show);
    return e ? failed(&result, e) : report(&result);
}

static int copy_between(const struct settings *from_settings, const struct settings *to_settings)
{
    int status = EXIT_FAILED;
    struct stat folder;

    if (from_settings->store == STORE_ENGINE_LMDB && stat(from_settings->data_dir, &folder) != 0) {
        complain("There is no store %s. Check --from.", from_settings->data_dir);
        return status;
    }
    struct store *from = store_start_with(from_settings, STORE_SOURCE);
    if (!from)
        return status;
    struct store *to = store_start_copy(to_settings, from);

    if (to)
        status = copy(from, to);
    store_close(to);
    store_close(from);
    return status;
}

static int with_settings(const struct settings *settings, struct arena *arena)
{
    struct settings from;
    struct settings to;

    if (!settings->copy_from || !settings->copy_to) {
        complain("Name both stores, with --from and --to. `opendoor help copy` says how.");
        return EXIT_USAGE;
    }
    if (!end_settings(settings, settings->copy_from, settings->copy_from_key, arena, &from) ||
        !end_settings(settings, settings->copy_to, settings->copy_to_key, arena, &to))
        return EXIT_USAGE;
    if (are_the_same(&from, &to)) {
        complain("--from and --to name the same %s. Name another target.",
                 from.store == STORE_ENGINE_DYNAMODB ? "tables" : "folder");
        return EXIT_USAGE;
    }
    return copy_between(&from, &to);
}

static int run(int argc, char **argv)
{
    static struct settings settings;
    struct arena *arena = arena_new(ARENA_BYTES);
    int status = EXIT_USAGE;

    if (arena && settings_start(COMMAND_COPY, argc, argv, arena, &settings))
        status = with_settings(&settings, arena);
    arena_free(arena);
    return status;
}

const struct subcommand subcommand_copy = {
    .name = "copy",
    .arguments = "--from STORE --to STORE [--from-key FILE] [--to-key FILE]",
    .summary = "move everything to another store, embedded or on DynamoDB",
    .help =
        "Copies every record into an empty store, then compares both record by record and prints how many "
        "each "
        "table has. Killed or failed, it goes on when it is run again; until it is done no server opens the "
        "target. Stop all servers of both stores before. Exits with 0 if both are the same, else with 1. The "
        "source is not changed.",
    .settings = COMMAND_COPY,
    .run = run};
