/* world.c - see world.h. Practice 0 and 1 have one place at a time; practice 2 has two sessions at the same
 * hours, one for everything and one for vaccinations only, so that bookings have to be fitted. */
#include "world.h"

#include "api/endpoint.h"
#include "sec/token.h"
#include "sec/token_keys.h"
#include "store/rec_patient.h"
#include "store/rec_practice.h"
#include "store/rec_token_family.h"
#include "store/rec_user.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_BYTES = 16 * 1024 * 1024, HEADERS = 3, OPENS = 9 * 60, CLOSES = 11 * 60 };

const char *const world_practice_ids[WORLD_PRACTICES] = {"practice-a", "practice-b", "practice-c"};
const char *const world_patient_ids[WORLD_PATIENTS] = {"patient-1", "patient-2", "patient-3",
                                                       "patient-4", "patient-5", "patient-6"};
const int world_capacity[WORLD_PRACTICES] = {1, 1, 2};
static const char *const roles[] = {"patient", "staff", "admin", NULL};
static const char admin_id[] = "admin-1";

static int64_t now_ms;

int64_t world_now(void)
{
    return now_ms;
}

void world_advance(int64_t ms)
{
    now_ms += ms;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t world_random(struct world *world)
{
    uint64_t z = world->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t world_below(struct world *world, uint64_t below)
{
    return world_random(world) % below;
}

static struct interval hours[] = {{OPENS, CLOSES}};

static enum err practice_add(struct tx *tx, const char *practice_id)
{
    struct opening_hours opening = {0};
    struct booking_rules rules = BOOKING_RULES_DEFAULT;
    struct practice practice;

    for (size_t i = 0; i < 7; i++)
        opening.day[i] = opening.bank_holiday = (struct list){hours, 1};
    practice_init(&practice);
    practice.practice_id = practice_id;
    practice.name = practice_id;
    practice.access_point_type = ACCESS_WALK_IN_CENTRE;
    practice.nation = NATION_ENGLAND;
    practice.opening_hours = &opening;
    practice.booking_rules = &rules;
    practice.services = TYPE_BIT(APPOINTMENT_ROUTINE) | TYPE_BIT(APPOINTMENT_VACCINATION);
    practice.status = PRACTICE_ACTIVE;
    practice.created_at = practice.updated_at = now_ms;
    return practice_save(tx, NULL, &practice);
}

static enum err session_add(struct tx *tx, const char *practice_id, int weekday, const char *session_id,
                            uint32_t services)
{
    struct session session;

    fields_clear(&session_fields, &session);
    session.practice_id = practice_id;
    session.session_id = session_id;
    session.weekday = weekday;
    session.from = OPENS;
    session.until = CLOSES;
    session.services = services;
    session.slot_minutes = 15;
    session.capacity = 1;
    session.delivery_channel = CHANNEL_IN_PERSON;
    session.status = SESSION_ACTIVE;
    session.created_at = session.updated_at = now_ms;
    session.version = 1;
    return session_save(tx, &session);
}

static enum err sessions_add(struct tx *tx, const char *practice_id)
{
    enum err e = ERR_OK;

    for (int day = WEEKDAY_MONDAY; !e && day <= WEEKDAY_SUNDAY; day++) {
        e = session_add(tx, practice_id, day, arena_printf(tx_arena(tx), "all-%d", day), 0);
        if (!e)
            e = session_add(tx, practice_id, day, arena_printf(tx_arena(tx), "jabs-%d", day),
                            TYPE_BIT(APPOINTMENT_VACCINATION));
    }
    return e;
}

static enum err user_add(struct tx *tx, const char *user_id, enum role role)
{
    struct user user;

    fields_clear(&user_fields, &user);
    user.user_id = user_id;
    user.email = arena_printf(tx_arena(tx), "%s@example.org", user_id);
    user.role = (int32_t)role;
    user.patient_id = role == ROLE_PATIENT ? user_id : NULL;
    user.status = USER_ACTIVE;
    user.created_at = user.updated_at = now_ms;
    user.version = 1;
    struct token_family family = {
        .family_id = user_id, .user_id = user_id, .created_at = now_ms, .expires_at = now_ms + 30 * DAY_MS};
    enum err e = user.email ? user_save(tx, NULL, &user) : ERR_MEMORY;
    return e ? e : token_family_save(tx, NULL, &family);
}

static enum err patient_add(struct tx *tx, const char *patient_id)
{
    struct patient patient;

    patient_init(&patient);
    patient.patient_id = patient_id;
    patient.created_at = patient.updated_at = now_ms;
    enum err e = patient_save(tx, NULL, &patient);
    return e ? e : user_add(tx, patient_id, ROLE_PATIENT);
}

static enum err populate(struct tx *tx, void *arg)
{
    enum err e = user_add(tx, admin_id, ROLE_ADMIN);

    (void)arg;
    for (size_t i = 0; !e && i < WORLD_PRACTICES; i++)
        e = practice_add(tx, world_practice_ids[i]);
    for (size_t i = 0; !e && i < WORLD_PATIENTS; i++)
        e = patient_add(tx, world_patient_ids[i]);
    return e ? e : sessions_add(tx, world_practice_ids[2]);
}

static void store_open(struct world *world)
{
    struct mem_options options = {.disk = world->disk, .seed = world_random(world) | 1, .manual = true};

    assert_int_equal(store_open_mem(&options, &world->store), ERR_OK);
    world->app.store = world->store;
}

static void tokens_make(struct world *world)
{
    static const struct tokens_options options = {
        .issuer = "sim", .audience = "sim", .roles = roles, .ttl_ms = TOKEN_TTL_MAX_MS};
    struct token_keys keys = {.count = 1};

    assert_int_equal(token_key_make(&keys.items[0]), ERR_OK);
    world->tokens = tokens_new(&options);
    assert_non_null(world->tokens);
    assert_int_equal(tokens_set_keys(world->tokens, &keys), ERR_OK);
}

void world_open(struct world *world, uint64_t seed)
{
    struct access write = {.write = true};
    struct arena *arena = arena_new(ARENA_BYTES);

    now_ms = INT64_C(1790000000000); /* a Monday in September 2026 */
    *world = (struct world){.random = seed, .disk = mem_disk_new()};
    assert_non_null(arena);
    assert_non_null(world->disk);
    world->settings.hold_minutes = WORLD_HOLD_MINUTES;
    tokens_make(world);
    world->app = (struct app){.settings = &world->settings, .tokens = world->tokens, .clock = world_now};
    world->identity = identity_builtin(world->tokens);
    world->app.identity = &world->identity;
    store_open(world);
    assert_int_equal(store_run(world->store, &write, arena, populate, NULL), ERR_OK);
    arena_free(arena);
}

void world_reopen(struct world *world)
{
    store_close(world->store);
    store_open(world);
}

void world_close(struct world *world)
{
    store_close(world->store);
    mem_disk_free(world->disk);
    tokens_free(world->tokens);
}

static const char *authorization(struct world *world, struct arena *arena, int who)
{
    struct token_claims claims = {.role = who < 0 ? ROLE_ADMIN : ROLE_PATIENT, .issued_at = now_ms};
    const char *user_id = who < 0 ? admin_id : world_patient_ids[who];
    const char *token;

    memcpy(claims.user_id, user_id, strlen(user_id));
    memcpy(claims.family_id, user_id, strlen(user_id)); /* one login a person, named like them */
    assert_int_equal(token_sign(world->tokens, arena, &claims, "sim", &token), ERR_OK);
    return arena_printf(arena, "Bearer %s", token);
}

struct call *world_call(struct world *world, int who, enum method method, const char *path, const char *body,
                        const char *idempotency_key)
{
    struct call *call = call_new(&world->app);
    assert_non_null(call);
    struct header *headers = arena_zero(call->arena, HEADERS, sizeof *headers);
    assert_non_null(headers);
    call->request =
        (struct request){.method = method, .query = "", .address = "127.0.0.1", .headers = headers};
    headers[call->request.header_count++] =
        (struct header){"Authorization", authorization(world, call->arena, who)};
    if (body)
        headers[call->request.header_count++] = (struct header){"Content-Type", "application/json"};
    if (idempotency_key)
        headers[call->request.header_count++] =
            (struct header){"Idempotency-Key", arena_dup(call->arena, idempotency_key)};
    call->request.path = arena_dup(call->arena, path);
    call->request.body.data = body ? arena_copy(call->arena, body, strlen(body)) : NULL;
    call->request.body.size = body ? strlen(body) : 0;
    for (size_t i = 0; i < SEED_BYTES; i++)
        call->seed[i] = (uint8_t)world_random(world);
    memcpy(call->request_id, "sim", 4);
    return call;
}
