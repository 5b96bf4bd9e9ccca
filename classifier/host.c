/* Tables of hosts, addresses and pairs. */
#include "classifier/host.h"

#include <errno.h>
#include <string.h>

#include "util/hash.h"

enum { ADDRESS_SHIFT = 16, HOST_SHIFT = 14, PAIR_SHIFT = 16, HOPS_NEED = 3 };

void address_list_init(struct address_list *l, size_t max) {
  *l = (struct address_list){.max = max && max < UINT32_MAX / 2 ? (uint32_t)max : HOSTS_MAX_DEFAULT};
  pool_init(&l->octets, 16, ADDRESS_SHIFT);
}

void address_list_fini(struct address_list *l) {
  pool_fini(&l->octets);
  index_fini(&l->index);
}

static uint32_t octets_find(const struct address_list *l, const uint8_t *octets, uint32_t hash) {
  uint64_t word[2];
  memcpy(word, octets, sizeof word);
  for (uint32_t pos = index_start(&l->index, hash), at; (at = index_next(&l->index, hash, &pos));) {
    const uint64_t *there = pool_at(&l->octets, at - 1);
    if (there[0] == word[0] && there[1] == word[1]) return at;
  }
  return 0;
}

int address_list_key(struct address_list *l, const uint8_t octets[16], uint32_t hash, struct host_key *key_out) {
  uint32_t at = octets_find(l, octets, hash);
  if (!at) {
    if (l->octets.n >= l->max) {
      l->refused++;
      return 1;
    }
    void *to = pool_add(&l->octets);
    if (!to) return -ENOMEM;
    memcpy(to, octets, 16);
    at = l->octets.n;
    const int r = index_add(&l->index, hash, at, NULL);
    if (r < 0) return r;
  }
  *key_out = (struct host_key){.id = at - 1, .family = 6};
  return 0;
}

bool address_list_find(const struct address_list *l, const struct address *a, struct host_key *key_out) {
  if (a->family == 4) {
    *key_out = (struct host_key){.id = be32_at(a->octet), .family = 4};
    return true;
  }
  const uint32_t at = a->family == 6 ? octets_find(l, a->octet, hash_octets(a->octet)) : 0;
  if (!at) return false;
  *key_out = (struct host_key){.id = at - 1, .family = 6};
  return true;
}

struct address host_key_address(const struct address_list *l, struct host_key k) {
  if (k.family == 4) return address_from_v4(k.id);
  if (k.family == 6) return address_make(6, pool_at(&l->octets, k.id));
  return (struct address){0};
}

int host_key_compare(const struct address_list *l, struct host_key a, struct host_key b) {
  if (a.family != b.family) return a.family - b.family;
  if (a.family == 4 || a.id == b.id) return (a.id > b.id) - (a.id < b.id);
  return memcmp(pool_at(&l->octets, a.id), pool_at(&l->octets, b.id), 16);
}

void host_table_init(struct host_table *t, size_t max) {
  *t = (struct host_table){.max = max && max < UINT32_MAX / 2 ? (uint32_t)max : HOSTS_MAX_DEFAULT};
  pool_init(&t->facts, sizeof(struct host_facts), HOST_SHIFT);
}

void host_table_fini(struct host_table *t) {
  pool_fini(&t->facts);
  index_fini(&t->index);
}

static uint32_t key_hash(struct host_key k) { return (uint32_t)hash_two(k.id, k.family); }

void host_table_prefetch_slot(const struct host_table *t, struct host_key k) { index_prefetch(&t->index, key_hash(k)); }

void host_table_prefetch_facts(const struct host_table *t, struct host_key k) {
  const uint32_t hash = key_hash(k);
  uint32_t pos = index_start(&t->index, hash);
  const uint32_t at = index_next(&t->index, hash, &pos);
  if (!at) return;
  const char *facts = pool_at(&t->facts, at - 1);
  __builtin_prefetch(facts, 1);
  __builtin_prefetch(facts + 64, 1);
}

