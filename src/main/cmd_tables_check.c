/* cmd_tables_check.c - `opendoor tables check`: are the tables on DynamoDB as the engine needs them? */
#include "main/subcommand.h"

#include <stdio.h>

enum { ARENA_BYTES = 4 * 1024 * 1024 };

static void tell(void *arg, const char *name, bool right, const char *what)
{
    (void)arg;
    (void)printf("%s: table %s %s\n", right ? "right" : "wrong", name, what);
}

static int check(const struct settings *settings)
{
    struct dynamo_options options = dynamo_options_of(settings);
    char message[256] = "";

    if (!dynamo_tables_check(&options, tell, NULL, message))
        return 0;
    complain("%s", message);
    return EXIT_FAILED;
}

static int run(int argc, char **argv)
{
    static struct settings settings;
    struct arena *arena = arena_new(ARENA_BYTES);
    int status = EXIT_USAGE;

    if (arena && settings_start(COMMAND_TABLES, argc, argv, arena, &settings))
        status = check(&settings);
    arena_free(arena);
    return status;
}

const struct subcommand subcommand_tables_check = {
    .name = "tables check",
    .arguments = "",
    .summary = "compare the tables on DynamoDB with what is needed",
    .help = "Says of each table whether it is there and has the right keys. Exits with 0 if all are right, "
            "with 1 if "
            "not. Changes nothing.",
    .settings = COMMAND_TABLES,
    .run = run};
