/* problem_steps.c - see problem_steps.h. */
#include "api/problem_steps.h"

#include "api/endpoint.h"
#include "call/accept.h"
#include "call/reply.h"

#define AT(member) .offset = offsetof(struct problem_kind, member)

/* clang-format off */
static const struct field rows[] = {
    {.name = "type", .kind = FIELD_TEXT, AT(type), .help = "As in a problem: where this is read.",
     .example = "\"/problems/slot_unavailable\""},
    {.name = "code", .kind = FIELD_TEXT, AT(code), .example = "\"slot_unavailable\""},
    {.name = "title", .kind = FIELD_TEXT, AT(title), .example = "\"Slot unavailable\""},
    {.name = "status", .kind = FIELD_INTEGER, AT(status), .help = "The HTTP status.", .example = "409"},
    {.name = "retry", .kind = FIELD_BOOLEAN, AT(retry),
     .help = "true: the same request may succeed later.", .example = "false"},
    {.name = "explanation", .kind = FIELD_TEXT, AT(explanation), .help = "What it means and what to do.",
     .example = "\"This slot has just been taken; \\\"alternatives\\\" has the nearest free ones.\""},
    {.name = "operations", .kind = FIELD_TEXTS, .flags = FIELD_ALWAYS, AT(operations),
     .help = "Those that have it for reasons of their own; none: no operation in particular.",
     .example = "[\"POST /appointments\"]"},
};
/* clang-format on */
const struct field_set problem_kind_fields = {
    .name = "ProblemKind", .size = sizeof(struct problem_kind), FIELDS(rows)};

bool problem_is_kind(enum err err)
{
    return err > ERR_OK && err < ERR_COUNT && (err < ERR_KEY_MISSING || err > ERR_SETTING);
}

static bool names(const struct endpoint *endpoint, enum err err)
{
    for (size_t i = 0; endpoint->errors && endpoint->errors[i]; i++) {
        if (endpoint->errors[i] == err)
            return true;
    }
    return false;
}

static enum err operations_find(struct arena *arena, enum err err, struct list *operations)
{
    const char **texts = arena_zero(arena, endpoint_count, sizeof *texts);
    size_t count = 0;

    for (size_t i = 0; texts && i < endpoint_count; i++) {
        if (!names(endpoints[i], err))
            continue;
        texts[count] = arena_printf(arena, "%s %s", method_name(endpoints[i]->method), endpoints[i]->path);
        if (!texts[count++])
            return ERR_MEMORY;
    }
    *operations = (struct list){texts, count};
    return texts ? ERR_OK : ERR_MEMORY;
}

enum err problem_kind_make(struct arena *arena, enum err err, struct problem_kind *kind)
{
    const struct err_info *info = err_info(err);
    char title[ERR_TITLE];

    err_title(err, title);
    *kind = (struct problem_kind){.type = arena_printf(arena, "/problems/%s", info->code),
                                  .code = info->code,
                                  .title = arena_dup(arena, title),
                                  .explanation = info->text,
                                  .status = info->status,
                                  .retry = info->retry ? TRUTH_YES : TRUTH_NO};
    if (!kind->type || !kind->title)
        return ERR_MEMORY;
    return operations_find(arena, err, &kind->operations);
}

/* ---- pages ---- */

/* One style sheet and one icon of this origin, and nothing else. */
#define POLICY                                                                                               \
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "            \
    "frame-ancestors 'none'"

bool problem_as_page(struct call *call)
{
    reply_header(call, "Vary", "Accept");
    return accept_prefers(call_header(call, "Accept"), "text/html", "application/json");
}

void problem_page_text(struct buf *page, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            buf_text(page, "&lt;");
        else if (*text == '>')
            buf_text(page, "&gt;");
        else if (*text == '&')
            buf_text(page, "&amp;");
        else
            buf_byte(page, (uint8_t)*text);
    }
}

void problem_page_begin(struct buf *page, const char *up, const char *title)
{
    buf_text(page, "<!doctype html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    problem_page_text(page, title);
    buf_printf(page,
               " - opendoor</title>\n<link rel=\"icon\" href=\"%sdocs/icon.svg\" type=\"image/svg+xml\">\n"
               "<link rel=\"stylesheet\" href=\"%sdocs/page.css\">\n</head>\n<body>\n"
               "<a class=\"skip\" href=\"#main\">Skip to the content</a>\n"
               "<header><a class=\"brand\" href=\"%s./\">opendoor</a> <a href=\"%sdocs\">API</a></header>\n"
               "<main id=\"main\" class=\"page\" tabindex=\"-1\">\n<h1>",
               up, up, up, up);
    problem_page_text(page, title);
    buf_text(page, "</h1>\n");
}

enum err problem_page_end(struct call *call, struct buf *page)
{
    buf_text(page, "</main>\n</body>\n</html>\n");
    if (!buf_ok(page))
        return ERR_MEMORY;
    reply_header(call, "Content-Security-Policy", POLICY);
    reply_bytes(call, 200, "text/html; charset=utf-8", buf_span(page), false);
    return ERR_OK;
}
