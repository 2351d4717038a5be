/* identity_records_test.c - what is kept of identity: signing keys, failed logins, sessions, messages, and
 * that all of it goes away in time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "identity_world.h"
#include "jobs/job.h"
#include "store/rec_expiry.h"
#include "store/rec_lockout.h"
#include "store/rec_outbox.h"
#include "store/rec_token_family.h"
#include "store/rec_user.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static int setup(void **state)
{
    *state = world_new();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    world_free(*state);
    return 0;
}

static void in_store(struct world *world, tx_fn *fn, void *arg)
{
    struct access access = {.write = true};

    assert_int_equal(store_run(world->app.store, &access, world->arena, fn, arg), ERR_OK);
}

/* ---- signing keys ---- */

static const char *published(struct world *world, struct tokens *tokens)
{
    struct buf buf;

    buf_init(&buf, world->arena);
    struct json_writer writer = json_writer(&buf);
    tokens_publish(tokens, &writer);
    return buf_cstr(&buf);
}

static size_t published_count(struct world *world, struct tokens *tokens)
{
    const struct json *json = NULL;
    const char *why, *text = published(world, tokens);

    assert_int_equal(json_parse(world->arena, text, strlen(text), &json, &why), ERR_OK);
    return json_member(json, "keys")->count;
}

static void two_servers_have_the_same_keys(void **state)
{
    struct world *world = *state;
    struct tokens *other = tokens_new(&world_tokens);

    assert_int_equal(token_keys_refresh(world->app.store, other, world_now), ERR_OK);
    assert_string_equal(published(world, other), published(world, world->app.tokens));
    tokens_free(other);
}

static void keys_rotate_while_servers_look_at_them_now_and_then(void **state)
{
    struct world *world = *state;
    struct tokens *other = tokens_new(&world_tokens);
    struct token_claims claims = {.user_id = "u", .family_id = "f", .role = 1};
    size_t most = 0;

    for (int64_t hour = 0; hour < 70 * 24; hour++) {
        const char *token = NULL;
        int64_t now = world_now + hour * HOUR;
        /* One looks every hour, the other every twelve: a token of one is good at the other all the time. */
        assert_int_equal(token_keys_refresh(world->app.store, world->app.tokens, now), ERR_OK);
        if (hour % 12 == 0)
            assert_int_equal(token_keys_refresh(world->app.store, other, now), ERR_OK);
        claims.issued_at = now;
        assert_int_equal(token_sign(world->app.tokens, world->arena, &claims, "i", &token), ERR_OK);
        assert_int_equal(token_verify(other, world->arena, token, now, &claims), ERR_OK);
        size_t count = published_count(world, other);
        most = count > most ? count : most;
    }
    assert_in_range(most, 2, 3);
    tokens_free(other);
}

static void a_conflict_makes_no_second_key(void **state)
{
    struct world *world = *state;

    store_mem_fault(world->app.store, MEM_CONFLICT, 1, 3);
    assert_int_equal(token_keys_refresh(world->app.store, world->app.tokens, world_now + 29 * DAY), ERR_OK);
    assert_int_equal(published_count(world, world->app.tokens), 2);
    store_mem_fault(world->app.store, MEM_FAIL, 1, 1);
    assert_int_equal(token_keys_refresh(world->app.store, world->app.tokens, world_now + 90 * DAY),
                     ERR_STORE);
    assert_int_equal(published_count(world, world->app.tokens), 2); /* the old ones serve on */
}

/* ---- what expires ---- */

struct lockout_step {
    struct world *world;
    enum lockout_kind kind;
    const char *subject;
    int64_t wait_ms;
};

static enum err add(struct tx *tx, void *arg)
{
    struct lockout_step *step = arg;

    return lockout_add(tx, step->world->app.store, step->kind, step->subject, world_now);
}

static enum err check(struct tx *tx, void *arg)
{
    struct lockout_step *step = arg;

    return lockout_check(tx, step->world->app.store, step->kind, step->subject, world_now, &step->wait_ms);
}

static enum err forget(struct tx *tx, void *arg)
{
    struct lockout_step *step = arg;

    return lockout_forget(tx, step->world->app.store, step->kind, step->subject);
}

