/* problem_list.c - GET /problems: every problem that an answer can have, by status. */
#include "api/endpoint.h"
#include "api/problem_steps.h"
#include "call/reply.h"

enum { STATUS_FIRST = 400, STATUS_LAST = 599 };

static enum err reply_list(struct call *call)
{
    struct json_writer *writer = reply_begin(call, 200, "Problems found.");
    enum err e = ERR_OK;

    json_array_begin(writer, NULL);
    for (enum err err = ERR_OK + 1; !e && err < ERR_COUNT; err++) {
        struct problem_kind kind;
        if (!problem_is_kind(err))
            continue;
        e = problem_kind_make(call->arena, err, &kind);
        if (!e)
            fields_write(&problem_kind_fields, &kind, false, writer, NULL);
    }
    json_array_end(writer);
    reply_end(call);
    return e;
}

static void write_status(struct buf *page, int status)
{
    bool any = false;

    for (enum err err = ERR_OK + 1; err < ERR_COUNT; err++) {
        const struct err_info *info = err_info(err);
        if (info->status != status || !problem_is_kind(err))
            continue;
        if (!any)
            buf_printf(page, "<h2>%d %s</h2>\n<dl>\n", status, reply_status_text(status));
        any = true;
        buf_printf(page, "<dt><a href=\"problems/%s\"><code>%s</code></a></dt>\n<dd>", info->code,
                   info->code);
        problem_page_text(page, info->text);
        buf_text(page, "</dd>\n");
    }
    if (any)
        buf_text(page, "</dl>\n");
}

static enum err reply_page(struct call *call)
{
    struct buf page;

    buf_init(&page, call->arena);
    problem_page_begin(&page, "", "Problems");
    buf_text(&page, "<p class=\"lead\">What can be wrong, by the HTTP status of the answer. The "
                    "<code>code</code> is stable and made for programs; what is written beside it is for "
                    "people.</p>\n");
    for (int status = STATUS_FIRST; status <= STATUS_LAST; status++)
        write_status(&page, status);
    return problem_page_end(call, &page);
}

static enum err handle(struct call *call, struct tx *tx)
{
    (void)tx;
    return problem_as_page(call) ? reply_page(call) : reply_list(call);
}

const struct endpoint endpoint_problem_list = {
    .name = "problem_list",
    .method = METHOD_GET,
    .path = "/problems",
    .roles = ROLES_PUBLIC,
    .flags = ENDPOINT_NO_STORE | ENDPOINT_ANONYMOUS | ENDPOINT_LIST | ENDPOINT_PAGE,
    .data = &problem_kind_fields,
    .handle = handle,
    .tag = "Service",
    .summary = "Every problem that an answer can have",
    .description = "All at once. A browser gets them as a page.",
};
