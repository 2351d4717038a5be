/* rec_proxy.c - TABLE_PROXY has the record under the patient's key; TABLE_PROXY_OF, for the other direction,
 * nothing but the patient's id. The sorts are keyed hashes of the ids, so that nothing on disk tells who acts
 * for whom. */
#include "store/rec_proxy.h"

#include <string.h>

enum { RELATIONSHIP_MAX = 100, EVIDENCE_MAX = 500 };

static const struct field rows[] = {
    {.name = "patient_id",
     .tag = 1,
     .kind = FIELD_TEXT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct proxy, patient_id),
     .help = "Who is acted for.",
     .example = "\"patient-123\""},
    {.name = "proxy_id",
     .tag = 2,
     .kind = FIELD_TEXT,
     .flags = FIELD_REQUIRED,
     .offset = offsetof(struct proxy, proxy_id),
     .max = KEY_PART_MAX,
     .help = "Who acts: their own patient id.",
     .example = "\"patient-124\""},
    {.name = "relationship",
     .tag = 3,
     .kind = FIELD_TEXT,
     .flags = FIELD_REQUIRED | FIELD_PERSONAL,
     .offset = offsetof(struct proxy, relationship),
     .max = RELATIONSHIP_MAX,
     .example = "\"mother\""},
    {.name = "basis",
     .tag = 4,
     .kind = FIELD_ENUM,
     .flags = FIELD_REQUIRED,
     .offset = offsetof(struct proxy, basis),
     .values = proxy_basis_names,
     .help = "parental_responsibility for a child under 16; patient_consent from 13; legal_authority from "
             "16, with evidence.",
     .example = "\"parental_responsibility\""},
    {.name = "evidence",
     .tag = 5,
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct proxy, evidence),
     .max = EVIDENCE_MAX,
     .help = "What was seen, a reference number for example; needed for legal_authority."},
    {.name = "until",
     .tag = 6,
     .kind = FIELD_DATE,
     .offset = offsetof(struct proxy, until),
     .help = "The last day, at most 5 years ahead. By parental responsibility it ends before the 16th "
             "birthday anyway.",
     .example = "\"2027-11-25\""},
    {.name = "consent_recorded_at",
     .tag = 7,
     .kind = FIELD_INSTANT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct proxy, consent_recorded_at)},
    {.name = "consent_recorded_by",
     .tag = 8,
     .kind = FIELD_TEXT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct proxy, consent_recorded_by),
     .help = "User id: the patient, or the staff who recorded it."},
    {.name = "ended_at",
     .tag = 9,
     .kind = FIELD_INSTANT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct proxy, ended_at)},
    {.name = "ended_by",
     .tag = 10,
     .kind = FIELD_TEXT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct proxy, ended_by)},
};

const struct field_set proxy_fields = {.name = "Proxy", .size = sizeof(struct proxy), FIELDS(rows)};

enum err proxy_load(struct tx *tx, const char *patient_id, const char *proxy_id, struct proxy *proxy)
{
    struct key key = {.table = TABLE_PROXY, .part = patient_id};
    struct span value;

    enum err e = tx_blind_id(tx, proxy_id, &key.sort);
    if (!e)
        e = tx_get(tx, &key, &value);
    return e ? e : fields_decode(&proxy_fields, value, tx_arena(tx), proxy);
}

enum err proxy_save(struct tx *tx, const struct proxy *proxy)
{
    struct key key = {.table = TABLE_PROXY, .part = proxy->patient_id};
    struct key of = {.table = TABLE_PROXY_OF, .part = proxy->proxy_id};
    struct span patient = {(const uint8_t *)proxy->patient_id, strlen(proxy->patient_id)};
    struct buf value;

    buf_init(&value, tx_arena(tx));
    fields_encode(&proxy_fields, proxy, &value);
    if (!buf_ok(&value))
        return ERR_MEMORY;
    enum err e = tx_blind_id(tx, proxy->proxy_id, &key.sort);
    if (!e)
        e = tx_blind_id(tx, proxy->patient_id, &of.sort);
    if (!e)
        e = tx_put(tx, &key, proxy->patient_id, buf_span(&value));
    return e ? e : tx_put(tx, &of, proxy->proxy_id, patient);
}

static enum err rows_find(struct tx *tx, enum table table, const char *part, struct proxy **proxies,
                          struct row **found, size_t *count)
{
    struct scan scan = {.table = table, .part = part, .limit = PROXIES_MAX};
    bool more;

    enum err e = tx_scan(tx, &scan, found, count, &more);
    if (e)
        return e;
    *proxies = arena_zero(tx_arena(tx), PROXIES_MAX, sizeof **proxies);
    return *proxies ? ERR_OK : ERR_MEMORY;
}

enum err proxy_list(struct tx *tx, const char *patient_id, struct proxy **proxies, size_t *count)
{
    struct row *found;
    enum err e = rows_find(tx, TABLE_PROXY, patient_id, proxies, &found, count);

    for (size_t i = 0; !e && i < *count; i++)
        e = fields_decode(&proxy_fields, found[i].value, tx_arena(tx), &(*proxies)[i]);
    return e;
}

enum err proxy_list_of(struct tx *tx, const char *proxy_id, struct proxy **proxies, size_t *count)
{
    struct row *found;
    enum err e = rows_find(tx, TABLE_PROXY_OF, proxy_id, proxies, &found, count);

    for (size_t i = 0; !e && i < *count; i++) {
        struct span value = found[i].value;
        const char *patient_id = arena_text(tx_arena(tx), (const char *)value.data, value.size);
        e = patient_id ? proxy_load(tx, patient_id, proxy_id, &(*proxies)[i]) : ERR_MEMORY;
    }
    return e;
}

enum err proxy_is_running(struct tx *tx, const char *patient_id, const char *proxy_id, int32_t today,
                          bool *runs)
{
    struct proxy proxy;

    *runs = false;
    enum err e = proxy_load(tx, patient_id, proxy_id, &proxy);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    *runs = proxy_runs(&proxy, today);
    return ERR_OK;
}
