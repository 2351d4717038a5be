/* sim_test.c - patients who book, hold, confirm, move and cancel, all at once, while commits conflict, fail,
 * lose their answers and the power goes; everything drawn from a seed, so that a failure can be run again:
 *
 *   SIM_SEED=4711 build-test/test/sim/sim_test        one seed
 *   SIM_RUNS=1000 build-test/test/sim/sim_test        more of them
 *
 * The model is what clients were told. After every commit:
 *   - the store agrees with itself (store/verify.h);
 *   - what was acknowledged is there, as it was acknowledged;
 *   - at no moment has a practice more live appointments than it has places, nor a patient two at once.
 * A client that got no answer does what a client should: it asks again with the same Idempotency-Key, or, for
 * a change, looks what became of it. */
#include "world.h"

#include "base/log.h"
#include "flow/flow.h"
#include "jobs/job.h"
#include "store/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    CLIENTS = WORLD_PATIENTS,
    STEPS = 600,
    RUNS = 12,
    APPOINTMENTS_MAX = 2000,
    ID_BYTES = 64,
    SLOTS_A_DAY = 8,
    DAYS = 3,
    SLOT_MS = 15 * 60 * 1000,
    BODY_BYTES = 400,
    PATH_BYTES = 100,
    TRIES_MAX = 50,
};

struct known {
    char id[ID_BYTES];
    int patient, practice;
    int64_t start_ms, minutes, expires_at;
    char status[20];
};

struct client {
    struct call *call; /* in flight, or NULL */
    bool answered;
    enum { ASK_CREATE, ASK_CHANGE } kind;
    size_t changed;        /* index of the appointment that a change is about */
    char body[BODY_BYTES]; /* of a create that has no answer yet: sent again */
    char key[ID_BYTES];
    bool unsure; /* the last answer was none */
    int practice;
};

struct sim {
    struct world world;
    uint64_t seed;
    struct known known[APPOINTMENTS_MAX];
    size_t count;
    struct client clients[CLIENTS];
    uint64_t keys;
    uint64_t acknowledged, refused, unsure, faults;
};

static struct sim sim; /* large; one at a time */

static void fail_with_seed(const char *what)
{
    fail_msg("seed %llu: %s", (unsigned long long)sim.seed, what);
}

#define check(condition, what)                                                                               \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fail_with_seed(what);                                                                            \
    } while (0)

/* ---- what the model must hold ---- */

static bool is_live(const struct known *known)
{
    if (strcmp(known->status, "pending") == 0)
        return known->expires_at > world_now();
    return strcmp(known->status, "booked") == 0;
}

static bool overlap(const struct known *a, const struct known *b)
{
    return a->start_ms < b->start_ms + b->minutes * MINUTE_MS &&
           b->start_ms < a->start_ms + a->minutes * MINUTE_MS;
}

/* A change of it is on its way, or its answer was lost: nobody knows how it stands. */
static bool is_in_doubt(size_t index)
{
    for (size_t i = 0; i < CLIENTS; i++) {
        const struct client *client = &sim.clients[i];
        if ((client->call || client->unsure) && client->kind == ASK_CHANGE && client->changed == index)
            return true;
    }
    return false;
}

static void model_check(void)
{
    for (size_t i = 0; i < sim.count; i++) {
        const struct known *one = &sim.known[i];
        int together = 0;
        if (!is_live(one) || is_in_doubt(i))
            continue;
        for (size_t j = 0; j < sim.count; j++) {
            const struct known *other = &sim.known[j];
            if (!is_live(other) || is_in_doubt(j) || !overlap(one, other))
                continue;
            check(i == j || one->patient != other->patient, "a patient is in two places at once");
            together += one->practice == other->practice && other->start_ms <= one->start_ms;
        }
        check(together <= world_capacity[one->practice], "more appointments than places");
    }
}

static void on_fault(void *arg, const char *text)
{
    (void)arg;
    (void)fprintf(stderr, "verify: %s\n", text);
}

