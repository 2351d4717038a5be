/* user_create.c - POST /users: an admin makes staff and admins. */
#include "api/auth_steps.h"
#include "api/endpoint.h"
#include "api/user_steps.h"
#include "call/access.h"
#include "call/reply.h"
#include "domain/email.h"
#include "sec/password.h"

struct user_in {
    const char *email, *password, *name;
    int32_t role;
    struct list practice_ids;
};

static const struct field rows[] = {
    {.name = "email",
     .kind = FIELD_TEXT,
     .flags = FIELD_REQUIRED | FIELD_PERSONAL,
     .offset = offsetof(struct user_in, email),
     .max = EMAIL_MAX,
     .normalise = email_normalise,
     .help = "The login address.",
     .example = "\"sam.jones@example.org\""},
    {.name = "password",
     PASSWORD_NEW(struct user_in, password),
     .help = "The first one; the user changes it.",
     .example = "\"correct horse battery\""},
    {.name = "role",
     .kind = FIELD_ENUM,
     .flags = FIELD_REQUIRED,
     .offset = offsetof(struct user_in, role),
     .values = role_names,
     .help = "staff or admin; patients register themselves.",
     .example = "\"staff\""},
    {.name = "name",
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct user_in, name),
     .min = 1,
     .max = USER_NAME_MAX,
     .example = "\"Sam Jones\""},
    {.name = "practice_ids",
     .kind = FIELD_TEXTS,
     .offset = offsetof(struct user_in, practice_ids),
     .max = USER_PRACTICES_MAX,
     .help = "Where a member of staff works: one at least.",
     .example = "[\"practice-123\"]"},
};
static const struct field_set body = {.name = "UserCreate", .size = sizeof(struct user_in), FIELDS(rows)};

struct made {
    struct credential credential;
    bool taken; /* the address has an account, unless this is the same request again */
};

static struct user user_of(const struct call *call, const char *id)
{
    const struct user_in *in = call->body;
    const struct made *made = call->prepared;
    struct user user;

    fields_clear(&user_fields, &user);
    user.user_id = id;
    user.email = in->email;
    if (made) {
        user.password_hash = made->credential.password_hash;
        user.subject = made->credential.subject;
    }
    user.role = in->role;
    user.name = in->name;
    user.practice_ids = in->practice_ids;
    user.status = USER_ACTIVE;
    user.created_at = user.updated_at = call->now_ms;
    user.version = 1;
    return user;
}

/* All that could refuse our record, before an account is made at another provider. */
static enum err may_create(struct tx *tx, void *arg)
{
    struct call *call = arg;
    struct user user = user_of(call, NULL);

    enum err e = access_any(call, ACTION_USER_MANAGE);
    if (!e)
        e = user_complete(call, tx, NULL, &user);
    return e ? e : user_email_is_free(tx, user.email);
}

static enum err account_make(struct call *call, struct credential *credential)
{
    const struct identity *identity = call->app->identity;
    const struct user_in *in = call->body;
    struct identity_account account = {.email = in->email, .role = in->role, .active = true};

    enum err e = identity->make(identity->arg, call->arena, &account, in->password, ADOPT_ANY, credential);
    return password_taken(call, "/password", e);
}

static enum err prepare(struct call *call)
{
    const struct user_in *in = call->body;
    struct made *made = arena_zero(call->arena, 1, sizeof *made);

    if (!made)
        return ERR_MEMORY;
    call->prepared = made;
    enum err e = password_allow(call, "/password", in->password, in->email);
    if (!e && call->app->identity->remote)
        e = prepare_read(call, may_create);
    made->taken = e == ERR_EMAIL_TAKEN && call->idempotency_key; /* the first answer may be wanted again */
    return e ? (made->taken ? ERR_OK : e) : account_make(call, &made->credential);
}

static enum err review(struct call *call, struct tx *tx)
{
    const struct user_in *in = call->body;
    struct user user = user_of(call, NULL);

    enum err e = in->password ? password_allow(call, "/password", in->password, in->email) : ERR_OK;
    return call_also(e, user_complete(call, tx, NULL, &user));
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct made *made = call->prepared;
    const char *id = made->credential.subject ? made->credential.subject : call_new_id(call);

    enum err e = id ? access_any(call, ACTION_USER_MANAGE) : ERR_MEMORY;
    if (e)
        return e;
    if (made->taken)
        return ERR_EMAIL_TAKEN;
    struct user user = user_of(call, id);
    e = user_complete(call, tx, NULL, &user);
    if (!e)
        e = user_save(tx, NULL, &user);
    if (e)
        return e;
    reply_location(call, "/users/%s", id);
    return user_reply(call, 201, "User created.", &user);
}

static const enum err errors[] = {ERR_EMAIL_TAKEN, ERR_OK};

const struct endpoint endpoint_user_create = {
    .name = "user_create",
    .method = METHOD_POST,
    .path = "/users",
    .roles = ROLE_BIT(ROLE_ADMIN),
    .flags = ENDPOINT_WRITES | ENDPOINT_CREATES | ENDPOINT_SECRETS,
    .body = &body,
    .body_mode = FIELDS_CREATE,
    .data = &user_fields,
    .prepare = prepare,
    .handle = handle,
    .review = review,
    .errors = errors,
    .tag = "Users",
    .summary = "Make a member of staff or an admin",
    .description = "Admins only. The first admin is made on the command line: `opendoor user add`.",
};
