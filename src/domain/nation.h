/* nation.h - the nation that a postcode lies in, for the bank holidays of an access point that names none. */
#ifndef DOMAIN_NATION_H
#define DOMAIN_NATION_H

#include "domain/bank_holiday.h"

/* By the letters of the postcode area. Areas that cross a border (SY, CH, TD ...) count to the nation that
 * most of their people live in. `normalised` comes from postcode_normalise. NATION_NONE for the Crown
 * Dependencies, which keep holidays of their own. */
enum nation nation_of_postcode(const char *normalised);

#endif
