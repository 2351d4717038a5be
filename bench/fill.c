/* fill.c - a store with many appointments, quickly, through the record functions of the program: what it
 * writes cannot differ from what requests would have written.
 *
 *   fill --data DIR [--practices 40] [--days 42] [--per-day 60]      fills an empty folder
 *   fill --data DIR --sizes                                          what its records take, from those that
 * are there
 *
 * Every practice has the same: doctors 08:00 to 18:30, eight at once, every type; nurses 08:00 to 18:30, four
 * at once, three types; doctors on the telephone 09:00 to 12:00. Its patients have three appointments each,
 * all of them booked before 13:00, so that a load finds the afternoons empty. Days begin with today.
 *
 * A hundred patients with their appointments are one transaction, so that what is kept about a person is
 * written once. Many transactions are always waiting for the writer, which makes them durable in large
 * batches. Ids are UUIDs that can be counted: see id_make(); bench/run makes the same ones. */
#include "base/time.h"
#include "sec/password.h"
#include "sec/seal.h"
#include "store/rec_appointment.h"
#include "store/rec_day.h"
#include "store/rec_patient.h"
#include "store/rec_practice.h"
#include "store/rec_user.h"

#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADMIN_EMAIL    "admin@example.org"
#define ADMIN_PASSWORD "BenchPass123!"

enum {
    ID_TEXT = 37,
    JOBS = 128, /* waiting at once */
    JOB_BYTES = 32 * 1024 * 1024,
    PATIENTS_A_STEP = 100,
    APPOINTMENTS_EACH = 3,
    FIRST_MINUTE = 8 * 60,
    LAST_MINUTE = 18 * 60 + 30,
    SLOT_MINUTES = 15,
    MORNING_SLOTS = 20,
    DAYS_MAX = 84,
    REFERENCE_TURN_MS = 32, /* as appointment_reference_make() has it */
    REFERENCES_A_TURN = 50,
    PER_DAY_MAX = 160, /* eight doctors' mornings */
};

enum kind { ID_PRACTICE = 1, ID_PATIENT, ID_APPOINTMENT, ID_SESSION, ID_USER };

struct plan {
    const char *data;
    int64_t practices, days, per_day, patients; /* per practice */
    int64_t now_ms;
    int32_t first_date;
    bool sizes;
};

static _Noreturn void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "fill: %s: %s\n", what, why);
    exit(1);
}

static void need(enum err e, const char *what)
{
    if (e)
        die(what, err_info(e)->code);
}

static void id_make(enum kind kind, uint64_t number, char id[static ID_TEXT])
{
    (void)snprintf(id, ID_TEXT, "01a00000-%04x-7000-8000-%012llx", (unsigned)kind & 0xffffU,
                   (unsigned long long)number);
}

static const char *id_text(struct tx *tx, enum kind kind, uint64_t number)
{
    char id[ID_TEXT];

    id_make(kind, number, id);
    const char *text = arena_dup(tx_arena(tx), id);
    if (!text)
        die("memory", "an id");
    return text;
}

/* ---- practices ---- */

static enum err session_put(struct tx *tx, const struct plan *plan, const struct practice *practice,
                            uint64_t number, const struct session *like, int32_t weekday)
{
    struct session session;

    session_init(&session);
    session.session_id = id_text(tx, ID_SESSION, number);
    session.practice_id = practice->practice_id;
    session.weekday = weekday;
    session.from = like->from;
    session.until = like->until;
    session.services = like->services;
    session.slot_minutes = SLOT_MINUTES;
    session.capacity = like->capacity;
    session.delivery_channel = like->delivery_channel;
    session.created_at = session.updated_at = plan->now_ms;
    enum err e = session_complete(tx_arena(tx), practice, &session);
    return e ? e : session_save(tx, &session);
}

static enum err sessions_put(struct tx *tx, const struct plan *plan, const struct practice *practice,
                             uint64_t number)
{
    static const struct session kinds[] = {
        {.from = FIRST_MINUTE, .until = LAST_MINUTE, .capacity = 8, .delivery_channel = CHANNEL_IN_PERSON},
        {.from = FIRST_MINUTE,
         .until = LAST_MINUTE,
         .capacity = 4,
         .delivery_channel = CHANNEL_IN_PERSON,
         .services = TYPE_BIT(APPOINTMENT_VACCINATION) | TYPE_BIT(APPOINTMENT_BLOOD_TEST) |
                     TYPE_BIT(APPOINTMENT_HEALTH_CHECK)},
        {.from = 9 * 60, .until = 12 * 60, .capacity = 2, .delivery_channel = CHANNEL_TELEPHONE},
    };
    enum { KINDS = sizeof kinds / sizeof kinds[0] };
    enum err e = ERR_OK;

    for (uint64_t i = 0; !e && i < KINDS * (uint64_t)WEEKDAY_SUNDAY; i++)
        e = session_put(tx, plan, practice, number * 100 + i, &kinds[i % KINDS],
                        (int32_t)(i / KINDS) + WEEKDAY_MONDAY);
    return e;
}

