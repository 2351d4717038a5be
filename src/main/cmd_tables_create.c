/* cmd_tables_create.c - `opendoor tables create`: makes a store on DynamoDB, its tables and its keys.
 * Harmless when it is run again, and goes on where it was stopped. */
#include "main/subcommand.h"

#include <stdio.h>

enum { ARENA_BYTES = 4 * 1024 * 1024 };

static void tell(void *arg, const char *name, bool right, const char *what)
{
    (void)arg;
    (void)fprintf(right ? stdout : stderr, "table %s %s\n", name, what);
}

static int create(struct settings *settings)
{
    char message[256] = "";

    if (!settings->key_file && !settings->master_key) {
        complain("Name the file of the master key with --key FILE, which is made if it is not there, or set "
                 "MASTER_KEY.");
        return EXIT_USAGE;
    }
    struct dynamo_options options = dynamo_options_of(settings);
    if (dynamo_tables_create(&options, tell, NULL, message)) {
        complain("%s", message);
        return EXIT_FAILED;
    }
    settings->store = STORE_ENGINE_DYNAMODB;
    struct store *store = store_start_with(settings, STORE_CREATE);
    if (!store)
        return EXIT_FAILED;
    store_close(store);
    (void)printf("the store is ready\n");
    return 0;
}

static int run(int argc, char **argv)
{
    static struct settings settings;
    struct arena *arena = arena_new(ARENA_BYTES);
    int status = EXIT_USAGE;

    if (arena && settings_start(COMMAND_TABLES, argc, argv, arena, &settings))
        status = create(&settings);
    arena_free(arena);
    return status;
}

const struct subcommand subcommand_tables_create = {
    .name = "tables create",
    .arguments = "--key FILE",
    .summary = "make a store on DynamoDB",
    .help = "Makes the tables that are missing, waits until they are ready, and makes the keys of a new "
            "store, with the "
            "key file if it is not there. Every server needs that file, or its content in MASTER_KEY. Run "
            "again, it "
            "changes nothing.",
    .settings = COMMAND_TABLES,
    .run = run};
