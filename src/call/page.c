/* page.c - cursors. The seal's associated text is the method, the path and every other query parameter, so a
 * cursor taken to another list, or to other filters, does not open. */
#include "call/page.h"

#include <string.h>

size_t page_limit(const struct page *page)
{
    return page->limit == INTEGER_NONE ? PAGE_LIMIT_DEFAULT : (size_t)page->limit;
}

static const char *cursor_use(struct call *call)
{
    struct buf use;

    buf_init(&use, call->arena);
    buf_text(&use, "cursor ");
    buf_text(&use, call->request.path);
    if (call->caller.user_id) {
        buf_byte(&use, ' ');
        buf_text(&use, call->caller.user_id);
    }
    for (size_t i = 0; i < call->param_count; i++) {
        const struct param *param = &call->params[i];
        if (strcmp(param->name, "limit") == 0 || strcmp(param->name, "cursor") == 0)
            continue;
        buf_byte(&use, '&');
        buf_text(&use, param->name);
        buf_byte(&use, '=');
        buf_add(&use, param->value, param->value_size);
    }
    return buf_cstr(&use);
}

enum err page_after(struct call *call, const struct page *page, const char **after)
{
    struct span plain;

    if (!page->cursor) {
        *after = NULL;
        return ERR_OK;
    }
    const char *use = cursor_use(call);
    if (!use)
        return ERR_MEMORY;
    enum err e = store_open_token(call->app->store, call->arena, use, page->cursor, &plain);
    if (e == ERR_CURSOR)
        return call_problem(call, "?cursor", ERR_CURSOR, NULL);
    if (e)
        return e;
    *after = arena_text(call->arena, (const char *)plain.data, plain.size);
    return *after ? ERR_OK : ERR_MEMORY;
}

enum err page_next(struct call *call, const char *last)
{
    const char *use = cursor_use(call);
    struct span plain = {(const uint8_t *)last, strlen(last)};

    return use ? store_seal_token(call->app->store, call->arena, use, plain, &call->reply.next_cursor)
               : ERR_MEMORY;
}
