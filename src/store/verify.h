/* verify.h - does what is stored agree with itself? For `opendoor verify`, and for the tests after every
 * fault.
 *
 * Opens every record, then checks, each in one snapshot, so that a running server does not disturb it:
 *   - every live appointment stands in its day and in its patient's agenda with the same time, every other in
 * neither; its index rows and its reference are there;
 *   - every entry of a day and of an agenda belongs to such an appointment; no session is over its capacity
 * at any moment; no two entries of an agenda overlap;
 *   - the usage of every patient, and of every practice and day, is what its appointments add up to. */
#ifndef STORE_VERIFY_H
#define STORE_VERIFY_H

#include "store/store.h"

struct verify_counts {
    uint64_t records, appointments, days, agendas, patients, practices;
    uint64_t faults;
};

/* One fault: what is wrong and with which record; nothing personal. */
typedef void verify_fault_fn(void *arg, const char *text);

/* ERR_OK if it came to the end; counts->faults says whether all is well. fault may be NULL. */
enum err verify_store(struct store *store, int64_t now_ms, verify_fault_fn *fault, void *arg,
                      struct verify_counts *counts);

#endif