static void failures_take_two_records_however_many(void **state)
{
    struct world *world = *state;
    struct lockout_step step = {.world = world, .kind = LOCKOUT_LOGIN_ACCOUNT, .subject = "user@example.org"};
    size_t empty = store_mem_records(world->app.store);

    for (int i = 0; i < 20; i++) {
        in_store(world, add, &step);
        world_now += 7 * MINUTE;
    }
    assert_int_equal(store_mem_records(world->app.store), empty + 2);
    in_store(world, check, &step);
    assert_true(step.wait_ms > 0);
    in_store(world, forget, &step);
    in_store(world, forget, &step);
    assert_int_equal(store_mem_records(world->app.store), empty);
    in_store(world, check, &step);
    assert_int_equal(step.wait_ms, 0);
}

static void failures_are_swept_when_they_say_nothing_any_more(void **state)
{
    struct world *world = *state;
    struct lockout_step step = {.world = world, .kind = LOCKOUT_LOGIN_ADDRESS, .subject = "192.0.2.7"};
    size_t empty = store_mem_records(world->app.store);

    in_store(world, add, &step);
    world_now += 10 * MINUTE;
    assert_int_equal(jobs_run_all(&world->app, world_now), ERR_OK);
    assert_int_equal(store_mem_records(world->app.store), empty + 2);
    world_now += DAY;
    assert_int_equal(jobs_run_all(&world->app, world_now), ERR_OK);
    assert_int_equal(store_mem_records(world->app.store), empty);
}

static void kinds_and_subjects_are_apart(void **state)
{
    struct world *world = *state;
    struct lockout_step step = {.world = world, .kind = LOCKOUT_LOGIN_ACCOUNT, .subject = "user@example.org"};

    for (int i = 0; i < 10; i++)
        in_store(world, add, &step);
    step.subject = "other@example.org";
    in_store(world, check, &step);
    assert_int_equal(step.wait_ms, 0);
    step =
        (struct lockout_step){.world = world, .kind = LOCKOUT_RESET_ACCOUNT, .subject = "user@example.org"};
    in_store(world, check, &step);
    assert_int_equal(step.wait_ms, 0);
}

static void an_ipv6_network_is_one_address(void **state)
{
    static const struct {
        const char *address;
        bool same;
    } rows[] = {{"2001:db8:0:1::1", true},
                {"2001:db8:0:1:ffff:ffff:ffff:ffff", true},
                {"2001:0db8:0000:0001::2", true},
                {"2001:db8:0:2::1", false},
                {"2001:db9:0:1::1", false},
                {"::ffff:192.0.2.1", false},
                {"192.0.2.1", false},
                {"", false}};
    struct world *world = *state;
    struct lockout_step step = {
        .world = world, .kind = LOCKOUT_LOGIN_ADDRESS, .subject = "2001:db8:0:1:aaaa::9"};

    for (int i = 0; i < 100; i++)
        in_store(world, add, &step);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        step.subject = rows[i].address;
        in_store(world, check, &step);
        assert_int_equal(step.wait_ms > 0, rows[i].same);
    }
}

static void a_restart_forgets_nothing(void **state)
{
    struct world *world = *state;
    struct mem_options options = {.disk = mem_disk_new(), .seed = 7};
    struct store *usual = world->app.store;
    struct lockout_step step = {.world = world, .kind = LOCKOUT_LOGIN_ACCOUNT, .subject = "user@example.org"};

    assert_int_equal(store_open_mem(&options, &world->app.store), ERR_OK);
    for (int i = 0; i < 10; i++)
        in_store(world, add, &step);
    store_close(world->app.store);
    assert_int_equal(store_open_mem(&options, &world->app.store), ERR_OK);
    in_store(world, check, &step);
    assert_int_equal(step.wait_ms, 15 * MINUTE);
    store_close(world->app.store);
    mem_disk_free(options.disk);
    world->app.store = usual;
}

struct family_life {
    struct token_family saved, loaded;
};

/* An assertion in here would leave by a jump, with the store's lock held. */
static enum err family_life(struct tx *tx, void *arg)
{
    struct family_life *life = arg;

    enum err e = token_family_save(tx, NULL, &life->saved);
    if (!e)
        e = token_family_load(tx, life->saved.family_id, &life->loaded);
    if (e)
        return e;
    struct token_family next = life->loaded;
    next.expires_at += DAY;
    return token_family_save(tx, &life->loaded, &next);
}

