/* demo.c - see demo.h. The data are the JSON files of data/demo, in the program itself; they are read by the
 * same field tables as requests are, and stored through the same records, so that they cannot be what a
 * request could not make.
 *
 * The work is a row of steps: each access point, all logins, each patient with their appointments. A step is
 * one transaction, which also moves the count in META "demo"; one that finds another count than its own does
 * nothing. Days are offsets from the day on which the loading began, which that record keeps. An appointment
 * that falls on a day on which its access point is closed moves on to the next one, or, in the past, back to
 * the one before. */
#include "main/demo.h"

#include "base/json.h"
#include "base/must.h"
#include "base/time.h"
#include "sec/password.h"
#include "store/known.h"
#include "store/place.h"
#include "store/rec_appointment.h"
#include "store/rec_patient.h"
#include "store/rec_practice.h"
#include "store/rec_user.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

enum {
    DATA_BYTES = 64 * 1024 * 1024, /* of the parsed files */
    STEP_BYTES = 16 * 1024 * 1024,
    FORM_1 = 1,
    TRIES_MAX = 12, /* days that are tried for an appointment */
    REFERENCE_BYTES = 5,
    REFERENCE_TEXT = 10,
    BOOKED_DAYS_BEFORE = 5,
    LOOK_MS = 200,
    STILL_MS_MAX = 3000, /* then whoever was at it is not any more */
    TURNS_MAX = 20,
};

extern const unsigned char demo_practices[], demo_patients[], demo_users[];
extern const size_t demo_practices_size, demo_patients_size, demo_users_size;

#define DEMO_PASSWORD "TestPass123!"

struct demo {
    struct arena *arena; /* of the parsed data */
    const struct json *practices, *users, *patients;
    char password_hash[PASSWORD_HASH_TEXT];
};

/* ---- how far it is ---- */

struct progress {
    bool done;
    int64_t base_ms; /* when it began */
    uint64_t step;   /* the next one */
};

static const struct key progress_key = {.table = TABLE_META, .part = "demo"};

static enum err progress_load(struct tx *tx, struct progress *progress)
{
    struct span value;

    enum err e = tx_get(tx, &progress_key, &value);
    if (e)
        return e;
    struct reader reader = reader_of(value);
    bool known = read_byte(&reader) == FORM_1;
    progress->done = read_byte(&reader) != 0;
    progress->base_ms = read_zigzag(&reader);
    progress->step = read_varint(&reader);
    return known && reader_done(&reader) ? ERR_OK : ERR_DAMAGED;
}

static enum err progress_save(struct tx *tx, const struct progress *progress)
{
    struct buf buf;

    buf_init(&buf, tx_arena(tx));
    buf_byte(&buf, FORM_1);
    buf_byte(&buf, progress->done);
    buf_zigzag(&buf, progress->base_ms);
    buf_varint(&buf, progress->step);
    return buf_ok(&buf) ? tx_put(tx, &progress_key, NULL, buf_span(&buf)) : ERR_MEMORY;
}

/* ---- reading the files ---- */

static const struct json *item_of(const struct json *list, size_t index)
{
    const struct json *item = list->first;

    while (index-- > 0)
        item = item->next;
    return item;
}

static const char *text_of(const struct json *item, const char *name)
{
    const struct json *member = json_member(item, name);
    return member && member->kind == JSON_STRING ? member->text : NULL;
}

/* The files are ours: what is wrong with them is a mistake of ours. */
static enum err member_read(struct tx *tx, const struct json *item, const char *name,
                            const struct field_set *set, void *object)
{
    struct problems problems;
    const struct json *member = name ? json_member(item, name) : item;

    must(member);
    problems_init(&problems, tx_arena(tx));
    enum err e = fields_read(set, member, FIELDS_CREATE, FIELDS_BY_STAFF, tx_arena(tx), &problems, object);
    must(e != ERR_INVALID);
    return e;
}

static enum err file_parse(struct demo *demo, const unsigned char *bytes, size_t size,
                           const struct json **json)
{
    const char *why;

    enum err e = json_parse(demo->arena, (const char *)bytes, size, json, &why);
    must(e == ERR_OK || e == ERR_MEMORY);
    return e;
}

static enum err demo_init(struct demo *demo)
{
    demo->arena = arena_new(DATA_BYTES);
    if (!demo->arena)
        return ERR_MEMORY;
    enum err e = file_parse(demo, demo_practices, demo_practices_size, &demo->practices);
    if (!e)
        e = file_parse(demo, demo_users, demo_users_size, &demo->users);
    if (!e)
        e = file_parse(demo, demo_patients, demo_patients_size, &demo->patients);
    return e ? e : password_hash(DEMO_PASSWORD, demo->password_hash); /* once: it is slow on purpose */
}

