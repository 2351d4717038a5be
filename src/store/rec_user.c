/* rec_user.c - see rec_user.h. TABLE_USER: the record, under the person's own key. TABLE_USER_EMAIL: login
 * form of the address
 * -> user id. TABLE_USER_SUBJECT: whom another provider of identity knows -> user id, for those who were
 * users before it knew them; others have the subject as their id. TABLE_USER_LIST: copies of staff and admins
 * without their secrets. TABLE_META "active_admins": how many there are; whoever makes or unmakes an admin
 * writes it, so two of them cannot remove each other at once. */
#include "store/rec_user.h"

#include "domain/email.h"

#include <string.h>

const char *const user_status_names[] = {"active", "disabled", NULL};

static const struct field user_rows[] = {
    {.name = "user_id",
     .tag = 1,
     .kind = FIELD_TEXT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct user, user_id),
     .example = "\"0199b3c4-5a6b-7c8d-9e0f-112233445566\""},
    {.name = "email",
     .tag = 2,
     .kind = FIELD_TEXT,
     .flags = FIELD_REQUIRED | FIELD_PERSONAL,
     .offset = offsetof(struct user, email),
     .max = EMAIL_MAX,
     .normalise = email_normalise,
     .help = "Whom a login is for; unique.",
     .example = "\"sam.jones@example.org\""},
    {.name = "password_hash",
     .tag = 3,
     .kind = FIELD_TEXT,
     .flags = FIELD_HIDDEN,
     .offset = offsetof(struct user, password_hash)},
    {.name = "role",
     .tag = 4,
     .kind = FIELD_ENUM,
     .flags = FIELD_REQUIRED,
     .offset = offsetof(struct user, role),
     .values = role_names,
     .example = "\"staff\""},
    {.name = "patient_id",
     .tag = 5,
     .kind = FIELD_TEXT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct user, patient_id),
     .help = "Of a patient: the same as user_id."},
    {.name = "name",
     .tag = 6,
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct user, name),
     .min = 1,
     .max = USER_NAME_MAX,
     .example = "\"Sam Jones\""},
    {.name = "practice_ids",
     .tag = 7,
     .kind = FIELD_TEXTS,
     .offset = offsetof(struct user, practice_ids),
     .max = USER_PRACTICES_MAX,
     .help = "Where a member of staff works.",
     .example = "[\"practice-123\"]"},
    {.name = "status",
     .tag = 8,
     .kind = FIELD_ENUM,
     .flags = FIELD_REQUIRED,
     .offset = offsetof(struct user, status),
     .values = user_status_names,
     .help = "Who is disabled cannot log in.",
     .example = "\"active\""},
    {.name = "tokens_after",
     .tag = 9,
     .kind = FIELD_INSTANT,
     .flags = FIELD_HIDDEN,
     .offset = offsetof(struct user, tokens_after)},
    {.name = "reset_hash",
     .tag = 10,
     .kind = FIELD_TEXT,
     .flags = FIELD_HIDDEN,
     .offset = offsetof(struct user, reset_hash)},
    {.name = "reset_expires_at",
     .tag = 11,
     .kind = FIELD_INSTANT,
     .flags = FIELD_HIDDEN,
     .offset = offsetof(struct user, reset_expires_at)},
    {.name = "subject",
     .tag = 15,
     .kind = FIELD_TEXT,
     .flags = FIELD_HIDDEN | FIELD_PERSONAL,
     .offset = offsetof(struct user, subject)},
    {.name = "created_at",
     .tag = 12,
     .kind = FIELD_INSTANT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct user, created_at)},
    {.name = "updated_at",
     .tag = 13,
     .kind = FIELD_INSTANT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct user, updated_at)},
    {.name = "version",
     .tag = 14,
     .kind = FIELD_INTEGER,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct user, version),
     .help = "Goes up with every change; the ETag."},
};

const struct field_set user_fields = {.name = "User", .size = sizeof(struct user), FIELDS(user_rows)};

static struct key user_key(const char *user_id)
{
    return (struct key){.table = TABLE_USER, .part = user_id};
}

static struct span span_of(const char *text)
{
    return (struct span){(const uint8_t *)text, strlen(text)};
}

enum err user_load(struct tx *tx, const char *user_id, struct user *user)
{
    struct key key = user_key(user_id);
    struct span value;

    enum err e = tx_get(tx, &key, &value);
    return e ? e : fields_decode(&user_fields, value, tx_arena(tx), user);
}

