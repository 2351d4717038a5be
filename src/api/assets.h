/* assets.h - the files of web/ that the program holds in itself; tools/embed-files writes the table at build
 * time. */
#ifndef API_ASSETS_H
#define API_ASSETS_H

#include <stddef.h>
#include <stdint.h>

struct asset {
    const char *file; /* "web/docs/index.html" */
    const uint8_t *start, *end;
    const char *etag; /* with its quotes; changes with the content */
};

extern const struct asset assets[];
extern const size_t asset_count;

#endif
