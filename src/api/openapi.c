/* openapi.c - see openapi.h. Top to bottom of this file is bottom to top of the document: responses,
 * operations, paths, components, then the whole. */
#include "api/openapi.h"

#include "api/endpoint.h"
#include "api/openapi_fields.h"
#include "base/must.h"

#include <string.h>

enum { TAGS_MAX = 32 };

#define JSON_TYPE    "\"application/json\""
#define PROBLEM_TYPE "\"application/problem+json\""

/* ---- what is said once ---- */

static const char about[] =
    "opendoor books appointments at NHS access points: GP surgeries, walk-in "
    "centres, urgent care centres, pharmacies "
    "and clinics. A person can book at any of them without being on its list.\n"
    "\n"
    "**Answers.** A success is `{\"data\": ..., \"message\": \"...\", \"timestamp\": "
    "\"...\"}`. A list's `data` is an array, with "
    "`next_cursor` beside it where there is more: send it as `cursor` to go on. "
    "Members that are not there have no value. "
    "Every answer has an `X-Request-Id`; quote it when something is wrong.\n"
    "\n"
    "**Mistakes** are `application/problem+json` (RFC 9457). `code` is stable and "
    "made for programs, `detail` for people, and `type` an address where there is more about it. "
    "A body or query that is refused has `errors` with one entry for every offending "
    "member: `pointer` is a JSON Pointer "
    "(RFC 6901) like `/address/postcode`, or the name of a query parameter like "
    "`?start_date`. Members and parameters "
    "that are not in this document are refused, so nothing is dropped silently.\n"
    "\n"
    "**Times.** Date-times need an offset (`Z` or `+01:00`) and are answered in UTC. "
    "Dates are `YYYY-MM-DD`; days and "
    "opening hours are those of Europe/London.\n"
    "\n"
    "**Changes.** PUT changes only the members that it names: objects are merged, "
    "lists are replaced, `null` takes an "
    "optional member away. An `ETag` of an earlier answer, sent as `If-Match`, makes "
    "sure that nobody else's change is "
    "lost.\n"
    "\n"
    "**Repeats.** A POST that creates can be sent again with the same "
    "`Idempotency-Key` for 24 hours: it gets the first "
    "answer again and creates nothing.\n"
    "\n"
    "**Tokens.** `POST /auth/login` gives an access token for 15 minutes and a "
    "refresh token; send the access token as "
    "`Authorization: Bearer ...`. Where none is needed, one that is not good does no "
    "harm; only at `GET "
    "/practices/{practice_id}/availability`, where the practice's staff see more than "
    "others, it is "
    "refused with 401.";

static const struct {
    const char *name, *text;
} tags[] = {
    {"Identity", "Logging in and out, and whose token it is."},
    {"Users", "Who can log in: for admins."},
    {"Practices", "Access points: where appointments are given."},
    {"Availability", "What is free, at one access point or near a place."},
    {"Sessions", "When and by whom appointments are given at a practice."},
    {"Closures", "Days on which a practice is closed."},
    {"Bank holidays", "The bank holidays of the four nations."},
    {"Appointments", "Booking, moving, cancelling, and who came."},
    {"Patients", "People, their records, and where they are seen."},
    {"Proxies", "Who may act for somebody else."},
    {"Operation", "Whether the service is well, and what it has done: for those who run it."},
    {"Service", "The service's own pages, documents and keys."},
};

