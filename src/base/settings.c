/* settings.c - the table of settings, and what reads it. */
#include "base/settings.h"

#include "base/log.h"
#include "base/must.h"
#include "base/nearest.h"
#include "base/network.h"
#include "base/utf8.h"

#include <string.h>
#include <strings.h>

enum { VALUE_BYTES_MAX = 4096, LIST_MAX = 100, WRAP_COLUMNS = 96 };

enum setting_type { SETTING_TEXT, SETTING_INTEGER, SETTING_SWITCH, SETTING_CHOICE, SETTING_LIST };

struct setting {
    const char *variable; /* NULL: only a flag */
    const char *flag;     /* without "--"; NULL: only a variable, because others can see arguments */
    unsigned commands;    /* enum command; 0: nothing uses it yet, but serve checks it */
    enum setting_type type;
    size_t offset;
    int64_t min, max;                 /* SETTING_INTEGER */
    const char *const *choices;       /* SETTING_CHOICE: NULL-terminated; the value is the index + 1 */
    bool (*check)(const char *value); /* SETTING_TEXT, and each of SETTING_LIST */
    const char *wanted;               /* what check wants, behind "must be" */
    const char *value;                /* the default; NULL: not set */
    bool secret;
    const char *argument; /* in help: "--port N" */
    const char *help;
};

/* ---- checks ---- */

static bool is_address(const char *value)
{
    struct network network;
    return !strchr(value, '/') && network_parse(value, &network);
}

static bool is_network(const char *value)
{
    struct network network;
    return network_parse(value, &network);
}

static bool is_hex_key(const char *value)
{
    return strlen(value) == 64 && strspn(value, "0123456789abcdefABCDEF") == 64;
}

/* What stands behind "http://" or "https://", or NULL. */
static const char *behind_scheme(const char *value)
{
    if (strncasecmp(value, "https://", 8) == 0)
        return value + 8;
    return strncasecmp(value, "http://", 7) == 0 ? value + 7 : NULL;
}

/* A host, perhaps in brackets, perhaps with a port: what may stand there, not whether it exists. */
static const char *behind_host(const char *at)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    size_t size = strspn(at, letters);

    if (*at == '[') {
        size = 1 + strspn(at + 1, "0123456789abcdefABCDEF:.");
        if (size == 1 || at[size] != ']')
            return NULL;
        size++;
    }
    if (size == 0)
        return NULL;
    at += size;
    if (*at != ':')
        return at;
    size = strspn(at + 1, "0123456789");
    return size >= 1 && size <= 5 ? at + 1 + size : NULL;
}

static bool is_origin(const char *value)
{
    const char *host = behind_scheme(value);
    const char *end = host ? behind_host(host) : NULL;
    return strcmp(value, "*") == 0 || (end && *end == '\0');
}

static bool is_url(const char *value)
{
    const char *host = behind_scheme(value);
    const char *end = host ? behind_host(host) : NULL;
    return end &&
           (*end == '\0' || (*end == '/' && !strpbrk(end, " ?#\"<>\\") && end[strlen(end) - 1] != '/'));
}

#define LETTERS_AND_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool is_pool_id(const char *value)
{
    size_t size = strlen(value);
    return size <= 55 && strchr(value, '_') && strspn(value, LETTERS_AND_DIGITS "-_") == size;
}

static bool is_client_id(const char *value)
{
    size_t size = strlen(value);
    return size <= 128 && strspn(value, LETTERS_AND_DIGITS "_+") == size;
}

static const char *const environments[] = {"dev", "staging", "prod", NULL};
static const char *const log_levels[] = {"DEBUG", "INFO", "WARN", "ERROR", NULL};
static const char *const stores[] = {"lmdb", "dynamodb", NULL};
_Static_assert(LOG_DEBUG == 0 && LOG_ERROR == 3, "log_levels has their order");

/* ---- the table ---- */

