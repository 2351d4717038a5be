/* demo.h - demo data: access points of every kind, staff, patients with a few weeks of appointments around
 * today. */
#ifndef MAIN_DEMO_H
#define MAIN_DEMO_H

#include "base/err.h"
#include "store/store.h"

#include <stdint.h>

/* Fills an empty store, and does nothing to one that has anything in it. What was interrupted is taken up
 * where it stopped. Two servers that start at once share the work. The text rule of fields.h has to be set
 * before. */
enum err demo_load(struct store *store, int64_t now_ms);

#endif