/* Mistakes that many requests can make, by status: the response's name, what it means, and its codes. */
static const struct general {
    int status;
    const char *name, *text;
    enum err errors[8]; /* ends with ERR_OK */
} generals[] = {
    {400, "BadRequest", "The request is not well-formed.", {ERR_BAD_REQUEST, ERR_NOT_JSON}},
    {401, "Unauthenticated", "There is no valid token.", {ERR_UNAUTHENTICATED, ERR_TOKEN_EXPIRED}},
    {403, "Forbidden", "You may not do this.", {ERR_FORBIDDEN}},
    {404, "NotFound", "There is nothing here that you may see.", {ERR_NOT_FOUND}},
    {406, "NotAcceptable", "The Accept header allows no form that there is.", {ERR_NOT_ACCEPTABLE}},
    {409, "Conflict", "It clashes with what is there.", {ERR_OK}},
    {412, "PreconditionFailed", "It was changed since it was read.", {ERR_PRECONDITION}},
    {413, "TooLarge", "The body is too large.", {ERR_TOO_LARGE}},
    {415, "UnsupportedMediaType", "The body is not sent as JSON.", {ERR_MEDIA_TYPE}},
    {422,
     "Invalid",
     "Something that was sent is wrong, unknown or missing, or breaks a rule.",
     {ERR_INVALID}},
    {429, "TooManyRequests", "Too many requests; wait for the seconds in Retry-After.", {ERR_RATE_LIMITED}},
    {500, "Failed", "Something went wrong on our side; nothing was changed.", {ERR_INTERNAL, ERR_DAMAGED}},
    {503,
     "Unavailable",
     "Not just now; nothing was changed. Try again after the seconds in Retry-After.",
     {ERR_BUSY, ERR_MEMORY, ERR_STARTING, ERR_STOPPING, ERR_STORE, ERR_STORE_FULL}},
};

static const struct general *general_of(int status)
{
    for (size_t i = 0; i < sizeof generals / sizeof *generals; i++) {
        if (generals[i].status == status)
            return &generals[i];
    }
    return NULL;
}

/* ---- responses ---- */

static void put_problem_content(struct yaml *yaml)
{
    yaml_open(yaml, "content");
    yaml_open(yaml, PROBLEM_TYPE);
    yaml_open(yaml, "schema");
    yaml_ref(yaml, "schemas", "Problem");
    yaml_up(yaml);
    yaml_up(yaml);
    yaml_up(yaml);
}

static void put_header(struct yaml *yaml, const char *name, const char *component)
{
    yaml_open(yaml, name);
    yaml_ref(yaml, "headers", component);
    yaml_up(yaml);
}

/* The headers that a refusal of that status has. */
static void put_problem_headers(struct yaml *yaml, int status)
{
    if (status != 401 && status != 429 && status != 503)
        return;
    yaml_open(yaml, "headers");
    if (status == 401)
        put_header(yaml, "WWW-Authenticate", "WWWAuthenticate");
    else
        put_header(yaml, "Retry-After", "RetryAfter");
    yaml_up(yaml);
}

static void add_code(struct buf *text, enum err err)
{
    const struct err_info *info = err_info(err);
    buf_printf(text, "\n- `%s`: %s", info->code, info->text);
}

static void put_text_of(struct yaml *yaml, const char *key, struct buf *text)
{
    const char *all = buf_cstr(text);
    if (all)
        yaml_text(yaml, key, all);
    else
        yaml->buf->failed = true;
}

/* A response with the general codes of its status, and those of the endpoint itself (own may be NULL). Only
 * what creates takes an Idempotency-Key. */
static void put_problem(struct yaml *yaml, int status, const enum err *own, bool creates)
{
    const struct general *general = general_of(status);
    struct buf text;

    buf_init(&text, yaml->buf->arena);
    buf_text(&text, general ? general->text : "It cannot be done.");
    buf_byte(&text, '\n');
    for (size_t i = 0; own && own[i]; i++) {
        if (err_info(own[i])->status == status)
            add_code(&text, own[i]);
    }
    for (size_t i = 0; general && general->errors[i]; i++)
        add_code(&text, general->errors[i]);
    if (creates && status == err_info(ERR_IDEMPOTENCY)->status)
        add_code(&text, ERR_IDEMPOTENCY);
    put_text_of(yaml, "description", &text);
    put_problem_headers(yaml, status);
    put_problem_content(yaml);
}

static bool has_status(const enum err *own, int status)
{
    for (size_t i = 0; own && own[i]; i++) {
        if (err_info(own[i])->status == status)
            return true;
    }
    return false;
}

