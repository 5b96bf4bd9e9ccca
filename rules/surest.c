/* Which conversations of a finding to show: the surest, and the earliest of equals. Nobody reads far beyond the first
 * few of a hundred thousand, so only so many are picked, in one walk. */
#include <string.h>

#include "rules/finding.h"

void surest_offer(struct surest *s, const struct talk *k, const struct ruling *r, size_t at) {
  const uint64_t key = (uint64_t)(CONFIDENCE_COUNT - r->confidence) << 32 | k->packet_first;
  if (s->n == SUREST_MAX && key >= s->pick[SUREST_MAX - 1].key) return;
  size_t to = s->n < SUREST_MAX ? s->n++ : SUREST_MAX - 1;
  for (; to > 0 && s->pick[to - 1].key > key; to--) s->pick[to] = s->pick[to - 1];
  s->pick[to].key = key, s->pick[to].at = at;
}

/* The talk that is picked and stands last of those before end; their number. */
static size_t pick_before(const struct surest *s, size_t end) {
  size_t last = s->n;
  for (size_t i = 0; i < s->n; i++)
    if (s->pick[i].at < end && (last == s->n || s->pick[i].at > s->pick[last].at)) last = i;
  return last;
}

/* Moves what is not picked up, from the end on, so that there is room for the picks in front. */
static void rest_move(const struct surest *s, uint32_t *talk, size_t n) {
  size_t end = n;
  for (size_t left = s->n; left > 0; left--) {
    const size_t at = s->pick[pick_before(s, end)].at;
    memmove(talk + at + 1 + (s->n - left), talk + at + 1, (end - at - 1) * sizeof *talk);
    end = at;
  }
  memmove(talk + s->n, talk, end * sizeof *talk);
}

void surest_first(const struct surest *s, uint32_t *talk, size_t n) {
  uint32_t first[SUREST_MAX] = {0};
  for (size_t i = 0; i < s->n; i++) first[i] = talk[s->pick[i].at];
  rest_move(s, talk, n);
  memcpy(talk, first, s->n * sizeof *talk);
}