static enum err family_is_alive(struct tx *tx, void *arg)
{
    bool *alive = arg;

    *alive = !token_family_alive(tx, "family-1");
    return ERR_OK;
}

static void families_live_until_they_expire(void **state)
{
    struct world *world = *state;
    size_t empty = store_mem_records(world->app.store);
    struct family_life life = {
        .saved = {
            .family_id = "family-1", .user_id = "user-1", .newest = {1, 2, 3}, .created_at = WORLD_START}};
    bool alive = false;

    life.saved.expires_at = world_now + DAY;
    in_store(world, family_life, &life);
    assert_string_equal(life.loaded.user_id, "user-1");
    assert_memory_equal(life.loaded.newest, life.saved.newest, sizeof life.saved.newest);
    assert_int_equal(life.loaded.created_at, WORLD_START);
    assert_int_equal(life.loaded.expires_at, world_now + DAY);
    assert_int_equal(jobs_run_all(&world->app, world_now + DAY), ERR_OK);
    in_store(world, family_is_alive, &alive);
    assert_true(alive);
    assert_int_equal(jobs_run_all(&world->app, world_now + 2 * DAY + 1), ERR_OK);
    in_store(world, family_is_alive, &alive);
    assert_false(alive);
    assert_int_equal(store_mem_records(world->app.store), empty + 1); /* the person's key stays */
}

/* ---- of another provider of identity ---- */

struct named_family {
    struct token_family root, by_name;
    enum err after_end;
};

static enum err named_family(struct tx *tx, void *arg)
{
    struct named_family *named = arg;
    struct token_family other = {.family_id = "token-2",
                                 .user_id = "user-1",
                                 .created_at = WORLD_START,
                                 .expires_at = world_now + HOUR,
                                 .root = named->root.family_id};

    enum err e = token_family_save(tx, NULL, &named->root);
    if (!e)
        e = token_family_save(tx, NULL, &other);
    if (!e)
        e = token_family_load(tx, "token-2", &named->by_name);
    if (!e)
        e = token_family_delete_id(tx, named->root.family_id);
    if (!e)
        named->after_end = token_family_load(tx, "token-2", &other);
    return e;
}

/* Whatever a token calls its session, it is the one record that keeps it alive. */
static void a_session_may_have_other_names(void **state)
{
    struct named_family named = {.root = {.family_id = "session-1",
                                          .user_id = "user-1",
                                          .newest = {4, 5},
                                          .created_at = WORLD_START,
                                          .expires_at = world_now + DAY,
                                          .provider_token = "theirs"}};

    in_store(*state, named_family, &named);
    assert_string_equal(named.by_name.family_id, "session-1");
    assert_string_equal(named.by_name.provider_token, "theirs");
    assert_memory_equal(named.by_name.newest, named.root.newest, sizeof named.root.newest);
    assert_null(named.by_name.root);
    assert_int_equal(named.after_end, ERR_NOT_FOUND);
}

static struct user user_of(const char *id, const char *email, const char *subject)
{
    struct user user;

    fields_clear(&user_fields, &user);
    user.user_id = id;
    user.email = email;
    user.subject = subject;
    user.role = ROLE_PATIENT;
    user.status = USER_ACTIVE;
    user.version = 1;
    return user;
}

struct subjects {
    enum err own, linked, second, same_id_other_subject, moved, old;
    const char *linked_id;
};

static enum err subjects(struct tx *tx, void *arg)
{
    struct subjects *found = arg;
    struct user own = user_of("sub-1", "a@example.org", "sub-1");
    struct user before = user_of("patient-2", "b@example.org", NULL);
    struct user linked = user_of("patient-2", "b@example.org", "sub-2");
    struct user second = user_of("patient-3", "c@example.org", "sub-2");
    struct user moved = user_of("patient-2", "b@example.org", "sub-4");
    struct user user;

