/* nearest.c - optimal string alignment: three rows of the usual table are kept. A name counts as close if a
 * third of its letters or fewer differ, so that short words do not match everything. */
#include "base/nearest.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

enum { ROW_SIZE = NEAREST_SIZE_MAX + 1 };

static int letter(const char *text, size_t at)
{
    return tolower((unsigned char)text[at]);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t nearest_distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t rows[3][ROW_SIZE];

    if (a_size > NEAREST_SIZE_MAX || b_size > NEAREST_SIZE_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            int x = letter(a, i - 1);
            int y = letter(b, j - 1);
            row[j] = smaller(smaller(above[j], row[j - 1]) + 1, above[j - 1] + (x == y ? 0 : 1));
            if (i > 1 && j > 1 && x == letter(b, j - 2) && letter(a, i - 2) == y)
                row[j] = smaller(row[j], rows[(i - 2) % 3][j - 2] + 1);
        }
    }
    return rows[a_size % 3][b_size];
}

struct nearest nearest_to(const char *word, size_t size)
{
    return (struct nearest){.word = word, .size = size, .distance = SIZE_MAX};
}

void nearest_try(struct nearest *nearest, const char *name)
{
    size_t size = strlen(name);
    size_t distance = nearest_distance(nearest->word, nearest->size, name, size);

    if (distance < nearest->distance && distance <= (size + 1) / 3) {
        nearest->best = name;
        nearest->distance = distance;
    }
}
