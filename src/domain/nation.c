/* nation.c - see nation.h. */
#include "domain/nation.h"

#include <ctype.h>
#include <string.h>

struct area {
    const char *letters;
    enum nation nation;
};

/* Areas that are not in this table are England's. */
static const struct area areas[] = {
    {"AB", NATION_SCOTLAND}, {"BT", NATION_NORTHERN_IRELAND},
    {"CF", NATION_WALES},    {"DD", NATION_SCOTLAND},
    {"DG", NATION_SCOTLAND}, {"EH", NATION_SCOTLAND},
    {"FK", NATION_SCOTLAND}, {"G", NATION_SCOTLAND},
    {"GY", NATION_NONE},     {"HS", NATION_SCOTLAND},
    {"IM", NATION_NONE},     {"IV", NATION_SCOTLAND},
    {"JE", NATION_NONE},     {"KA", NATION_SCOTLAND},
    {"KW", NATION_SCOTLAND}, {"KY", NATION_SCOTLAND},
    {"LD", NATION_WALES},    {"LL", NATION_WALES},
    {"ML", NATION_SCOTLAND}, {"NP", NATION_WALES},
    {"PA", NATION_SCOTLAND}, {"PH", NATION_SCOTLAND},
    {"SA", NATION_WALES},    {"TD", NATION_SCOTLAND},
    {"ZE", NATION_SCOTLAND},
};

enum nation nation_of_postcode(const char *normalised)
{
    size_t size = 0;

    while (isalpha((unsigned char)normalised[size]))
        size++;
    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++) {
        if (strlen(areas[i].letters) == size && memcmp(areas[i].letters, normalised, size) == 0)
            return areas[i].nation;
    }
    return NATION_ENGLAND;
}