    enum err e = user_save(tx, NULL, &own);
    if (!e)
        e = user_save(tx, NULL, &before);
    if (!e)
        e = user_save(tx, &before, &linked);
    if (e)
        return e;
    found->own = user_find_subject(tx, "sub-1", &user);
    found->linked = user_find_subject(tx, "sub-2", &user);
    found->linked_id = user.user_id;
    found->same_id_other_subject = user_find_subject(tx, "patient-2", &user);
    found->second = user_save(tx, NULL, &second);
    e = user_save(tx, &linked, &moved);
    found->old = user_find_subject(tx, "sub-2", &user);
    found->moved = user_find_subject(tx, "sub-4", &user);
    return e;
}

static void a_subject_leads_to_one_user(void **state)
{
    struct subjects found = {.linked_id = NULL};

    in_store(*state, subjects, &found);
    assert_int_equal(found.own, ERR_OK);
    assert_int_equal(found.linked, ERR_OK);
    assert_string_equal(found.linked_id, "patient-2");
    assert_int_equal(found.same_id_other_subject, ERR_NOT_FOUND); /* an id is nobody's subject */
    assert_int_equal(found.second, ERR_CONFLICT);
    assert_int_equal(found.old, ERR_NOT_FOUND);
    assert_int_equal(found.moved, ERR_OK);
}

/* ---- messages ---- */

static enum err three_messages(struct tx *tx, void *arg)
{
    struct message message;
    enum err e = ERR_OK;

    (void)arg;
    fields_clear(&message_fields, &message);
    message.kind = MESSAGE_PASSWORD_RESET;
    message.person = "user-1";
    message.to = "user@example.org";
    message.token = "secret";
    for (int i = 3; !e && i > 0; i--) { /* the newest first */
        message.message_id = arena_printf(tx_arena(tx), "m-%d", i);
        message.created_at = world_now + i;
        message.expires_at = world_now + HOUR;
        e = outbox_add(tx, &message);
    }
    return e;
}

struct listed {
    struct message *messages;
    size_t count;
};

static enum err list(struct tx *tx, void *arg)
{
    struct listed *listed = arg;

    return outbox_list(tx, 2, &listed->messages, &listed->count);
}

static enum err delete_first(struct tx *tx, void *arg)
{
    const struct listed *listed = arg;

    return outbox_delete(tx, &listed->messages[0]);
}

static void messages_wait_in_their_order(void **state)
{
    struct world *world = *state;
    struct listed listed;

    in_store(world, three_messages, NULL);
    in_store(world, list, &listed);
    assert_int_equal(listed.count, 2);
    assert_string_equal(listed.messages[0].message_id, "m-1");
    assert_string_equal(listed.messages[1].message_id, "m-2");
    assert_string_equal(listed.messages[0].token, "secret");
    in_store(world, delete_first, &listed);
    in_store(world, list, &listed);
    assert_string_equal(listed.messages[0].message_id, "m-2");
    assert_string_equal(listed.messages[1].message_id, "m-3");
}

static void messages_go_when_they_have_expired(void **state)
{
    struct world *world = *state;
    struct listed listed;
    size_t empty = store_mem_records(world->app.store);

    in_store(world, three_messages, NULL);
    in_store(world, list, &listed);
    in_store(world, delete_first, &listed); /* as if it had been sent */
    world_now += HOUR - MINUTE;
    assert_int_equal(jobs_run_all(&world->app, world_now), ERR_OK);
    in_store(world, list, &listed);
    assert_int_equal(listed.count, 2);
    assert_int_equal(store_mem_records(world->app.store), empty + 1 + 2 * 2); /* 1: the person's key */
    world_now += 2 * MINUTE;
    assert_int_equal(jobs_run_all(&world->app, world_now), ERR_OK);
    in_store(world, list, &listed);
    assert_int_equal(listed.count, 0);
    assert_int_equal(store_mem_records(world->app.store), empty + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(two_servers_have_the_same_keys),
        TEST(keys_rotate_while_servers_look_at_them_now_and_then),
        TEST(a_conflict_makes_no_second_key),
        TEST(failures_take_two_records_however_many),
        TEST(failures_are_swept_when_they_say_nothing_any_more),
        TEST(kinds_and_subjects_are_apart),
        TEST(an_ipv6_network_is_one_address),
        TEST(a_restart_forgets_nothing),
        TEST(families_live_until_they_expire),
        TEST(a_session_may_have_other_names),
        TEST(a_subject_leads_to_one_user),
        TEST(messages_wait_in_their_order),
        TEST(messages_go_when_they_have_expired),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
