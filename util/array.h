/* Checked growth for arrays and sizes. Allocation failure is returned, never fatal. */
#ifndef WW_UTIL_ARRAY_H
#define WW_UTIL_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* a * b into *product_out; false when it does not fit. */
static inline bool size_multiply(size_t a, size_t b, size_t *product_out) {
  return !__builtin_mul_overflow(a, b, product_out);
}

/* Zeroed memory for count elements; NULL on failure or overflow; release with free. */
void *array_new(size_t count, size_t element_size);

/* Makes room for at least need elements in *items (from malloc, may be NULL): grows by half, updates
 * *capacity, keeps the contents; new room is not cleared. False (and nothing changed) when memory is out. */
bool array_reserve(void **items, size_t *capacity, size_t need, size_t element_size);

/* Room for one more: ARRAY_PUSH(list.item, list.n, list.capacity) yields a pointer to the new, zeroed element
 * and counts it, or NULL when memory is out. */
#define ARRAY_PUSH(items, n, capacity) \
  ((__typeof__(*(items)) *)array_push_((void **)&(items), &(n), &(capacity), sizeof *(items)))
void *array_push_(void **items, size_t *n, size_t *capacity, size_t element_size);

#endif