/* Can a request to that endpoint fail so, whatever its handler does? */
static bool is_possible(const struct endpoint *endpoint, int status)
{
    bool changes = endpoint->method == METHOD_PUT || endpoint->method == METHOD_DELETE;

    switch (status) {
    case 401:
        return endpoint->roles != ROLES_PUBLIC || (endpoint->flags & ENDPOINT_CALLER);
    case 403:
        return endpoint->roles != ROLES_PUBLIC;
    case 404:
        return strchr(endpoint->path, '{') != NULL;
    case 409:
        return false;
    case 412:
        return changes && (endpoint->flags & ENDPOINT_VERSIONED);
    case 413:
    case 415:
        return endpoint->body != NULL;
    case 429:
        return !(endpoint->flags & ENDPOINT_UNLIMITED);
    default:
        return true;
    }
}

static void open_status(struct yaml *yaml, int status)
{
    char text[16] = {'"', (char)('0' + status / 100), (char)('0' + status / 10 % 10),
                     (char)('0' + status % 10), '"'};
    yaml_open(yaml, text);
}

static void put_problems(struct yaml *yaml, const struct endpoint *endpoint)
{
    for (int status = 400; status < 600; status++) {
        bool creates = endpoint->flags & ENDPOINT_CREATES;
        bool own =
            has_status(endpoint->errors, status) || (creates && status == err_info(ERR_IDEMPOTENCY)->status);
        const struct general *general = general_of(status);
        if (!own && (!general || !is_possible(endpoint, status)))
            continue;
        open_status(yaml, status);
        if (own)
            put_problem(yaml, status, endpoint->errors, creates);
        else
            yaml_ref(yaml, "responses", general->name);
        yaml_up(yaml);
    }
    yaml_open(yaml, "default");
    yaml_ref(yaml, "responses", "Other");
    yaml_up(yaml);
}

/* ---- successes ---- */

static void put_data_schema(struct yaml *yaml, const struct endpoint *endpoint, const struct shapes *shapes)
{
    char name[SHAPE_NAME_MAX];

    if (!endpoint->data) {
        yaml_word(yaml, "data",
                  "{ nullable: true, type: object, description: \"See the description above.\" }");
        return;
    }
    (void)shape_name(shapes, endpoint->data, SHAPE_ANSWER, name);
    yaml_open(yaml, "data");
    if (endpoint->flags & ENDPOINT_LIST) {
        yaml_word(yaml, "type", "array");
        yaml_open(yaml, "items");
        yaml_ref(yaml, "schemas", name);
        yaml_up(yaml);
    } else {
        yaml_ref(yaml, "schemas", name);
    }
    yaml_up(yaml);
}

static void put_envelope(struct yaml *yaml, const struct endpoint *endpoint, const struct shapes *shapes)
{
    yaml_word(yaml, "type", "object");
    yaml_word(yaml, "required", "[\"data\", \"message\", \"timestamp\"]");
    yaml_open(yaml, "properties");
    put_data_schema(yaml, endpoint, shapes);
    if (endpoint->flags & ENDPOINT_LIST)
        yaml_word(yaml, "next_cursor",
                  "{ type: string, description: \"Send it as cursor for the next page.\" }");
    if (endpoint->flags & ENDPOINT_LOGIN)
        yaml_word(yaml, "token", "{ type: string, description: \"The access token, once more.\" }");
    yaml_word(yaml, "message", "{ type: string, example: \"Done.\" }");
    yaml_word(yaml, "timestamp", "{ type: string, format: date-time }");
    yaml_up(yaml);
}

static void put_success_headers(struct yaml *yaml, const struct endpoint *endpoint, int status)
{
    bool created = status == 201;
    bool versioned = (endpoint->flags & ENDPOINT_VERSIONED) != 0;

    if (!created && !versioned)
        return;
    yaml_open(yaml, "headers");
    if (created)
        put_header(yaml, "Location", "Location");
    if (versioned)
        put_header(yaml, "ETag", "ETag");
    yaml_up(yaml);
}

