/* pages.c - the few pages that are the same for everybody: what this is (/), Swagger UI (/docs) and what they
 * consist of. All of it is in the program; a browser that shows them asks nobody else, which their policy
 * also forbids. */
#include "api/assets.h"
#include "api/endpoint.h"
#include "base/must.h"
#include "call/reply.h"

#include <string.h>

/* Scripts, styles and requests of this origin alone; the small pictures inside Swagger UI's style sheet are
 * data:. */
#define POLICY                                                                                               \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "                        \
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

#define TYPE_HTML   "text/html; charset=utf-8"
#define TYPE_CSS    "text/css; charset=utf-8"
#define TYPE_SCRIPT "text/javascript; charset=utf-8"
#define TYPE_SVG    "image/svg+xml"

/* Where it is asked for, and the file. */
static const struct page_file {
    const char *path, *file;
} page_files[] = {
    {"/", "web/home/index.html"},
    {"/docs", "web/docs/index.html"},
    {"/docs/page.css", "web/docs/page.css"},
    {"/docs/icon.svg", "web/docs/icon.svg"},
    {"/docs/start.js", "web/docs/start.js"},
    {"/docs/swagger-ui.css", "web/vendor/swagger-ui/swagger-ui.css"},
    {"/docs/swagger-ui-bundle.js", "web/vendor/swagger-ui/swagger-ui-bundle.js"},
};

static const struct asset *asset_of(const char *path)
{
    const struct asset *found = NULL;
    const char *file = NULL;

    for (size_t i = 0; !file && i < sizeof page_files / sizeof *page_files; i++)
        file = strcmp(page_files[i].path, path) == 0 ? page_files[i].file : NULL;
    for (size_t i = 0; file && !found && i < asset_count; i++)
        found = strcmp(assets[i].file, file) == 0 ? &assets[i] : NULL;
    must(found);
    return found;
}

/* Browsers keep the file and ask whether it is still the same: one small answer instead of two megabytes. */
static enum err handle(struct call *call, struct tx *tx)
{
    const struct asset *asset = asset_of(call->endpoint->path);
    const char *known = call_header(call, "If-None-Match");

    (void)tx;
    reply_header(call, "ETag", asset->etag);
    reply_header(call, "Cache-Control", "no-cache");
    reply_header(call, "Content-Security-Policy", POLICY);
    if (known && strstr(known, asset->etag))
        reply_empty(call, 304);
    else
        reply_bytes(call, 200, call->endpoint->content_type,
                    (struct span){asset->start, (size_t)(asset->end - asset->start)}, true);
    return ERR_OK;
}

#define PAGE(title, where, type, more, about)                                                                \
    const struct endpoint endpoint_##title = {                                                               \
        .name = #title,                                                                                      \
        .method = METHOD_GET,                                                                                \
        .path = (where),                                                                                     \
        .roles = ROLES_PUBLIC,                                                                               \
        .flags = ENDPOINT_NO_STORE | ENDPOINT_ANONYMOUS | (more),                                            \
        .content_type = (type),                                                                              \
        .handle = handle,                                                                                    \
        .tag = "Service",                                                                                    \
        .summary = (about),                                                                                  \
    }

PAGE(home_read, "/", TYPE_HTML, 0U, "What this is and where to go");
PAGE(docs_read, "/docs", TYPE_HTML, 0U, "This document as a page on which it can be tried out");
PAGE(docs_page_css, "/docs/page.css", TYPE_CSS, ENDPOINT_UNLISTED, "Part of the pages");
PAGE(docs_icon_svg, "/docs/icon.svg", TYPE_SVG, ENDPOINT_UNLISTED, "Part of the pages");
PAGE(docs_start_js, "/docs/start.js", TYPE_SCRIPT, ENDPOINT_UNLISTED, "Part of the pages");
PAGE(docs_swagger_css, "/docs/swagger-ui.css", TYPE_CSS, ENDPOINT_UNLISTED, "Part of the pages");
PAGE(docs_swagger_js, "/docs/swagger-ui-bundle.js", TYPE_SCRIPT, ENDPOINT_UNLISTED, "Part of the pages");
