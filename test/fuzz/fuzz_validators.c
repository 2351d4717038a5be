/* fuzz_validators.c - any bytes as any field: no crash, no reading past the end, and what is taken is in its
 * stored form, which is taken again as it is. */
#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "base/must.h"
#include "domain/email.h"
#include "domain/nhs_number.h"
#include "domain/ods_code.h"
#include "domain/phone.h"
#include "domain/postcode.h"
#include "domain/snomed.h"
#include "domain/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_nhs_number(struct arena *arena, const char *stored)
{
    char shown[NHS_NUMBER_SHOWN];
    const char *back;
    must(strlen(stored) == NHS_NUMBER_DIGITS && nhs_number_is_valid(stored));
    nhs_number_show(stored, shown);
    must(!nhs_number_normalise(arena, shown, strlen(shown), &back) && strcmp(back, stored) == 0);
}

static void check_phone(struct arena *arena, const char *stored)
{
    char shown[PHONE_SHOWN];
    const char *back;
    must(strlen(stored) < PHONE_E164);
    phone_show(stored, shown);
    must(strlen(shown) < PHONE_SHOWN);
    must(!phone_normalise(arena, shown, strlen(shown), &back) && strcmp(back, stored) == 0);
}

static void check_postcode(struct arena *arena, const char *stored)
{
    char outcode[OUTCODE_TEXT];
    (void)arena;
    must(strlen(stored) < POSTCODE_TEXT);
    postcode_outcode(stored, outcode);
    size_t size = strlen(outcode);
    must(strncmp(outcode, stored, size) == 0 && stored[size] == ' ' && strlen(stored) == size + 4);
}

static void check_email(struct arena *arena, const char *stored)
{
    const char *login = email_login_form(arena, stored);
    const char *back;
    must(login && strlen(stored) <= EMAIL_MAX && strlen(login) <= EMAIL_MAX);
    must(!email_normalise(arena, login, strlen(login), &back) && strcmp(back, stored) == 0);
}

static void check_text(struct arena *arena, const char *stored)
{
    const char *folded = text_fold(arena, stored);
    must(folded && text_characters(stored) <= strlen(stored));
    const char *again = text_fold(arena, folded);
    must(again && strcmp(again, folded) == 0);
    must(!text_is_blank(stored) || folded[0] == '\0');
}

static void check_digits(struct arena *arena, const char *stored)
{
    (void)arena;
    must(strlen(stored) <= SNOMED_DIGITS_MAX && strspn(stored, "0123456789") == strlen(stored));
}

static void check_code(struct arena *arena, const char *stored)
{
    (void)arena;
    must(strlen(stored) >= ODS_CODE_MIN && strlen(stored) <= ODS_CODE_MAX);
}

static const struct {
    field_normalise *normalise;
    enum err own; /* its error beside those that all have */
    void (*check)(struct arena *arena, const char *stored);
} validators[] = {
    {nhs_number_normalise, ERR_NHS_NUMBER, check_nhs_number},
    {phone_normalise, ERR_PHONE, check_phone},
    {postcode_normalise, ERR_POSTCODE, check_postcode},
    {email_normalise, ERR_EMAIL, check_email},
    {snomed_normalise, ERR_SNOMED, check_digits},
    {ods_code_normalise, ERR_ODS_CODE, check_code},
    {text_normalise, ERR_FIELD_FORMAT, check_text},
    {text_normalise_lines, ERR_FIELD_FORMAT, check_text},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    if (size > 4096) /* far longer than any limit but that of plain text, which does nothing new above it */
        return -1;
    for (size_t i = 0; i < sizeof(validators) / sizeof(validators[0]); i++) {
        struct arena *arena = arena_new((size_t)16 * 1024 * 1024);
        const char *stored = NULL;
        const char *again = NULL;
        must(arena);
        enum err e = validators[i].normalise(arena, text, size, &stored);
        must(!e || e == validators[i].own || e == ERR_FIELD_CONTROL);
        must((e == ERR_OK) == (stored != NULL));
        if (stored) {
            must(!validators[i].normalise(arena, stored, strlen(stored), &again));
            must(strcmp(again, stored) == 0);
            validators[i].check(arena, stored);
        }
        arena_free(arena);
    }
    return 0;
}