/* Every day, bank holidays too: no day of the store is an empty one. */
static struct opening_hours hours_make(struct interval *interval)
{
    struct list whole = {interval, 1};
    struct opening_hours hours = {.bank_holiday = whole};

    *interval = (struct interval){FIRST_MINUTE, LAST_MINUTE};
    for (size_t i = 0; i < 7; i++)
        hours.day[i] = whole;
    return hours;
}

static enum err practice_put(struct tx *tx, const struct plan *plan, uint64_t number)
{
    static const char *const streets[] = {"High Street", "Station Road", "Church Lane", "Mill Road"};
    struct booking_rules rules = BOOKING_RULES_DEFAULT;
    struct interval interval;
    struct opening_hours hours = hours_make(&interval);
    struct address address = {.city = "Exampleton", .postcode = "EX1 1AA", .country = "England"};
    struct practice practice;

    rules.max_advance_days = DAYS_MAX + 2;
    practice_init(&practice);
    practice.practice_id = id_text(tx, ID_PRACTICE, number);
    practice.name = arena_printf(tx_arena(tx), "Practice %llu", (unsigned long long)number);
    practice.access_point_type = ACCESS_GP_SURGERY;
    address.line1 = streets[number % 4];
    practice.address = &address;
    practice.latitude = 50.0 + (double)(number % 80) / 20.0;
    practice.longitude = -3.0 + (double)(number % 70) / 20.0;
    practice.phone = "020 7946 0123";
    practice.nation = NATION_ENGLAND;
    practice.opening_hours = &hours;
    practice.booking_rules = &rules;
    practice.created_at = practice.updated_at = plan->now_ms;
    enum err e = practice_complete(tx_arena(tx), &practice);
    if (!e)
        e = practice_save(tx, NULL, &practice);
    return e ? e : sessions_put(tx, plan, &practice, number);
}

/* ---- patients ---- */

/* Surnames of six to nine letters, as most are: each has a row in the practice's index for every letter from
 * the third on. */
static const char *name_of(struct tx *tx, uint64_t number)
{
    static const char *const first[] = {"Ash", "Brad", "Clay", "Dun", "East", "Farn", "Hal", "Lang"};
    static const char *const last[] = {"ford", "ham", "man", "mere", "son", "stone", "ton", "worth"};

    return arena_printf(tx_arena(tx), "%s%s", first[number % 8], last[number / 8 % 8]);
}

static enum err patient_put(struct tx *tx, const struct plan *plan, uint64_t number)
{
    struct address address = {
        .line1 = "1 Example Close", .city = "Exampleton", .postcode = "EX1 1AA", .country = "England"};
    uint64_t practice = number / (uint64_t)plan->patients;
    struct patient patient;

    patient_init(&patient);
    patient.patient_id = id_text(tx, ID_PATIENT, number);
    patient.first_name = "Sam";
    patient.last_name = name_of(tx, number);
    patient.date_of_birth = 365 * (int32_t)(number % 50);
    patient.phone = "07700 900123";
    patient.email = arena_printf(tx_arena(tx), "patient%llu@example.org", (unsigned long long)number);
    patient.address = &address;
    patient.status = PATIENT_ACTIVE;
    patient.registered_practice_id = id_text(tx, ID_PRACTICE, practice);
    patient.created_at = patient.updated_at = plan->now_ms;
    patient.version = 1;
    enum err e = patient_save(tx, NULL, &patient);
    return e ? e : relation_add(tx, &patient, patient.registered_practice_id);
}

/* ---- days ---- */

/* As if all had been booked one after the other until a moment ago. No two have the same. */
static const char *reference_of(struct tx *tx, const struct plan *plan, uint64_t number)
{
    int64_t all = plan->practices * plan->days * plan->per_day;
    int64_t turns_ago = all / REFERENCES_A_TURN - (int64_t)number / REFERENCES_A_TURN + 1;
    unsigned drawn = (unsigned)(number % REFERENCES_A_TURN) * 1237;
    uint8_t random[2] = {(uint8_t)(drawn >> 8), (uint8_t)drawn};
    char text[10];

    appointment_reference_make(tx, plan->now_ms - turns_ago * REFERENCE_TURN_MS, random, text);
    return arena_dup(tx_arena(tx), text);
}

