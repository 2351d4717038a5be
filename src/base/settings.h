/* settings.h - every setting of the program, in one table (settings.c): its flag, environment variable,
 * range, default and meaning. A flag goes before the variable, the variable before the default; an empty
 * variable counts as not set. Everything is checked before anything starts, and all mistakes are told at
 * once.
 *
 * Texts and lists live in the arena given to settings_load. */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/fields.h" /* struct list */

#include <stdbool.h>
#include <stdint.h>

/* Which subcommands take a setting: flags of others are refused, and variables of others are not looked at.
 */
enum command {
    COMMAND_SERVE = 1,
    COMMAND_VERIFY = 2,
    COMMAND_USER_ADD = 4,
    COMMAND_LAMBDA = 64,
    COMMAND_TABLES = 128,
    COMMAND_COPY = 256,
};

enum store_engine { STORE_ENGINE_LMDB = 1, STORE_ENGINE_DYNAMODB };

enum environment { ENVIRONMENT_DEV = 1, ENVIRONMENT_STAGING, ENVIRONMENT_PROD };

struct settings {
    /* serve: the door */
    const char *bind;     /* an IPv4 or IPv6 address */
    int64_t port;         /* 0: any free one */
    int64_t http_threads; /* 0: one per core */
    int64_t max_connections, max_connections_per_address;
    int64_t request_timeout_seconds;
    const char *tls_cert, *tls_key; /* PEM files; NULL: no TLS. Both or none */
    struct list cors_origins;       /* of const char *: "https://host[:port]", or one "*" */
    struct list trusted_proxies;    /* of const char *, each right for network_parse */
    int64_t rate_limit_per_minute;  /* 0: none */
    const char *api_gateway_url;    /* how others reach us, without a slash at the end; NULL if not said */
    /* the store */
    int32_t store; /* enum store_engine */
    const char *data_dir;
    const char *key_file;   /* NULL: data_dir with ".key" behind it */
    const char *master_key; /* NULL: the key file */
    int64_t writer_queue;
    bool demo;
    const char *crash_at; /* store/crash.h; NULL but in tests */
    /* identity */
    const char *token_issuer;
    int64_t access_token_seconds, refresh_token_days, hash_queue;
    /* bookings */
    int64_t hold_minutes;
    /* operation */
    int32_t environment; /* enum environment */
    int32_t log_level;   /* enum log_level + 1 */
    /* user add */
    const char *user_email, *user_role, *user_name;
    bool password_stdin;
    struct list user_practices; /* of const char * */
    /* copy: a store is a folder, "dynamodb", or "dynamodb:PREFIX" */
    const char *copy_from, *copy_to;         /* NULL: not said */
    const char *copy_from_key, *copy_to_key; /* files */
    /* DynamoDB */
    const char *aws_region, *dynamodb_endpoint; /* NULL: not said */
    const char *appointments_table, *patients_table, *practices_table, *system_table;
    int64_t store_threads;
    /* Cognito as the provider of logins; both or none */
    const char *user_pool_id, *user_pool_client_id;
    const char *cognito_endpoint; /* NULL: the region's */
};

typedef char *settings_getenv(const char *name); /* getenv, or a test's own */

/* argv: what stands behind the subcommand. After ERR_SETTING *why has a line for each mistake, without a
 * secret's value in it; ERR_MEMORY. */
enum err settings_load(enum command command, int argc, char **argv, settings_getenv *get, struct arena *arena,
                       struct settings *settings, const char **why);

/* Where Lambda's runtime listens ("127.0.0.1:9001"), or NULL. Lambda says it itself, so it is no row of the
 * table. */
const char *settings_runtime_api(settings_getenv *get);

/* For `opendoor settings`: every setting with variable, flag, range, default and meaning. */
void settings_print(struct buf *buf);
/* For `opendoor help COMMAND`: its flags. */
void settings_help(struct buf *buf, enum command command);
/* A file of environment variables to start from; everything in it is commented out. */
void settings_env_example(struct buf *buf);

#endif