static void put_success(struct yaml *yaml, const struct endpoint *endpoint, const struct shapes *shapes,
                        int status, const char *text)
{
    open_status(yaml, status);
    yaml_text(yaml, "description", text);
    put_success_headers(yaml, endpoint, status);
    yaml_open(yaml, "content");
    if (endpoint->content_type) {
        char type[64];
        size_t size = strcspn(endpoint->content_type, ";");
        must(size < sizeof type - 3);
        type[0] = '"';
        memcpy(type + 1, endpoint->content_type, size);
        memcpy(type + 1 + size, "\"", 2);
        yaml_open(yaml, type);
        yaml_word(yaml, "schema", strstr(type, "json") ? "{ type: object }" : "{ type: string }");
    } else {
        yaml_open(yaml, JSON_TYPE);
        yaml_open(yaml, "schema");
        put_envelope(yaml, endpoint, shapes);
        yaml_up(yaml);
    }
    if (endpoint->flags & ENDPOINT_PAGE) {
        yaml_up(yaml);
        yaml_open(yaml, "\"text/html\"");
        yaml_word(yaml, "schema", "{ type: string }");
    }
    yaml_up(yaml);
    yaml_up(yaml);
    yaml_up(yaml);
}

static bool has_dry_run(const struct endpoint *endpoint)
{
    for (size_t i = 0; endpoint->query && i < endpoint->query->count; i++) {
        if (strcmp(endpoint->query->fields[i].name, "dry_run") == 0)
            return true;
    }
    return false;
}

static void put_responses(struct yaml *yaml, const struct endpoint *endpoint, const struct shapes *shapes)
{
    bool creates = (endpoint->flags & ENDPOINT_CREATES) != 0;

    yaml_open(yaml, "responses");
    if (!creates)
        put_success(yaml, endpoint, shapes, 200, "Done.");
    else if (has_dry_run(endpoint))
        put_success(yaml, endpoint, shapes, 200, "What would be done; nothing was changed.");
    if (creates)
        put_success(yaml, endpoint, shapes, 201, "Created.");
    put_problems(yaml, endpoint);
    yaml_up(yaml);
}

/* ---- parameters and bodies ---- */

/* "{patient_id}" in a path. */
static void put_path_parameters(struct yaml *yaml, const char *path)
{
    static const struct {
        const char *name, *example;
    } known[] = {{"patient_id", "\"patient-123\""}, {"practice_id", "\"practice-123\""}};

    for (const char *at = strchr(path, '{'); at; at = strchr(at + 1, '{')) {
        char name[64];
        size_t size = strcspn(at + 1, "}");
        must(size < sizeof name);
        memcpy(name, at + 1, size);
        name[size] = '\0';
        yaml_item(yaml, "name", name);
        yaml_word(yaml, "in", "path");
        yaml_word(yaml, "required", "true");
        yaml_word(yaml, "schema", "{ type: string, minLength: 1, maxLength: 200 }");
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
            if (strcmp(known[i].name, name) == 0)
                yaml_word(yaml, "example", known[i].example);
        }
        yaml_up(yaml);
    }
}

static void put_query_parameters(struct yaml *yaml, const struct field_set *query)
{
    for (size_t i = 0; query && i < query->count; i++) {
        const struct field *field = &query->fields[i];
        bool list = field->kind == FIELD_ENUMS || field->kind == FIELD_TEXTS;
        yaml_item(yaml, "name", field->name);
        yaml_word(yaml, "in", "query");
        if (field->flags & FIELD_REQUIRED)
            yaml_word(yaml, "required", "true");
        yaml_text(yaml, "description", field->help);
        if (list) {
            yaml_word(yaml, "style", "form");
            yaml_word(yaml, "explode", "false");
        }
        yaml_open(yaml, "schema");
        field_schema_write(field, yaml);
        yaml_up(yaml);
        if (field->flags & FIELD_PERSONAL)
            yaml_word(yaml, "x-personal", "true");
        yaml_up(yaml);
    }
}

static bool takes_if_match(const struct endpoint *endpoint)
{
    return is_possible(endpoint, 412);
}

static void put_parameters(struct yaml *yaml, const struct endpoint *endpoint)
{
    bool creates = (endpoint->flags & ENDPOINT_CREATES) != 0;

    if (!strchr(endpoint->path, '{') && !(endpoint->query && endpoint->query->count) && !creates)
        return;
    yaml_open(yaml, "parameters");
    put_path_parameters(yaml, endpoint->path);
    put_query_parameters(yaml, endpoint->query);
    if (creates)
        yaml_item_ref(yaml, "parameters", "IdempotencyKey");
    if (takes_if_match(endpoint))
        yaml_item_ref(yaml, "parameters", "IfMatch");
    yaml_up(yaml);
}