struct host_facts *host_table_find(const struct host_table *t, struct host_key k) {
  const uint32_t hash = key_hash(k);
  for (uint32_t pos = index_start(&t->index, hash), at; (at = index_next(&t->index, hash, &pos));) {
    struct host_facts *h = pool_at(&t->facts, at - 1);
    if (host_key_equal(h->key, k)) return h;
  }
  return NULL;
}

int host_table_get(struct host_table *t, struct host_key k, struct host_facts **facts_out) {
  struct host_facts *h = host_table_find(t, k);
  if (!h) {
    if (t->facts.n >= t->max) {
      t->refused++;
      return 1;
    }
    h = pool_add(&t->facts);
    if (!h || index_add(&t->index, key_hash(k), t->facts.n, NULL) < 0) return -ENOMEM;
    h->key = k;
    h->number = t->facts.n - 1;
    h->first_sent = h->last_sent = h->rtt_min = STAMP_NONE;
    h->tcp.min = h->tcp.class_min = h->other.min = h->other.class_min = UINT8_MAX;
  }
  *facts_out = h;
  return 0;
}

static void sent_at(struct host_facts *h, stamp_t first, stamp_t last, uint32_t packet) {
  if (!stamp_known(h->first_sent) || stamp_before(first, h->first_sent)) h->first_sent = first;
  h->last_sent = stamp_max(h->last_sent, last);
  if (packet && (!h->packet_first || packet < h->packet_first)) h->packet_first = packet;
}

void host_facts_sent(struct host_facts *h, stamp_t time, uint32_t packet) {
  h->sent++;
  sent_at(h, time, time, packet);
}

uint8_t ttl_class(uint8_t ttl) { return ttl <= 32 ? 32 : ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255; }

static uint8_t min_u8(uint8_t a, uint8_t b) { return a < b ? a : b; }
static uint8_t max_u8(uint8_t a, uint8_t b) { return a > b ? a : b; }

static void range_join(struct hop_range *r, const struct hop_range *other) {
  if (__builtin_add_overflow(r->n, other->n, &r->n)) r->n = UINT8_MAX;
  r->min = min_u8(r->min, other->min);
  r->max = max_u8(r->max, other->max);
  r->class_min = min_u8(r->class_min, other->class_min);
  r->class_max = max_u8(r->class_max, other->class_max);
}

void hop_range_add(struct hop_range *r, uint32_t n, uint8_t ttl_min, uint8_t ttl_max) {
  const uint8_t low = ttl_hops(ttl_min), high = ttl_hops(ttl_max);
  const struct hop_range more = {.n = n < UINT8_MAX ? (uint8_t)n : UINT8_MAX,
                                 .min = min_u8(low, high),
                                 .max = max_u8(low, high),
                                 .class_min = ttl_class(ttl_min),
                                 .class_max = ttl_class(ttl_max)};
  range_join(r, &more);
}

void host_facts_merge(struct host_facts *h, const struct host_facts *other) {
  h->asked = __builtin_add_overflow(h->asked, other->asked, &h->asked) ? UINT16_MAX : h->asked;
  h->answered = __builtin_add_overflow(h->answered, other->answered, &h->answered) ? UINT16_MAX : h->answered;
  h->macs_differ |= other->macs_differ || (h->mac && other->mac && h->mac != other->mac);
  h->deaf |= other->deaf;
  if (!h->mac) h->mac = other->mac;
  h->id_seen |= other->id_seen;
  h->sent += other->sent;
  h->received += other->received;
  if (stamp_known(other->first_sent)) sent_at(h, other->first_sent, other->last_sent, other->packet_first);
  if (!stamp_known(h->rtt_min) || (stamp_known(other->rtt_min) && stamp_before(other->rtt_min, h->rtt_min)))
    h->rtt_min = other->rtt_min;
  range_join(&h->tcp, &other->tcp);
  range_join(&h->other, &other->other);
}

