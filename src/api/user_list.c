/* user_list.c - GET /users: staff and admins, in pages. */
#include "api/endpoint.h"
#include "call/access.h"
#include "call/page.h"
#include "call/reply.h"

struct query {
    struct page page;
    int32_t role;
};

static const struct field rows[] = {
    PAGE_FIELDS(struct query),
    {.name = "role",
     .kind = FIELD_ENUM,
     .offset = offsetof(struct query, role),
     .values = role_names,
     .help = "Only these: staff or admin.",
     .example = "\"staff\""},
};

static enum err query_check(const void *object, const char *prefix, struct problems *problems)
{
    const struct query *query = object;

    (void)prefix;
    if (query->role != ROLE_PATIENT)
        return ERR_OK;
    return problems_add(problems, "?role", ERR_FIELD_VALUE, "Patients are found with GET /patients.");
}

static const struct field_set query_fields = {
    .name = "UserListQuery", .size = sizeof(struct query), FIELDS(rows), .check = query_check};

static enum err handle(struct call *call, struct tx *tx)
{
    const struct query *query = call->query;
    const char *after = NULL, *last = NULL;
    struct user *users;
    size_t count;
    bool more;

    enum err e = access_any(call, ACTION_USER_MANAGE);
    if (!e)
        e = page_after(call, &query->page, &after);
    if (!e)
        e = user_list(tx, (enum role)query->role, after, page_limit(&query->page), &users, &count, &last,
                      &more);
    if (!e && more)
        e = page_next(call, last);
    if (e)
        return e;
    struct json_writer *writer = reply_begin(call, 200, "Users.");
    json_array_begin(writer, NULL);
    for (size_t i = 0; i < count; i++)
        fields_write(&user_fields, &users[i], false, writer, NULL);
    json_array_end(writer);
    reply_end(call);
    return ERR_OK;
}

const struct endpoint endpoint_user_list = {
    .name = "user_list",
    .method = METHOD_GET,
    .path = "/users",
    .roles = ROLE_BIT(ROLE_ADMIN),
    .flags = ENDPOINT_LIST,
    .query = &query_fields,
    .data = &user_fields,
    .handle = handle,
    .tag = "Users",
    .summary = "List staff and admins",
    .description = "Admins only. Admins come first; patients are not among them.",
};
