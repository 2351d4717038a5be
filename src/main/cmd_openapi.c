/* cmd_openapi.c - `opendoor openapi`: the API as an OpenAPI document; openapi.yaml in the repository is its
 * output. */
#include "api/openapi.h"
#include "main/subcommand.h"

#include <stdio.h>

enum { DOCUMENT_BYTES = 16 * 1024 * 1024 };

static int run(int argc, char **argv)
{
    (void)argv;
    if (argc > 0) {
        complain("`openapi` takes no arguments.");
        return EXIT_USAGE;
    }
    struct arena *arena = arena_new(DOCUMENT_BYTES);
    struct buf buf;
    int status = EXIT_FAILED;

    buf_init(&buf, arena);
    if (arena)
        openapi_write(&buf);
    if (arena && buf_ok(&buf))
        status = fwrite(buf.data, 1, buf.size, stdout) == buf.size && fflush(stdout) == 0 ? 0 : EXIT_FAILED;
    arena_free(arena);
    return status;
}

const struct subcommand subcommand_openapi = {
    .name = "openapi", .arguments = "", .summary = "print the API as an OpenAPI document", .run = run};
