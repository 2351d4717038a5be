/* cmd_user_add.c - `opendoor user add`: makes somebody who can log in; the first admin is made so. Works
 * beside a running server.
 *
 * The password is asked for twice without showing it, or is the first line of standard input. It is never an
 * argument, because everybody on the machine can see those. */
#include "base/time.h"
#include "base/uuid.h"
#include "domain/email.h"
#include "domain/text.h"
#include "main/program.h"
#include "main/subcommand.h"
#include "sec/password.h"
#include "store/rec_patient.h"
#include "store/rec_practice.h"
#include "store/rec_user.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { ARENA_BYTES = 8 * 1024 * 1024, LINE_BYTES = 4 * PASSWORD_MAX + 2 };

struct making {
    struct program *program;
    const struct settings *settings;
    struct arena *arena;
    struct user user;
    const char *password;
    const char *missing_practice;
};

/* ---- the password ---- */

/* One line without its end; false at the end of the input, and for one that is too long to be a password. */
static bool read_line(FILE *from, char line[static LINE_BYTES])
{
    if (!fgets(line, LINE_BYTES, from))
        return false;
    size_t size = strcspn(line, "\n");
    bool whole = line[size] == '\n' || feof(from);
    line[size] = '\0';
    return whole;
}

struct terminal {
    FILE *in, *out;
};

/* With the echo off, and signals waiting until it is on again: Ctrl-C must not leave a terminal that shows
 * nothing. */
static bool read_hidden(const struct terminal *terminal, const char *prompt, char line[static LINE_BYTES])
{
    struct termios usual, silent;
    sigset_t all, before;

    (void)fputs(prompt, terminal->out);
    (void)fflush(terminal->out);
    if (tcgetattr(fileno(terminal->in), &usual) != 0)
        return false;
    silent = usual;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    bool read = tcsetattr(fileno(terminal->in), TCSAFLUSH, &silent) == 0 && read_line(terminal->in, line);
    (void)tcsetattr(fileno(terminal->in), TCSAFLUSH, &usual);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)fputc('\n', terminal->out);
    return read;
}

static bool ask_twice(const struct terminal *terminal, char password[static LINE_BYTES])
{
    char again[LINE_BYTES] = "";
    bool read =
        read_hidden(terminal, "Password: ", password) && read_hidden(terminal, "The same again: ", again);
    bool same = strcmp(password, again) == 0;

    sodium_memzero(again, sizeof again);
    if (!read)
        complain("The password could not be read.");
    else if (!same)
        complain("The two passwords are not the same.");
    return read && same;
}

static bool ask(char password[static LINE_BYTES])
{
    struct terminal terminal = {.in = fopen("/dev/tty", "r"), .out = fopen("/dev/tty", "w")};
    bool good = false;

    if (terminal.in && terminal.out)
        good = ask_twice(&terminal, password);
    else
        complain("There is no terminal to ask for the password; use --password-stdin.");
    if (terminal.in)
        (void)fclose(terminal.in);
    if (terminal.out)
        (void)fclose(terminal.out);
    return good;
}

static bool password_get(const struct settings *settings, char password[static LINE_BYTES])
{
    if (!settings->password_stdin && isatty(STDIN_FILENO))
        return ask(password);
    if (read_line(stdin, password))
        return true;
    complain("Standard input has no line with a password of at most %d characters.", PASSWORD_MAX);
    return false;
}

static void password_complain(enum err e)
{
    if (e == ERR_FIELD_TOO_SHORT || e == ERR_FIELD_TOO_LONG)
        complain("The password must have %d to %d characters.", PASSWORD_MIN, PASSWORD_MAX);
    else
        complain("The password: %s", err_info(e)->text);
}

static bool password_take(struct making *making, const char *typed)
{
    /* The same form of it as a login over the network compares. */
    enum err e = text_normalise(making->arena, typed, strlen(typed), &making->password);
    if (!e)
        e = password_check(making->password, making->user.email);
    if (e)
        password_complain(e);
    return !e;
}

/* ---- what was said on the command line ---- */

static bool role_take(struct making *making)
{
    const char *role = making->settings->user_role;

    for (int32_t i = 0; role && role_names[i]; i++)
        if (strcmp(role_names[i], role) == 0)
            making->user.role = i + 1;
    if (!making->user.role)
        complain("--role must be admin, staff or patient.");
    return making->user.role;
}

static bool practices_take(struct making *making)
{
    const struct list *practices = &making->settings->user_practices;
    bool is_staff = making->user.role == ROLE_STAFF;

    making->user.practice_ids = *practices;
    if (is_staff && practices->count == 0)
        complain("Staff work at one practice at least: --practice ID.");
    else if (!is_staff && practices->count > 0)
        complain("Only staff work at practices; leave --practice out.");
    else if (practices->count > USER_PRACTICES_MAX)
        complain("A member of staff works at %d practices at most.", USER_PRACTICES_MAX);
    else
        return true;
    return false;
}