/* ---- access points ---- */

static enum err session_add(struct tx *tx, const struct practice *practice, const struct json *item,
                            int64_t base_ms)
{
    struct session session;

    session_init(&session);
    enum err e = member_read(tx, item, "session", &session_fields, &session);
    if (!e)
        e = session_complete(tx_arena(tx), practice, &session);
    if (e)
        return e;
    session.session_id = text_of(item, "session_id");
    session.practice_id = practice->practice_id;
    session.created_at = session.updated_at = base_ms;
    return session_save(tx, &session);
}

static enum err practice_add(struct tx *tx, const struct json *item, int64_t base_ms)
{
    struct practice practice;

    practice_init(&practice);
    enum err e = member_read(tx, item, "practice", &practice_fields, &practice);
    if (!e)
        e = practice_complete(tx_arena(tx), &practice);
    if (e)
        return e;
    practice.practice_id = text_of(item, "practice_id");
    practice.created_at = practice.updated_at = base_ms;
    e = practice_save(tx, NULL, &practice);
    for (const struct json *session = json_member(item, "sessions")->first; !e && session;
         session = session->next)
        e = session_add(tx, &practice, session, base_ms);
    return e;
}

/* ---- logins ---- */

static int32_t value_of(const char *const *names, const char *name)
{
    int32_t value = 1;

    while (strcmp(names[value - 1], name) != 0)
        value++;
    return value;
}

static enum err practices_of(struct tx *tx, const struct json *list, struct list *ids)
{
    size_t count = 0;

    if (!list)
        return ERR_OK;
    const char **items = arena_zero(tx_arena(tx), list->count + 1, sizeof *items);
    if (!items)
        return ERR_MEMORY;
    for (const struct json *id = list->first; id; id = id->next)
        items[count++] = id->text;
    *ids = (struct list){items, count};
    return ERR_OK;
}

static enum err user_add(struct tx *tx, const struct demo *demo, const struct json *item, int64_t base_ms)
{
    struct user user;

    fields_clear(&user_fields, &user);
    user.user_id = text_of(item, "user_id");
    user.email = text_of(item, "email");
    user.name = text_of(item, "name");
    user.role = value_of(role_names, text_of(item, "role"));
    user.patient_id = user.role == ROLE_PATIENT ? user.user_id : NULL;
    user.password_hash = demo->password_hash;
    user.status = USER_ACTIVE;
    user.created_at = user.updated_at = base_ms;
    user.version = 1;
    enum err e = practices_of(tx, json_member(item, "practice_ids"), &user.practice_ids);
    return e ? e : user_save(tx, NULL, &user);
}

static enum err users_add(struct tx *tx, const struct demo *demo, int64_t base_ms)
{
    enum err e = ERR_OK;

    for (const struct json *item = demo->users->first; !e && item; item = item->next)
        e = user_add(tx, demo, item, base_ms);
    return e;
}

/* ---- patients and their appointments ---- */

/* Odd, so that no two numbers below 2^40 give the same. */
#define REFERENCE_FACTOR UINT64_C(0x9E3779B97F4A7C15)

static const char *reference_of(struct arena *arena, uint64_t number)
{
    uint64_t mixed = number * REFERENCE_FACTOR;
    uint8_t bytes[REFERENCE_BYTES];
    char text[REFERENCE_TEXT];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(mixed >> (8 * i));
    reference_format(bytes, text);
    return arena_dup(arena, text);
}

struct visit {
    int64_t base_ms;
    struct practice practice;
    int32_t date; /* wanted */
    int32_t step; /* towards the next day that is tried: 1, or -1 in the past */
    int32_t minute;
    int32_t status; /* in the end */
    struct appointment appointment;
};

static bool is_closed_then(enum err e)
{
    return e == ERR_PRACTICE_CLOSED || e == ERR_BANK_HOLIDAY || e == ERR_OUTSIDE_SESSION ||
           e == ERR_TYPE_NOT_OFFERED || e == ERR_PATIENT_BUSY || e == ERR_SLOT_UNAVAILABLE ||
           e == ERR_OFF_SLOT;
}

/* An agenda forgets what is long over, so what lies in the past is taken as if on the day before. */
static int64_t taken_at(const struct visit *visit)
{
    int64_t before_ms = visit->appointment.appointment_datetime - DAY_MS;
    return before_ms < visit->base_ms ? before_ms : visit->base_ms;
}