static void store_check(void)
{
    struct verify_counts counts;

    check(verify_store(sim.world.store, world_now(), on_fault, NULL, &counts) == ERR_OK,
          "verify does not come to its end");
    check(counts.faults == 0, "the store does not agree with itself");
}

/* ---- answers ---- */

static const struct json *data_of(struct call *call)
{
    const struct json *root;
    const char *why;

    check(json_parse(call->arena, call->reply.body.data, call->reply.body.size, &root, &why) == ERR_OK,
          "an answer is not JSON");
    return json_member(root, "data");
}

static void text_copy(char *out, size_t room, const struct json *text)
{
    check(text && text->kind == JSON_STRING && text->size < room, "a member is missing");
    memcpy(out, text->text, text->size + 1);
}

static int64_t instant_of(const struct json *data, const char *name)
{
    const struct json *text = json_member(data, name);
    int64_t ms = INSTANT_NONE;

    if (text)
        check(instant_parse(text->text, text->size, &ms) == ERR_OK, "an instant is none");
    return ms;
}

static int index_of(const char *const *ids, int count, const struct json *id)
{
    for (int i = 0; i < count; i++)
        if (id && strcmp(ids[i], id->text) == 0)
            return i;
    fail_with_seed("an id that nobody asked for");
    return -1;
}

/* The appointment as an answer shows it, into the model. */
static void learn(const struct json *data)
{
    struct known seen = {0};

    text_copy(seen.id, sizeof seen.id, json_member(data, "appointment_id"));
    text_copy(seen.status, sizeof seen.status, json_member(data, "status"));
    seen.patient = index_of(world_patient_ids, WORLD_PATIENTS, json_member(data, "patient_id"));
    seen.practice = index_of(world_practice_ids, WORLD_PRACTICES, json_member(data, "practice_id"));
    seen.start_ms = instant_of(data, "appointment_datetime");
    seen.minutes = json_member(data, "duration_minutes")->integer;
    seen.expires_at = instant_of(data, "expires_at");
    for (size_t i = 0; i < sim.count; i++) {
        if (strcmp(sim.known[i].id, seen.id) == 0) {
            sim.known[i] = seen;
            return;
        }
    }
    check(sim.count < APPOINTMENTS_MAX, "too many appointments for the model");
    sim.known[sim.count++] = seen;
}

/* Reads run at once: the answer of a GET by the admin. */
static void on_read(struct call *call, void *arg)
{
    (void)call;
    *(bool *)arg = true;
}

static bool same(const struct known *known, const struct json *data)
{
    const struct json *status = json_member(data, "status");
    bool expired = strcmp(known->status, "pending") == 0 && known->expires_at <= world_now() &&
                   strcmp(status->text, "cancelled") == 0;

    return (strcmp(status->text, known->status) == 0 || expired) &&
           instant_of(data, "appointment_datetime") == known->start_ms &&
           json_member(data, "duration_minutes")->integer == known->minutes;
}

/* Looks one appointment up; compare: it must be as it was acknowledged; else the model learns. */
static void look_up(size_t index, bool compare)
{
    char path[PATH_BYTES];
    bool done = false;

    (void)snprintf(path, sizeof path, "/appointments/%s", sim.known[index].id);
    struct call *call = world_call(&sim.world, -1, METHOD_GET, path, NULL, NULL);
    flow_start(call, on_read, &done);
    check(done, "a read was not answered at once");
    if (call->reply.status != 200)
        fail_msg("seed %llu: an acknowledged appointment is not there: %.*s", (unsigned long long)sim.seed,
                 (int)call->reply.body.size, call->reply.body.data);
    const struct json *data = data_of(call);
    check(!compare || same(&sim.known[index], data),
          "an acknowledged appointment is not as it was acknowledged");
    learn(data);
    call_free(call);
}

static void acknowledged_check(void)
{
    for (size_t i = 0; i < sim.count; i++)
        if (!is_in_doubt(i))
            look_up(i, true);
}

static void on_answer(struct call *call, void *arg)
{
    struct client *client = arg;

    (void)call;
    client->answered = true;
}