static bool text_take(struct making *making)
{
    const char *email = making->settings->user_email;
    const char *name = making->settings->user_name;

    if (!email) {
        complain("--email is needed.");
        return false;
    }
    enum err e = email_normalise(making->arena, email, strlen(email), &making->user.email);
    if (e) {
        complain("--email: %s", err_info(e)->text);
        return false;
    }
    if (!name)
        return true;
    e = text_normalise(making->arena, name, strlen(name), &making->user.name);
    if (!e && text_is_blank(making->user.name))
        e = ERR_FIELD_EMPTY;
    if (!e && text_characters(making->user.name) > USER_NAME_MAX)
        e = ERR_FIELD_TOO_LONG;
    if (e)
        complain("--name: %s", err_info(e)->text);
    return !e;
}

/* ---- making it ---- */

static enum err practices_exist(struct tx *tx, struct making *making)
{
    const char *const *ids = making->user.practice_ids.items;

    for (size_t i = 0; i < making->user.practice_ids.count; i++) {
        struct practice practice;
        making->missing_practice = ids[i];
        enum err e = practice_load(tx, ids[i], &practice);
        if (e)
            return e;
    }
    making->missing_practice = NULL;
    return ERR_OK;
}

/* All that could refuse the record, before there is an account at another provider. */
static enum err look(struct tx *tx, void *arg)
{
    struct making *making = arg;

    enum err e = practices_exist(tx, making);
    return e ? e : user_email_is_free(tx, making->user.email);
}

static enum err make(struct tx *tx, void *arg)
{
    struct making *making = arg;

    enum err e = practices_exist(tx, making);
    if (!e)
        e = user_save(tx, NULL, &making->user);
    if (!e && making->user.role == ROLE_PATIENT)
        e = patient_save_of_user(tx, &making->user);
    return e;
}

/* How they prove who they are; whom another provider knows has the id that they have there. */
static enum err account_make(struct making *making, char id[static UUID_TEXT])
{
    const struct identity *identity = making->program->app.identity;
    struct user *user = &making->user;
    struct identity_account account = {.email = user->email, .role = user->role, .active = true};
    struct credential made;
    uint8_t random[UUID_RANDOM];

    enum err e = identity->make(identity->arg, making->arena, &account, making->password, ADOPT_ANY, &made);
    if (e)
        return e;
    randombytes_buf(random, sizeof random);
    uuid7_format(clock_now_ms(), random, id);
    user->user_id = made.subject ? made.subject : id;
    user->subject = made.subject;
    user->password_hash = made.password_hash;
    return ERR_OK;
}

static void complete(struct making *making)
{
    struct user *user = &making->user;

    user->patient_id = user->role == ROLE_PATIENT ? user->user_id : NULL;
    user->status = USER_ACTIVE;
    user->created_at = user->updated_at = clock_now_ms();
    user->version = 1;
}

static enum err save(struct making *making, struct store *store, char id[static UUID_TEXT])
{
    struct access read = {.write = false}, write = {.write = true};

    enum err e = store_run(store, &read, making->arena, look, making);
    if (!e)
        e = account_make(making, id);
    if (e)
        return e;
    complete(making);
    return store_run(store, &write, making->arena, make, making);
}

static int store_and_say(struct making *making)
{
    char id[UUID_TEXT];
    struct store *store = store_start_with(making->settings, STORE_BESIDE);

    if (!store)
        return EXIT_FAILED;
    enum err e = save(making, store, id);
    store_close(store);
    if (e == ERR_NOT_FOUND && making->missing_practice)
        complain("There is no practice \"%s\".", making->missing_practice);
    else if (e)
        complain("%s", err_info(e)->text);
    else
        (void)printf("made %s %s\n", role_names[making->user.role - 1], making->user.user_id);
    return e ? EXIT_FAILED : 0;
}

static int user_add(struct program *program, struct arena *arena)
{
    struct making making = {.program = program, .settings = &program->settings, .arena = arena};
    char password[LINE_BYTES] = "";

    fields_clear(&user_fields, &making.user);
    if (!role_take(&making) || !practices_take(&making) || !text_take(&making))
        return EXIT_USAGE;
    bool good = password_get(&program->settings, password) && password_take(&making, password);
    sodium_memzero(password, sizeof password);
    return good && identity_start(program) ? store_and_say(&making) : EXIT_FAILED;
}

static int run(int argc, char **argv)
{
    static struct program program;
    struct arena *arena = arena_new(ARENA_BYTES);
    int status = EXIT_USAGE;

    if (arena)
        arena_hold_secrets(arena);
    if (arena && settings_start(COMMAND_USER_ADD, argc, argv, arena, &program.settings))
        status = user_add(&program, arena);
    program_close(&program);
    arena_free(arena);
    return status;
}

const struct subcommand subcommand_user_add = {
    .name = "user add",
    .arguments = "--email ADDRESS --role ROLE [--name NAME] [--practice ID]... [--password-stdin]",
    .summary = "make somebody who can log in",
    .help = "The first admin is made so. The password is asked for without showing it, or is the first line "
            "of standard input if "
            "that is no terminal. Works beside a running server.",
    .settings = COMMAND_USER_ADD,
    .run = run};