#define AT(member)     .offset = offsetof(struct settings, member)
#define STORE_COMMANDS (COMMAND_SERVE | COMMAND_VERIFY | COMMAND_USER_ADD | COMMAND_LAMBDA)
#define DOOR_COMMANDS  (COMMAND_SERVE | COMMAND_LAMBDA)
#define LOGIN_COMMANDS (DOOR_COMMANDS | COMMAND_USER_ADD)
#define KEY_COMMANDS   (STORE_COMMANDS | COMMAND_TABLES)

static const struct setting table[] = {
    {.variable = "BIND",
     .flag = "bind",
     .argument = "ADDR",
     .commands = COMMAND_SERVE,
     .type = SETTING_TEXT,
     AT(bind),
     .check = is_address,
     .wanted = "an IPv4 or IPv6 address",
     .value = "127.0.0.1",
     .help = "The address to listen on. 0.0.0.0 or :: is all addresses of the machine; put TLS in front of "
             "those."},
    {.variable = "PORT",
     .flag = "port",
#define AWS_COMMANDS (KEY_COMMANDS | COMMAND_COPY)
     .argument = "N",
     .commands = COMMAND_SERVE,
     .type = SETTING_INTEGER,
     AT(port),
     .max = 65535,
     .value = "5000",
     .help = "The TCP port to listen on. 0 takes any free one."},
    {.variable = "HTTP_THREADS",
     .flag = "http-threads",
     .argument = "N",
     .commands = COMMAND_SERVE,
     .type = SETTING_INTEGER,
     AT(http_threads),
     .max = 256,
     .value = "0",
     .help = "How many threads answer requests. 0 is one per core."},
    {.variable = "MAX_CONNECTIONS",
     .flag = "max-connections",
     .argument = "N",
     .commands = COMMAND_SERVE,
     .type = SETTING_INTEGER,
     AT(max_connections),
     .min = 16,
     .max = 65536,
     .value = "4096",
     .help = "How many connections may be open at once; more are answered 503 and closed."},
    {.variable = "MAX_CONNECTIONS_PER_ADDRESS",
     .flag = "max-connections-per-address",
     .argument = "N",
     .commands = COMMAND_SERVE,
     .type = SETTING_INTEGER,
     AT(max_connections_per_address),
     .min = 1,
     .max = 65536,
     .value = "256",
     .help = "How many of them one address may have (IPv6: one /64). Loopback and TRUSTED_PROXIES have no "
             "such limit."},
    {.variable = "REQUEST_TIMEOUT_SECONDS",
     .flag = "request-timeout-seconds",
     .argument = "N",
     .commands = COMMAND_SERVE,
     .type = SETTING_INTEGER,
     AT(request_timeout_seconds),
     .min = 1,
     .max = 600,
     .value = "30",
     .help =
         "How long a request may take to arrive, however it drips, and a connection may stand still while "
         "an answer is sent. Between requests it may be idle for twice as long."},
    {.variable = "TLS_CERT",
     .flag = "tls-cert",
     .argument = "FILE",
     .commands = COMMAND_SERVE,
     .type = SETTING_TEXT,
     AT(tls_cert),
     .help =
         "The certificate and its chain, in PEM form. With it and TLS_KEY the port speaks TLS 1.2 and 1.3 "
         "and nothing else."},
    {.variable = "TLS_KEY",
     .flag = "tls-key",
     .argument = "FILE",
     .commands = COMMAND_SERVE,
     .type = SETTING_TEXT,
     AT(tls_key),
     .help = "The private key of the certificate, in PEM form."},
    {.variable = "CORS_ORIGINS",
     .flag = "cors-origins",
     .argument = "LIST",
     .commands = DOOR_COMMANDS,
     .type = SETTING_LIST,
     AT(cors_origins),
     .check = is_origin,
     .wanted = "origins like https://www.example.org, without a path, or one *",
     .help = "Web sites whose pages may call this service, with commas between them."},
    {.variable = "TRUSTED_PROXIES",
     .flag = "trusted-proxies",
     .argument = "LIST",
     .commands = DOOR_COMMANDS,
     .type = SETTING_LIST,
     AT(trusted_proxies),
     .check = is_network,
     .wanted = "addresses or networks like 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32",
     .help =
         "Proxies in front of this service, with commas between them: from these alone is X-Forwarded-For "
         "believed, which rate limits and lock-outs need."},
    {.variable = "RATE_LIMIT_PER_MINUTE",
     .flag = "rate-limit-per-minute",
     .argument = "N",
     .commands = COMMAND_SERVE,
     .type = SETTING_INTEGER,
     AT(rate_limit_per_minute),
     .max = 1000000,
     .value = "600",
     .help = "How many requests a user, or an address without a login, may send in a minute. 0 turns off all "
             "limits "
             "but the lock-out after failed logins."},
    {.variable = "API_GATEWAY_URL",
     .flag = "api-gateway-url",
     .argument = "URL",
     .commands = DOOR_COMMANDS,
     .type = SETTING_TEXT,
     AT(api_gateway_url),
     .check = is_url,
     .wanted =
         "a URL like https://booking.example.org or https://example.org/api, without a slash at the end",
     .help = "The address under which others reach this service; links to it start so."},
    {.variable = "STORE",
     .flag = "store",
     .argument = "ENGINE",
     .commands = STORE_COMMANDS,
     .type = SETTING_CHOICE,
     AT(store),
     .choices = stores,
     .value = "lmdb",
     .help = "The storage engine: lmdb is the embedded one, for one server; dynamodb is Amazon's, for any "
             "number of them "
             "(`opendoor tables create` makes its tables)."},
    {.variable = "DATA_DIR",
     .flag = "data",
     .argument = "DIR",
     .commands = STORE_COMMANDS,
     .type = SETTING_TEXT,
     AT(data_dir),
     .value = "./data.db",
     .help = "The folder of the store, on a local disk. serve makes it on first use. Not looked at with "
             "STORE=dynamodb."},
    {.variable = "KEY_FILE",
     .flag = "key",
     .argument = "FILE",
     .commands = KEY_COMMANDS,
     .type = SETTING_TEXT,
     AT(key_file),
     .help = "The file of the master key, made together with a new store; nobody else may be able to read "
             "it. Not set, "
             "it is DATA_DIR with .key behind it. Keep a copy apart from the copies of the store. With "
             "STORE=dynamodb the "
             "master key has to be given, the same for every server; `opendoor tables create` makes it."},
    {.variable = "MASTER_KEY",
     .commands = AWS_COMMANDS,
     .type = SETTING_TEXT,
     AT(master_key),
     .check = is_hex_key,
     .wanted = "64 hexadecimal digits",
     .secret = true,
     .help = "The master key itself, in place of a file."},
    {.variable = "WRITER_QUEUE",
     .flag = "writer-queue",
     .argument = "N",
     .commands = DOOR_COMMANDS,
     .type = SETTING_INTEGER,
     AT(writer_queue),
     .min = 1,
     .max = 1000000,
     .value = "4096",
     .help = "How many changes may wait to be written; more are answered 503 at once."},
    {.variable = "DEMO",
     .flag = "demo",
     .commands = DOOR_COMMANDS,
     .type = SETTING_SWITCH,
     AT(demo),
     .value = "false",
     .help = "Fills an empty store with made-up access points, patients and appointments. One that has data "
             "is left as "
             "it is. Not with ENVIRONMENT=prod, because the passwords of the demo logins are known."},
    {.variable = "OPENDOOR_CRASH_AT",
     .commands = COMMAND_SERVE,
     .type = SETTING_TEXT,
     AT(crash_at),
     .help = "For crash tests alone: a named place in the store at which the program kills itself. Not with "
             "ENVIRONMENT=prod."},
    {.variable = "TOKEN_ISSUER",
     .flag = "token-issuer",
     .argument = "TEXT",
     .commands = DOOR_COMMANDS,
     .type = SETTING_TEXT,
     AT(token_issuer),
     .value = "opendoor",
     .help = "The issuer (iss) in access tokens. A change makes all tokens that are out invalid."},
    {.variable = "ACCESS_TOKEN_SECONDS",
     .flag = "access-token-seconds",
     .argument = "N",
     .commands = DOOR_COMMANDS,
     .type = SETTING_INTEGER,
     AT(access_token_seconds),
     .min = 60,
     .max = 86400,
     .value = "900",
     .help = "How long an access token is valid."},
    {.variable = "REFRESH_TOKEN_DAYS",
     .flag = "refresh-token-days",
     .argument = "N",
     .commands = DOOR_COMMANDS,
     .type = SETTING_INTEGER,
     AT(refresh_token_days),
     .min = 1,
     .max = 365,
     .value = "30",
     .help = "How long somebody stays logged in without coming back."},
    {.variable = "HASH_QUEUE",
     .flag = "hash-queue",
     .argument = "N",
     .commands = DOOR_COMMANDS,
     .type = SETTING_INTEGER,
     AT(hash_queue),
     .min = 1,
     .max = 100000,
     .value = "64",
     .help = "How many logins may wait for their password to be checked; more are answered 503 at once."},
    {.variable = "HOLD_MINUTES",
     .flag = "hold-minutes",
     .argument = "N",
     .commands = DOOR_COMMANDS,
     .type = SETTING_INTEGER,
     AT(hold_minutes),
     .min = 1,
     .max = 60,
     .value = "10",
     .help = "How long an appointment is held for somebody who has not confirmed it."},
    {.variable = "ENVIRONMENT",
     .flag = "environment",
     .argument = "NAME",
     .commands = DOOR_COMMANDS,
     .type = SETTING_CHOICE,
     AT(environment),
     .choices = environments,
     .value = "dev",
     .help = "What this installation is for."},
    {.variable = "LOG_LEVEL",
     .flag = "log-level",
     .argument = "LEVEL",
     .commands = AWS_COMMANDS,
     .type = SETTING_CHOICE,
     AT(log_level),
     .choices = log_levels,
     .value = "INFO",
     .help = "What is logged, on standard error: this level and those after it."},
    {.flag = "email",
     .argument = "ADDRESS",
     .commands = COMMAND_USER_ADD,
     .type = SETTING_TEXT,
     AT(user_email),
     .help = "The login address of the new user. Needed."},
    {.flag = "role",
     .argument = "ROLE",
     .commands = COMMAND_USER_ADD,
     .type = SETTING_TEXT,
     AT(user_role),
     .help = "admin, staff or patient. Needed."},
    {.flag = "practice",
     .argument = "ID",
     .commands = COMMAND_USER_ADD,
     .type = SETTING_LIST,
     AT(user_practices),
     .help = "An access point that the new member of staff works for. May be given several times."},
    {.flag = "name",
     .argument = "NAME",
     .commands = COMMAND_USER_ADD,
     .type = SETTING_TEXT,
     AT(user_name),
     .help = "What the new user is called."},
    {.flag = "password-stdin",
     .commands = COMMAND_USER_ADD,
     .type = SETTING_SWITCH,
     AT(password_stdin),
     .value = "false",
     .help = "Reads the password from the first line of standard input instead of asking for it."},
    {.variable = "AWS_REGION",
     .commands = AWS_COMMANDS,
     .type = SETTING_TEXT,
     AT(aws_region),
     .help = "The region of AWS, like eu-west-2. Needed with STORE=dynamodb. The credentials come from where "
             "AWS's own tools "
             "look for them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the role of the "
             "machine."},
    {.variable = "DYNAMODB_ENDPOINT",
     .commands = AWS_COMMANDS,
     .type = SETTING_TEXT,
     AT(dynamodb_endpoint),
     .check = is_url,
     .wanted = "a URL like http://127.0.0.1:8000, without a slash at the end",
     .help = "Another DynamoDB than that of the region: one on this machine, for tests."},
    {.flag = "from",
     .argument = "STORE",
     .commands = COMMAND_COPY,
     .type = SETTING_TEXT,
     AT(copy_from),
     .help = "The store to copy: a folder; or dynamodb, which is the four tables of the settings; or "
             "dynamodb:PREFIX, which is PREFIX-appointments, PREFIX-patients, PREFIX-practices and "
             "PREFIX-system. Needed."},
    {.flag = "from-key",
     .argument = "FILE",
     .commands = COMMAND_COPY,
     .type = SETTING_TEXT,
     AT(copy_from_key),
     .help = "The file of its master key. Not set, it is the folder's name with .key behind it, and for "
             "DynamoDB MASTER_KEY."},
    {.flag = "to",
     .argument = "STORE",
     .commands = COMMAND_COPY,
     .type = SETTING_TEXT,
     AT(copy_to),
     .help = "The store to fill, named like the other one. A folder is made if it is not there; tables have "
             "to be (`opendoor tables create`). Needed."},
    {.flag = "to-key",
     .argument = "FILE",
     .commands = COMMAND_COPY,
     .type = SETTING_TEXT,
     AT(copy_to_key),
     .help = "The file of its master key, which may be another one; found like the other one's, and made "
             "with a new folder if it is not there."},
    {.variable = "APPOINTMENTS_TABLE",
     .commands = AWS_COMMANDS,
     .type = SETTING_TEXT,
     AT(appointments_table),
     .value = "opendoor-appointments",
     .help = "The DynamoDB table of days, appointments and holds."},
    {.variable = "PATIENTS_TABLE",
     .commands = AWS_COMMANDS,
     .type = SETTING_TEXT,
     AT(patients_table),
     .value = "opendoor-patients",
     .help = "The DynamoDB table of what is about one person, and of how people are found."},
    {.variable = "PRACTICES_TABLE",
     .commands = AWS_COMMANDS,
     .type = SETTING_TEXT,
     AT(practices_table),
     .value = "opendoor-practices",
     .help = "The DynamoDB table of practices and their sessions."},
    {.variable = "SYSTEM_TABLE",
     .commands = AWS_COMMANDS,
     .type = SETTING_TEXT,
     AT(system_table),
     .value = "opendoor-system",
     .help = "The DynamoDB table of everything else: keys, logins, messages to send, what expires."},
    {.variable = "STORE_THREADS",
     .flag = "store-threads",
     .argument = "N",
     .commands = DOOR_COMMANDS,
     .type = SETTING_INTEGER,
     AT(store_threads),
     .min = 1,
     .max = 512,
     .value = "32",
     .help = "With STORE=dynamodb: how many requests are worked on at once; others wait. Each keeps a "
             "connection to "
             "DynamoDB."},
    {.variable = "USER_POOL_ID",
     .commands = LOGIN_COMMANDS,
     .type = SETTING_TEXT,
     AT(user_pool_id),
     .check = is_pool_id,
     .wanted = "a user pool's id like eu-west-2_AbCdEfGhI",
     .help =
         "An Amazon Cognito user pool that keeps the passwords and signs the access tokens, in place of the "
         "built-in logins. Needs USER_POOL_CLIENT_ID and AWS_REGION too, and credentials that may call the "
         "pool's admin actions."},
    {.variable = "USER_POOL_CLIENT_ID",
     .commands = LOGIN_COMMANDS,
     .type = SETTING_TEXT,
     AT(user_pool_client_id),
     .check = is_client_id,
     .wanted = "the letters and digits of a client's id",
     .help =
         "The pool's app client for this service: without a secret, with the flows USER_PASSWORD_AUTH and "
         "REFRESH_TOKEN_AUTH."},
    {.variable = "COGNITO_ENDPOINT",
     .commands = LOGIN_COMMANDS,
     .type = SETTING_TEXT,
     AT(cognito_endpoint),
     .check = is_url,
     .wanted = "a URL like http://127.0.0.1:9229, without a path",
     .help = "Another Cognito than that of the region: one on this machine, for tests."},
};

