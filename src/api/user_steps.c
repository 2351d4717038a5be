/* user_steps.c - see user_steps.h. */
#include "api/user_steps.h"

#include "call/access.h"
#include "call/reply.h"
#include "store/rec_practice.h"

#include <stdio.h>
#include <string.h>

enum { POINTER_TEXT = 40 };

static bool stands_before(const char *const *ids, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (ids[i] && strcmp(ids[i], ids[at]) == 0)
            return true;
    return false;
}

/* Every one that is wrong is named. */
static enum err practices_check(struct call *call, struct tx *tx, const struct list *list)
{
    const char *const *ids = list->items;
    enum err verdict = ERR_OK;

    for (size_t i = 0; i < list->count; i++) {
        struct practice practice;
        char pointer[POINTER_TEXT];
        if (!ids[i])
            continue; /* refused already */
        (void)snprintf(pointer, sizeof pointer, "/practice_ids/%zu", i);
        enum err e = practice_load(tx, ids[i], &practice);
        if (e == ERR_NOT_FOUND)
            e = call_problem(call, pointer, ERR_FIELD_VALUE, "There is no practice with this id.");
        else if (!e && stands_before(ids, i))
            e = call_problem(call, pointer, ERR_FIELD_DUPLICATE, NULL);
        if (e && e != ERR_INVALID)
            return e;
        verdict = e ? e : verdict;
    }
    return verdict;
}

static enum err role_check(struct call *call, const struct user *before, const struct user *user)
{
    if (before && before->role != user->role && (before->role == ROLE_PATIENT || user->role == ROLE_PATIENT))
        return call_problem(call, "/role", ERR_FIELD_VALUE,
                            "A patient stays a patient, and nobody becomes one; make another user instead.");
    if (!before && user->role == ROLE_PATIENT)
        return call_problem(call, "/role", ERR_FIELD_VALUE,
                            "Patients register themselves, with POST /auth/register.");
    return ERR_OK;
}

/* Does the role go with the practices? One that was refused (0) says nothing about them. */
static enum err role_practices_check(struct call *call, const struct user *user)
{
    if (user->role == ROLE_ADMIN && user->practice_ids.count > 0)
        return call_problem(call, "/practice_ids", ERR_FIELD_VALUE,
                            "Only staff work at practices; leave it out.");
    if (user->role == ROLE_STAFF && user->practice_ids.count == 0)
        return call_problem(call, "/practice_ids", ERR_FIELD_REQUIRED,
                            "Staff work at one practice at least.");
    return ERR_OK;
}

enum err user_complete(struct call *call, struct tx *tx, const struct user *before, struct user *user)
{
    bool says_practices = json_member(call->json, "practice_ids");

    if (user->role != ROLE_STAFF && !says_practices)
        user->practice_ids = (struct list){0}; /* no longer staff */
    enum err e = role_check(call, before, user);
    if (!e)
        e = role_practices_check(call, user);
    return call_also(e, practices_check(call, tx, &user->practice_ids));
}

enum err user_reply(struct call *call, int status, const char *message, const struct user *user)
{
    reply_etag(call, user->version);
    reply_object(call, status, message, &user_fields, user, false);
    return ERR_OK;
}

enum err user_load_managed(struct call *call, struct tx *tx, const char *user_id, struct user *user)
{
    enum err e = access_any(call, ACTION_USER_MANAGE);
    return e ? e : user_load(tx, user_id, user);
}

enum err user_news_keep(struct call *call, const struct user *before, const struct user *user)
{
    if (!call->app->identity->remote)
        return ERR_OK;
    struct user_news *news = arena_zero(call->arena, 1, sizeof *news);
    if (!news)
        return ERR_MEMORY;
    /* Also if nothing has changed here: the one time before, it may not have been told. */
    bool says = call->request.method == METHOD_DELETE || json_member(call->json, "role") ||
                json_member(call->json, "status");
    news->account = (struct identity_account){.subject = says ? user->subject : NULL,
                                              .email = user->email,
                                              .role = user->role,
                                              .active = user->status == USER_ACTIVE};
    news->sessions_end = user->tokens_after != before->tokens_after;
    call->prepared = news;
    return ERR_OK;
}

enum err user_news_tell(struct call *call)
{
    const struct identity *identity = call->app->identity;
    const struct user_news *news = call->prepared;

    if (!news->account.subject)
        return ERR_OK;
    enum err e = identity->update(identity->arg, call->arena, &news->account);
    if (news->sessions_end)
        identity->sign_out(identity->arg, call->arena, news->account.subject);
    return e ? call_fail(
                   call, e,
                   "The change is kept here, but the provider of logins could not be told. Send it again.")
             : ERR_OK;
}
