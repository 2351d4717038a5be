/* proxy_create.c - POST /patients/{patient_id}/proxies: somebody may act for this patient from now on.
 * Consent is what the patient does here themselves, or what staff record. */
#include "api/endpoint.h"
#include "call/access.h"
#include "call/reply.h"
#include "store/rec_patient.h"
#include "store/rec_proxy.h"

#include <string.h>

/* What a patient may say themselves is their own consent; the other two are for staff to judge. */
static enum err rules_check(struct call *call, const struct proxy *proxy)
{
    enum err e = ERR_OK;

    if (proxy->proxy_id && strcmp(proxy->proxy_id, proxy->patient_id) == 0)
        e = call_problem(call, "/proxy_id", ERR_FIELD_VALUE, "Nobody acts for themselves.");
    if (call_is_role(call, ROLE_PATIENT) && proxy->basis && proxy->basis != PROXY_PATIENT_CONSENT)
        e = call_also(e, call_problem(call, "/basis", ERR_FIELD_VALUE,
                                      "Patients give patient_consent; the rest is recorded by staff."));
    if (proxy->basis == PROXY_LEGAL_AUTHORITY && !proxy->evidence)
        e = call_also(e, call_problem(call, "/evidence", ERR_FIELD_REQUIRED,
                                      "Say what evidence of the legal authority was seen."));
    return e;
}

static enum err room_check(struct call *call, struct tx *tx, const struct proxy *proxy)
{
    struct proxy *others;
    size_t count = 0;
    size_t count_of = 0;

    enum err e = proxy_list(tx, proxy->patient_id, &others, &count);
    if (!e)
        e = proxy_list_of(tx, proxy->proxy_id, &others, &count_of);
    if (!e && (count >= PROXIES_MAX || count_of >= PROXIES_MAX))
        return call_fail(call, ERR_CONFLICT,
                         "At most %d people act for one patient, and one person for %d patients.",
                         PROXIES_MAX, PROXIES_MAX);
    return e;
}

static enum err actor_load(struct call *call, struct tx *tx, const struct proxy *proxy, struct patient *actor)
{
    enum err e = patient_load(tx, proxy->proxy_id, actor);
    return e == ERR_NOT_FOUND
               ? call_problem(call, "/proxy_id", ERR_NOT_FOUND, "There is no patient with this id.")
               : e;
}

static enum err decide(struct call *call, struct tx *tx, struct proxy *proxy)
{
    struct patient patient;
    struct patient actor;

    enum err e = patient_load(tx, proxy->patient_id, &patient);
    if (e)
        return e;
    e = actor_load(call, tx, proxy, &actor);
    if (!e)
        e = proxy_decide(proxy, patient.date_of_birth, actor.date_of_birth, london_date(call->now_ms));
    if (e == ERR_PROXY_UNTIL && problems_add(&call->problems, "/until", e, NULL) == ERR_MEMORY)
        return ERR_MEMORY;
    return e;
}

static enum err review(struct call *call, struct tx *tx)
{
    struct proxy proxy = *(const struct proxy *)call->body;
    struct patient actor;

    proxy.patient_id = call->path_params[0];
    enum err e = access_patient(call, tx, ACTION_PROXY_MANAGE, proxy.patient_id);
    if (!e)
        e = rules_check(call, &proxy);
    if (e && e != ERR_INVALID)
        return e;
    if (!proxy.proxy_id)
        return e;
    return proxy.basis && !problems_about(&call->problems, "/until") ? decide(call, tx, &proxy)
                                                                     : actor_load(call, tx, &proxy, &actor);
}

static enum err handle(struct call *call, struct tx *tx)
{
    struct proxy proxy = *(const struct proxy *)call->body;
    bool running = false;

    proxy.patient_id = call->path_params[0];
    enum err e = access_patient(call, tx, ACTION_PROXY_MANAGE, proxy.patient_id);
    if (!e)
        e = rules_check(call, &proxy);
    if (!e)
        e = proxy_is_running(tx, proxy.patient_id, proxy.proxy_id, london_date(call->now_ms), &running);
    if (!e && running)
        return call_fail(call, ERR_CONFLICT, "This person acts for the patient already.");
    if (!e)
        e = room_check(call, tx, &proxy);
    if (!e)
        e = decide(call, tx, &proxy);
    proxy.consent_recorded_at = call->now_ms;
    proxy.consent_recorded_by = call->caller.user_id;
    if (!e)
        e = proxy_save(tx, &proxy);
    if (e)
        return e;
    reply_location(call, "/patients/%s/proxies", proxy.patient_id);
    reply_object(call, 201, "Recorded.", &proxy_fields, &proxy, false);
    return ERR_OK;
}

static const enum err errors[] = {ERR_PROXY_AGE, ERR_PROXY_UNTIL, ERR_CONFLICT, ERR_OK};

const struct endpoint endpoint_proxy_create = {
    .name = "proxy_create",
    .method = METHOD_POST,
    .path = "/patients/{patient_id}/proxies",
    .roles = ROLES_ALL,
    .flags = ENDPOINT_WRITES | ENDPOINT_CREATES,
    .body = &proxy_fields,
    .body_mode = FIELDS_CREATE,
    .data = &proxy_fields,
    .handle = handle,
    .review = review,
    .errors = errors,
    .tag = "Patients",
    .summary = "Let somebody act for a patient",
    .description = "A parent or carer may then see this patient's record without medical information, and "
                   "book, move and cancel appointments. A patient gives their own consent; parental "
                   "responsibility and legal authority are recorded by staff.",
};
