/* rec_lockout.c - see rec_lockout.h. TABLE_LOCKOUT: the part is a keyed hash of kind and subject, because it
 * stands in the key of the row that lets it expire as well. */
#include "store/rec_lockout.h"

#include "base/buf.h"
#include "base/must.h"
#include "store/rec_expiry.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { FORM = 1, PREFIX_BYTES = 8, ADDRESS_TEXT = 64 };

static const struct {
    const char *name;
    const struct lockout_policy *policy;
    bool is_address;
} kinds[LOCKOUT_KINDS] = {
    [LOCKOUT_LOGIN_ACCOUNT] = {"lockout login account", &lockout_login_account, false},
    [LOCKOUT_LOGIN_ADDRESS] = {"lockout login address", &lockout_login_address, true},
    [LOCKOUT_RESET_ACCOUNT] = {"lockout reset account", &lockout_reset_account, false},
    [LOCKOUT_RESET_ADDRESS] = {"lockout reset address", &lockout_reset_address, true},
};

/* Whoever has one IPv6 address has the 2^64 beside it. One that holds an IPv4 address stays whole. */
static const char *network_of(const char *address, char out[static ADDRESS_TEXT])
{
    struct in6_addr six;

    if (inet_pton(AF_INET6, address, &six) != 1 || IN6_IS_ADDR_V4MAPPED(&six))
        return address;
    memset(six.s6_addr + PREFIX_BYTES, 0, sizeof six.s6_addr - PREFIX_BYTES);
    return inet_ntop(AF_INET6, &six, out, ADDRESS_TEXT) ? out : address;
}

static enum err key_of(struct tx *tx, const struct store *store, enum lockout_kind kind, const char *subject,
                       struct key *key)
{
    char network[ADDRESS_TEXT], blind[33];

    must(kind < LOCKOUT_KINDS);
    store_blind(store, kinds[kind].name, kinds[kind].is_address ? network_of(subject, network) : subject,
                blind);
    *key = (struct key){.table = TABLE_LOCKOUT, .part = arena_dup(tx_arena(tx), blind)};
    return key->part ? ERR_OK : ERR_MEMORY;
}

/* Zeros if there is nothing. */
static enum err load(struct tx *tx, const struct key *key, struct lockout *lockout)
{
    struct span value;

    *lockout = (struct lockout){0};
    enum err e = tx_get(tx, key, &value);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    if (e)
        return e;
    struct reader reader = reader_of(value);
    uint8_t form = read_byte(&reader);
    lockout->empty_at = read_zigzag(&reader);
    lockout->last_at = read_zigzag(&reader);
    return reader_done(&reader) && form == FORM ? ERR_OK : ERR_DAMAGED;
}

enum err lockout_check(struct tx *tx, const struct store *store, enum lockout_kind kind, const char *subject,
                       int64_t now_ms, int64_t *wait_ms)
{
    struct key key;
    struct lockout lockout = {0};

    enum err e = key_of(tx, store, kind, subject, &key);
    if (!e)
        e = load(tx, &key, &lockout);
    if (!e)
        *wait_ms = lockout_wait_ms(kinds[kind].policy, &lockout, now_ms);
    return e;
}

static int64_t over_at(enum lockout_kind kind, const struct lockout *lockout)
{
    return lockout->last_at ? lockout_over_at(kinds[kind].policy, lockout) : EXPIRY_NEVER;
}

enum err lockout_add(struct tx *tx, const struct store *store, enum lockout_kind kind, const char *subject,
                     int64_t now_ms)
{
    struct key key;
    struct lockout lockout = {0};
    struct buf value;

    enum err e = key_of(tx, store, kind, subject, &key);
    if (!e)
        e = load(tx, &key, &lockout);
    if (e)
        return e;
    int64_t before = over_at(kind, &lockout);
    lockout_count(kinds[kind].policy, &lockout, now_ms);
    buf_init(&value, tx_arena(tx));
    buf_byte(&value, FORM);
    buf_zigzag(&value, lockout.empty_at);
    buf_zigzag(&value, lockout.last_at);
    if (!buf_ok(&value))
        return ERR_MEMORY;
    e = tx_put(tx, &key, NULL, buf_span(&value));
    return e ? e : expiry_move(tx, &key, before, over_at(kind, &lockout));
}

enum err lockout_forget(struct tx *tx, const struct store *store, enum lockout_kind kind, const char *subject)
{
    struct key key;
    struct lockout lockout = {0};

    enum err e = key_of(tx, store, kind, subject, &key);
    if (!e)
        e = load(tx, &key, &lockout);
    if (e || !lockout.last_at)
        return e;
    e = tx_delete(tx, &key);
    return e ? e : expiry_move(tx, &key, over_at(kind, &lockout), EXPIRY_NEVER);
}