/* Whose login address it is; ERR_NOT_FOUND. */
static enum err email_owner(struct tx *tx, const char *form, const char **user_id)
{
    struct key key = {.table = TABLE_USER_EMAIL, .part = form};
    struct span value;

    enum err e = tx_get(tx, &key, &value);
    if (e)
        return e;
    *user_id = arena_text(tx_arena(tx), (const char *)value.data, value.size);
    return *user_id ? ERR_OK : ERR_MEMORY;
}

enum err user_find_email(struct tx *tx, const char *email, struct user *user)
{
    const char *form = email_login_form(tx_arena(tx), email);
    const char *user_id = NULL;

    enum err e = form ? email_owner(tx, form, &user_id) : ERR_MEMORY;
    return e ? e : user_load(tx, user_id, user);
}

enum err user_email_is_free(struct tx *tx, const char *email)
{
    struct user user;

    enum err e = user_find_email(tx, email, &user);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    return e ? e : ERR_EMAIL_TAKEN;
}

static enum err save_email(struct tx *tx, const struct user *before, const struct user *user)
{
    const char *form = email_login_form(tx_arena(tx), user->email);
    const char *old = before ? email_login_form(tx_arena(tx), before->email) : NULL;
    const char *owner;

    if (!form || (before && !old))
        return ERR_MEMORY;
    if (old && strcmp(old, form) == 0)
        return ERR_OK;
    enum err e = email_owner(tx, form, &owner);
    if (e != ERR_NOT_FOUND)
        return e ? e : ERR_EMAIL_TAKEN;
    struct key key = {.table = TABLE_USER_EMAIL, .part = form};
    e = tx_put(tx, &key, user->user_id, span_of(user->user_id));
    if (e || !old)
        return e;
    key.part = old;
    return tx_delete(tx, &key);
}

/* Whose subject it is, where that is not the user's own id; ERR_NOT_FOUND. */
static enum err subject_owner(struct tx *tx, const char *subject, const char **user_id)
{
    struct key key = {.table = TABLE_USER_SUBJECT, .part = subject};
    struct span value;

    enum err e = tx_get(tx, &key, &value);
    if (e)
        return e;
    *user_id = arena_text(tx_arena(tx), (const char *)value.data, value.size);
    return *user_id ? ERR_OK : ERR_MEMORY;
}

enum err user_find_subject(struct tx *tx, const char *subject, struct user *user)
{
    const char *user_id = NULL;
    struct user found;

    enum err e = user_load(tx, subject, &found); /* whoever came with the subject has it as their id */
    if (!e && found.subject && strcmp(found.subject, subject) == 0) {
        *user = found;
        return ERR_OK;
    }
    if (e && e != ERR_NOT_FOUND)
        return e;
    e = subject_owner(tx, subject, &user_id);
    return e ? e : user_load(tx, user_id, user);
}

static bool has_index(const struct user *user)
{
    return user && user->subject && strcmp(user->subject, user->user_id) != 0;
}

static enum err save_subject(struct tx *tx, const struct user *before, const struct user *user)
{
    struct key key = {.table = TABLE_USER_SUBJECT};
    const char *owner;
    enum err e = ERR_OK;

    if (has_index(before) && has_index(user) && strcmp(before->subject, user->subject) == 0)
        return ERR_OK;
    if (has_index(before)) {
        key.part = before->subject;
        e = tx_delete(tx, &key);
    }
    if (e || !has_index(user))
        return e;
    e = subject_owner(tx, user->subject, &owner);
    if (e != ERR_NOT_FOUND)
        return e ? e : ERR_CONFLICT;
    key.part = user->subject;
    return tx_put(tx, &key, user->user_id, span_of(user->user_id));
}

static const char *list_part(const struct user *user)
{
    return user && user->role != ROLE_PATIENT ? role_names[user->role - 1] : NULL;
}

static enum err save_list(struct tx *tx, const struct user *before, const struct user *user)
{
    const char *part = list_part(user);
    const char *old = list_part(before);
    struct key key = {.table = TABLE_USER_LIST, .part = old, .sort = user->user_id};
    struct user copy = *user;
    struct buf value;
    enum err e = ERR_OK;

    if (old && old != part)
        e = tx_delete(tx, &key);
    if (e || !part)
        return e;
    copy.password_hash = copy.reset_hash = copy.subject = NULL;
    key.part = part;
    buf_init(&value, tx_arena(tx));
    fields_encode(&user_fields, &copy, &value);
    return buf_ok(&value) ? tx_put(tx, &key, user->user_id, buf_span(&value)) : ERR_MEMORY;
}

static int64_t is_active_admin(const struct user *user)
{
    return user && user->role == ROLE_ADMIN && user->status == USER_ACTIVE;
}

