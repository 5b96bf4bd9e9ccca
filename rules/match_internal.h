/* Shared by the two halves of matching: compiling (match.c) and finding (match_find.c). */
#ifndef WW_RULES_MATCH_INTERNAL_H
#define WW_RULES_MATCH_INTERNAL_H

#include "rules/match.h"

enum { MATCH_WIDE = 64 }; /* an entry of this many ports or more is not entered port by port */

/* The bit of the i-th service of a group (match_entry.part). */
static inline uint8_t match_part(size_t i) { return (uint8_t)(i < 63 ? i : 63); }

/* From a port to the entries that may name it. */
struct match_index *match_index_new(const struct matcher *m); /* NULL: memory is out */
void match_index_free(struct match_index *x);

#endif
