/* rec_proxy.h - who acts for whom. Both directions are written together. */
#ifndef STORE_REC_PROXY_H
#define STORE_REC_PROXY_H

#include "base/fields.h"
#include "domain/proxy.h"
#include "store/store.h"

enum { PROXIES_MAX = 20 }; /* of one patient, and for one person */

extern const struct field_set proxy_fields;

enum err proxy_load(struct tx *tx, const char *patient_id, const char *proxy_id,
                    struct proxy *proxy); /* ERR_NOT_FOUND */
enum err proxy_save(struct tx *tx, const struct proxy *proxy);
/* Who acts for that patient, ended ones too. */
enum err proxy_list(struct tx *tx, const char *patient_id, struct proxy **proxies, size_t *count);
/* For whom that person acts, ended ones too. */
enum err proxy_list_of(struct tx *tx, const char *proxy_id, struct proxy **proxies, size_t *count);
/* Does proxy_id act for the patient on that local day? */
enum err proxy_is_running(struct tx *tx, const char *patient_id, const char *proxy_id, int32_t today,
                          bool *runs);

#endif