static enum shape body_shape(const struct endpoint *endpoint)
{
    return endpoint->body_mode == FIELDS_CREATE ? SHAPE_CREATE : SHAPE_UPDATE;
}

static void put_body(struct yaml *yaml, const struct endpoint *endpoint, const struct shapes *shapes)
{
    char name[SHAPE_NAME_MAX];
    struct buf example;

    if (!endpoint->body)
        return;
    buf_init(&example, yaml->buf->arena);
    if (endpoint->body_example)
        buf_text(&example, endpoint->body_example);
    else
        example_write(endpoint->body, &example);
    const char *text = buf_cstr(&example);
    yaml_open(yaml, "requestBody");
    yaml_word(yaml, "required", "true");
    yaml_open(yaml, "content");
    yaml_open(yaml, JSON_TYPE);
    yaml_open(yaml, "schema");
    yaml_ref(yaml, "schemas", shape_name(shapes, endpoint->body, body_shape(endpoint), name));
    yaml_up(yaml);
    yaml_word(yaml, "example", text ? text : "{}");
    yaml_up(yaml);
    yaml_up(yaml);
    yaml_up(yaml);
    if (!text)
        yaml->buf->failed = true;
}

/* ---- operations and paths ---- */

static const char *method_key(enum method method)
{
    static const char *const keys[] = {
        [METHOD_GET] = "get", [METHOD_POST] = "post", [METHOD_PUT] = "put", [METHOD_DELETE] = "delete"};
    must(method == METHOD_GET || method == METHOD_POST || method == METHOD_PUT || method == METHOD_DELETE);
    return keys[method];
}

static void put_security(struct yaml *yaml, const struct endpoint *endpoint)
{
    const char *roles[ROLE_COUNT] = {NULL};
    size_t count = 0;

    if (endpoint->roles == ROLES_PUBLIC) {
        yaml_word(yaml, "security", "[]");
        return;
    }
    for (int role = ROLE_PATIENT; role < ROLE_COUNT; role++) {
        if (endpoint->roles & ROLE_BIT(role))
            roles[count++] = role_names[role - 1];
    }
    yaml_list(yaml, "x-roles", roles);
}

static void put_operation(struct yaml *yaml, const struct endpoint *endpoint, const struct shapes *shapes)
{
    yaml_open(yaml, method_key(endpoint->method));
    yaml_word(yaml, "operationId", endpoint->name);
    yaml_list(yaml, "tags", (const char *const[]){endpoint->tag, NULL});
    yaml_text(yaml, "summary", endpoint->summary);
    yaml_text(yaml, "description", endpoint->description);
    put_security(yaml, endpoint);
    put_parameters(yaml, endpoint);
    put_body(yaml, endpoint, shapes);
    put_responses(yaml, endpoint, shapes);
    yaml_up(yaml);
}

static bool is_listed(const struct endpoint *endpoint)
{
    return !(endpoint->flags & ENDPOINT_UNLISTED);
}

static bool was_before(size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (is_listed(endpoints[i]) && strcmp(endpoints[i]->path, endpoints[at]->path) == 0)
            return true;
    }
    return false;
}

static void put_paths(struct yaml *yaml, const struct shapes *shapes)
{
    yaml_open(yaml, "paths");
    for (size_t i = 0; i < endpoint_count; i++) {
        if (!is_listed(endpoints[i]) || was_before(i))
            continue;
        yaml_open_quoted(yaml, endpoints[i]->path);
        for (size_t j = i; j < endpoint_count; j++) {
            if (is_listed(endpoints[j]) && strcmp(endpoints[i]->path, endpoints[j]->path) == 0)
                put_operation(yaml, endpoints[j], shapes);
        }
        yaml_up(yaml);
    }
    yaml_up(yaml);
}

/* ---- components ---- */

