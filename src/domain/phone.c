/* phone.c - the numbers without their 0 are matched against the ranges of the numbering plan, one row each.
 *
 * Source: Ofcom, National Telephone Numbering Plan, part A (what each range is for) and appendix A
 * (geographic area codes), and Ofcom's lists of numbers in drama. The first row that fits decides, so longer
 * prefixes stand first. A new area code or range is a new row. */
#include "domain/phone.h"

#include "base/must.h"
#include "domain/text.h"

#include <stdbool.h>
#include <string.h>

#define INPUT_BYTES_MAX 100
#define DIGITS_MAX      13 /* 44, 0, and ten more */
#define NATIONAL_MIN    9  /* digits without the 0 */
#define NATIONAL_MAX    10
#define ANY             "0123456789"

struct range {
    const char *prefix; /* without the 0 */
    const char *next;   /* the digits that may follow the prefix */
    size_t digits;      /* of the whole number, without the 0 */
    const char *groups; /* how many digits stand together when shown, with the 0 */
};

static const struct range ranges[] = {
    /* Places with a code of five digits inside a wider area. */
    {"16977", "23", 9, "64"}, /* Brampton's old numbers, the shortest left */
    {"1387", "3", 10, "65"},
    {"1524", "2", 10, "65"},
    {"1539", "456", 10, "65"},
    {"1697", "347", 10, "65"},
    {"1768", "347", 10, "65"},
    {"1946", "7", 10, "65"},
    {"163296", "0", 10, "56"}, /* no place at all: set aside for drama */

    /* Cities: codes of three digits. */
    {"11", "345678", 10, "434"},
    {"121", ANY, 10, "434"},
    {"131", ANY, 10, "434"},
    {"141", ANY, 10, "434"},
    {"151", ANY, 10, "434"},
    {"161", ANY, 10, "434"},
    {"191", ANY, 10, "434"},

    /* Every other place: codes of four digits, of which the last stands in the second column. */
    {"120", "02456789", 10, "56"},
    {"122", "3456789", 10, "56"},
    {"123", "345679", 10, "56"},
    {"124", "12345689", 10, "56"},
    {"125", "023456789", 10, "56"},
    {"126", "01234789", 10, "56"},
    {"127", "013456789", 10, "56"},
    {"128", "023456789", 10, "56"},
    {"129", ANY, 10, "56"},
    {"130", ANY, 10, "56"},
    {"132", "023456789", 10, "56"},
    {"133", "0234579", 10, "56"},
    {"134", "012346789", 10, "56"},
    {"135", "023456789", 10, "56"},
    {"136", "012346789", 10, "56"},
    {"137", "1235679", 10, "56"},
    {"138", "012346789", 10, "56"},
    {"139", "234578", 10, "56"},
    {"140", "03456789", 10, "56"},
    {"142", "02345789", 10, "56"},
    {"143", ANY, 10, "56"},
    {"144", "0234569", 10, "56"},
    {"145", "012345678", 10, "56"},
    {"146", "012345679", 10, "56"},
    {"147", ANY, 10, "56"},
    {"148", "012345789", 10, "56"},
    {"149", "012345679", 10, "56"},
    {"150", "12356789", 10, "56"},
    {"152", "02456789", 10, "56"},
    {"153", "0145689", 10, "56"},
    {"154", "023456789", 10, "56"},
    {"155", "03456789", 10, "56"},
    {"156", ANY, 10, "56"},
    {"157", "012356789", 10, "56"},
    {"158", "0123468", 10, "56"},
    {"159", "012345789", 10, "56"},
    {"160", "034689", 10, "56"},
    {"162", "012345689", 10, "56"},
    {"163", "013456789", 10, "56"},
    {"164", "123467", 10, "56"},
    {"165", "01234569", 10, "56"},
    {"166", "13456789", 10, "56"},
    {"167", "012345678", 10, "56"},
    {"168", "013456789", 10, "56"},
    {"169", "0124578", 10, "56"},
    {"170", "0246789", 10, "56"},
    {"172", ANY, 10, "56"},
    {"173", "023678", 10, "56"},
    {"174", "03456789", 10, "56"},
    {"175", "012346789", 10, "56"},
    {"176", "013456789", 10, "56"},
    {"177", "012356789", 10, "56"},
    {"178", "02456789", 10, "56"},
    {"179", "023456789", 10, "56"},
    {"180", "356789", 10, "56"},
    {"182", "12345789", 10, "56"},
    {"183", "0234578", 10, "56"},
    {"184", "01234578", 10, "56"},
    {"185", "12456789", 10, "56"},
    {"186", "234569", 10, "56"},
    {"187", ANY, 10, "56"},
    {"188", "023456789", 10, "56"},
    {"189", "02569", 10, "56"},
    {"190", "0234589", 10, "56"},
    {"192", "02345689", 10, "56"},
    {"193", "12345789", 10, "56"},
    {"194", "23456789", 10, "56"},
    {"195", "01234579", 10, "56"},
    {"196", "234789", 10, "56"},
    {"197", "0124578", 10, "56"},
    {"198", ANY, 10, "56"},
    {"199", "23457", 10, "56"},

    /* Local numbers of five digits, in the blocks of 40 areas that still have them. No more are given out, so
     * these are judged by block: there, most numbers of this length are longer ones with a digit missing. */
    {"12046", "1234", 9, "55"},
    {"12087", "23456789", 9, "55"},
    {"12545", "12345679", 9, "55"},
    {"12762", ANY, 9, "55"},
    {"12763", "12345678", 9, "55"},
    {"12766", "123456", 9, "55"},
    {"12972", "01234", 9, "55"},
    {"12973", "2345", 9, "55"},
    {"12982", "2345678", 9, "55"},
    {"12987", "01234789", 9, "55"},
    {"12988", "345", 9, "55"},
    {"13638", "2345", 9, "55"},
    {"13647", "23", 9, "55"},
    {"13847", "0456789", 9, "55"},
    {"13864", "015789", 9, "55"},
    {"14044", "1234567", 9, "55"},
    {"14202", "23", 9, "55"},
    {"14208", ANY, 9, "55"},
    {"14603", "0", 9, "55"},
    {"14605", "23457", 9, "55"},
    {"14606", "12345678", 9, "55"},
    {"14607", "2345678", 9, "55"},
    {"14614", "0", 9, "55"},
    {"14805", "2", 9, "55"},
    {"14887", "123", 9, "55"},
    {"15243", "2345679", 9, "55"},
    {"15246", ANY, 9, "55"},
    {"15276", ANY, 9, "55"},
    {"15626", "06789", 9, "55"},
    {"15668", "6", 9, "55"},
    {"16064", ANY, 9, "55"},
    {"16067", "45679", 9, "55"},
    {"16295", "567", 9, "55"},
    {"16353", ANY, 9, "55"},
    {"16354", ANY, 9, "55"},
    {"16472", "4", 9, "55"},
    {"16476", "1", 9, "55"},
    {"16595", "08", 9, "55"},
    {"16596", "67", 9, "55"},
    {"16597", "4", 9, "55"},
    {"16955", "01234", 9, "55"},
    {"17266", "13456789", 9, "55"},
    {"17267", "01234567", 9, "55"},
    {"17442", ANY, 9, "55"},
    {"17502", "0123", 9, "55"},
    {"17503", "2", 9, "55"},
    {"17504", "2", 9, "55"},
    {"17505", "2", 9, "55"},
    {"17506", "2", 9, "55"},
    {"17507", "6", 9, "55"},
    {"17508", "2", 9, "55"},
    {"17688", ANY, 9, "55"},
    {"18275", ANY, 9, "55"},
    {"18276", ANY, 9, "55"},
    {"18375", "2345", 9, "55"},
    {"18378", "239", 9, "55"},
    {"18843", "23458", 9, "55"},
    {"19006", "12345678", 9, "55"},
    {"19008", "5", 9, "55"},
    {"19052", ANY, 9, "55"},
    {"19358", "3", 9, "55"},
    {"19466", "12345678", 9, "55"},
    {"19492", "01", 9, "55"},
    {"19498", "1", 9, "55"},
    {"19632", "3", 9, "55"},
    {"19633", "1234", 9, "55"},
    {"19956", "1", 9, "55"},

    /* London, Southampton and Portsmouth, Coventry, Northern Ireland, Cardiff: codes of two digits. */
    {"2", "03489", 10, "344"},

    /* 03 at the price of a local call; 055 companies; 056 internet telephones. 0500 was withdrawn in 2017. */
    {"3", "0347", 10, "434"},
    {"5", "56", 10, "344"},

    /* Personal numbers; the Isle of Man's mobiles among the pagers; pagers; mobiles. */
    {"70", ANY, 10, "344"},
    {"7624", ANY, 10, "56"},
    {"76", ANY, 10, "344"},
    {"7", "12345789", 10, "56"},

    /* Freephone, old ones a digit shorter; service numbers; premium rate. */
    {"800", ANY, 10, "434"},
    {"800", ANY, 9, "46"},
    {"808", ANY, 10, "434"},
    {"84", "2345", 10, "434"},
    {"87", "0123", 10, "434"},
    {"9", "018", 10, "434"},
};

