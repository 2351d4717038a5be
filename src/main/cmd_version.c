/* cmd_version.c - `opendoor version`. */
#include "main/subcommand.h"

#include <stdio.h>

static int run(int argc, char **argv)
{
    (void)argv;
    if (argc > 0) {
        complain("`version` takes no arguments.");
        return EXIT_USAGE;
    }
    (void)puts("opendoor " OPENDOOR_VERSION);
    return 0;
}

const struct subcommand subcommand_version = {
    .name = "version", .arguments = "", .summary = "print the version", .run = run};
