/* rec_outbox.h - messages that are to be sent. One is written in the transaction of its cause and sent after
 * it by a job, so that neither goes without the other. Nothing sends them yet. */
#ifndef STORE_REC_OUTBOX_H
#define STORE_REC_OUTBOX_H

#include "base/fields.h"
#include "store/store.h"

enum message_kind { MESSAGE_PASSWORD_RESET = 1 };

struct message {
    const char *message_id;
    int32_t kind;       /* enum message_kind */
    const char *person; /* user or patient id: under whose key it is sealed */
    const char *to;     /* e-mail address */
    const char *token;  /* of the link in it; a secret */
    int64_t created_at;
    int64_t expires_at; /* of what it says: not worth sending after that; INSTANT_NONE: never */
};

extern const struct field_set message_fields;

/* It goes by itself when what it says has expired (rec_expiry.h). */
enum err outbox_add(struct tx *tx, const struct message *message);
/* From the oldest on. */
enum err outbox_list(struct tx *tx, size_t limit, struct message **messages, size_t *count);
enum err outbox_delete(struct tx *tx, const struct message *message);

#endif