enum { SETTING_COUNT = sizeof table / sizeof *table };

/* ---- loading ---- */

struct loading {
    enum command command;
    struct arena *arena;
    struct settings *settings;
    struct buf why;
    bool from_flag[SETTING_COUNT];
};

static void put_wanted(struct buf *buf, const struct setting *setting)
{
    switch (setting->type) {
    case SETTING_INTEGER:
        buf_printf(buf, "a whole number from %lld to %lld", (long long)setting->min, (long long)setting->max);
        break;
    case SETTING_SWITCH:
        buf_text(buf, "true or false");
        break;
    case SETTING_CHOICE:
        buf_text(buf, "one of");
        for (size_t i = 0; setting->choices[i]; i++)
            buf_printf(buf, "%s %s", i ? "," : "", setting->choices[i]);
        break;
    default:
        buf_text(buf, setting->wanted ? setting->wanted : "text without control characters");
    }
}

/* "PORT: must be ..., but is 70000." */
static void complain(struct loading *l, const struct setting *setting, bool flag, const char *value)
{
    bool show = !setting->secret && strlen(value) <= 100 && utf8_valid(value, strlen(value));

    buf_printf(&l->why, "%s%s must be ", flag ? "--" : "", flag ? setting->flag : setting->variable);
    put_wanted(&l->why, setting);
    if (show)
        buf_printf(&l->why, ", but is \"%s\"", value);
    buf_text(&l->why, ".\n");
}

