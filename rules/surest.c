/* Which conversations of a finding to show: the surest, and the earliest of equals. Nobody reads far beyond the first
 * few of a hundred thousand, so only so many are picked, in one walk. */
#include <string.h>

#include "rules/finding.h"

struct pick {
  uint64_t key; /* lower is surer, or earlier */
  size_t at;    /* where it stands */
};

/* In the order of their keys; of equals the one that stands first. */
struct picks {
  struct pick pick[SUREST_MAX];
  size_t n;
};

static void pick_offer(struct picks *p, uint64_t key, size_t at) {
  size_t to = p->n < SUREST_MAX ? p->n++ : SUREST_MAX - 1;
  for (; to > 0 && p->pick[to - 1].key > key; to--) p->pick[to] = p->pick[to - 1];
  p->pick[to] = (struct pick){key, at};
}

/* The talk that is picked and stands last of those before end; their number. */
static size_t pick_before(const struct picks *p, size_t end) {
  size_t last = p->n;
  for (size_t i = 0; i < p->n; i++)
    if (p->pick[i].at < end && (last == p->n || p->pick[i].at > p->pick[last].at)) last = i;
  return last;
}

/* Moves what is not picked up, from the end on, so that there is room for the picks in front. */
static void rest_move(const struct picks *p, uint32_t *talk, size_t n) {
  size_t end = n;
  for (size_t left = p->n; left > 0; left--) {
    const size_t at = p->pick[pick_before(p, end)].at;
    memmove(talk + at + 1 + (p->n - left), talk + at + 1, (end - at - 1) * sizeof *talk);
    end = at;
  }
  memmove(talk + p->n, talk, end * sizeof *talk);
}

void surest_first(const struct audit_run *r, uint32_t *talk, size_t n) {
  enum { AHEAD = 8 };
  struct picks p = {.n = 0};
  uint32_t first[SUREST_MAX];
  for (size_t i = 0; i < n; i++) {
    const struct talk *k = listed_talk(r, talk[i]);
    if (i + AHEAD < n) __builtin_prefetch(listed_talk(r, talk[i + AHEAD]));
    const enum confidence confidence = talk_ruling(&r->talks, k)->confidence;
    const uint64_t key = (uint64_t)(CONFIDENCE_COUNT - confidence) << 32 | k->packet_first;
    if (p.n < SUREST_MAX || key < p.pick[SUREST_MAX - 1].key) pick_offer(&p, key, i);
  }
  for (size_t i = 0; i < p.n; i++) first[i] = talk[p.pick[i].at];
  rest_move(&p, talk, n);
  memcpy(talk, first, p.n * sizeof *talk);
}
