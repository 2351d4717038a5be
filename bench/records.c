/* records.c - reading the load, naming records, clocks. */
#include "records.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static _Noreturn void usage(const char *program, const char *what)
{
    (void)fprintf(
        stderr,
        "%s: %s\n"
        "usage: %s [--records 600u,450n,...] [--batch N] [--population N] [--days N] [--filled N] [--seconds "
        "S]\n"
        "       [--dir FOLDER]\n"
        "       records: stored bytes each (%d to %d) and n, s, u, d or p (see bench/records.h); at most "
        "%d\n",
        program, what, program, RECORD_BYTES_MIN, RECORD_BYTES_MAX, RECORDS_MAX);
    exit(2);
}

static size_t number(const char *program, const char *text, size_t least, size_t most)
{
    char *end;

    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || end == text || *end || value < least || value > most)
        usage(program, "a number is missing or out of range");
    return (size_t)value;
}

static void records_read(struct load *load, const char *program, const char *text)
{
    load->count = load->bytes = 0;
    while (*text) {
        char *end;
        unsigned long bytes = strtoul(text, &end, 10);
        if (end == text || *end == '\0' || !strchr("nsudp", *end) || bytes < RECORD_BYTES_MIN ||
            bytes > RECORD_BYTES_MAX || load->count == RECORDS_MAX)
            usage(program, "the list of records is not right");
        load->kinds[load->count++] = (struct record_kind){bytes, *end};
        load->bytes += bytes;
        text = end + 1;
        if (*text == ',')
            text++;
        else if (*text)
            usage(program, "the list of records is not right");
    }
    if (load->count == 0)
        usage(program, "the list of records is empty");
}

void load_read(struct load *load, int count, char **arguments)
{
    const char *program = arguments[0];

    *load = (struct load){.population = 100 * 1000, .batch = 64, .seconds = 5};
    records_read(load, program, RECORDS_BOOKING);
    for (int i = 1; i < count; i += 2) {
        const char *name = arguments[i];
        const char *value = i + 1 < count ? arguments[i + 1] : "";
        if (strcmp(name, "--records") == 0)
            records_read(load, program, value);
        else if (strcmp(name, "--batch") == 0)
            load->batch = number(program, value, 1, 4096);
        else if (strcmp(name, "--population") == 0)
            load->population = number(program, value, 1, 100 * 1000 * 1000);
        else if (strcmp(name, "--days") == 0)
            load->days = number(program, value, 1, 100 * 1000 * 1000);
        else if (strcmp(name, "--filled") == 0)
            load->filled = number(program, value, 0, 100 * 1000 * 1000);
        else if (strcmp(name, "--seconds") == 0)
            load->seconds = (double)number(program, value, 1, 3600);
        else if (strcmp(name, "--dir") == 0 && *value)
            load->dir = value;
        else
            usage(program, "there is no such option");
    }
}

static char temporary[] = "/tmp/opendoor-bench-XXXXXX";

const char *load_folder(struct load *load)
{
    if (load->dir)
        return load->dir;
    if (!mkdtemp(temporary)) {
        perror("mkdtemp");
        exit(1);
    }
    return temporary;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

void load_done(const struct load *load)
{
    if (!load->dir)
        (void)nftw(temporary, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Steele, Lea, Flood: SplitMix64's mixing step, so that neighbours in number are strangers in place. */
static uint64_t scatter(uint64_t value)
{
    value += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

bool record_is_old(const struct load *load, size_t kind)
{
    return load->kinds[kind].place == 'u' || load->kinds[kind].place == 'p';
}

static uint64_t place_of(const struct load *load, size_t kind, uint64_t booking)
{
    switch (load->kinds[kind].place) {
    case 'n':
        return booking;
    case 's':
        return scatter(booking * RECORDS_MAX + kind);
    case 'u':
    case 'd':
        return scatter(scatter(booking) % (load->days ? load->days : load->population));
    default:
        return scatter(booking % load->population);
    }
}

void record_id(const struct load *load, size_t kind, uint64_t booking, char out[static RECORD_ID_BYTES])
{
    uint64_t place = place_of(load, kind, booking);
    uint64_t rest = scatter(place);

    if (load->kinds[kind].place == 'u')
        rest = UINT64_C(1) << 63; /* in the middle of its day */
    else if (load->kinds[kind].place == 'd')
        rest = scatter(booking);
    (void)snprintf(out, RECORD_ID_BYTES, "%016llx%016llx", (unsigned long long)place,
                   (unsigned long long)rest);
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;

    if (clock_gettime(clock, &now) != 0)
        abort();
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double now_seconds(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

double cpu_seconds(void)
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}