/* Takes the place on the first day on which there is one. */
static enum err visit_take(struct tx *tx, struct visit *visit)
{
    struct appointment *appointment = &visit->appointment;
    enum err e = ERR_PRACTICE_CLOSED;

    for (int32_t i = 0; i < TRIES_MAX && is_closed_then(e); i++) {
        appointment->appointment_datetime = london_instant(visit->date + i * visit->step, visit->minute);
        appointment->duration_minutes = INTEGER_NONE;
        appointment->delivery_channel = 0;
        e = place_take(tx, &visit->practice, appointment, taken_at(visit));
    }
    return e;
}

static enum err visit_read(struct tx *tx, const struct json *item, const char *patient_id, int64_t base_ms,
                           struct visit *visit)
{
    int64_t day = json_member(item, "day")->integer;
    const char *time = text_of(item, "time");
    struct appointment *appointment = &visit->appointment;

    visit->base_ms = base_ms;
    visit->date = london_date(base_ms) + (int32_t)day;
    visit->step = day < 0 ? -1 : 1;
    visit->status = value_of(appointment_status_names, text_of(item, "status"));
    must(time && !minute_parse(time, strlen(time), &visit->minute));
    appointment_init(appointment);
    appointment->patient_id = patient_id;
    appointment->practice_id = text_of(item, "practice_id");
    appointment->appointment_type = value_of(appointment_type_names, text_of(item, "appointment_type"));
    appointment->status =
        status_is_live((enum appointment_status)visit->status) ? visit->status : (int32_t)STATUS_BOOKED;
    appointment->reason = text_of(item, "reason");
    appointment->cancellation_reason = text_of(item, "cancellation_reason");
    appointment->created_by = patient_id;
    return practice_load(tx, appointment->practice_id, &visit->practice);
}

/* What did not take place gives its place back. */
static enum err visit_end(struct tx *tx, struct visit *visit)
{
    struct appointment *appointment = &visit->appointment;

    if (appointment->status == visit->status)
        return ERR_OK;
    appointment->status = visit->status;
    return place_free(tx, &visit->practice, appointment, taken_at(visit));
}

static enum err visit_add(struct tx *tx, const struct patient *patient, const struct json *item,
                          uint64_t number, int64_t base_ms)
{
    struct visit visit;
    struct appointment *appointment = &visit.appointment;

    enum err e = visit_read(tx, item, patient->patient_id, base_ms, &visit);
    if (e)
        return e;
    appointment->appointment_id = arena_printf(tx_arena(tx), "appointment-%04u", (unsigned)number);
    appointment->reference = reference_of(tx_arena(tx), number);
    if (!appointment->appointment_id || !appointment->reference)
        return ERR_MEMORY;
    e = visit_take(tx, &visit);
    if (is_closed_then(e))
        return ERR_OK; /* no day near by has room: one less */
    if (!e)
        e = visit_end(tx, &visit);
    if (e)
        return e;
    int64_t booked_ms = appointment->appointment_datetime - BOOKED_DAYS_BEFORE * DAY_MS;
    appointment->created_at = appointment->updated_at = booked_ms < base_ms ? booked_ms : base_ms;
    e = relation_add(tx, patient, appointment->practice_id);
    return e ? e : appointment_save(tx, NULL, appointment);
}

/* Appointments are numbered through all patients. */
static uint64_t first_number(const struct demo *demo, const struct json *patient)
{
    uint64_t number = 1;

    for (const struct json *item = demo->patients->first; item != patient; item = item->next)
        number += json_member(item, "appointments")->count;
    return number;
}

/* All that the patient's step will ask for, as far as the file tells, so that a remote store is asked once.
 */
static void patient_expect(struct tx *tx, const struct demo *demo, const struct json *item, int64_t base_ms)
{
    struct known known = {.arena = tx_arena(tx)};
    const char *patient_id = text_of(item, "patient_id");
    const char *nhs_number = text_of(json_member(item, "patient"), "nhs_number");
    uint64_t number = first_number(demo, item);

    known_add(&known, TABLE_PATIENT_NHS, nhs_number, NULL);
    for (const struct json *visit = json_member(item, "appointments")->first; visit; visit = visit->next) {
        int32_t date = london_date(base_ms) + (int32_t)json_member(visit, "day")->integer;
        known_booking(&known, text_of(visit, "practice_id"), patient_id,
                      london_instant(date, MINUTES_A_DAY / 2));
        known_add(&known, TABLE_APPOINTMENT_REFERENCE, reference_of(known.arena, number++), NULL);
    }
    tx_expect(tx, known.keys, known.count);
}