const struct hop_range *host_facts_range(const struct host_facts *h) {
  const struct hop_range *r = h->tcp.n >= HOPS_NEED ? &h->tcp : &h->other;
  return r->n >= HOPS_NEED && r->min == r->max ? r : NULL;
}

bool host_facts_alive(const struct host_facts *h, stamp_t first, stamp_t last) {
  if (!h) return false;
  if (!h->sent || !stamp_known(h->first_sent)) return h->sent || h->answered;
  const int64_t slack = stamp_from_s(ALIVE_SLACK_S).ns;
  return h->last_sent.ns >= first.ns - slack && h->first_sent.ns - slack <= last.ns;
}

int8_t host_facts_hops(const struct host_facts *h) {
  const struct hop_range *r = host_facts_range(h);
  return r && r->min <= INT8_MAX ? (int8_t)r->min : -1;
}

void pair_table_init(struct pair_table *t, size_t max) {
  *t = (struct pair_table){.max = max && max < UINT32_MAX / 2 ? (uint32_t)max : PAIRS_MAX_DEFAULT};
  pool_init(&t->facts, sizeof(struct pair_facts), PAIR_SHIFT);
}

void pair_table_fini(struct pair_table *t) {
  pool_fini(&t->facts);
  index_fini(&t->index);
}

static struct pair_facts *pair_find(const struct pair_table *t, uint32_t a, uint32_t b, uint8_t family, uint32_t hash) {
  for (uint32_t pos = index_start(&t->index, hash), at; (at = index_next(&t->index, hash, &pos));) {
    struct pair_facts *p = pool_at(&t->facts, at - 1);
    if (p->a == a && p->b == b && p->family == family) return p;
  }
  return NULL;
}

/* Exchanges what is said of side A and of side B. */
static unsigned turned(unsigned bits) { return (bits & 0x55) << 1 | (bits & 0xaa) >> 1; }

static uint32_t pair_hash(uint32_t a, uint32_t b, uint8_t family) {
  return (uint32_t)hash_two((uint64_t)a << 32 | b, family);
}

int pair_table_mark(struct pair_table *t, struct host_key from, struct host_key to, unsigned bits) {
  const bool swap = from.id > to.id;
  const uint32_t a = swap ? to.id : from.id, b = swap ? from.id : to.id;
  const uint32_t hash = pair_hash(a, b, from.family);
  struct pair_facts *p = pair_find(t, a, b, from.family, hash);
  if (!p) {
    if (t->facts.n >= t->max) {
      t->refused++;
      return 0;
    }
    p = pool_add(&t->facts);
    if (!p || index_add(&t->index, hash, t->facts.n, NULL) < 0) return -ENOMEM;
    *p = (struct pair_facts){.a = a, .b = b, .family = from.family};
  }
  p->seen |= (uint8_t)(swap ? turned(bits) : bits);
  return 0;
}

void pair_table_mark_known(struct pair_table *t, struct host_key from, struct host_key to, unsigned bits) {
  const bool swap = from.id > to.id;
  const uint32_t a = swap ? to.id : from.id, b = swap ? from.id : to.id;
  struct pair_facts *p = pair_find(t, a, b, from.family, pair_hash(a, b, from.family));
  if (!p) return;
  const uint8_t more = (uint8_t)(swap ? turned(bits) : bits);
  if ((__atomic_load_n(&p->seen, __ATOMIC_RELAXED) & more) != more) __atomic_fetch_or(&p->seen, more, __ATOMIC_RELAXED);
}

unsigned pair_table_bits(const struct pair_table *t, struct host_key from, struct host_key to) {
  const bool swap = from.id > to.id;
  const uint32_t a = swap ? to.id : from.id, b = swap ? from.id : to.id;
  const struct pair_facts *p = pair_find(t, a, b, from.family, pair_hash(a, b, from.family));
  return !p ? 0 : swap ? turned(p->seen) : p->seen;
}
