/* cmd_help.c - `opendoor help`, and `opendoor help SUBCOMMAND` with its options, which `opendoor SUBCOMMAND
 * --help` prints too. */
#include "main/subcommand.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 1024 * 1024, NAME_BYTES = 64 };

static void write_all(struct buf *buf)
{
    buf_text(buf, "opendoor " OPENDOOR_VERSION " - appointment booking for open-access NHS healthcare\n\n"
                  "usage: opendoor SUBCOMMAND [OPTIONS]\n\n");
    for (size_t i = 0; i < subcommand_count; i++)
        buf_printf(buf, "  %-14s %s\n", subcommands[i]->name, subcommands[i]->summary);
    buf_text(buf, "\n`opendoor SUBCOMMAND --help` lists its options; see also opendoor(1).\n"
                  "To try it: opendoor serve --demo, then http://127.0.0.1:5000/docs in a browser.\n");
}

static void write_one(struct buf *buf, const struct subcommand *subcommand)
{
    buf_printf(buf, "usage: opendoor %s%s%s\n\n%s.\n", subcommand->name, *subcommand->arguments ? " " : "",
               subcommand->arguments, subcommand->summary);
    if (subcommand->help)
        buf_printf(buf, "%s\n", subcommand->help);
    if (subcommand->settings) {
        buf_text(buf, "\n");
        settings_help(buf, subcommand->settings);
    }
}

/* "user add" stands in two arguments. */
static const struct subcommand *find(int argc, char **argv)
{
    char name[NAME_BYTES];
    int size = snprintf(name, sizeof name, "%s%s%s", argv[0], argc > 1 ? " " : "", argc > 1 ? argv[1] : "");

    for (size_t i = 0; i < subcommand_count; i++)
        if (size > 0 && (size_t)size < sizeof name && strcmp(subcommands[i]->name, name) == 0)
            return subcommands[i];
    return NULL;
}

int help_show(const struct subcommand *one)
{
    struct arena *arena = arena_new(TEXT_BYTES);
    struct buf buf;
    int status = EXIT_FAILED;

    buf_init(&buf, arena);
    if (arena && one)
        write_one(&buf, one);
    else if (arena)
        write_all(&buf);
    if (arena && buf_ok(&buf))
        status = fwrite(buf.data, 1, buf.size, stdout) == buf.size && fflush(stdout) == 0 ? 0 : EXIT_FAILED;
    arena_free(arena);
    return status;
}

static int run(int argc, char **argv)
{
    const struct subcommand *one = argc > 0 ? find(argc, argv) : NULL;

    if (argc == 0 || one)
        return help_show(one);
    complain("There is no such subcommand. `opendoor help` lists them.");
    return EXIT_USAGE;
}

const struct subcommand subcommand_help = {.name = "help",
                                           .arguments = "[SUBCOMMAND]",
                                           .summary = "print this, or the options of a subcommand",
                                           .run = run};
