/* auth_register.c - POST /auth/register: somebody becomes a patient: a user and a patient record with one and
 * the same id.
 *
 * An NHS number is a claim, kept on their own record as unverified. The answer has no tokens: it is kept for
 * a day for a repeated Idempotency-Key, and tokens are not to be kept. Log in next. */
#include "api/auth_steps.h"
#include "api/endpoint.h"
#include "api/patient_steps.h"
#include "call/reply.h"
#include "domain/email.h"
#include "domain/nhs_number.h"
#include "domain/phone.h"
#include "sec/password.h"

enum { TYPED_MAX = 40, PERSON_NAME_MAX = 100 };

struct register_in {
    const char *email, *password, *nhs_number, *first_name, *last_name, *phone;
    int32_t role, date_of_birth;
};

static const struct field rows[] = {
    {.name = "email",
     .kind = FIELD_TEXT,
     .flags = FIELD_REQUIRED | FIELD_PERSONAL,
     .offset = offsetof(struct register_in, email),
     .max = EMAIL_MAX,
     .normalise = email_normalise,
     .help = "The login address.",
     .example = "\"user@example.com\""},
    {.name = "password",
     PASSWORD_NEW(struct register_in, password),
     .help = "Any characters. Not a common password, and not with your e-mail name in it.",
     .example = "\"SecurePass123!\""},
    {.name = "role",
     .kind = FIELD_ENUM,
     .offset = offsetof(struct register_in, role),
     .values = role_names,
     .help = "Only patient.",
     .example = "\"patient\""},
    {.name = "nhs_number",
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct register_in, nhs_number),
     .max = TYPED_MAX,
     .normalise = nhs_number_normalise,
     .help = "A claim, until it is verified.",
     .example = "\"9434765919\""},
    {.name = "first_name",
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct register_in, first_name),
     .max = PERSON_NAME_MAX,
     .example = "\"John\""},
    {.name = "last_name",
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct register_in, last_name),
     .max = PERSON_NAME_MAX,
     .example = "\"Smith\""},
    {.name = "date_of_birth",
     .kind = FIELD_DATE,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct register_in, date_of_birth),
     .example = "\"1990-01-15\""},
    {.name = "phone",
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct register_in, phone),
     .max = TYPED_MAX,
     .normalise = phone_normalise,
     .example = "\"07700 900123\""},
};
static const struct field_set body = {
    .name = "RegisterRequest", .size = sizeof(struct register_in), FIELDS(rows)};

struct made {
    struct credential credential;
    bool taken; /* the address has an account, unless this is the same request again */
};

static struct user user_of(const struct call *call, const char *id)
{
    const struct register_in *in = call->body;
    const struct made *made = call->prepared;
    struct user user;

    fields_clear(&user_fields, &user);
    user.user_id = user.patient_id = id;
    user.email = in->email;
    user.password_hash = made->credential.password_hash;
    user.subject = made->credential.subject;
    user.role = ROLE_PATIENT;
    user.status = USER_ACTIVE;
    user.created_at = user.updated_at = call->now_ms;
    user.version = 1;
    return user;
}

static struct patient patient_of(const struct call *call, const char *id)
{
    const struct register_in *in = call->body;
    struct patient patient;

    patient_init(&patient);
    patient.patient_id = id;
    patient.nhs_number = in->nhs_number;
    patient.first_name = in->first_name;
    patient.last_name = in->last_name;
    patient.date_of_birth = in->date_of_birth;
    patient.phone = in->phone;
    patient.email = in->email;
    patient.created_at = patient.updated_at = call->now_ms;
    return patient;
}

/* An account at another provider is made before our record, so that all that could refuse the record is
 * looked at before the account. */
static enum err may_register(struct tx *tx, void *arg)
{
    struct call *call = arg;
    const struct register_in *in = call->body;
    struct patient patient = patient_of(call, NULL);

    enum err e = call->app->identity->remote ? patient_complete(call, tx, NULL, &patient) : ERR_OK;
    return e ? e : user_email_is_free(tx, in->email);
}

static enum err account_make(struct call *call, struct credential *credential)
{
    const struct identity *identity = call->app->identity;
    const struct register_in *in = call->body;
    struct identity_account account = {.email = in->email, .role = ROLE_PATIENT, .active = true};

    enum err e = identity->make(identity->arg, call->arena, &account, in->password, ADOPT_PROVEN, credential);
    return password_taken(call, "/password", e);
}

static enum err prepare(struct call *call)
{
    const struct register_in *in = call->body;
    struct made *made = arena_zero(call->arena, 1, sizeof *made);

    if (!made)
        return ERR_MEMORY;
    call->prepared = made;
    if (in->role && in->role != ROLE_PATIENT)
        return ERR_ROLE_FORBIDDEN;
    enum err e = password_allow(call, "/password", in->password, in->email);
    if (!e)
        e = prepare_read(call, may_register);
    made->taken = e == ERR_EMAIL_TAKEN && call->idempotency_key; /* the first answer may be wanted again */
    return e ? (made->taken ? ERR_OK : e) : account_make(call, &made->credential);
}

static enum err review(struct call *call, struct tx *tx)
{
    const struct register_in *in = call->body;
    struct patient patient = patient_of(call, NULL);

    enum err e = in->password ? password_allow(call, "/password", in->password, in->email) : ERR_OK;
    return call_also(e, patient_complete(call, tx, NULL, &patient));
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct made *made = call->prepared;
    const char *id = made->credential.subject ? made->credential.subject : call_new_id(call);

    if (!id)
        return ERR_MEMORY;
    if (made->taken)
        return ERR_EMAIL_TAKEN;
    struct user user = user_of(call, id);
    struct patient patient = patient_of(call, id);
    enum err e = patient_complete(call, tx, NULL, &patient);
    if (!e)
        e = user_save(tx, NULL, &user);
    if (!e)
        e = patient_save(tx, NULL, &patient);
    if (e)
        return e;
    reply_location(call, "/patients/%s", id);
    reply_object(call, 201, "Registered. Log in with POST /auth/login.", &user_fields, &user, false);
    return ERR_OK;
}

static const enum err errors[] = {ERR_ROLE_FORBIDDEN, ERR_EMAIL_TAKEN, ERR_OK};

const struct endpoint endpoint_auth_register = {
    .name = "auth_register",
    .method = METHOD_POST,
    .path = "/auth/register",
    .roles = ROLES_PUBLIC,
    .flags = ENDPOINT_WRITES | ENDPOINT_CREATES | ENDPOINT_ANONYMOUS | ENDPOINT_SECRETS,
    .body = &body,
    .body_mode = FIELDS_CREATE,
    .data = &user_fields,
    .prepare = prepare,
    .handle = handle,
    .review = review,
    .errors = errors,
    .tag = "Identity",
    .summary = "Register as a patient",
    .description =
        "Makes a login and, with the same id, a patient record, which PUT /patients/{patient_id} completes. "
        "Then log "
        "in. Staff and admins are made by an admin: asking for another role than patient is refused.",
};
