/* proxy.c - see proxy.h. */
#include "domain/proxy.h"

#include "base/time.h"

#include <stddef.h>

const char *const proxy_basis_names[] = {"parental_responsibility", "patient_consent", "legal_authority",
                                         NULL};

int32_t age_in_years(int32_t born, int32_t day)
{
    int born_year;
    int born_month;
    int born_day;
    int year;
    int month;
    int day_of_month;

    civil_from_days(born, &born_year, &born_month, &born_day);
    civil_from_days(day, &year, &month, &day_of_month);
    bool had_birthday = month > born_month || (month == born_month && day_of_month >= born_day);
    return year - born_year - !had_birthday;
}

static int32_t birthday(int32_t born, int years)
{
    int year;
    int month;
    int day;

    civil_from_days(born, &year, &month, &day);
    return days_from_civil(year + years, month, 1) + day - 1; /* 29 February gives 1 March in a common year */
}

int32_t proxy_last_day(enum proxy_basis basis, int32_t patient_born)
{
    return basis == PROXY_PARENTAL_RESPONSIBILITY ? birthday(patient_born, PROXY_ADULT_AGE) - 1 : DATE_NONE;
}

/* The patient's age decides on what basis somebody may act. */
static const struct ages {
    int32_t from, below;
} ages[] = {
    [PROXY_PARENTAL_RESPONSIBILITY] = {0, PROXY_ADULT_AGE},
    [PROXY_PATIENT_CONSENT] = {PROXY_CONSENT_AGE, 200},
    [PROXY_LEGAL_AUTHORITY] = {PROXY_ADULT_AGE, 200},
};

static enum err ages_check(const struct proxy *proxy, int32_t patient_born, int32_t proxy_born, int32_t today)
{
    if (patient_born == DATE_NONE || proxy_born == DATE_NONE)
        return ERR_PROXY_AGE;
    int32_t age = age_in_years(patient_born, today);
    bool fits = age >= ages[proxy->basis].from && age < ages[proxy->basis].below;
    return fits && age_in_years(proxy_born, today) >= PROXY_ADULT_AGE ? ERR_OK : ERR_PROXY_AGE;
}

enum err proxy_decide(struct proxy *proxy, int32_t patient_born, int32_t proxy_born, int32_t today)
{
    enum err e = ages_check(proxy, patient_born, proxy_born, today);
    if (e)
        return e;
    int32_t last = proxy_last_day((enum proxy_basis)proxy->basis, patient_born);
    int32_t until = proxy->until == DATE_NONE ? last : proxy->until;
    if (until == DATE_NONE || until < today || (last != DATE_NONE && until > last))
        return ERR_PROXY_UNTIL;
    if (last == DATE_NONE && until > birthday(today, PROXY_YEARS_MAX))
        return ERR_PROXY_UNTIL;
    proxy->until = until;
    return ERR_OK;
}

bool proxy_runs(const struct proxy *proxy, int32_t today)
{
    return proxy->ended_at == INSTANT_NONE && today <= proxy->until;
}
