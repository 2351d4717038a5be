/* settings_test.c - flags, variables, defaults, and everything that can be wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/settings.h"

enum { ARENA_BYTES = 1024 * 1024, ARGS_MAX = 8 };

/* The environment of the test: name, value, name, value ... */
static char *environment_texts[ARGS_MAX * 2 + 1];

static char *get(const char *name)
{
    for (size_t i = 0; environment_texts[i]; i += 2) {
        if (strcmp(environment_texts[i], name) == 0)
            return environment_texts[i + 1];
    }
    return NULL;
}

static int setup(void **state)
{
    environment_texts[0] = NULL;
    *state = arena_new(ARENA_BYTES);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    arena_fail_after(0);
    arena_free(*state);
    return 0;
}

/* Words with blanks between them, as an argv. */
static int split(struct arena *arena, const char *words, char **argv)
{
    char *at = arena_dup(arena, words);
    int count = 0;

    for (char *word = strtok_r(at, " ", &at); word; word = strtok_r(NULL, " ", &at))
        argv[count++] = word;
    return count;
}

static enum err load(struct arena *arena, enum command command, const char *words, struct settings *settings,
                     const char **why)
{
    char *argv[ARGS_MAX * 2];
    int argc = split(arena, words, argv);
    return settings_load(command, argc, argv, get, arena, settings, why);
}

static struct settings load_right(struct arena *arena, enum command command, const char *words)
{
    struct settings settings;
    const char *why = NULL;

    if (load(arena, command, words, &settings, &why))
        fail_msg("%s: %s", words, why);
    return settings;
}

static void set_environment(struct arena *arena, const char *words)
{
    int count = split(arena, words, environment_texts);
    environment_texts[count] = NULL;
}

static void has_defaults(void **state)
{
    struct settings s = load_right(*state, COMMAND_SERVE, "");

    assert_string_equal(s.bind, "127.0.0.1");
    assert_int_equal(s.port, 5000);
    assert_string_equal(s.data_dir, "./data.db");
    assert_null(s.key_file);
    assert_null(s.master_key);
    assert_false(s.demo);
    assert_int_equal(s.environment, ENVIRONMENT_DEV);
    assert_int_equal(s.log_level, 2);
    assert_int_equal(s.cors_origins.count, 0);
    assert_int_equal(s.rate_limit_per_minute, 600);
    assert_int_equal(s.access_token_seconds, 900);
    assert_int_equal(s.refresh_token_days, 30);
    assert_int_equal(s.hold_minutes, 10);
    assert_int_equal(s.max_connections, 4096);
    assert_int_equal(s.writer_queue, 4096);
    assert_int_equal(s.store, 1);
    assert_null(s.api_gateway_url);
}

static void a_flag_goes_before_a_variable(void **state)
{
    set_environment(*state, "PORT 1 BIND ::1 DEMO yes LOG_LEVEL debug ENVIRONMENT staging TOKEN_ISSUER x");
    struct settings s =
        load_right(*state, COMMAND_SERVE, "--port 2 --data=/tmp/x=y --log-level WARN --demo=off");

    assert_int_equal(s.port, 2);
    assert_string_equal(s.bind, "::1");
    assert_string_equal(s.data_dir, "/tmp/x=y");
    assert_int_equal(s.log_level, 3);
    assert_int_equal(s.environment, ENVIRONMENT_STAGING);
    assert_false(s.demo);
    assert_string_equal(s.token_issuer, "x");
    assert_true(load_right(*state, COMMAND_SERVE, "--port 2 --demo --bind 0.0.0.0").demo);
}

static void an_empty_variable_is_not_set(void **state)
{
    static char name[] = "PORT";
    static char empty[] = "";

    environment_texts[0] = name;
    environment_texts[1] = empty;
    environment_texts[2] = NULL;
    assert_int_equal(load_right(*state, COMMAND_SERVE, "").port, 5000);
}

static void reads_lists(void **state)
{
    static char name[] = "CORS_ORIGINS";
    static char value[] = " https://a.example , http://[::1]:3000,https://b.example:8443 ";

    environment_texts[0] = name;
    environment_texts[1] = value;
    environment_texts[2] = NULL;
    struct settings s =
        load_right(*state, COMMAND_SERVE, "--trusted-proxies 10.0.0.0/8,::1 --trusted-proxies 192.0.2.1");
    const char *const *origins = s.cors_origins.items;
    const char *const *proxies = s.trusted_proxies.items;

    assert_int_equal(s.cors_origins.count, 3);
    assert_string_equal(origins[0], "https://a.example");
    assert_string_equal(origins[1], "http://[::1]:3000");
    assert_string_equal(origins[2], "https://b.example:8443");
    assert_int_equal(s.trusted_proxies.count, 3);
    assert_string_equal(proxies[2], "192.0.2.1");
}

