/* Hosts of several tables become one table, and get places in address order. */
#include <errno.h>
#include <stdlib.h>

#include "classifier/fold.h"
#include "classifier/fold_internal.h"
#include "util/array.h"
#include "util/bytes.h"
#include "util/radix.h"

static struct host_facts *facts_at(const struct host_table *t, uint32_t number) { return pool_at(&t->facts, number); }

/* The host of the other table that comes up a little later. */
static void merge_ahead(const struct host_table *to, const struct host_table *from, uint32_t at) {
  enum { FAR = 16, NEAR = 8 };
  if (from->facts.n - at <= FAR) return;
  host_table_prefetch_slot(to, facts_at(from, at + FAR)->key);
  host_table_prefetch_facts(to, facts_at(from, at + NEAR)->key);
}

int hosts_merge(struct host_table *to, const struct host_table *from, uint32_t **number_out) {
  uint32_t *number = array_new(from->facts.n, sizeof *number);
  int r = number ? 0 : -ENOMEM;
  for (uint32_t i = 0; r >= 0 && i < from->facts.n; i++) {
    struct host_facts *h;
    merge_ahead(to, from, i);
    r = host_table_get(to, facts_at(from, i)->key, &h);
    if (r == 0) host_facts_merge(h, facts_at(from, i)), number[i] = h->number;
  }
  if (r < 0) {
    free(number);
    return r;
  }
  *number_out = number;
  return 0;
}

static const uint8_t *octets_of(const struct traffic *t, uint32_t number) {
  return pool_at(&t->shard->addresses.octets, facts_at(&t->hosts, number)->key.id);
}

/* IPv6 addresses are longer than what is sorted by: their ends first, then the rest. */
static int octets_sort(const struct traffic *t, struct radix_item *item, size_t n) {
  for (size_t i = 0; i < n; i++) item[i].low = be32_at(octets_of(t, item[i].value) + 12);
  const int r = radix_sort(item, n);
  for (size_t i = 0; i < n; i++) {
    const uint8_t *octets = octets_of(t, item[i].value);
    item[i].high = be64_at(octets), item[i].low = be32_at(octets + 8);
  }
  return r < 0 ? r : radix_sort(item, n);
}

/* IPv4 hosts, then IPv6 hosts, each by their addresses. */
static int hosts_sort(const struct traffic *t, struct radix_item *item) {
  const uint32_t n = t->hosts.facts.n;
  uint32_t n4 = 0, n6 = 0;
  for (uint32_t i = 0; i < n; i++) {
    const struct host_key k = facts_at(&t->hosts, i)->key;
    if (k.family == 4)
      item[n4++] = (struct radix_item){.low = k.id, .value = i};
    else
      item[n - ++n6] = (struct radix_item){.value = i};
  }
  const int r = radix_sort(item, n4);
  return r < 0 ? r : octets_sort(t, item + n4, n6);
}

int hosts_place(struct traffic *t, uint32_t **place_out) {
  const uint32_t n = t->hosts.facts.n;
  struct radix_item *item = array_new(n, sizeof *item);
  uint32_t *place = array_new(n, sizeof *place);
  t->host = array_new(n, sizeof *t->host);
  int r = item && place && t->host ? hosts_sort(t, item) : -ENOMEM;
  for (uint32_t i = 0; r == 0 && i < n; i++) {
    place[item[i].value] = i;
    t->host[i] = facts_at(&t->hosts, item[i].value);
  }
  free(item);
  if (r == 0)
    *place_out = place;
  else
    free(place);
  return r;
}

uint32_t host_place_find(const struct traffic *t, struct host_key k) {
  uint32_t low = 0, high = t->hosts.facts.n;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (host_key_compare(&t->shard->addresses, t->host[middle]->key, k) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low < t->hosts.facts.n && host_key_equal(t->host[low]->key, k) ? low + 1 : 0;
}

int pairs_append(struct pair_table *to, const struct pair_table *from) {
  for (uint32_t i = 0; i < from->facts.n; i++) {
    const struct pair_facts *p = pool_at(&from->facts, i);
    const int r = pair_table_mark(to, (struct host_key){p->a, p->family}, (struct host_key){p->b, p->family}, p->seen);
    if (r < 0) return r;
  }
  return 0;
}
