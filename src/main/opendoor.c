/* opendoor.c - finds the subcommand and hands over. */
#include "base/nearest.h"
#include "base/utf8.h"
#include "main/subcommand.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
#define SUBCOMMANDS(ROW) \
    ROW(serve) \
    ROW(lambda) \
    ROW(openapi) \
    ROW(verify) \
    ROW(copy) \
    ROW(tables_create) \
    ROW(tables_check) \
    ROW(user_add) \
    ROW(settings) \
    ROW(version) \
    ROW(help)
/* clang-format on */

#define SUBCOMMAND_DECLARE(name) extern const struct subcommand subcommand_##name;
SUBCOMMANDS(SUBCOMMAND_DECLARE)
#undef SUBCOMMAND_DECLARE

const struct subcommand *const subcommands[] = {
#define SUBCOMMAND_ROW(name) &subcommand_##name,
    SUBCOMMANDS(SUBCOMMAND_ROW)
#undef SUBCOMMAND_ROW
};
const size_t subcommand_count = sizeof subcommands / sizeof subcommands[0];

/* How many arguments the name takes up, or 0 if it is not this one. */
static int name_fits(const char *name, int argc, char **argv)
{
    int words = 0;

    for (; *name; words++) {
        size_t size = strcspn(name, " ");
        if (words == argc || strlen(argv[words]) != size || memcmp(argv[words], name, size) != 0)
            return 0;
        name += size;
        name += strspn(name, " ");
    }
    return words;
}

/* The name that the word is the beginning of ("user"), else the one that it is closest to. */
static const char *meant(const char *word, size_t size)
{
    struct nearest nearest = nearest_to(word, size);

    for (size_t i = 0; i < subcommand_count; i++) {
        const char *name = subcommands[i]->name;
        if (strncmp(name, word, size) == 0 && name[size] == ' ')
            return name;
        nearest_try(&nearest, name);
    }
    return nearest.best;
}

static int unknown(const char *word)
{
    size_t size = strlen(word);
    const char *best = meant(word, size);

    if (size > NEAREST_SIZE_MAX || !utf8_valid(word, size))
        complain("There is no such subcommand. See `opendoor help`.");
    else if (best)
        complain("There is no subcommand \"%s\". Did you mean `opendoor %s`?", word, best);
    else
        complain("There is no subcommand \"%s\". See `opendoor help`.", word);
    return EXIT_USAGE;
}

/* What people try first. */
static const char *usual_name(const char *word)
{
    static const char *const others[][2] = {
        {"--help", "help"}, {"-h", "help"}, {"--version", "version"}, {"-V", "version"}};

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(word, others[i][0]) == 0)
            return others[i][1];
    return NULL;
}

/* Wherever it stands: who asks for help does not want anything to happen. */
static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int run_one(const struct subcommand *subcommand, int argc, char **argv)
{
    if (asks_for_help(argc, argv))
        return help_show(subcommand == &subcommand_help ? NULL : subcommand);
    return subcommand->run(argc, argv);
}

static int run(int argc, char **argv)
{
    for (size_t i = 0; i < subcommand_count; i++) {
        int words = name_fits(subcommands[i]->name, argc, argv);
        if (words > 0)
            return run_one(subcommands[i], argc - words, argv + words);
    }
    return unknown(argv[0]);
}

/* Lambda starts the file of this name, without arguments. */
static bool is_bootstrap(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return path && strcmp(slash ? slash + 1 : path, "bootstrap") == 0;
}

int main(int argc, char **argv)
{
    char help[] = "help";
    char *instead[] = {help, NULL};

    if (!process_start())
        return EXIT_FAILED;
    if (is_bootstrap(argv[0]))
        return subcommand_lambda.run(argc - 1, argv + 1);
    if (argc < 2) {
        (void)run(1, instead);
        return EXIT_USAGE;
    }
    const char *usual = usual_name(argv[1]);
    if (usual && strcmp(usual, "help") == 0)
        return run(1, instead);
    char version[] = "version";
    if (usual)
        argv[1] = version;
    return run(argc - 1, argv + 1);
}
