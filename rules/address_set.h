/* Which groups an address belongs to, by sorted ranges. */
#ifndef WW_RULES_ADDRESS_SET_H
#define WW_RULES_ADDRESS_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/address.h"

/* One range of one group (a role, or one end of an allow entry). Ranges may overlap, within and across groups. */
struct address_member {
  struct address first, last; /* both included, same family */
  uint32_t group;
};

/* A class is a set of groups that some address is in exactly; class 0 is the empty set. Immutable once made. */
struct address_set;

/* Compiles n members of groups 0..n_groups-1. NULL: memory is out, or the sets would
 * need more than 256 MiB. Release with address_set_free. */
struct address_set *address_set_new(const struct address_member *member, size_t n, uint32_t n_groups);
void address_set_free(struct address_set *s);

/* The class of an address; logarithmic in the number of ranges. */
uint32_t address_set_class(const struct address_set *s, const struct address *a);

/* How many classes there are, the empty one included. */
uint32_t address_set_classes(const struct address_set *s);

/* As given to address_set_new. */
uint32_t address_set_groups(const struct address_set *s);

bool address_class_has(const struct address_set *s, uint32_t class_id, uint32_t group);

/* The first 64 groups of the class as a bit set, lowest first. */
uint64_t address_class_low(const struct address_set *s, uint32_t class_id);

/* True when the class has one of the groups in a bit set of n_groups bits (64 a word, lowest first). */
bool address_class_meets(const struct address_set *s, uint32_t class_id, const uint64_t *groups);

/* True when the class has a group below n: with roles numbered first, "is in any of the n roles". */
bool address_class_has_below(const struct address_set *s, uint32_t class_id, uint32_t n);

/* The lowest group of the class, -1 for class 0. */
int32_t address_class_first(const struct address_set *s, uint32_t class_id);

#endif