static enum err patient_add(struct tx *tx, const struct demo *demo, const struct json *item, int64_t base_ms)
{
    uint64_t number = first_number(demo, item);
    struct patient patient;

    patient_expect(tx, demo, item, base_ms);

    patient_init(&patient);
    enum err e = member_read(tx, item, "patient", &patient_fields, &patient);
    if (e)
        return e;
    patient.patient_id = text_of(item, "patient_id");
    patient.created_at = patient.updated_at = base_ms;
    if (patient.medical_info)
        patient.medical_info->last_updated = base_ms;
    e = patient_save(tx, NULL, &patient);
    for (const struct json *visit = json_member(item, "appointments")->first; !e && visit;
         visit = visit->next)
        e = visit_add(tx, &patient, visit, number++, base_ms);
    return e;
}

/* ---- steps ---- */

/* All steps are handed to the store at once, so that one sync to disk serves many of them. */
struct pass {
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    size_t waiting;
    enum err err; /* the first one */
};

struct step {
    struct store_job job; /* first */
    struct pass *pass;
    const struct demo *demo;
    uint64_t number, count;
    bool mine; /* it was its turn */
};

static enum err step_do(struct tx *tx, const struct step *step, int64_t base_ms)
{
    const struct demo *demo = step->demo;
    uint64_t practices = demo->practices->count;

    if (step->number < practices)
        return practice_add(tx, item_of(demo->practices, (size_t)step->number), base_ms);
    if (step->number == practices)
        return users_add(tx, demo, base_ms);
    return patient_add(tx, demo, item_of(demo->patients, (size_t)(step->number - practices - 1)), base_ms);
}

static enum err step_run(struct tx *tx, void *arg)
{
    struct step *step = arg;
    struct progress progress;

    enum err e = progress_load(tx, &progress);
    step->mine = !e && !progress.done && progress.step == step->number;
    if (!step->mine)
        return e;
    e = step_do(tx, step, progress.base_ms);
    if (e)
        return e;
    progress.step++;
    progress.done = progress.step == step->count;
    return progress_save(tx, &progress);
}

static void step_ended(struct pass *pass, enum err e)
{
    must(pthread_mutex_lock(&pass->mutex) == 0);
    if (e && !pass->err)
        pass->err = e;
    pass->waiting--;
    must(pthread_cond_signal(&pass->ended) == 0);
    must(pthread_mutex_unlock(&pass->mutex) == 0);
}

static void on_step(struct store_job *job, enum err e)
{
    step_ended(((struct step *)(void *)job)->pass, e);
}

static void step_submit(struct store *store, struct step *step)
{
    struct pass *pass = step->pass;

    must(pthread_mutex_lock(&pass->mutex) == 0);
    pass->waiting++;
    must(pthread_mutex_unlock(&pass->mutex) == 0);
    step->job = (struct store_job){.access = {.write = true},
                                   .arena = arena_new(STEP_BYTES),
                                   .fn = step_run,
                                   .arg = step,
                                   .done = on_step};
    enum err e = step->job.arena ? store_submit(store, &step->job) : ERR_MEMORY;
    if (e)
        step_ended(pass, e); /* it was not taken */
}

static enum err pass_wait(struct pass *pass)
{
    must(pthread_mutex_lock(&pass->mutex) == 0);
    while (pass->waiting > 0)
        must(pthread_cond_wait(&pass->ended, &pass->mutex) == 0);
    must(pthread_mutex_unlock(&pass->mutex) == 0);
    (void)pthread_mutex_destroy(&pass->mutex);
    (void)pthread_cond_destroy(&pass->ended);
    return pass->err;
}

static enum err steps_run(struct store *store, const struct demo *demo, uint64_t from)
{
    struct pass pass = {.mutex = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};
    uint64_t count = demo->practices->count + 1 + demo->patients->count;
    struct step *steps = arena_zero(demo->arena, (size_t)count, sizeof *steps);

    if (!steps)
        return ERR_MEMORY;
    for (uint64_t i = from; i < count; i++) {
        steps[i] = (struct step){.pass = &pass, .demo = demo, .number = i, .count = count};
        step_submit(store, &steps[i]);
    }
    enum err e = pass_wait(&pass);
    for (uint64_t i = from; i < count; i++)
        arena_free(steps[i].job.arena);
    return e;
}

