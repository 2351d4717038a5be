/* process.c - what every subcommand does first. */
#include "base/fields.h"
#include "base/log.h"
#include "domain/text.h"
#include "main/subcommand.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    COMPLAINT_BYTES = 1000,
    MEMORY_KEPT_BYTES = 4 * 1024 * 1024, /* of each thread's heap; what one large answer needs, and more */
    MEMORY_STEP_BYTES = 256 * 1024,
    MEMORY_MAPPED_FROM_BYTES = 2 * 1024 * 1024,
};

static char last[COMPLAINT_BYTES];

void complain(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    (void)vsnprintf(last, sizeof last, format, list);
    va_end(list);
    (void)fprintf(stderr, "opendoor: %s\n", last);
}

const char *complaint(void)
{
    return last;
}

/* A connection is a file, and so is nothing else that we have many of. */
static void files_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* what we have then has to do */
}

/* The C library would give the memory of one call back to the system and take it again for the next: each
 * time all processors are told to forget those pages, which costs more than the call. */
static void memory_keep(void)
{
    (void)mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT_BYTES);
    (void)mallopt(M_TOP_PAD, MEMORY_STEP_BYTES);
    (void)mallopt(M_MMAP_THRESHOLD, MEMORY_MAPPED_FROM_BYTES);
}

bool process_start(void)
{
    memory_keep();
    (void)umask(S_IRWXG | S_IRWXO);
    (void)signal(SIGPIPE, SIG_IGN);
    files_raise();
    fields_text_rule(text_normalise);
    fields_blank_rule(text_is_blank);
    /* Its own atexit handler would free what threads still use when a signal ends a start that is half done.
     */
    if (sodium_init() >= 0 && OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL) == 1)
        return true;
    complain("The cryptography libraries do not start.");
    return false;
}

bool settings_start(enum command command, int argc, char **argv, struct arena *arena,
                    struct settings *settings)
{
    const char *why = NULL;
    enum err e = settings_load(command, argc, argv, getenv, arena, settings, &why);

    if (e == ERR_SETTING) {
        (void)fputs(why, stderr);
        complain("`opendoor settings` explains every setting.");
        (void)snprintf(last, sizeof last, "%s", why);
        return false;
    }
    if (e) {
        complain("%s", err_info(e)->text);
        return false;
    }
    log_start((enum log_level)(settings->log_level - 1), STDERR_FILENO);
    return true;
}

static struct store_options store_options_of(const struct settings *settings, enum store_use use)
{
    return (struct store_options){
        .dir = settings->data_dir,
        .key_file = settings->key_file,
        .key_hex = settings->master_key,
        .exclusive = use == STORE_SERVE || use == STORE_SOURCE || use == STORE_TARGET,
        .must_exist = use == STORE_LOOK || use == STORE_SOURCE,
        .queue_max = use == STORE_SERVE ? (size_t)settings->writer_queue : 0,
        .crash_at = settings->crash_at,
    };
}

struct dynamo_options dynamo_options_of(const struct settings *settings)
{
    return (struct dynamo_options){
        .names = {[DYNAMO_APPOINTMENTS] = settings->appointments_table,
                  [DYNAMO_PATIENTS] = settings->patients_table,
                  [DYNAMO_PRACTICES] = settings->practices_table,
                  [DYNAMO_SYSTEM] = settings->system_table},
        .region = settings->aws_region,
        .endpoint = settings->dynamodb_endpoint,
        .threads = (size_t)settings->store_threads,
        .get = getenv, /* nothing changes the environment once the program runs */
    };
}

static enum err open_dynamo(const struct settings *settings, const struct store_options *common,
                            enum store_use use, struct store **store, char message[static 256])
{
    struct dynamo_options options = dynamo_options_of(settings);

    options.store = *common;
    options.store.key_must_exist = use != STORE_CREATE;
    if (use != STORE_SERVE)
        options.threads = 1; /* a command waits for each of its jobs itself */
    return store_open_dynamo(&options, store, message);
}

static struct store *start(const struct settings *settings, enum store_use use, struct store *copy_of)
{
    struct store_options options = store_options_of(settings, use);
    struct store *store = NULL;
    char message[256] = "";

    options.copy_of = copy_of;
    enum err e = settings->store == STORE_ENGINE_DYNAMODB
                     ? open_dynamo(settings, &options, use, &store, message)
                     : store_open_lmdb(&options, &store, message);

    if (!e)
        return store;
    complain("%s", *message ? message : err_info(e)->text);
    return NULL;
}

struct store *store_start_with(const struct settings *settings, enum store_use use)
{
    return start(settings, use, NULL);
}

struct store *store_start_copy(const struct settings *settings, struct store *copy_of)
{
    return start(settings, STORE_TARGET, copy_of);
}
