/* Hosts: their addresses as short keys, and what is known of each.
 *
 * An IPv4 address is its own key; IPv6 addresses are kept once in a list and known by their number. Facts that flows
 * tell (packets, hop distances, round trips) are added up from the flows when collecting ends; facts that no flow holds
 * (senders of ICMP errors, address resolution) are added as they come. */
#ifndef WW_CLASSIFIER_HOST_H
#define WW_CLASSIFIER_HOST_H

#include <stddef.h>

#include "classifier/facts.h"
#include "classifier/index.h"
#include "classifier/pool.h"
#include "util/address.h"
#include "util/bytes.h"
#include "util/hash.h"

enum { HOSTS_MAX_DEFAULT = 4 << 20, PAIRS_MAX_DEFAULT = 8 << 20 };

struct address_list {
  struct pool octets; /* of IPv6 addresses */
  struct index index;
  uint32_t max;
  uint64_t refused;
};

void address_list_init(struct address_list *l, size_t max);
void address_list_fini(struct address_list *l);

/* The key of an IPv6 address with that hash_octets. 0; 1: the list is full, counted; negative: memory is out. */
int address_list_key(struct address_list *l, const uint8_t octets[16], uint32_t hash, struct host_key *key_out);

/* Ask for what address_list_key reads: first its slot, some packets later the address that this names. Inlined always:
 * a function that does nothing but prefetch is taken for one without effect, and calls to it left out. */
__attribute__((always_inline)) static inline void address_list_prefetch_slot(const struct address_list *l,
                                                                             uint32_t hash) {
  index_prefetch(&l->index, hash);
}
__attribute__((always_inline)) static inline void address_list_prefetch(const struct address_list *l, uint32_t hash) {
  uint32_t pos = index_start(&l->index, hash);
  const uint32_t at = index_next(&l->index, hash, &pos);
  if (at) __builtin_prefetch(pool_at(&l->octets, at - 1));
}

/* The key of an address that is already known (any IPv4 address is). */
bool address_list_find(const struct address_list *l, const struct address *a, struct host_key *key_out);

static inline int host_key_make(struct address_list *l, uint8_t family, const uint8_t *octets,
                                struct host_key *key_out) {
  if (family != 4) return address_list_key(l, octets, hash_octets(octets), key_out);
  *key_out = (struct host_key){.id = be32_at(octets), .family = 4};
  return 0;
}
struct address host_key_address(const struct address_list *l, struct host_key k);
/* As addresses compare: IPv4 before IPv6, then by number. */
int host_key_compare(const struct address_list *l, struct host_key a, struct host_key b);
static inline bool host_key_equal(struct host_key a, struct host_key b) { return a.id == b.id && a.family == b.family; }

struct host_table {
  struct pool facts; /* struct host_facts */
  struct index index;
  uint32_t max;
  uint64_t refused;
};

void host_table_init(struct host_table *t, size_t max);
void host_table_fini(struct host_table *t);

struct host_facts *host_table_find(const struct host_table *t, struct host_key k);

/* Lets a later look-up find the host's slot, and then its facts, in the cache. */
void host_table_prefetch_slot(const struct host_table *t, struct host_key k);
void host_table_prefetch_facts(const struct host_table *t, struct host_key k);

/* Finds or makes. 0; 1: the table is full, counted; negative: memory is out. */
int host_table_get(struct host_table *t, struct host_key k, struct host_facts **facts_out);

/* The host sent a packet. */
void host_facts_sent(struct host_facts *h, stamp_t time, uint32_t packet);

/* n packets of it arrived with time to live min..max. */
void hop_range_add(struct hop_range *r, uint32_t n, uint8_t ttl_min, uint8_t ttl_max);

/* Hops a packet has travelled, from the initial value its time to live suggests (32, 64, 128, 255). */
uint8_t ttl_class(uint8_t ttl);
static inline uint8_t ttl_hops(uint8_t ttl) { return (uint8_t)(ttl_class(ttl) - ttl); }

/* Adds what another table knows of the same host. */
void host_facts_merge(struct host_facts *h, const struct host_facts *other);

/* Distance from this tap when at least three packets of the host tell and all agree; its TCP packets count before its
 * datagrams. -1 = not known. */
int8_t host_facts_hops(const struct host_facts *h);
/* The range those hops came from; NULL when not known. */
const struct hop_range *host_facts_range(const struct host_facts *h);

struct pair_table {
  struct pool facts; /* struct pair_facts */
  struct index index;
  uint32_t max;
  uint64_t refused; /* marks of pairs beyond max: their way back counts as not visible */
};
void pair_table_init(struct pair_table *t, size_t max); /* 0 = default */
void pair_table_fini(struct pair_table *t);
/* True when the host was there while somebody tried it: it sent something not long (ALIVE_SLACK_S) before the end of
 * the attempts or something not long after their start, or it answers by ARP or neighbour discovery. What fell silent
 * long before, or woke up long after, may have been off. */
enum { ALIVE_SLACK_S = 120 };
bool host_facts_alive(const struct host_facts *h, stamp_t first, stamp_t last);

/* Bits as PAIR_SEEN_A/PAIR_DEAF_A for "from" = side A; turned round as needed. Negative: memory is out. */
int pair_table_mark(struct pair_table *t, struct host_key from, struct host_key to, unsigned bits);
/* As pair_table_mark, when the pair is there already. Several threads may mark at once, while none makes pairs. */
void pair_table_mark_known(struct pair_table *t, struct host_key from, struct host_key to, unsigned bits);
/* The bits with "from" as side A; 0 = nothing known. */
unsigned pair_table_bits(const struct pair_table *t, struct host_key from, struct host_key to);

#endif