static enum err agenda_put(struct tx *tx, const struct plan *plan, const struct appointment *appointment)
{
    struct agenda_entry entry = {appointment->appointment_id, appointment->appointment_datetime,
                                 (int32_t)appointment->duration_minutes, INSTANT_NONE};
    struct agenda agenda;

    enum err e = agenda_load(tx, appointment->patient_id, &agenda);
    if (!e)
        e = agenda_add(&agenda, &entry, plan->now_ms, tx_arena(tx));
    return e ? e : agenda_save(tx, &agenda);
}

static enum err appointment_put(struct tx *tx, const struct plan *plan, struct day *day, uint64_t number,
                                int64_t index, uint64_t patient)
{
    bool nurse = index % 4 == 3;
    struct appointment appointment;

    appointment_init(&appointment);
    appointment.appointment_id = id_text(tx, ID_APPOINTMENT, number);
    appointment.reference = reference_of(tx, plan, number);
    appointment.patient_id = appointment.created_by = id_text(tx, ID_PATIENT, patient);
    appointment.practice_id = day->practice_id;
    appointment.appointment_datetime =
        london_instant(day->date, FIRST_MINUTE + SLOT_MINUTES * (int32_t)(index % MORNING_SLOTS));
    appointment.duration_minutes = SLOT_MINUTES;
    appointment.appointment_type = nurse ? APPOINTMENT_VACCINATION : APPOINTMENT_ROUTINE;
    appointment.delivery_channel = CHANNEL_IN_PERSON;
    appointment.status = STATUS_BOOKED;
    appointment.reason = "Something that has to be seen to before long";
    appointment.created_at = appointment.updated_at = plan->now_ms;
    struct day_entry entry = {.appointment_id = appointment.appointment_id,
                              .start_ms = appointment.appointment_datetime,
                              .duration_minutes = SLOT_MINUTES,
                              .type = appointment.appointment_type,
                              .channel = CHANNEL_IN_PERSON,
                              .status = STATUS_BOOKED,
                              .expires_at = INSTANT_NONE};
    enum err e = day_add(day, &entry, tx_arena(tx));
    if (!e)
        e = agenda_put(tx, plan, &appointment);
    return e ? e : appointment_save(tx, NULL, &appointment);
}

/* The days of one transaction: loaded when first touched, saved once. */
struct days {
    struct practice practice;
    struct day day[DAYS_MAX];
    bool known[DAYS_MAX];
};

static enum err day_of(struct tx *tx, const struct plan *plan, struct days *days, int64_t number,
                       struct day **day)
{
    enum err e = ERR_OK;

    if (!days->known[number])
        e = day_load(tx, &days->practice, plan->first_date + (int32_t)number, &days->day[number]);
    if (!e)
        days->known[number] = true;
    *day = &days->day[number];
    return e;
}

/* Patient j of a practice has its appointments number j, j + patients, j + 2 * patients. */
static enum err appointments_put(struct tx *tx, const struct plan *plan, struct days *days, uint64_t practice,
                                 uint64_t patient)
{
    int64_t of_practice = (int64_t)(patient % (uint64_t)plan->patients);
    uint64_t first = practice * (uint64_t)(plan->days * plan->per_day);
    struct day *day;
    enum err e = ERR_OK;

    for (int64_t n = of_practice; !e && n < APPOINTMENTS_EACH * plan->patients; n += plan->patients) {
        e = day_of(tx, plan, days, n / plan->per_day, &day);
        if (!e)
            e = appointment_put(tx, plan, day, first + (uint64_t)n, n % plan->per_day, patient);
    }
    return e;
}

static enum err days_save(struct tx *tx, const struct plan *plan, const struct days *days)
{
    enum err e = ERR_OK;

    for (int64_t i = 0; !e && i < plan->days; i++)
        if (days->known[i])
            e = day_save(tx, &days->day[i]);
    return e;
}

static enum err people_put(struct tx *tx, const struct plan *plan, uint64_t practice, uint64_t step)
{
    uint64_t patients = (uint64_t)plan->patients;
    struct days *days = arena_zero(tx_arena(tx), 1, sizeof *days);