static void each_command_has_its_own(void **state)
{
    set_environment(*state, "PORT nonsense DATA_DIR /srv/x");
    struct settings s = load_right(*state, COMMAND_USER_ADD,
                                   "--email a@example.org --role staff --practice a --practice b,c");

    assert_string_equal(s.data_dir, "/srv/x"); /* and PORT, which is not its business, was not looked at */
    assert_string_equal(s.user_email, "a@example.org");
    assert_string_equal(s.user_role, "staff");
    assert_int_equal(s.user_practices.count, 3);
    assert_string_equal(load_right(*state, COMMAND_VERIFY, "--key k").key_file, "k");
}

/* command, arguments, environment, what is said. */
static void says_what_is_wrong(void **state)
{
    static const struct {
        enum command command;
        const char *words, *environment, *why;
    } rows[] = {
        {COMMAND_SERVE, "--port 70000", "",
         "--port must be a whole number from 0 to 65535, but is \"70000\".\n"},
        {COMMAND_SERVE, "--port=-1", "", "--port must be a whole number from 0 to 65535, but is \"-1\".\n"},
        {COMMAND_SERVE, "--port 99999999999999999999", "",
         "--port must be a whole number from 0 to 65535, but is \"99999999999999999999\".\n"},
        {COMMAND_SERVE, "--port=", "", "--port must be a whole number from 0 to 65535, but is \"\".\n"},
        {COMMAND_SERVE, "", "PORT 80x", "PORT must be a whole number from 0 to 65535, but is \"80x\".\n"},
        {COMMAND_SERVE, "--port", "", "--port needs a value: --port N.\n"},
        {COMMAND_SERVE, "--prot 80", "", "There is no option --prot here. Did you mean --port?\n"},
        {COMMAND_SERVE, "--zzzzzz", "", "There is no option --zzzzzz here.\n"},
        {COMMAND_SERVE, "-p 80", "",
         "There is an argument too many: options begin with --.\nThere is an argument too many: options "
         "begin with --.\n"},
        {COMMAND_SERVE, "--email x", "", "There is no option --email here.\n"},
        {COMMAND_VERIFY, "--port 80", "", "There is no option --port here.\n"},
        {COMMAND_SERVE, "--master-key x", "", "There is no option --master-key here.\n"},
        {COMMAND_SERVE, "--bind localhost", "",
         "--bind must be an IPv4 or IPv6 address, but is \"localhost\".\n"},
        {COMMAND_SERVE, "--bind 10.0.0.0/8", "",
         "--bind must be an IPv4 or IPv6 address, but is \"10.0.0.0/8\".\n"},
        {COMMAND_SERVE, "--demo=maybe", "", "--demo must be true or false, but is \"maybe\".\n"},
        {COMMAND_SERVE, "", "LOG_LEVEL loud",
         "LOG_LEVEL must be one of DEBUG, INFO, WARN, ERROR, but is \"loud\".\n"},
        {COMMAND_SERVE, "", "STORE dynamo", "STORE must be one of lmdb, dynamodb, but is \"dynamo\".\n"},
        {COMMAND_SERVE, "", "MASTER_KEY 0123456789abcdef", "MASTER_KEY must be 64 hexadecimal digits.\n"},
        {COMMAND_SERVE, "--demo --environment prod", "",
         "DEMO is not possible with ENVIRONMENT=prod: the passwords of the demo logins are known.\n"},
        {COMMAND_VERIFY, "--key k",
         "MASTER_KEY 00000000000000000000000000000000000000000000000000000000000000ff",
         "KEY_FILE and MASTER_KEY are both set: keep one.\n"},
        {COMMAND_SERVE, "--port x --bind y --nope", "HOLD_MINUTES 0",
         "--port must be a whole number from 0 to 65535, but is \"x\".\n"
         "--bind must be an IPv4 or IPv6 address, but is \"y\".\n"
         "There is no option --nope here.\n"
         "HOLD_MINUTES must be a whole number from 1 to 60, but is \"0\".\n"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct settings settings;
        const char *why = NULL;
        set_environment(*state, rows[i].environment);
        enum err e = load(*state, rows[i].command, rows[i].words, &settings, &why);
        if (e != ERR_SETTING || strcmp(why, rows[i].why) != 0)
            fail_msg("%s: %s", rows[i].words, why ? why : "taken");
    }
}

static void checks_origins_and_urls(void **state)
{
    static const char *const wrong[] = {
        "--cors-origins=example.org",
        "--cors-origins=https://example.org/",
        "--cors-origins=https://",
        "--cors-origins=ftp://example.org",
        "--cors-origins=https://a.example,",
        "--cors-origins=https://a:b",
        "--cors-origins=https://a:123456",
        "--cors-origins=https://[::1",
        "--cors-origins=https://u@a",
        "--api-gateway-url=example.org",
        "--api-gateway-url=https://example.org/",
        "--api-gateway-url=https://a/b?c",
        "--api-gateway-url=https://a/b/",
        "--api-gateway-url=*",
        "--trusted-proxies=nonsense",
    };
    static const char *const right[] = {
        "--cors-origins=*",
        "--cors-origins=HTTPS://A.example",
        "--api-gateway-url=https://abc.example.org/prod",
        "--api-gateway-url=http://127.0.0.1:5000",
    };
    struct settings settings;
    const char *why;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (load(*state, COMMAND_SERVE, wrong[i], &settings, &why) != ERR_SETTING)
            fail_msg("%s was taken", wrong[i]);
    }
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        (void)load_right(*state, COMMAND_SERVE, right[i]);
}

