/* First come, first served: of things numbered in the order they came, those that a table with so many places takes. */
#ifndef WW_RULES_FIRST_COME_H
#define WW_RULES_FIRST_COME_H

#include <stddef.h>
#include <stdint.h>

struct first_come {
  uint64_t *word; /* one bit a number */
  size_t n_words;
};

/* For numbers below n. Negative: memory is out. Release with first_come_fini. */
int first_come_init(struct first_come *f, size_t n);
void first_come_fini(struct first_come *f);

static inline void first_come_add(struct first_come *f, uint32_t number) {
  f->word[number / 64] |= UINT64_C(1) << number % 64;
}

/* The number that comes after so many of those added: lower ones have a place. places is less than were added. */
uint32_t first_come_end(const struct first_come *f, size_t places);

#endif
