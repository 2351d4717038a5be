/* problem_read.c - GET /problems/{code}: what the `type` of a problem leads to. For people as a page, for
 * programs as JSON. */
#include "api/endpoint.h"
#include "api/problem_steps.h"
#include "call/reply.h"

#include <string.h>

static enum err kind_find(struct call *call, struct problem_kind *kind)
{
    for (enum err err = ERR_OK + 1; err < ERR_COUNT; err++) {
        if (problem_is_kind(err) && strcmp(err_info(err)->code, call->path_params[0]) == 0)
            return problem_kind_make(call->arena, err, kind);
    }
    return ERR_NOT_FOUND;
}

static void write_operations(struct buf *page, const struct problem_kind *kind)
{
    const char *const *texts = kind->operations.items;

    buf_text(page, "<dt>Which operations have it</dt>\n<dd>");
    if (kind->operations.count == 0)
        buf_text(page, "None in particular.");
    else
        buf_text(page, "<ul>\n");
    for (size_t i = 0; i < kind->operations.count; i++) {
        buf_text(page, "<li><code>");
        problem_page_text(page, texts[i]);
        buf_text(page, "</code></li>\n");
    }
    buf_text(page, kind->operations.count == 0 ? "</dd>\n" : "</ul></dd>\n");
}

static enum err reply_page(struct call *call, const struct problem_kind *kind)
{
    struct buf page;

    buf_init(&page, call->arena);
    problem_page_begin(&page, "../", kind->title);
    buf_text(&page, "<p class=\"lead\">");
    problem_page_text(&page, kind->explanation);
    buf_printf(&page,
               "</p>\n<dl>\n<dt>Code</dt>\n<dd><code>%s</code></dd>\n<dt>HTTP status</dt>\n<dd>%d %s</dd>\n",
               kind->code, (int)kind->status, reply_status_text((int)kind->status));
    buf_printf(&page, "<dt>Is it worth sending again?</dt>\n<dd>%s</dd>\n",
               kind->retry == TRUTH_YES
                   ? "Yes, as it is, after a while: after the seconds in <code>Retry-After</code>, if the "
                     "answer has them."
                   : "Not as it is: it would be refused again until something has changed.");
    if (kind->status == 422)
        buf_text(&page, "<dt>Where it stands</dt>\n<dd>It can be the <code>code</code> of the answer, or of "
                        "an entry of its <code>errors</code>, where <code>pointer</code> says which member "
                        "of the body (<code>/address/postcode</code>) or which parameter of the query "
                        "(<code>?start_date</code>) it is about.</dd>\n");
    write_operations(&page, kind);
    buf_text(&page, "</dl>\n<p><a href=\"../problems\">All problems</a></p>\n");
    return problem_page_end(call, &page);
}

static enum err handle(struct call *call, struct tx *tx)
{
    struct problem_kind kind;

    (void)tx;
    enum err e = kind_find(call, &kind);
    if (e)
        return e;
    if (problem_as_page(call))
        return reply_page(call, &kind);
    reply_object(call, 200, "Problem found.", &problem_kind_fields, &kind, false);
    return ERR_OK;
}

const struct endpoint endpoint_problem_read = {
    .name = "problem_read",
    .method = METHOD_GET,
    .path = "/problems/{code}",
    .roles = ROLES_PUBLIC,
    .flags = ENDPOINT_NO_STORE | ENDPOINT_ANONYMOUS | ENDPOINT_PAGE,
    .data = &problem_kind_fields,
    .handle = handle,
    .tag = "Service",
    .summary = "What a problem means",
    .description = "The address that is the `type` of every problem. A browser gets it as a page.",
};