static void answer_take(struct client *client)
{
    struct call *call = client->call;
    int status = call->reply.status;

    client->call = NULL;
    client->answered = false;
    client->unsure = status == 503;
    if (status == 200 || status == 201) {
        learn(data_of(call));
        sim.acknowledged++;
    } else if (status == 503) {
        sim.unsure++;
    } else {
        if (status != 409 && status != 422)
            fail_msg("seed %llu: an answer that nobody expects: %.*s", (unsigned long long)sim.seed,
                     (int)call->reply.body.size, call->reply.body.data);
        sim.refused++;
        if (client->kind == ASK_CHANGE)
            look_up(client->changed, true);
    }
    call_free(call);
}

/* ---- questions ---- */

static int64_t some_start(void)
{
    int64_t today = london_midnight(london_date(world_now()));
    uint64_t day = 1 + world_below(&sim.world, DAYS);
    uint64_t slot = world_below(&sim.world, SLOTS_A_DAY);

    return london_instant(london_date(today) + (int32_t)day, 9 * 60) + (int64_t)slot * SLOT_MS;
}

static void ask(struct client *client, enum method method, const char *path, const char *body,
                const char *key)
{
    int who = (int)(client - sim.clients);

    client->call = world_call(&sim.world, who, method, path, body, key);
    flow_start(client->call, on_answer, client);
}

static void ask_create(struct client *client)
{
    char start[INSTANT_TEXT];
    bool hold = world_below(&sim.world, 4) == 0;
    bool jab = world_below(&sim.world, 2) == 0;

    client->kind = ASK_CREATE;
    client->practice = (int)world_below(&sim.world, WORLD_PRACTICES);
    instant_format(some_start(), start);
    (void)snprintf(client->body, sizeof client->body,
                   "{\"patient_id\":\"%s\",\"practice_id\":\"%s\",\"appointment_datetime\":\"%s\","
                   "\"appointment_type\":\"%s\","
                   "\"duration_minutes\":%d,\"status\":\"%s\"}",
                   world_patient_ids[client - sim.clients], world_practice_ids[client->practice], start,
                   jab ? "vaccination" : "routine", world_below(&sim.world, 3) == 0 ? 30 : 15,
                   hold ? "pending" : "booked");
    (void)snprintf(client->key, sizeof client->key, "key-%llu", (unsigned long long)sim.keys++);
    ask(client, METHOD_POST, "/appointments", client->body, client->key);
}

/* One of the client's own that is live; false if there is none. */
static bool choose_own(const struct client *client, size_t *index)
{
    int who = (int)(client - sim.clients);

    for (int try = 0; sim.count > 0 && try < TRIES_MAX; try++) {
        *index = world_below(&sim.world, sim.count);
        if (sim.known[*index].patient == who && is_live(&sim.known[*index]))
            return true;
    }
    return false;
}

static void ask_change(struct client *client)
{
    const struct known *known;
    char path[PATH_BYTES];
    char body[BODY_BYTES];
    char start[INSTANT_TEXT];

    if (!choose_own(client, &client->changed)) {
        ask_create(client);
        return;
    }
    client->kind = ASK_CHANGE;
    known = &sim.known[client->changed];
    (void)snprintf(path, sizeof path, "/appointments/%s", known->id);
    instant_format(some_start(), start);
    (void)snprintf(body, sizeof body, "{\"appointment_datetime\":\"%s\"}", start);
    switch (world_below(&sim.world, 3)) {
    case 0:
        ask(client, METHOD_DELETE, path, NULL, NULL);
        break;
    case 1:
        ask(client, METHOD_PUT, path, body, NULL);
        break;
    default:
        ask(client, METHOD_PUT, path, "{\"status\":\"booked\"}", NULL);
        break;
    }
}

/* No answer came: ask again, or look. */
static void settle_doubt(struct client *client)
{
    client->unsure = false;
    if (client->kind == ASK_CREATE)
        ask(client, METHOD_POST, "/appointments", client->body, client->key);
    else
        look_up(client->changed, false);
}

