/* policy_test.c - walks every cell of the policy: role by relation by action.
 *
 * The expectations are sentences of the requirements, each with the cells that it speaks about; the test
 * fails if a cell is spoken about twice in different words, or by no sentence. */
#include "domain/policy.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { PATIENT = 1, STAFF = 2, ADMIN = 4, EVERYBODY = 7 };
enum { NONE = 1, SELF = 2, PROXY = 4, PRACTICE = 8, ANY = 15 };

struct sentence {
    const char *actions; /* separated by blanks */
    unsigned roles, relations;
    enum err expected;
    const char *says;
};

#define ABOUT_A_PATIENT   "patient_read patient_read_medical patient_update patient_usage"
#define ABOUT_APPOINTMENT "appointment_read appointment_change"

static const struct sentence sentences[] = {
    {ABOUT_A_PATIENT " " ABOUT_APPOINTMENT " appointment_book patient_create", PATIENT, SELF, ERR_OK,
     "Patients see and change their own record and appointments, and book for themselves."},
    {ABOUT_A_PATIENT " " ABOUT_APPOINTMENT " appointment_book patient_verify appointment_attend", PATIENT,
     NONE | PRACTICE, ERR_NOT_FOUND, "A patient does not learn that somebody else's record exists."},
    {"patient_create", PATIENT, NONE | PRACTICE, ERR_FORBIDDEN, "Patients make no record but their own."},
    {"patient_verify appointment_attend", PATIENT, SELF, ERR_FORBIDDEN,
     "Patients do not verify themselves, nor mark themselves as arrived."},
    {"proxy_read proxy_manage", PATIENT, SELF, ERR_OK, "Patients say who may act for them."},
    {"proxy_read proxy_manage", PATIENT, NONE | PRACTICE, ERR_NOT_FOUND,
     "Nobody else learns who acts for whom."},
    {"patient_read patient_usage proxy_read " ABOUT_APPOINTMENT " appointment_book", PATIENT, PROXY, ERR_OK,
     "Who acts for somebody sees the record, and sees, makes and changes appointments."},
    {"patient_read_medical patient_create patient_update patient_verify appointment_attend proxy_manage",
     PATIENT, PROXY, ERR_FORBIDDEN,
     "Acting for somebody ends at medical information, at their details and at further proxies."},
    {"patient_find appointment_list_practice", PATIENT, ANY, ERR_FORBIDDEN,
     "Finding patients and a practice's list is for staff."},
    {"practice_create practice_update practice_usage user_manage bank_holidays_import", PATIENT, ANY,
     ERR_FORBIDDEN, "Patients administer nothing; practices are public, so this is no secret."},

    {ABOUT_A_PATIENT " " ABOUT_APPOINTMENT " patient_verify appointment_attend proxy_read proxy_manage",
     STAFF, PRACTICE, ERR_OK, "Staff work with the patients and appointments of their practices."},
    {ABOUT_A_PATIENT " " ABOUT_APPOINTMENT " patient_verify appointment_attend proxy_read proxy_manage",
     STAFF, NONE | SELF | PROXY, ERR_NOT_FOUND,
     "Staff do not see patients and appointments that are not their practices'."},
    {"patient_create patient_find", STAFF, ANY, ERR_OK,
     "Staff make patients, and find them; which ones they see is the search's business."},
    {"appointment_book appointment_list_practice practice_update practice_usage", STAFF, PRACTICE, ERR_OK,
     "Staff book at, list and run their own practices."},
    {"appointment_book appointment_list_practice practice_update practice_usage", STAFF, NONE | SELF | PROXY,
     ERR_FORBIDDEN, "Another practice is forbidden, not hidden: practices are public."},
    {"practice_create user_manage bank_holidays_import", STAFF, ANY, ERR_FORBIDDEN,
     "New practices, users and bank holidays are for admins."},

    {ABOUT_A_PATIENT
     " " ABOUT_APPOINTMENT
     " patient_create patient_verify patient_find proxy_read proxy_manage appointment_book appointment_attend"
     " appointment_list_practice practice_create practice_update practice_usage user_manage"
     " bank_holidays_import",
     ADMIN, ANY, ERR_OK, "Admins do everything."},
};

static bool names(const char *list, const char *name)
{
    size_t size = strlen(name);

    for (const char *at = strstr(list, name); at; at = strstr(at + 1, name)) {
        if ((at == list || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0'))
            return true;
    }
    return false;
}

static const struct sentence *sentence_about(int role, int relation, int action)
{
    const struct sentence *found = NULL;

    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
        const struct sentence *sentence = &sentences[i];
        if ((sentence->roles & 1U << (role - 1)) && (sentence->relations & 1U << relation) &&
            names(sentence->actions, action_name((enum action)action))) {
            assert_null(found);
            found = sentence;
        }
    }
    return found;
}

static void every_cell_is_as_the_requirements_say(void **state)
{
    int cells = 0;
    (void)state;

    for (int role = ROLE_PATIENT; role < ROLE_COUNT; role++) {
        for (int relation = 0; relation < RELATION_COUNT; relation++) {
            for (int action = 0; action < ACTION_COUNT; action++) {
                const struct sentence *sentence = sentence_about(role, relation, action);
                if (!sentence) {
                    fail_msg("nothing is said about %s, role %d, relation %d",
                             action_name((enum action)action), role, relation);
                    return;
                }
                enum err got = policy_check((enum role)role, (enum relation)relation, (enum action)action);
                if (got != sentence->expected)
                    fail_msg("%s, role %d, relation %d: %s", action_name((enum action)action), role, relation,
                             sentence->says);
                cells++;
            }
        }
    }
    assert_int_equal(cells, 3 * RELATION_COUNT * ACTION_COUNT);
}

static void nobody_may_do_nothing(void **state)
{
    (void)state;
    for (int relation = 0; relation < RELATION_COUNT; relation++) {
        for (int action = 0; action < ACTION_COUNT; action++) {
            assert_int_equal(policy_check(0, (enum relation)relation, (enum action)action), ERR_FORBIDDEN);
            assert_int_equal(policy_check(ROLE_COUNT, (enum relation)relation, (enum action)action),
                             ERR_FORBIDDEN);
            assert_int_equal(policy_check((enum role)99, (enum relation)relation, (enum action)action),
                             ERR_FORBIDDEN);
        }
    }
}

static void numbers_outside_the_table_are_forbidden(void **state)
{
    (void)state;
    assert_int_equal(policy_check(ROLE_ADMIN, RELATION_COUNT, ACTION_PATIENT_READ), ERR_FORBIDDEN);
    assert_int_equal(policy_check(ROLE_ADMIN, RELATION_NONE, ACTION_COUNT), ERR_FORBIDDEN);
    assert_null(action_name(ACTION_COUNT));
}

static void every_action_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int a = 0; a < ACTION_COUNT; a++) {
        assert_non_null(action_name((enum action)a));
        for (int b = 0; b < a; b++)
            assert_string_not_equal(action_name((enum action)a), action_name((enum action)b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_is_as_the_requirements_say),
        cmocka_unit_test(nobody_may_do_nothing),
        cmocka_unit_test(numbers_outside_the_table_are_forbidden),
        cmocka_unit_test(every_action_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