static enum err run(struct store *store, bool write, tx_fn *fn, void *arg)
{
    struct access access = {.write = write};
    struct arena *arena = arena_new(STEP_BYTES);

    if (!arena)
        return ERR_MEMORY;
    enum err e = store_run(store, &access, arena, fn, arg);
    arena_free(arena);
    return e;
}

static enum err progress_read(struct tx *tx, void *arg)
{
    return progress_load(tx, arg);
}

/* A store that runs jobs side by side does not keep their order, and each that is not its turn costs a
 * request: so they go one after the other. Gives up at a step that somebody else has done. */
static enum err steps_run_in_turn(struct store *store, const struct demo *demo, struct progress *progress)
{
    uint64_t count = demo->practices->count + 1 + demo->patients->count;
    enum err e = ERR_OK;

    for (bool mine = true; !e && mine && progress->step < count; progress->step++) {
        struct step step = {.demo = demo, .number = progress->step, .count = count};
        e = run(store, true, step_run, &step);
        mine = step.mine;
    }
    return e;
}

static void pause_for(int64_t ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)nanosleep(&pause, NULL);
}

/* Two who do the same steps only get into each other's way, so the one that comes second waits, for as long
 * as the other gets on. */
static enum err other_wait(struct store *store, struct progress *progress)
{
    int64_t still_ms = 0;
    enum err e = run(store, false, progress_read, progress);

    while (!e && !progress->done && still_ms < STILL_MS_MAX) {
        uint64_t before = progress->step;
        pause_for(LOOK_MS);
        e = run(store, false, progress_read, progress);
        still_ms = progress->step == before ? still_ms + LOOK_MS : 0;
    }
    return e;
}

static enum err remote_run(struct store *store, const struct demo *demo, struct progress *progress)
{
    enum err e = ERR_OK;

    for (unsigned turn = 0; !e && !progress->done; turn++) {
        e = turn < TURNS_MAX ? steps_run_in_turn(store, demo, progress) : ERR_BUSY;
        if (!e)
            e = other_wait(store, progress);
    }
    return e;
}

/* What was not its turn, because the store was full or its queue was, is done in another pass. */
static enum err passes_run(struct store *store, const struct demo *demo, struct progress *progress)
{
    enum err e = ERR_OK;

    while (!e && !progress->done) {
        uint64_t from = progress->step;
        e = steps_run(store, demo, from);
        if (!e)
            e = run(store, false, progress_read, progress);
        if (!e && !progress->done && progress->step == from)
            e = ERR_BUSY; /* no step found its turn: somebody else is at it, and stuck */
    }
    return e;
}

/* ---- beginning ---- */

/* Created if absent: of two servers that start at once, one begins. */
static enum err progress_begin(struct tx *tx, void *arg)
{
    struct progress *progress = arg;

    enum err e = progress_load(tx, progress);
    return e == ERR_NOT_FOUND ? progress_save(tx, progress) : e;
}

/* The store's own records do not count. */
static enum err on_record(void *arg, enum table table, const char *part, const char *sort, enum err err,
                          struct span value)
{
    bool *empty = arg;

    (void)part, (void)sort, (void)err, (void)value;
    if (table == TABLE_META || table == TABLE_PERSON_KEY)
        return ERR_OK;
    *empty = false;
    return ERR_CONFLICT; /* seen enough */
}

static enum err is_empty(struct store *store, bool *empty)
{
    *empty = true;
    enum err e = store_walk(store, on_record, empty);
    return e == ERR_CONFLICT && !*empty ? ERR_OK : e;
}

/* What there is to do: nothing if *progress is done. */
static enum err begin(struct store *store, int64_t now_ms, struct progress *progress)
{
    bool empty;

    enum err e = run(store, false, progress_read, progress);
    if (e != ERR_NOT_FOUND)
        return e;
    e = is_empty(store, &empty);
    if (e)
        return e;
    *progress = (struct progress){.done = !empty, .base_ms = now_ms};
    return empty ? run(store, true, progress_begin, progress) : ERR_OK;
}

enum err demo_load(struct store *store, int64_t now_ms)
{
    struct progress progress = {.done = false};
    struct demo demo = {.arena = NULL};

    enum err e = begin(store, now_ms, &progress);
    if (e || progress.done)
        return e;
    e = demo_init(&demo);
    if (!e)
        e = store_is_remote(store) ? remote_run(store, &demo, &progress)
                                   : passes_run(store, &demo, &progress);
    arena_free(demo.arena);
    return e;
}
