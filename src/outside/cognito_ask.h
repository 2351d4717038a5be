/* cognito_ask.h - one action of Cognito's API (JSON 1.1 over HTTP POST), sent once, and its error as ours. */
#ifndef OUTSIDE_COGNITO_ASK_H
#define OUTSIDE_COGNITO_ASK_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "outside/aws_client.h"

/* The public ones are for everybody who knows the client's id; the others are signed with the credentials of
 * this program, and deploy/template.yaml has to allow each of them. */
enum cognito_action {
    COGNITO_INITIATE_AUTH,
    COGNITO_CHANGE_PASSWORD,
    COGNITO_FORGOT_PASSWORD,
    COGNITO_CONFIRM_FORGOT_PASSWORD,
    COGNITO_REVOKE_TOKEN,
    COGNITO_ADMIN_CREATE_USER,
    COGNITO_ADMIN_DELETE_USER,
    COGNITO_ADMIN_GET_USER,
    COGNITO_ADMIN_SET_USER_PASSWORD,
    COGNITO_ADMIN_UPDATE_USER_ATTRIBUTES,
    COGNITO_ADMIN_ADD_USER_TO_GROUP,
    COGNITO_ADMIN_REMOVE_USER_FROM_GROUP,
    COGNITO_ADMIN_ENABLE_USER,
    COGNITO_ADMIN_DISABLE_USER,
    COGNITO_ADMIN_USER_GLOBAL_SIGN_OUT,
};

/* *answer: the answer's JSON, in the arena. Errors: ERR_BAD_CREDENTIALS (not authorised, or there is no such
 * user: nobody is to tell which), ERR_EMAIL_TAKEN, ERR_PASSWORD_REFUSED, ERR_RESET_INVALID,
 * ERR_NOT_CONFIRMED, ERR_PASSWORD_RESET_REQUIRED, ERR_RATE_LIMITED, ERR_BUSY, ERR_FIELD_VALUE (a parameter
 * that it does not take), ERR_NOT_FOUND (no such pool, client or group), ERR_IDENTITY_DOWN, ERR_OUTSIDE,
 * ERR_MEMORY. What an operator should know of is logged. */
enum err cognito_ask(struct aws_client *client, struct arena *arena, enum cognito_action action,
                     struct span body, const struct json **answer);

#endif
