/* cognito_ask.c - see cognito_ask.h. Bodies and answers hold passwords and tokens: what is not in the call's
 * own arena, which is wiped, is wiped here. */
#include "outside/cognito_ask.h"

#include "base/log.h"

#include <sodium.h>
#include <string.h>

enum { ASK_MS = 5000, ANSWER_BYTES_MAX = 64 * 1024, STATUS_OK = 200, STATUS_SERVER = 500 };

#define TYPE   "application/x-amz-json-1.1"
#define TARGET "AWSCognitoIdentityProviderService."

struct action {
    const char *target;
    bool is_signed;
};

static const struct action actions[] = {
    [COGNITO_INITIATE_AUTH] = {TARGET "InitiateAuth", false},
    [COGNITO_CHANGE_PASSWORD] = {TARGET "ChangePassword", false},
    [COGNITO_FORGOT_PASSWORD] = {TARGET "ForgotPassword", false},
    [COGNITO_CONFIRM_FORGOT_PASSWORD] = {TARGET "ConfirmForgotPassword", false},
    [COGNITO_REVOKE_TOKEN] = {TARGET "RevokeToken", false},
    [COGNITO_ADMIN_CREATE_USER] = {TARGET "AdminCreateUser", true},
    [COGNITO_ADMIN_DELETE_USER] = {TARGET "AdminDeleteUser", true},
    [COGNITO_ADMIN_GET_USER] = {TARGET "AdminGetUser", true},
    [COGNITO_ADMIN_SET_USER_PASSWORD] = {TARGET "AdminSetUserPassword", true},
    [COGNITO_ADMIN_UPDATE_USER_ATTRIBUTES] = {TARGET "AdminUpdateUserAttributes", true},
    [COGNITO_ADMIN_ADD_USER_TO_GROUP] = {TARGET "AdminAddUserToGroup", true},
    [COGNITO_ADMIN_REMOVE_USER_FROM_GROUP] = {TARGET "AdminRemoveUserFromGroup", true},
    [COGNITO_ADMIN_ENABLE_USER] = {TARGET "AdminEnableUser", true},
    [COGNITO_ADMIN_DISABLE_USER] = {TARGET "AdminDisableUser", true},
    [COGNITO_ADMIN_USER_GLOBAL_SIGN_OUT] = {TARGET "AdminUserGlobalSignOut", true},
};

struct reason {
    const char *type;
    enum err err;
    bool told; /* to the operator: something is set up wrongly, or short */
};

static const struct reason reasons[] = {
    {"NotAuthorizedException", ERR_BAD_CREDENTIALS, false},
    {"UserNotFoundException", ERR_BAD_CREDENTIALS, false},
    {"UsernameExistsException", ERR_EMAIL_TAKEN, false},
    {"AliasExistsException", ERR_EMAIL_TAKEN, false},
    {"InvalidPasswordException", ERR_PASSWORD_REFUSED, false},
    {"PasswordHistoryPolicyViolationException", ERR_PASSWORD_REFUSED, false},
    {"CodeMismatchException", ERR_RESET_INVALID, false},
    {"ExpiredCodeException", ERR_RESET_INVALID, false},
    {"UserNotConfirmedException", ERR_NOT_CONFIRMED, false},
    {"PasswordResetRequiredException", ERR_PASSWORD_RESET_REQUIRED, false},
    {"LimitExceededException", ERR_RATE_LIMITED, false},
    {"TooManyFailedAttemptsException", ERR_RATE_LIMITED, false},
    {"TooManyRequestsException", ERR_BUSY, true},
    {"ThrottlingException", ERR_BUSY, true},
    {"InvalidParameterException", ERR_FIELD_VALUE, false},
    {"ResourceNotFoundException", ERR_NOT_FOUND, true},
    {"AccessDeniedException", ERR_OUTSIDE, true},
    {"InternalErrorException", ERR_IDENTITY_DOWN, true},
};

static void tell(const struct action *action, const struct http_answer *answer, const char *reason)
{
    log_line(LOG_WARN, "identity_provider_failed", LOG_TEXT("step", action->target + strlen(TARGET)),
             LOG_INTEGER("status", answer->status), LOG_TEXT("reason", reason));
}

static enum err error_of(const struct action *action, const struct http_answer *answer)
{
    char type[AWS_ERROR_MAX];

    aws_error_type(answer, type);
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        const struct reason *reason = &reasons[i];
        if (strcmp(type, reason->type) != 0)
            continue;
        if (reason->told)
            tell(action, answer, reason->type);
        return reason->err;
    }
    tell(action, answer, "an error that is not known here"); /* its text may be anything */
    return answer->status >= STATUS_SERVER ? ERR_IDENTITY_DOWN : ERR_OUTSIDE;
}

static enum err send_unsigned(struct aws_client *client, const struct action *action, struct arena *arena,
                              struct span body, struct http_answer *answer)
{
    const struct http_header headers[] = {{"Content-Type", TYPE}, {"X-Amz-Target", action->target}};
    const char *url = arena_printf(arena, "%s/", client->endpoint);
    struct http_ask ask = {.method = "POST",
                           .url = url,
                           .headers = headers,
                           .header_count = sizeof headers / sizeof *headers,
                           .body = body,
                           .total_ms = ASK_MS,
                           .answer_bytes_max = ANSWER_BYTES_MAX};

    return url ? http_client_send(client->http, &ask, answer) : ERR_MEMORY;
}

static enum err send_signed(struct aws_client *client, const struct action *action, struct arena *arena,
                            struct span body, struct http_answer *answer)
{
    struct aws_ask ask = {.content_type = TYPE,
                          .target = action->target,
                          .body = body,
                          .total_ms = ASK_MS,
                          .answer_bytes_max = ANSWER_BYTES_MAX};

    return aws_client_send(client, arena, &ask, answer);
}

static enum err parse(struct arena *arena, const struct http_answer *answer, const struct json **json)
{
    const struct json *root = NULL;
    const char *why;
    const char *text = answer->body ? answer->body : "";

    enum err e = json_parse(arena, text, answer->body_size, &root, &why);
    if (!e)
        *json = root;
    return e && e != ERR_MEMORY ? ERR_OUTSIDE : e;
}

enum err cognito_ask(struct aws_client *client, struct arena *arena, enum cognito_action action,
                     struct span body, const struct json **answer)
{
    const struct action *what = &actions[action];
    struct http_answer http = {.status = 0};

    enum err e = (what->is_signed ? send_signed : send_unsigned)(client, what, arena, body, &http);
    if (e && e != ERR_MEMORY) {
        tell(what, &http, http.why);
        e = ERR_IDENTITY_DOWN;
    } else if (!e && http.status != STATUS_OK) {
        e = error_of(what, &http);
    } else if (!e) {
        e = parse(arena, &http, answer);
    }
    if (http.body)
        sodium_memzero(http.body, http.body_size);
    http_answer_done(&http);
    return e;
}