static bool is_plain(const char *value)
{
    size_t size = strlen(value);

    if (size == 0 || size > VALUE_BYTES_MAX || !utf8_valid(value, size))
        return false;
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
            return false;
    }
    return true;
}

static bool set_integer(const struct setting *setting, const char *value, int64_t *out)
{
    int64_t number = 0;
    size_t size = strlen(value);

    if (size == 0 || size > 18 || strspn(value, "0123456789") != size)
        return false;
    for (; *value; value++)
        number = number * 10 + (*value - '0');
    if (number < setting->min || number > setting->max)
        return false;
    *out = number;
    return true;
}

static bool set_switch(const char *value, bool *out)
{
    static const char *const words[] = {"false", "true", "0", "1", "no", "yes", "off", "on"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(value, words[i]) == 0) {
            *out = i % 2 == 1;
            return true;
        }
    }
    return false;
}

static bool set_choice(const struct setting *setting, const char *value, int32_t *out)
{
    for (int32_t i = 0; setting->choices[i]; i++) {
        if (strcasecmp(value, setting->choices[i]) == 0) {
            *out = i + 1;
            return true;
        }
    }
    return false;
}

/* Adds what stands between the commas; blanks around an item do not count. */
static bool add_items(struct loading *l, const struct setting *setting, const char *value, struct list *list)
{
    const char **items = arena_alloc(l->arena, LIST_MAX * sizeof *items);

    if (!items) {
        l->why.failed = true;
        return true;
    }
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof *items);
    list->items = items;
    for (;;) {
        value += strspn(value, " ");
        size_t size = strcspn(value, ",");
        size_t shown = size;
        while (shown > 0 && value[shown - 1] == ' ')
            shown--;
        char *item = arena_text(l->arena, value, shown);
        if (!item)
            l->why.failed = true;
        else if (list->count == LIST_MAX || !is_plain(item) || (setting->check && !setting->check(item)))
            return false;
        else
            items[list->count++] = item;
        if (value[size] == '\0')
            return true;
        value += size + 1;
    }
}