static void never_shows_a_secret(void **state)
{
    struct settings settings;
    const char *why = NULL;
    struct buf buf;

    set_environment(*state, "MASTER_KEY hunter2hunter2");
    assert_int_equal(load(*state, COMMAND_SERVE, "", &settings, &why), ERR_SETTING);
    assert_null(strstr(why, "hunter2"));
    buf_init(&buf, *state);
    settings_print(&buf);
    assert_null(strstr(buf_cstr(&buf), "hunter2"));
}

static void prints_every_setting(void **state)
{
    static const char *const names[] = {
        "PORT, --port N\n",       "BIND, --bind ADDR\n",
        "DATA_DIR, --data DIR\n", "KEY_FILE, --key FILE\n",
        "MASTER_KEY\n",           "DEMO, --demo\n",
        "AWS_REGION\n",           "APPOINTMENTS_TABLE\n",
        "PATIENTS_TABLE\n",       "PRACTICES_TABLE\n",
        "USER_POOL_ID\n",         "USER_POOL_CLIENT_ID\n",
        "--practice ID\n",        "    Must be a whole number from 0 to 65535. Default: 5000.\n"};
    struct buf buf;

    buf_init(&buf, *state);
    settings_print(&buf);
    const char *text = buf_cstr(&buf);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!strstr(text, names[i]))
            fail_msg("%s is not in %s", names[i], text);
    }
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        assert_in_range(strcspn(line, "\n"), 0, 200);
}

/* Every line of the example that sets something is taken as it stands, or is empty. */
static void the_example_is_right(void **state)
{
    struct buf buf;
    unsigned count = 0;

    buf_init(&buf, *state);
    settings_env_example(&buf);
    char *at = arena_dup(*state, buf_cstr(&buf));
    for (char *line = strtok_r(at, "\n", &at); line; line = strtok_r(NULL, "\n", &at)) {
        char *equals = strchr(line, '=');
        if (line[0] != '#' || line[1] == ' ')
            continue;
        assert_non_null(equals);
        *equals = '\0';
        environment_texts[0] = line + 1;
        environment_texts[1] = equals + 1;
        environment_texts[2] = NULL;
        (void)load_right(*state, COMMAND_SERVE, "");
        count++;
    }
    assert_true(count > 20);
}

static void helps_with_a_command(void **state)
{
    struct buf buf;

    buf_init(&buf, *state);
    settings_help(&buf, COMMAND_VERIFY);
    const char *text = buf_cstr(&buf);
    assert_non_null(strstr(text, "  --data DIR   (./data.db)\n"));
    assert_null(strstr(text, "--port"));
    assert_null(strstr(text, "MASTER_KEY"));
}

static void survives_without_memory(void **state)
{
    unsigned failures = 0;

    for (unsigned nth = 1;; nth++) {
        struct settings settings;
        const char *why = NULL;
        char *argv[ARGS_MAX];
        int argc = split(*state, "--cors-origins https://a --port x", argv);
        arena_fail_after(nth);
        enum err e = settings_load(COMMAND_SERVE, argc, argv, get, *state, &settings, &why);
        arena_fail_after(0);
        if (e == ERR_SETTING)
            break;
        assert_int_equal(e, ERR_MEMORY);
        failures++;
    }
    assert_in_range(failures, 3, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(has_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(a_flag_goes_before_a_variable, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_variable_is_not_set, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_lists, setup, teardown),
        cmocka_unit_test_setup_teardown(each_command_has_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(says_what_is_wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(checks_origins_and_urls, setup, teardown),
        cmocka_unit_test_setup_teardown(never_shows_a_secret, setup, teardown),
        cmocka_unit_test_setup_teardown(prints_every_setting, setup, teardown),
        cmocka_unit_test_setup_teardown(the_example_is_right, setup, teardown),
        cmocka_unit_test_setup_teardown(helps_with_a_command, setup, teardown),
        cmocka_unit_test_setup_teardown(survives_without_memory, setup, teardown),
    };
    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