static enum err save_admin_count(struct tx *tx, const struct user *before, const struct user *user)
{
    int64_t more = is_active_admin(user) - is_active_admin(before);
    struct key key = {.table = TABLE_META, .part = "active_admins"};
    int64_t count = 0;
    struct span value;
    struct buf text;

    if (more == 0)
        return ERR_OK;
    enum err e = tx_get(tx, &key, &value);
    if (!e) {
        struct reader reader = reader_of(value);
        count = read_zigzag(&reader);
        e = reader_done(&reader) ? ERR_OK : ERR_DAMAGED;
    }
    if (e && e != ERR_NOT_FOUND)
        return e;
    count += more;
    if (count < 1)
        return ERR_LAST_ADMIN;
    buf_init(&text, tx_arena(tx));
    buf_zigzag(&text, count);
    return buf_ok(&text) ? tx_put(tx, &key, NULL, buf_span(&text)) : ERR_MEMORY;
}

static enum err new_is_new(struct tx *tx, const struct key *key)
{
    struct span value;
    enum err e = tx_get(tx, key, &value);

    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    return e ? e : ERR_CONFLICT;
}

enum err user_save(struct tx *tx, const struct user *before, const struct user *user)
{
    struct key key = user_key(user->user_id);
    struct buf value;

    enum err e = before ? ERR_OK : new_is_new(tx, &key);
    if (!e)
        e = save_email(tx, before, user);
    if (!e)
        e = save_subject(tx, before, user);
    if (!e)
        e = save_list(tx, before, user);
    if (!e)
        e = save_admin_count(tx, before, user);
    if (e)
        return e;
    buf_init(&value, tx_arena(tx));
    fields_encode(&user_fields, user, &value);
    return buf_ok(&value) ? tx_put(tx, &key, user->user_id, buf_span(&value)) : ERR_MEMORY;
}

bool user_works_at(const struct user *user, const char *practice_id)
{
    const char *const *ids = user->practice_ids.items;

    for (size_t i = 0; i < user->practice_ids.count; i++)
        if (strcmp(ids[i], practice_id) == 0)
            return true;
    return false;
}

/* ---- the list ---- */

struct page_of_users {
    struct user *items;
    size_t count, limit;
    bool more;
};

/* The users of one role after that id (NULL = from the start), as many as still fit. */
static enum err list_role(struct tx *tx, enum role role, const char *after, struct page_of_users *page)
{
    struct scan scan = {
        .table = TABLE_USER_LIST, .part = role_names[role - 1], .limit = page->limit - page->count};
    struct row *rows;
    size_t count;

    if (after) { /* the first text behind it */
        char *from = arena_printf(tx_arena(tx), "%s\x01", after);
        if (!from)
            return ERR_MEMORY;
        scan.from = from;
    }
    enum err e = tx_scan(tx, &scan, &rows, &count, &page->more);
    for (size_t i = 0; !e && i < count; i++)
        e = fields_decode(&user_fields, rows[i].value, tx_arena(tx), &page->items[page->count++]);
    return e;
}

static const char *list_place(struct arena *arena, const struct user *user)
{
    return arena_printf(arena, "%s/%s", role_names[user->role - 1], user->user_id);
}

enum err user_list(struct tx *tx, enum role role, const char *after, size_t limit, struct user **users,
                   size_t *count, const char **last, bool *more)
{
    static const enum role order[] = {ROLE_ADMIN, ROLE_STAFF};
    struct page_of_users page = {.items = arena_zero(tx_arena(tx), limit, sizeof **users), .limit = limit};
    enum err e = page.items ? ERR_OK : ERR_MEMORY;

    for (size_t i = 0; !e && i < sizeof order / sizeof order[0]; i++) {
        size_t name = strlen(role_names[order[i] - 1]);
        bool starts_here = after && strncmp(after, role_names[order[i] - 1], name) == 0 && after[name] == '/';
        if ((role && role != order[i]) || (after && !starts_here))
            continue;
        const char *from = after ? after + name + 1 : NULL;
        after = NULL;
        if (page.count < limit)
            e = list_role(tx, order[i], from, &page);
        else
            page.more = true; /* perhaps an empty page follows, which does no harm */
    }
    const char *end = !e && page.count > 0 ? list_place(tx_arena(tx), &page.items[page.count - 1]) : "";
    if (!e && !end)
        e = ERR_MEMORY;
    if (e)
        return e;
    *users = page.items;
    *count = page.count;
    *last = end;
    *more = page.more;
    return ERR_OK;
}
