/* yaml.h - writing YAML in blocks. Values are written as JSON writes them, which is YAML 1.2 as well, but
 * long texts are folded so that people can read them. Keys are ours and plain. */
#ifndef API_YAML_H
#define API_YAML_H

#include "base/buf.h"

struct yaml {
    struct buf *buf;
    unsigned indent; /* levels of two blanks */
};

/* "key:", and what follows is one level deeper until yaml_up(). */
void yaml_open(struct yaml *yaml, const char *key);
/* "'200':" or "\"/a/{b}\":" */
void yaml_open_quoted(struct yaml *yaml, const char *key);
void yaml_up(struct yaml *yaml);

void yaml_text(struct yaml *yaml, const char *key, const char *text); /* NULL writes nothing */
void yaml_word(struct yaml *yaml, const char *key, const char *word); /* as it is: true, 5, a name, JSON */
void yaml_integer(struct yaml *yaml, const char *key, int64_t value);
void yaml_ref(struct yaml *yaml, const char *where, const char *name); /* $ref: '#/components/where/name' */
void yaml_item_ref(struct yaml *yaml, const char *where, const char *name); /* - $ref: ... */
void yaml_item(struct yaml *yaml, const char *key,
               const char *word);                         /* "- key: word"; the rest one level deeper */
void yaml_item_text(struct yaml *yaml, const char *text); /* - "text" */
void yaml_list(struct yaml *yaml, const char *key, const char *const *texts); /* key: ["a", "b"] */

#endif