static void client_step(struct client *client)
{
    if (client->answered)
        answer_take(client);
    else if (client->call)
        return;
    else if (client->unsure)
        settle_doubt(client);
    else if (world_below(&sim.world, 3) == 0)
        ask_change(client);
    else
        ask_create(client);
    if (client->answered)
        answer_take(client); /* refused at once */
}

/* ---- the world's steps ---- */

static void fault_step(void)
{
    static const enum mem_fault faults[] = {
        MEM_CONFLICT, MEM_FAIL, MEM_FULL, MEM_LOSE_ANSWER, MEM_POWER_BEFORE_SYNC, MEM_POWER_AFTER_SYNC};
    enum mem_fault fault = faults[world_below(&sim.world, sizeof faults / sizeof faults[0])];

    sim.faults++;
    store_mem_fault(sim.world.store, fault, 1,
                    fault == MEM_CONFLICT ? 1 + (unsigned)world_below(&sim.world, 3) : 1);
}

/* Whoever was waiting gets no answer at all. */
static void power_lost(void)
{
    world_reopen(&sim.world);
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *client = &sim.clients[i];
        if (client->answered)
            answer_take(client);
        if (!client->call)
            continue;
        call_free(client->call);
        client->call = NULL;
        client->unsure = true;
    }
}

static void commit_step(void)
{
    (void)store_mem_pump(sim.world.store);
    if (!store_mem_has_power(sim.world.store))
        power_lost();
    for (size_t i = 0; i < CLIENTS; i++)
        if (sim.clients[i].answered)
            answer_take(&sim.clients[i]);
    store_check();
    model_check();
}

static void jobs_step(void)
{
    while (store_mem_pump(sim.world.store))
        continue; /* a job's own transaction must not be mixed with a fault that is meant for clients */
    if (!store_mem_has_power(sim.world.store))
        return;
    (void)jobs_run_all(&sim.world.app, world_now());
}

static void step(void)
{
    uint64_t what = world_below(&sim.world, 100);

    if (what < 60)
        client_step(&sim.clients[world_below(&sim.world, CLIENTS)]);
    else if (what < 88)
        commit_step();
    else if (what < 93)
        fault_step();
    else if (what < 97)
        world_advance((int64_t)world_below(&sim.world, 20 * MINUTE_MS));
    else
        jobs_step();
    if (!store_mem_has_power(sim.world.store))
        power_lost();
}

static void finish(void)
{
    for (int round = 0; round < TRIES_MAX; round++) {
        commit_step();
        for (size_t i = 0; i < CLIENTS; i++)
            if (sim.clients[i].unsure && !sim.clients[i].call)
                settle_doubt(&sim.clients[i]);
    }
    acknowledged_check();
    store_check();
    model_check();
}

static void run_seed(uint64_t seed)
{
    memset(&sim, 0, sizeof sim);
    sim.seed = seed;
    world_open(&sim.world, seed);
    for (int i = 0; i < STEPS; i++) {
        step();
        if (i % 50 == 49)
            acknowledged_check();
    }
    finish();
    for (size_t i = 0; i < CLIENTS; i++)
        check(!sim.clients[i].call && !sim.clients[i].unsure, "a client is left without an answer");
    check(sim.acknowledged > STEPS / 20 && sim.refused > 0 && sim.faults > 0,
          "the run did too little to prove anything");
    world_close(&sim.world);
}

static void test_seeds(void **state)
{
    const char *seed = getenv("SIM_SEED");
    const char *runs = getenv("SIM_RUNS");

    (void)state;
    if (seed) {
        run_seed(strtoull(seed, NULL, 10));
        return;
    }
    uint64_t count = runs ? strtoull(runs, NULL, 10) : RUNS;
    for (uint64_t i = 1; i <= count; i++)
        run_seed(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_seeds)};

    log_start(LOG_ERROR, -1); /* every fault is logged as an error: nobody wants to read that */
    return cmocka_run_group_tests_name("sim", tests, NULL, NULL);
}