static bool set_text(struct loading *l, const struct setting *setting, const char *value, const char **out)
{
    if (!is_plain(value) || (setting->check && !setting->check(value)))
        return false;
    *out = arena_dup(l->arena, value);
    if (!*out)
        l->why.failed = true;
    return true;
}

static void set(struct loading *l, const struct setting *setting, const char *value, bool flag)
{
    void *at = (char *)l->settings + setting->offset;
    bool right = false;

    switch (setting->type) {
    case SETTING_TEXT:
        right = set_text(l, setting, value, at);
        break;
    case SETTING_INTEGER:
        right = set_integer(setting, value, at);
        break;
    case SETTING_SWITCH:
        right = set_switch(value, at);
        break;
    case SETTING_CHOICE:
        right = set_choice(setting, value, at);
        break;
    case SETTING_LIST:
        right = add_items(l, setting, value, at);
        break;
    }
    if (!right)
        complain(l, setting, flag, value);
}

static bool belongs_to(const struct setting *setting, enum command command)
{
    return ((setting->commands ? setting->commands : (unsigned)DOOR_COMMANDS) & command) != 0;
}

/* The flag of this command that arg, behind its "--", names; sets *value to what stands behind "=", or to
 * NULL. */
static const struct setting *find_flag(enum command command, const char *arg, const char **value)
{
    size_t size = strcspn(arg, "=");

    *value = arg[size] == '=' ? arg + size + 1 : NULL;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const char *flag = table[i].flag;
        if (flag && belongs_to(&table[i], command) && strlen(flag) == size && memcmp(flag, arg, size) == 0)
            return &table[i];
    }
    return NULL;
}

