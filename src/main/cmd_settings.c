/* cmd_settings.c - `opendoor settings`: every setting, or a file of environment variables to start from. */
#include "main/subcommand.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 1024 * 1024 };

static int print(void (*write)(struct buf *buf))
{
    struct arena *arena = arena_new(TEXT_BYTES);
    struct buf buf;
    int status = EXIT_FAILED;

    buf_init(&buf, arena);
    if (arena)
        write(&buf);
    if (arena && buf_ok(&buf))
        status = fwrite(buf.data, 1, buf.size, stdout) == buf.size && fflush(stdout) == 0 ? 0 : EXIT_FAILED;
    arena_free(arena);
    return status;
}

static int run(int argc, char **argv)
{
    if (argc == 0)
        return print(settings_print);
    if (argc == 1 && strcmp(argv[0], "--env") == 0)
        return print(settings_env_example);
    complain("`settings` takes nothing, or --env.");
    return EXIT_USAGE;
}

const struct subcommand subcommand_settings = {
    .name = "settings",
    .arguments = "[--env]",
    .summary = "print every setting: variable, option, default, meaning",
    .help = "With --env: as a file of environment variables to start from.",
    .run = run};