static const char fixed_components[] =
    "  securitySchemes:\n"
    "    bearerAuth:\n"
    "      type: http\n"
    "      scheme: bearer\n"
    "      bearerFormat: JWT\n"
    "      description: \"The access token that POST /auth/login gives.\"\n"
    "  headers:\n"
    "    ETag:\n"
    "      description: \"The version of what was answered, to be sent as If-Match.\"\n"
    "      schema: { type: string, example: '\"3\"' }\n"
    "    Location:\n"
    "      description: \"The address of what was created.\"\n"
    "      schema: { type: string }\n"
    "    RetryAfter:\n"
    "      description: \"Seconds to wait before the next try.\"\n"
    "      schema: { type: integer, minimum: 1 }\n"
    "    WWWAuthenticate:\n"
    "      description: \"Which kind of token is wanted (RFC 6750).\"\n"
    "      schema: { type: string }\n"
    "  parameters:\n"
    "    IdempotencyKey:\n"
    "      name: Idempotency-Key\n"
    "      in: header\n"
    "      description: \"Made up by the caller, another one for each thing to create: a repeat gets the "
    "first answer.\"\n"
    "      schema: { type: string, minLength: 1, maxLength: 255 }\n"
    "    IfMatch:\n"
    "      name: If-Match\n"
    "      in: header\n"
    "      description: \"The ETag of the version that is to be changed; another version is answered 412.\"\n"
    "      schema: { type: string }\n";

static const char fixed_schemas[] =
    "    FieldError:\n"
    "      type: object\n"
    "      required: [pointer, code, message]\n"
    "      properties:\n"
    "        pointer:\n"
    "          type: string\n"
    "          description: \"A JSON Pointer to the member, or the query parameter behind a question "
    "mark.\"\n"
    "          example: \"/address/postcode\"\n"
    "        code: { $ref: \"#/components/schemas/ErrorCode\" }\n"
    "        message: { type: string, description: \"What is wrong and what to do, for a person.\" }\n"
    "    FreeSlot:\n"
    "      type: object\n"
    "      required: [start, end, available, delivery_channel]\n"
    "      properties:\n"
    "        start: { type: string, format: date-time }\n"
    "        end: { type: string, format: date-time }\n"
    "        available: { type: integer, minimum: 1 }\n"
    "        delivery_channel: { type: string }\n"
    "    Problem:\n"
    "      type: object\n"
    "      description: \"What went wrong (RFC 9457).\"\n"
    "      example:\n"
    "        type: /problems/invalid\n"
    "        title: \"Some of what was sent is not right; each entry of \\\"errors\\\" says what and "
    "where.\"\n"
    "        status: 422\n"
    "        detail: \"Some of what was sent is not right; each entry of \\\"errors\\\" says what and "
    "where.\"\n"
    "        message: \"Some of what was sent is not right; each entry of \\\"errors\\\" says what and "
    "where.\"\n"
    "        code: invalid\n"
    "        timestamp: \"2026-11-25T09:00:00Z\"\n"
    "        request_id: 01a2109e-f51b-75af-8545-288781c02558\n"
    "        errors: [{ pointer: /reason, code: too_long, message: This must have at most 500 characters. "
    "}]\n"
    "      required: [type, title, status, detail, message, code, timestamp, request_id]\n"
    "      properties:\n"
    "        type: { type: string, format: uri-reference, example: \"/problems/invalid\" }\n"
    "        title: { type: string, description: \"What kind of mistake it is.\" }\n"
    "        status: { type: integer, minimum: 400, maximum: 599 }\n"
    "        detail: { type: string, description: \"What is wrong with this request and what to do, for a "
    "person.\" }\n"
    "        message: { type: string, description: \"The same as detail.\" }\n"
    "        code: { $ref: \"#/components/schemas/ErrorCode\" }\n"
    "        timestamp: { type: string, format: date-time }\n"
    "        request_id: { type: string, description: \"Quote it when asking for help.\" }\n"
    "        errors:\n"
    "          type: array\n"
    "          description: \"Every offending member or parameter.\"\n"
    "          items: { $ref: \"#/components/schemas/FieldError\" }\n"
    "        alternatives:\n"
    "          type: array\n"
    "          description: \"With slot_unavailable: the nearest slots that are free.\"\n"
    "          items: { $ref: \"#/components/schemas/FreeSlot\" }\n";

/* Codes that only the command line sees. */
static bool is_startup(enum err err)
{
    return err == ERR_KEY_MISSING || err == ERR_KEY_WRONG || err == ERR_KEY_READABLE ||
           err == ERR_STORE_OLDER || err == ERR_STORE_NEWER || err == ERR_STORE_LOCKED || err == ERR_SETTING;
}

