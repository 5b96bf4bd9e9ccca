/* Hosts of several tables become one list in address order.
 *
 * Each table is sorted by itself; then the lists are gone through side by side, and what several tables know of one
 * host is added up in the order of the tables. */
#include <errno.h>
#include <stdlib.h>

#include "classifier/fold.h"
#include "classifier/fold_internal.h"
#include "util/array.h"
#include "util/bytes.h"
#include "util/parallel.h"
#include "util/radix.h"

/* A table, sorted. */
struct sorted {
  const struct host_table *hosts;
  struct radix_item *item; /* value: the host's number */
  uint32_t at;
  uint32_t *place;
};

static struct host_facts *facts_at(const struct host_table *t, uint32_t number) { return pool_at(&t->facts, number); }

static const uint8_t *octets_of(const struct address_list *l, const struct host_table *t, uint32_t number) {
  return pool_at(&l->octets, facts_at(t, number)->key.id);
}

/* IPv6 addresses are longer than what is sorted by: their ends first, then the rest. */
static int octets_sort(const struct address_list *l, const struct host_table *t, struct radix_item *item, size_t n) {
  for (size_t i = 0; i < n; i++) item[i].low = be32_at(octets_of(l, t, item[i].value) + 12);
  int r = radix_sort(item, n);
  for (size_t i = 0; i < n; i++) {
    const uint8_t *octets = octets_of(l, t, item[i].value);
    item[i].high = be64_at(octets), item[i].low = be32_at(octets + 8);
  }
  return r < 0 ? r : radix_sort(item, n);
}

/* IPv4 hosts, then IPv6 hosts, each by their addresses. */
static int table_sort(const struct address_list *l, struct sorted *s) {
  const uint32_t n = s->hosts->facts.n;
  uint32_t n4 = 0, n6 = 0;
  s->item = array_new(n, sizeof *s->item);
  s->place = array_new(n, sizeof *s->place);
  if (!s->item || !s->place) return -ENOMEM;
  for (uint32_t i = 0; i < n; i++) {
    const struct host_key k = facts_at(s->hosts, i)->key;
    if (k.family == 4)
      s->item[n4++] = (struct radix_item){.low = k.id, .value = i};
    else
      s->item[n - ++n6] = (struct radix_item){.value = i};
  }
  const int r = radix_sort(s->item, n4);
  return r < 0 ? r : octets_sort(l, s->hosts, s->item + n4, n6);
}

static const struct host_facts *head_of(const struct sorted *s) {
  return s->at < s->hosts->facts.n ? facts_at(s->hosts, s->item[s->at].value) : NULL;
}

/* The lowest address that is not yet placed; NULL = all are. */
static const struct host_facts *lowest(const struct address_list *l, const struct sorted *s, size_t n) {
  const struct host_facts *low = NULL;
  for (size_t i = 0; i < n; i++) {
    const struct host_facts *h = head_of(&s[i]);
    if (h && (!low || host_key_compare(l, h->key, low->key) < 0)) low = h;
  }
  return low;
}

/* Gives the host of this key the next place. */
static void host_place(struct traffic *t, struct sorted *s, size_t n, struct host_key k) {
  struct host_facts *to = &t->host[t->n_hosts];
  bool begun = false;
  for (size_t i = 0; i < n; i++) {
    const struct host_facts *h = head_of(&s[i]);
    if (!h || !host_key_equal(h->key, k)) continue;
    if (begun)
      host_facts_merge(to, h);
    else
      *to = *h;
    begun = true;
    s[i].place[h->number] = t->n_hosts;
    s[i].at++;
  }
  to->number = t->n_hosts++;
}

int hosts_join(struct traffic *t, struct fold_part *part, size_t n_parts) {
  struct sorted s[PARALLEL_PARTS_MAX] = {{0}};
  const struct address_list *l = &t->shard->addresses;
  size_t most = 1;
  int r = 0;
  for (size_t i = 0; r == 0 && i < n_parts; i++) {
    s[i].hosts = &part[i].hosts;
    r = table_sort(l, &s[i]);
    part[i].place = s[i].place;
    most += part[i].hosts.facts.n;
  }
  free(t->host);
  t->n_hosts = 0;
  t->host = r == 0 ? array_new(most, sizeof *t->host) : NULL;
  if (!t->host) r = -ENOMEM;
  for (const struct host_facts *h; r == 0 && (h = lowest(l, s, n_parts));) host_place(t, s, n_parts, h->key);
  for (size_t i = 0; i < n_parts; i++) free(s[i].item);
  return r;
}

uint32_t host_place_find(const struct traffic *t, struct host_key k) {
  uint32_t low = 0, high = t->n_hosts;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (host_key_compare(&t->shard->addresses, t->host[middle].key, k) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low < t->n_hosts && host_key_equal(t->host[low].key, k) ? low + 1 : 0;
}

int pairs_append(struct pair_table *to, const struct pair_table *from) {
  for (uint32_t i = 0; i < from->facts.n; i++) {
    const struct pair_facts *p = pool_at(&from->facts, i);
    const int r = pair_table_mark(to, (struct host_key){p->a, p->family}, (struct host_key){p->b, p->family}, p->seen);
    if (r < 0) return r;
  }
  return 0;
}
