/* proxy.h - a parent or carer who acts for somebody: on what basis, from which age, until when
 * (requirements.md section 6).
 *
 * Ages and their sources; each is a named constant, because practices' policies differ:
 *   - PROXY_CONSENT_AGE 13: from then on a person consents to online services themselves (Data Protection Act
 * 2018 s. 9).
 *   - PROXY_ADULT_AGE 16: from then on nobody acts by parental responsibility alone, and the Mental Capacity
 * Act 2005 applies (s. 2(5)), so another authority needs evidence; also the least age of who acts. */
#ifndef DOMAIN_PROXY_H
#define DOMAIN_PROXY_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum proxy_basis {
    PROXY_PARENTAL_RESPONSIBILITY = 1, /* for a child under PROXY_ADULT_AGE; ends with that birthday */
    PROXY_PATIENT_CONSENT,             /* the patient said so; from PROXY_CONSENT_AGE */
    PROXY_LEGAL_AUTHORITY,             /* power of attorney, deputy; from PROXY_ADULT_AGE; evidence needed */
};
extern const char *const proxy_basis_names[];

enum { PROXY_CONSENT_AGE = 13, PROXY_ADULT_AGE = 16, PROXY_YEARS_MAX = 5 };

struct proxy {
    const char *patient_id, *proxy_id; /* who is acted for, and who acts */
    const char *relationship;
    int32_t basis;
    const char *evidence;
    int32_t until; /* last local day, included */
    int64_t consent_recorded_at;
    const char *consent_recorded_by; /* user id */
    int64_t ended_at;                /* INSTANT_NONE: runs */
    const char *ended_by;
};

/* The last day on which it may run by law, from the patient's birth; DATE_NONE if age sets no end. */
int32_t proxy_last_day(enum proxy_basis basis, int32_t patient_born);

/* May it be made today? births: DATE_NONE if not known. until: as asked for; the default is set where it may
 * be left out. Errors: ERR_PROXY_AGE (the patient's or the proxy's age does not allow this basis, or is not
 * known), ERR_PROXY_UNTIL (missing, past, too far, or beyond the last day). */
enum err proxy_decide(struct proxy *proxy, int32_t patient_born, int32_t proxy_born, int32_t today);

bool proxy_runs(const struct proxy *proxy, int32_t today);

/* Whole years between two days; one born on 29 February comes of age on 1 March. */
int32_t age_in_years(int32_t born, int32_t day);

#endif
