/* A bit set, counted from the start. */
#include "rules/first_come.h"

#include <errno.h>
#include <stdlib.h>

#include "util/array.h"

int first_come_init(struct first_come *f, size_t n) {
  *f = (struct first_come){.n_words = n / 64 + 1};
  f->word = array_new(f->n_words, sizeof *f->word);
  return f->word ? 0 : -ENOMEM;
}

void first_come_fini(struct first_come *f) { free(f->word); }

uint32_t first_come_end(const struct first_come *f, size_t places) {
  size_t at = 0;
  for (unsigned n; at < f->n_words && (n = (unsigned)__builtin_popcountll(f->word[at])) <= places; at++) places -= n;
  if (at == f->n_words) return UINT32_MAX;
  uint64_t word = f->word[at];
  for (; places > 0; places--) word &= word - 1;
  return (uint32_t)(at * 64) + (uint32_t)__builtin_ctzll(word);
}
