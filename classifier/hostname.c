/* An array in order of first sight and an open hash of indexes into it over (address, source). */
#include "classifier/hostname.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/hash.h"
#include "util/text.h"

struct hostname_table {
  struct host_name *name;
  size_t n, size;
  uint32_t *slot; /* index + 1; 0 = free */
  size_t n_slots; /* a power of two, at least twice n */
  struct arena text;
};

struct hostname_table *hostname_table_new(void) {
  return array_new(1, sizeof(struct hostname_table));
}

void hostname_table_free(struct hostname_table *t) {
  if (!t) return;
  arena_fini(&t->text);
  free(t->name);
  free(t->slot);
  free(t);
}

/* Sources are few, and differ in how they begin. */
static uint64_t name_hash(const struct address *a, const char *source) {
  return hash_two(hash_octets(a->octet), (uint64_t)a->family << 8 | (unsigned char)source[0]);
}

static size_t slot_of(const struct hostname_table *t, const struct address *a, const char *source) {
  size_t i = name_hash(a, source) & (t->n_slots - 1);
  while (t->slot[i]) {
    const struct host_name *have = &t->name[t->slot[i] - 1];
    if (address_equal(&have->address, a) && (have->source == source || strcmp(have->source, source) == 0)) break;
    i = (i + 1) & (t->n_slots - 1);
  }
  return i;
}

static bool grow(struct hostname_table *t) {
  if (t->n * 2 < t->n_slots) return true;
  size_t larger = t->n_slots ? t->n_slots * 2 : 256;
  uint32_t *slot = array_new(larger, sizeof *slot);
  if (!slot) return false;
  free(t->slot);
  t->slot = slot;
  t->n_slots = larger;
  for (size_t i = 0; i < t->n; i++) t->slot[slot_of(t, &t->name[i].address, t->name[i].source)] = (uint32_t)i + 1;
  return true;
}

void hostname_add(struct hostname_table *t, const struct address *a, const char *text, size_t len, const char *source,
                  uint64_t *refused) {
  if (!len || len > HOSTNAME_LEN_MAX || !address_known(a) || address_is_multicast(a) || address_is_special(a)) return;
  if (t->n >= HOSTNAMES_MAX || !grow(t)) {
    ++*refused;
    return;
  }
  size_t i = slot_of(t, a, source);
  if (t->slot[i]) return;
  char clean[HOSTNAME_LEN_MAX * 3 + 1];
  size_t clean_len = text_clean(clean, sizeof clean, text, len);
  const char *copy = arena_text(&t->text, clean, clean_len);
  struct host_name *h = copy ? ARRAY_PUSH(t->name, t->n, t->size) : NULL;
  if (!h) {
    ++*refused;
    return;
  }
  *h = (struct host_name){*a, copy, source};
  t->slot[i] = (uint32_t)t->n;
}

size_t hostname_count(const struct hostname_table *t) { return t->n; }

const struct host_name *hostname_at(const struct hostname_table *t, size_t index) {
  return index < t->n ? &t->name[index] : NULL;
}
