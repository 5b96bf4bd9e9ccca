/* Host names seen in traffic, with where they were seen; for display only. User names never come here.
 *
 * One name per address and source; the first one stays unless it says less (a later DNS name of the same address adds
 * nothing). Addresses that no host has of its own (multicast, loopback, link-local, unspecified) are left out. */
#ifndef WW_CLASSIFIER_HOSTNAME_H
#define WW_CLASSIFIER_HOSTNAME_H

#include "classifier/app.h"
#include "util/arena.h"

enum { HOSTNAMES_MAX = 65536, HOSTNAME_LEN_MAX = 255 };

struct hostname_table;
struct hostname_table *hostname_table_new(void); /* NULL: memory is out */
void hostname_table_free(struct hostname_table *t);

/* Keeps a name; text is of a stranger and is cleaned, source is a string constant. *refused counts what did not fit. */
void hostname_add(struct hostname_table *t, const struct address *a, const char *text, size_t len, const char *source,
                  uint64_t *refused);

size_t hostname_count(const struct hostname_table *t);
const struct host_name *hostname_at(const struct hostname_table *t, size_t index);

#endif
