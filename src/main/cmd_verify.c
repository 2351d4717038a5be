/* cmd_verify.c - `opendoor verify`: opens every record and checks that they agree with each other. Reads
 * only, and works beside a running server. */
#include "base/time.h"
#include "main/subcommand.h"
#include "store/verify.h"

#include <inttypes.h>
#include <stdio.h>

enum { ARENA_BYTES = 4 * 1024 * 1024, FAULTS_SHOWN_MAX = 100 };

static void on_fault(void *arg, const char *text)
{
    uint64_t *shown = arg;

    if (++*shown <= FAULTS_SHOWN_MAX)
        (void)printf("fault: %s\n", text);
    else if (*shown == FAULTS_SHOWN_MAX + 1)
        (void)printf("fault: and more, which are only counted\n");
}

static void report(const struct verify_counts *counts)
{
    (void)printf("%" PRIu64 " records: %" PRIu64 " practices, %" PRIu64 " days, %" PRIu64
                 " patients, %" PRIu64 " agendas, %" PRIu64 " appointments\n",
                 counts->records, counts->practices, counts->days, counts->patients, counts->agendas,
                 counts->appointments);
    if (counts->faults)
        (void)printf("%" PRIu64 " faults\n", counts->faults);
    else
        (void)printf("everything agrees\n");
}

static int verify(const struct settings *settings)
{
    struct verify_counts counts;
    uint64_t shown = 0;
    struct store *store = store_start_with(settings, STORE_LOOK);

    if (!store)
        return EXIT_FAILED;
    enum err e = verify_store(store, clock_now_ms(), on_fault, &shown, &counts);
    report(&counts);
    if (e)
        complain("The check did not come to its end: %s", err_info(e)->text);
    store_close(store);
    return e || counts.faults ? EXIT_FAILED : 0;
}

static int run(int argc, char **argv)
{
    static struct settings settings;
    struct arena *arena = arena_new(ARENA_BYTES);
    int status = EXIT_USAGE;

    if (arena && settings_start(COMMAND_VERIFY, argc, argv, arena, &settings))
        status = verify(&settings);
    arena_free(arena);
    return status;
}

const struct subcommand subcommand_verify = {
    .name = "verify",
    .arguments = "[--data DIR] [--key FILE]",
    .summary = "check every record and that they agree",
    .help = "Opens every record; then days, agendas, appointments, their indexes and usage must agree. Exits "
            "with 0 if all "
            "is well, with 1 after a fault. Changes nothing, and works beside a running server.",
    .settings = COMMAND_VERIFY,
    .run = run};