static const struct range *range_find(const char *national, size_t size)
{
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        const struct range *range = &ranges[i];
        size_t prefix = strlen(range->prefix);
        if (range->digits == size && memcmp(national, range->prefix, prefix) == 0 &&
            strchr(range->next, national[prefix]))
            return range;
    }
    return NULL;
}

struct scan {
    char digits[DIGITS_MAX];
    size_t used;
    bool plus;
    bool in_brackets;
};

static bool take_digit(struct scan *scan, int32_t character)
{
    if (character < '0' || character > '9' || scan->used == DIGITS_MAX)
        return false;
    scan->digits[scan->used++] = (char)character;
    return true;
}

static bool take(struct scan *scan, int32_t character)
{
    switch (character) {
    case '+':
        if (scan->plus || scan->used > 0)
            return false;
        scan->plus = true;
        return true;
    case '(':
        if (scan->in_brackets)
            return false;
        scan->in_brackets = true;
        return true;
    case ')':
        if (!scan->in_brackets)
            return false;
        scan->in_brackets = false;
        return true;
    default:
        return take_digit(scan, character);
    }
}

static enum err scan_text(struct scan *scan, const char *text, size_t size)
{
    if (size > INPUT_BYTES_MAX)
        return ERR_PHONE;
    for (size_t at = 0; at < size;) {
        int32_t character = text_next(text, size, &at);
        enum text_mark mark = text_mark(character);
        if (mark == TEXT_CONTROL)
            return ERR_FIELD_CONTROL;
        if (mark == TEXT_OTHER && !take(scan, character))
            return ERR_PHONE;
    }
    return scan->in_brackets ? ERR_PHONE : ERR_OK;
}

