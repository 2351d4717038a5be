/* rec_token_keys.h - the signing keys of access tokens, kept for all servers of a store. */
#ifndef STORE_REC_TOKEN_KEYS_H
#define STORE_REC_TOKEN_KEYS_H

#include "sec/token.h"
#include "store/store.h"

/* Makes the first key, the next one, or drops a dead one, if it is time, and gives the keys to `tokens`. At
 * start, and every few minutes after that: a server that has not heard of another one's new key has a day
 * until it signs. */
enum err token_keys_refresh(struct store *store, struct tokens *tokens, int64_t now_ms);

#endif