static void complain_unknown(struct loading *l, const char *arg)
{
    size_t size = strcspn(arg + 2, "=");
    struct nearest nearest = nearest_to(arg + 2, size);

    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (table[i].flag && belongs_to(&table[i], l->command))
            nearest_try(&nearest, table[i].flag);
    }
    if (size > NEAREST_SIZE_MAX || !utf8_valid(arg, strlen(arg)))
        buf_text(&l->why, "There is no such option here.");
    else
        buf_printf(&l->why, "There is no option --%.*s here.", (int)size, arg + 2);
    if (nearest.best)
        buf_printf(&l->why, " Did you mean --%s?", nearest.best);
    buf_text(&l->why, "\n");
}

/* One flag and its value; gives how many arguments it took. */
static int take_flag(struct loading *l, int left, char **argv)
{
    const char *value;
    const struct setting *setting =
        strncmp(argv[0], "--", 2) == 0 ? find_flag(l->command, argv[0] + 2, &value) : NULL;

    if (strncmp(argv[0], "--", 2) != 0) {
        buf_text(&l->why, "There is an argument too many: options begin with --.\n");
        return 1;
    }
    if (!setting) {
        complain_unknown(l, argv[0]);
        /* What follows is most likely its value. */
        return left > 1 && !strchr(argv[0], '=') && strncmp(argv[1], "--", 2) != 0 ? 2 : 1;
    }
    l->from_flag[setting - table] = true;
    if (setting->type == SETTING_SWITCH && !value)
        value = "true";
    if (value) {
        set(l, setting, value, true);
        return 1;
    }
    if (left < 2) {
        buf_printf(&l->why, "--%s needs a value: --%s %s.\n", setting->flag, setting->flag,
                   setting->argument);
        return 1;
    }
    set(l, setting, argv[1], true);
    return 2;
}