/* Where the number without 44 and 0 begins; after +44 a 0 is allowed, because people write +44 (0)20. */
static bool national_start(const struct scan *scan, size_t *start)
{
    size_t at = 0;
    if (scan->plus) {
        if (scan->used < 3 || memcmp(scan->digits, "44", 2) != 0)
            return false;
        at = 2;
    }
    bool zero = scan->used > at && scan->digits[at] == '0';
    if (!zero && !scan->plus)
        return false;
    *start = at + (zero ? 1 : 0);
    return true;
}

enum err phone_normalise(struct arena *arena, const char *text, size_t size, const char **out)
{
    struct scan scan = {0};
    size_t start = 0;
    enum err e = scan_text(&scan, text, size);
    if (e)
        return e;
    if (!national_start(&scan, &start))
        return ERR_PHONE;
    size_t digits = scan.used - start;
    if (digits < NATIONAL_MIN || digits > NATIONAL_MAX || !range_find(scan.digits + start, digits))
        return ERR_PHONE;
    const char *made = arena_printf(arena, "+44%.*s", (int)digits, scan.digits + start);
    if (!made)
        return ERR_MEMORY;
    *out = made;
    return ERR_OK;
}

void phone_show(const char *e164, char out[static PHONE_SHOWN])
{
    size_t size = strlen(e164);
    must(size >= 3 + NATIONAL_MIN && size <= 3 + NATIONAL_MAX && memcmp(e164, "+44", 3) == 0);
    const struct range *range = range_find(e164 + 3, size - 3);
    const char *groups = range ? range->groups : "56"; /* a range that was withdrawn since it was stored */

    size_t left = (size_t)(*groups++ - '0');
    *out++ = '0';
    left--;
    for (const char *at = e164 + 3; *at; at++) {
        if (left == 0) {
            *out++ = ' ';
            left = *groups ? (size_t)(*groups++ - '0') : NATIONAL_MAX;
        }
        *out++ = *at;
        left--;
    }
    *out = '\0';
}