    enum err e = days ? practice_load(tx, id_text(tx, ID_PRACTICE, practice), &days->practice) : ERR_MEMORY;
    for (uint64_t i = step * PATIENTS_A_STEP; !e && i < patients && i < (step + 1) * PATIENTS_A_STEP; i++) {
        e = patient_put(tx, plan, practice * patients + i);
        if (!e)
            e = appointments_put(tx, plan, days, practice, practice * patients + i);
    }
    return e ? e : days_save(tx, plan, days);
}

/* ---- steps ---- */

enum step_kind { STEP_ADMIN, STEP_PRACTICE, STEP_PEOPLE };

struct step {
    struct store_job job; /* first */
    struct filling *filling;
    struct step *next_free;
    struct arena_mark empty;
    enum step_kind kind;
    uint64_t practice, number;
};

struct filling {
    const struct plan *plan;
    struct store *store;
    const char *admin_hash;
    struct step steps[JOBS];
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct step *free_steps;
    size_t free_count;
};

static enum err admin_put(struct tx *tx, const struct filling *filling)
{
    struct user user;

    fields_clear(&user_fields, &user);
    user.user_id = id_text(tx, ID_USER, 1);
    user.email = ADMIN_EMAIL;
    user.name = "Bench";
    user.role = ROLE_ADMIN;
    user.password_hash = filling->admin_hash;
    user.status = USER_ACTIVE;
    user.created_at = user.updated_at = filling->plan->now_ms;
    user.version = 1;
    return user_save(tx, NULL, &user);
}

static enum err step_run(struct tx *tx, void *arg)
{
    const struct step *step = arg;
    const struct plan *plan = step->filling->plan;

    switch (step->kind) {
    case STEP_ADMIN:
        return admin_put(tx, step->filling);
    case STEP_PRACTICE:
        return practice_put(tx, plan, step->practice);
    default:
        return people_put(tx, plan, step->practice, step->number);
    }
}

static void step_give_back(struct filling *filling, struct step *step)
{
    (void)pthread_mutex_lock(&filling->lock);
    step->next_free = filling->free_steps;
    filling->free_steps = step;
    filling->free_count++;
    (void)pthread_cond_signal(&filling->freed);
    (void)pthread_mutex_unlock(&filling->lock);
}

static void on_stored(struct store_job *job, enum err e)
{
    struct step *step = (struct step *)(void *)job;

    need(e, "a transaction");
    arena_reset(job->arena, step->empty);
    step_give_back(step->filling, step);
}

static void submit(struct filling *filling, enum step_kind kind, uint64_t practice, uint64_t number)
{
    (void)pthread_mutex_lock(&filling->lock);
    while (!filling->free_steps)
        (void)pthread_cond_wait(&filling->freed, &filling->lock);
    struct step *step = filling->free_steps;
    filling->free_steps = step->next_free;
    filling->free_count--;
    (void)pthread_mutex_unlock(&filling->lock);
    step->kind = kind;
    step->practice = practice;
    step->number = number;
    step->job = (struct store_job){
        .access = {.write = true}, .arena = step->job.arena, .fn = step_run, .arg = step, .done = on_stored};
    need(store_submit(filling->store, &step->job), "the queue");
}

static void wait_for_all(struct filling *filling)
{
    (void)pthread_mutex_lock(&filling->lock);
    while (filling->free_count < JOBS)
        (void)pthread_cond_wait(&filling->freed, &filling->lock);
    (void)pthread_mutex_unlock(&filling->lock);
}

static void steps_make(struct filling *filling)
{
    for (size_t i = 0; i < JOBS; i++) {
        struct step *step = &filling->steps[i];
        step->filling = filling;
        step->job.arena = arena_new(JOB_BYTES);
        if (!step->job.arena)
            die("memory", "arenas");
        step->empty = arena_mark(step->job.arena);
        step_give_back(filling, step);
    }
}

static void fill(const struct plan *plan, struct store *store)
{
    static struct filling filling = {.lock = PTHREAD_MUTEX_INITIALIZER, .freed = PTHREAD_COND_INITIALIZER};
    static char hash[PASSWORD_HASH_TEXT];
    uint64_t steps = ((uint64_t)plan->patients + PATIENTS_A_STEP - 1) / PATIENTS_A_STEP;

    need(password_hash(ADMIN_PASSWORD, hash), "a password");
    filling.plan = plan;
    filling.store = store;
    filling.admin_hash = hash;
    steps_make(&filling);
    submit(&filling, STEP_ADMIN, 0, 0);
    for (uint64_t practice = 0; practice < (uint64_t)plan->practices; practice++) {
        submit(&filling, STEP_PRACTICE, practice, 0);
        for (uint64_t i = 0; i < steps; i++)
            submit(&filling, STEP_PEOPLE, practice, i);
    }
    wait_for_all(&filling);
    for (size_t i = 0; i < JOBS; i++)
        arena_free(filling.steps[i].job.arena);
}