static void put_error_codes(struct yaml *yaml)
{
    yaml_open(yaml, "ErrorCode");
    yaml_word(yaml, "type", "string");
    yaml_text(yaml, "description",
              "What went wrong, for programs. A code keeps its meaning; new ones may come.");
    yaml_open(yaml, "enum");
    for (int err = ERR_OK + 1; err < ERR_COUNT; err++) {
        if (!is_startup((enum err)err))
            yaml_item_text(yaml, err_info((enum err)err)->code);
    }
    yaml_up(yaml);
    yaml_up(yaml);
}

static bool is_used(const struct general *general)
{
    for (size_t i = 0; i < endpoint_count; i++) {
        if (is_listed(endpoints[i]) && !has_status(endpoints[i]->errors, general->status) &&
            is_possible(endpoints[i], general->status))
            return true;
    }
    return false;
}

static void put_general_responses(struct yaml *yaml)
{
    yaml_open(yaml, "responses");
    for (size_t i = 0; i < sizeof generals / sizeof *generals; i++) {
        if (!is_used(&generals[i]))
            continue;
        yaml_open(yaml, generals[i].name);
        put_problem(yaml, generals[i].status, NULL, false);
        yaml_up(yaml);
    }
    yaml_open(yaml, "Other");
    yaml_text(yaml, "description",
              "Any other mistake: the method (405), the time that the request took (408), the length "
              "of its address (414) or of its headers (431).");
    put_problem_content(yaml);
    yaml_up(yaml);
    yaml_up(yaml);
}

static void put_components(struct yaml *yaml, const struct shapes *shapes)
{
    yaml_open(yaml, "components");
    buf_text(yaml->buf, fixed_components);
    put_general_responses(yaml);
    yaml_open(yaml, "schemas");
    shapes_write(shapes, yaml);
    put_error_codes(yaml);
    buf_text(yaml->buf, fixed_schemas);
    yaml_up(yaml);
    yaml_up(yaml);
}

/* ---- the whole ---- */

static bool tag_is_used(const char *name)
{
    for (size_t i = 0; i < endpoint_count; i++) {
        if (is_listed(endpoints[i]) && strcmp(endpoints[i]->tag, name) == 0)
            return true;
    }
    return false;
}

static void put_tags(struct yaml *yaml)
{
    yaml_open(yaml, "tags");
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        if (!tag_is_used(tags[i].name))
            continue;
        yaml_item(yaml, "name", tags[i].name);
        yaml_text(yaml, "description", tags[i].text);
        yaml_up(yaml);
    }
    yaml_up(yaml);
}

static void put_head(struct yaml *yaml)
{
    yaml_word(yaml, "openapi", "3.0.3");
    yaml_open(yaml, "info");
    yaml_text(yaml, "title", "opendoor");
    yaml_text(yaml, "version", OPENDOOR_VERSION);
    yaml_text(yaml, "description", about);
    yaml_word(yaml, "license", "{ name: MIT, url: \"https://opensource.org/license/mit\" }");
    yaml_up(yaml);
    yaml_open(yaml, "servers");
    yaml_item(yaml, "url", "\"/\"");
    yaml_text(yaml, "description", "The service that serves this document.");
    yaml_up(yaml);
    yaml_up(yaml);
    yaml_word(yaml, "security", "[{ bearerAuth: [] }]");
}

void openapi_write(struct buf *buf)
{
    struct yaml yaml = {.buf = buf};
    struct shapes shapes = {.count = 0};

    for (size_t i = 0; i < endpoint_count; i++) {
        if (!is_listed(endpoints[i]))
            continue;
        shapes_add(&shapes, endpoints[i]->data, SHAPE_ANSWER);
        shapes_add(&shapes, endpoints[i]->body, body_shape(endpoints[i]));
    }
    buf_text(buf,
             "# Printed by `opendoor openapi` from the tables of the program. Do not change it by hand.\n");
    put_head(&yaml);
    put_tags(&yaml);
    put_paths(&yaml, &shapes);
    put_components(&yaml, &shapes);
}