/* Rules between settings. */
static void check_together(struct loading *l)
{
    const struct settings *s = l->settings;

    if (s->demo && s->environment == ENVIRONMENT_PROD)
        buf_text(&l->why,
                 "DEMO is not possible with ENVIRONMENT=prod: the passwords of the demo logins are known.\n");
    if (s->crash_at && s->environment == ENVIRONMENT_PROD)
        buf_text(&l->why, "OPENDOOR_CRASH_AT is for tests; it is not possible with ENVIRONMENT=prod.\n");
    if (!s->tls_cert != !s->tls_key)
        buf_text(&l->why, "TLS needs both TLS_CERT and TLS_KEY.\n");
    if (!s->user_pool_id != !s->user_pool_client_id)
        buf_text(&l->why, "Logins with Cognito need both USER_POOL_ID and USER_POOL_CLIENT_ID.\n");
    if (s->user_pool_id && !s->aws_region)
        buf_text(&l->why, "Logins with Cognito need AWS_REGION.\n");
    if (s->key_file && s->master_key)
        buf_text(&l->why, "KEY_FILE and MASTER_KEY are both set: keep one.\n");
}

enum err settings_load(enum command command, int argc, char **argv, settings_getenv *get, struct arena *arena,
                       struct settings *settings, const char **why)
{
    struct settings loaded = {0};
    struct loading l = {.command = command, .arena = arena, .settings = &loaded};