/* ---- sizes ---- */

struct sizes {
    uint64_t count[TABLE_COUNT], bytes[TABLE_COUNT];
};

static enum err seen(void *arg, enum table table, const char *part, const char *sort, enum err e,
                     struct span value)
{
    struct sizes *sizes = arg;

    (void)part;
    (void)sort;
    if (e)
        return e;
    sizes->count[table]++;
    sizes->bytes[table] += value.size;
    return ERR_OK;
}

/* One line for each table: how many records, and how long they are on average when they are sealed. */
static void sizes_print(struct store *store)
{
    static const enum table of_people[] = {TABLE_PATIENT,
                                           TABLE_RELATION,
                                           TABLE_AGENDA,
                                           TABLE_APPOINTMENT,
                                           TABLE_APPOINTMENT_BY_PATIENT,
                                           TABLE_APPOINTMENT_REFERENCE,
                                           TABLE_USAGE,
                                           TABLE_PATIENT_SURNAME};
    struct sizes sizes = {0};

    need(store_walk(store, seen, &sizes), "reading the store");
    for (size_t table = 0; table < TABLE_COUNT; table++) {
        enum seal_kind kind = SEAL_STORE;
        for (size_t i = 0; i < sizeof of_people / sizeof of_people[0]; i++)
            if (of_people[i] == table)
                kind = SEAL_PERSON;
        if (sizes.count[table] > 0)
            (void)printf(
                "%s %llu %llu\n", store_table_name((enum table)table), (unsigned long long)sizes.count[table],
                (unsigned long long)(seal_size(kind, (size_t)(sizes.bytes[table] / sizes.count[table]))));
    }
}

/* ---- the program ---- */

static const char usage[] = "usage: fill --data DIR [--practices 40] [--days 42] [--per-day 60] [--sizes]\n";

static bool within(int64_t value, int64_t low, int64_t high)
{
    return value >= low && value <= high;
}

static bool plan_read(int argc, char **argv, struct plan *plan)
{
    static const struct option names[] = {
        {"data", required_argument, NULL, 'd'}, {"practices", required_argument, NULL, 'p'},
        {"days", required_argument, NULL, 'n'}, {"per-day", required_argument, NULL, 'a'},
        {"sizes", no_argument, NULL, 's'},      {NULL, 0, NULL, 0}};
    int which;

    *plan = (struct plan){.practices = 40, .days = 42, .per_day = 60, .now_ms = clock_now_ms()};
    while ((which = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (which) {
        case 'd':
            plan->data = optarg;
            break;
        case 'p':
            plan->practices = strtoll(optarg, NULL, 10);
            break;
        case 'n':
            plan->days = strtoll(optarg, NULL, 10);
            break;
        case 'a':
            plan->per_day = strtoll(optarg, NULL, 10);
            break;
        case 's':
            plan->sizes = true;
            break;
        default:
            return false;
        }
    }
    plan->first_date = london_date(plan->now_ms);
    plan->patients = plan->days * plan->per_day / APPOINTMENTS_EACH;
    return plan->data && optind == argc && within(plan->practices, 1, 100000) &&
           within(plan->days, APPOINTMENTS_EACH, DAYS_MAX) && within(plan->per_day, 1, PER_DAY_MAX);
}

int main(int argc, char **argv)
{
    struct store_options options = {.exclusive = true};
    struct store *store;
    struct plan plan;
    char message[256];

    if (!plan_read(argc, argv, &plan)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    options.dir = plan.data;
    options.must_exist = plan.sizes;
    enum err e = store_open_lmdb(&options, &store, message);
    if (e)
        die("the store", message);
    int64_t start_us = clock_monotonic_us();
    if (plan.sizes) {
        sizes_print(store);
    } else {
        fill(&plan, store);
        (void)printf("appointments=%lld patients=%lld practices=%lld seconds=%.1f\n",
                     (long long)(plan.practices * plan.days * plan.per_day),
                     (long long)(plan.practices * plan.patients), (long long)plan.practices,
                     (double)(clock_monotonic_us() - start_us) / 1e6);
    }
    store_close(store);
    return 0;
}