    buf_init(&l.why, arena);
    for (int i = 0; i < argc;)
        i += take_flag(&l, argc - i, argv + i);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &table[i];
        const char *value = setting->variable && belongs_to(setting, command) ? get(setting->variable) : NULL;
        if (l.from_flag[i])
            continue;
        if (value && *value)
            set(&l, setting, value, false);
        else if (setting->value)
            set(&l, setting, setting->value, false);
    }
    check_together(&l);
    if (!buf_ok(&l.why))
        return ERR_MEMORY;
    if (l.why.size > 0) {
        *why = buf_cstr(&l.why);
        return *why ? ERR_SETTING : ERR_MEMORY;
    }
    *settings = loaded;
    return ERR_OK;
}

const char *settings_runtime_api(settings_getenv *get)
{
    const char *value = get("AWS_LAMBDA_RUNTIME_API");
    return value && *value ? value : NULL;
}

/* ---- printing ---- */

/* Words with a margin, broken before WRAP_COLUMNS. */
static void put_wrapped(struct buf *buf, const char *margin, const char *text)
{
    size_t column = 0;

    while (*text) {
        size_t size = strcspn(text, " ");
        if (column > 0 && column + 1 + size > WRAP_COLUMNS) {
            buf_text(buf, "\n");
            column = 0;
        }
        buf_text(buf, column > 0 ? " " : margin);
        column += (column > 0 ? 1 : strlen(margin)) + size;
        buf_add(buf, text, size);
        text += size;
        text += strspn(text, " ");
    }
    buf_text(buf, "\n");
}

static void put_names(struct buf *buf, const struct setting *setting)
{
    if (setting->variable)
        buf_text(buf, setting->variable);
    if (setting->flag)
        buf_printf(buf, "%s--%s%s%s", setting->variable ? ", " : "", setting->flag,
                   setting->argument ? " " : "", setting->argument ? setting->argument : "");
}

static void put_rules(struct buf *buf, const struct setting *setting)
{
    buf_text(buf, "    Must be ");
    put_wanted(buf, setting);
    if (setting->secret)
        buf_text(buf, ". Secret: never shown.\n");
    else if (setting->value)
        buf_printf(buf, ". Default: %s.\n", setting->value);
    else
        buf_text(buf, ". Default: not set.\n");
}

void settings_print(struct buf *buf)
{
    buf_text(buf, "Each setting is an environment variable, an option of the command line, or both.\n"
                  "An option goes before a variable. An empty variable counts as not set.\n");
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        buf_text(buf, "\n");
        put_names(buf, &table[i]);
        buf_text(buf, "\n");
        put_wrapped(buf, "    ", table[i].help);
        put_rules(buf, &table[i]);
    }
}

void settings_help(struct buf *buf, enum command command)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &table[i];
        if (!setting->flag || !belongs_to(setting, command))
            continue;
        buf_printf(buf, "  --%s%s%s", setting->flag, setting->argument ? " " : "",
                   setting->argument ? setting->argument : "");
        if (setting->value && setting->type != SETTING_SWITCH)
            buf_printf(buf, "   (%s)", setting->value);
        buf_text(buf, "\n");
        put_wrapped(buf, "        ", setting->help);
    }
}

void settings_env_example(struct buf *buf)
{
    buf_text(buf, "# Settings of opendoor: take the # away from a line to set it. `opendoor settings` "
                  "explains them.\n");
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (!table[i].variable)
            continue;
        buf_text(buf, "\n");
        put_wrapped(buf, "# ", table[i].help);
        buf_printf(buf, "#%s=%s\n", table[i].variable, table[i].value ? table[i].value : "");
    }
}
