/* Finds the entries that a conversation meets.
 *
 * The port index lists, per transport and port, the entries with a narrow range around it; entries with wide or learned
 * ports are in one list a transport. Both are merged in order of preference and tested against the classes. Ports that
 * the same entries name make one segment. The memo keeps each answer by (classes, transport, segment, what was
 * announced), so that a second conversation of the same kind costs one look-up. Equal answers share one set. */
#include <stdlib.h>
#include <string.h>

#include "rules/match_internal.h"
#include "util/array.h"
#include "util/hash.h"

enum { PORTS = 65536, MEMO_MAX = 1 << 20 };

struct match_index {
  uint32_t *start[TRANSPORT_COUNT]; /* [port], PORTS + 1 of them: where its entries start in narrow */
  uint32_t *narrow[TRANSPORT_COUNT];
  uint32_t *wide[TRANSPORT_COUNT];
  size_t n_wide[TRANSPORT_COUNT];
  uint16_t *segment[TRANSPORT_COUNT]; /* [port]: ports of one number are named by the same entries */
  bool *named[TRANSPORT_COUNT];       /* [port]: by some entry, whoever the hosts are */
};

static bool entry_is_wide(const struct matcher *m, const struct match_entry *e) {
  if (e->learned || e->transport == TRANSPORT_ICMP_ECHO) return true;
  unsigned ports = 0;
  for (uint32_t i = 0; i < e->n_ranges && ports < MATCH_WIDE; i++)
    ports += (unsigned)(m->range[e->range + i].last - m->range[e->range + i].first) + 1;
  return ports >= MATCH_WIDE;
}

/* Enters one entry under each of its ports: counts only (fill false), or writes (fill true). */
static void entry_ports(struct match_index *x, const struct matcher *m, uint32_t index, bool fill) {
  const struct match_entry *e = &m->entry[index];
  uint32_t *start = x->start[e->transport];
  for (uint32_t i = 0; i < e->n_ranges; i++) {
    const struct port_range *r = &m->range[e->range + i];
    for (uint32_t port = r->first; port <= r->last; port++) {
      if (fill) x->narrow[e->transport][start[port]] = index;
      start[port + (fill ? 0 : 1)]++;
    }
  }
}

static bool transport_index(struct match_index *x, const struct matcher *m, enum policy_transport t) {
  x->start[t] = array_new(PORTS + 1, sizeof *x->start[t]);
  x->wide[t] = array_new(m->n_entries, sizeof *x->wide[t]);
  if (!x->start[t] || !x->wide[t]) return false;
  uint32_t *start = x->start[t];
  for (uint32_t i = 0; i < m->n_entries; i++) {
    if (m->entry[i].transport != t) continue;
    if (entry_is_wide(m, &m->entry[i]))
      x->wide[t][x->n_wide[t]++] = i;
    else
      entry_ports(x, m, i, false);
  }
  for (size_t port = 0; port < PORTS; port++) start[port + 1] += start[port];
  x->narrow[t] = array_new(start[PORTS], sizeof *x->narrow[t]);
  if (!x->narrow[t]) return false;
  for (uint32_t i = 0; i < m->n_entries; i++)
    if (m->entry[i].transport == t && !entry_is_wide(m, &m->entry[i])) entry_ports(x, m, i, true);
  for (size_t port = PORTS; port > 0; port--) start[port] = start[port - 1]; /* filling moved each to its end */
  start[0] = 0;
  return true;
}

/* A segment ends where the ports of some entry begin or end; all ports that none names are one segment. */
static bool segments_make(struct match_index *x, const struct matcher *m, enum policy_transport t) {
  int32_t *change =
      array_new(PORTS + 1, sizeof *change); /* [port]: entries that name it less those that name the last */
  bool *edge = array_new(PORTS + 1, sizeof *edge);
  x->segment[t] = array_new(PORTS, sizeof *x->segment[t]);
  x->named[t] = array_new(PORTS, sizeof *x->named[t]);
  const bool ok = change && edge && x->segment[t] && x->named[t];
  for (uint32_t i = 0; ok && i < m->n_entries; i++) {
    const struct match_entry *e = &m->entry[i];
    for (uint32_t k = 0; e->transport == t && k < e->n_ranges; k++) {
      const struct port_range *r = &m->range[e->range + k];
      change[r->first]++, change[r->last + 1]--;
      edge[r->first] = edge[r->last + 1] = true;
    }
  }
  uint16_t segment = 0;
  int32_t naming = 0, unnamed = -1; /* unnamed: the segment of the first such port */
  for (size_t port = 0; ok && port < PORTS; port++) {
    segment = (uint16_t)(segment + (edge[port] && port));
    naming += change[port];
    if (naming == 0 && unnamed < 0) unnamed = segment;
    x->segment[t][port] = naming ? segment : (uint16_t)unnamed;
    x->named[t][port] = naming > 0;
  }
  free(change);
  free(edge);
  return ok;
}

struct match_index *match_index_new(const struct matcher *m) {
  struct match_index *x = array_new(1, sizeof *x);
  if (!x) return NULL;
  for (enum policy_transport t = 0; t < TRANSPORT_COUNT; t++) {
    if (transport_index(x, m, t) && segments_make(x, m, t)) continue;
    match_index_free(x);
    return NULL;
  }
  return x;
}

void match_index_free(struct match_index *x) {
  if (!x) return;
  for (size_t t = 0; t < TRANSPORT_COUNT; t++) {
    free(x->start[t]);
    free(x->narrow[t]);
    free(x->wide[t]);
    free(x->segment[t]);
    free(x->named[t]);
  }
  free(x);
}

struct memo_slot {
  uint64_t classes, what; /* the query */
  uint32_t set, used;
};

struct memo_set {
  uint64_t hash;
  uint32_t first, n; /* into member */
};

struct match_memo {
  const struct matcher *m;
  struct memo_slot *slot;
  size_t n_slots, used; /* n_slots: a power of two */
  struct memo_set *set;
  size_t n_sets, sets_capacity;
  uint32_t *bucket; /* set + 1 by hash */
  size_t n_buckets; /* a power of two */
  uint32_t *member;
  size_t n_members, members_capacity;
  uint32_t *found; /* of the query in work, room for all entries */
};

struct match_memo *match_memo_new(const struct matcher *m) {
  struct match_memo *memo = array_new(1, sizeof *memo);
  if (!memo) return NULL;
  memo->m = m;
  memo->n_slots = 1024;
  memo->slot = array_new(memo->n_slots, sizeof *memo->slot);
  memo->found = array_new(m->n_entries, sizeof *memo->found);
  struct memo_set *empty = ARRAY_PUSH(memo->set, memo->n_sets, memo->sets_capacity);
  if (memo->slot && memo->found && empty) return memo;
  match_memo_free(memo);
  return NULL;
}

void match_memo_free(struct match_memo *memo) {
  if (!memo) return;
  free(memo->slot);
  free(memo->set);
  free(memo->bucket);
  free(memo->member);
  free(memo->found);
  free(memo);
}

static bool entry_joins(const struct matcher *m, const struct match_entry *e, uint32_t client, uint32_t server) {
  return match_end_has(m, &e->from, client) && (server == MATCH_CLASS_GROUP || match_end_has(m, &e->to, server));
}

static bool interface_fits(const struct policy_service *s, uint16_t interface) {
  bool fits = s->n_interfaces == 0;
  for (size_t i = 0; i < s->n_interfaces && !fits; i++) fits = s->interface[i] == interface;
  return fits;
}

static bool entry_has_port(const struct matcher *m, const struct match_entry *e, const struct match_query *q) {
  if (e->transport == TRANSPORT_ICMP_ECHO) return true;
  if (e->learned && q->learned) { /* what it was announced for says more than its number */
    const struct policy_service *s = &m->policy->service[e->service];
    const struct service_set *wanted = &s->learned_services;
    if (!interface_fits(s, q->interface)) return false;
    return q->announced == SERVICE_UNKNOWN || service_set_is_empty(wanted) || service_set_has(wanted, q->announced);
  }
  return match_entry_port(m, e, q->port);
}

static size_t entries_collect(const struct matcher *m, const struct match_query *q, uint32_t *to) {
  const struct match_index *x = m->index;
  const uint32_t *narrow = x->narrow[q->transport] + x->start[q->transport][q->port];
  const uint32_t *narrow_end = x->narrow[q->transport] + x->start[q->transport][q->port + 1];
  const uint32_t *wide = x->wide[q->transport], *wide_end = wide + x->n_wide[q->transport];
  size_t n = 0;
  while (narrow < narrow_end || wide < wide_end) {
    bool take_narrow = wide == wide_end || (narrow < narrow_end && *narrow < *wide);
    uint32_t index = take_narrow ? *narrow++ : *wide++;
    const struct match_entry *e = &m->entry[index];
    if (entry_joins(m, e, q->client_class, q->server_class) && entry_has_port(m, e, q)) to[n++] = index;
  }
  return n;
}

/* The bucket of a set with this hash and these members, or the empty one where it belongs. */
static uint32_t *bucket_find(const struct match_memo *memo, uint64_t hash, const uint32_t *member, size_t n) {
  size_t at = hash & (memo->n_buckets - 1);
  for (; memo->bucket[at]; at = (at + 1) & (memo->n_buckets - 1)) {
    const struct memo_set *s = &memo->set[memo->bucket[at] - 1];
    if (s->hash == hash && s->n == n && memcmp(memo->member + s->first, member, n * sizeof *member) == 0) break;
  }
  return &memo->bucket[at];
}

static bool buckets_grow(struct match_memo *memo) {
  if (memo->n_sets * 2 < memo->n_buckets) return true;
  size_t n_old = memo->n_buckets, n = n_old ? n_old * 2 : 256;
  uint32_t *bucket = array_new(n, sizeof *bucket);
  if (!bucket) return false;
  free(memo->bucket);
  memo->bucket = bucket;
  memo->n_buckets = n;
  for (size_t i = 1; i < memo->n_sets; i++) {
    const struct memo_set *s = &memo->set[i];
    *bucket_find(memo, s->hash, memo->member + s->first, s->n) = (uint32_t)i + 1;
  }
  return true;
}

/* The set with the members found. */
static bool set_intern(struct match_memo *memo, size_t n, uint32_t *set_out) {
  if (n == 0) {
    *set_out = 0;
    return true;
  }
  if (!buckets_grow(memo)) return false;
  uint64_t hash = hash_bytes(1, memo->found, n * sizeof *memo->found);
  uint32_t *bucket = bucket_find(memo, hash, memo->found, n);
  if (!*bucket) {
    if (!array_reserve((void **)&memo->member, &memo->members_capacity, memo->n_members + n, sizeof *memo->member))
      return false;
    struct memo_set *s = ARRAY_PUSH(memo->set, memo->n_sets, memo->sets_capacity);
    if (!s) return false;
    *s = (struct memo_set){.hash = hash, .first = (uint32_t)memo->n_members, .n = (uint32_t)n};
    memcpy(memo->member + memo->n_members, memo->found, n * sizeof *memo->found);
    memo->n_members += n;
    *bucket = (uint32_t)memo->n_sets;
  }
  *set_out = *bucket - 1;
  return true;
}

bool match_memo_join(struct match_memo *memo, const struct match_memo *other, uint32_t **set_out) {
  uint32_t *set = array_new(other->n_sets, sizeof *set);
  bool ok = set != NULL;
  for (size_t i = 0; ok && i < other->n_sets; i++) {
    const struct memo_set *from = &other->set[i];
    if (from->n) memcpy(memo->found, other->member + from->first, from->n * sizeof *memo->found);
    ok = set_intern(memo, from->n, &set[i]);
  }
  if (ok)
    *set_out = set;
  else
    free(set);
  return ok;
}

static struct memo_slot *slot_find(struct memo_slot *slot, size_t n_slots, uint64_t classes, uint64_t what) {
  size_t i = hash_two(classes, what) & (n_slots - 1);
  while (slot[i].used && (slot[i].classes != classes || slot[i].what != what)) i = (i + 1) & (n_slots - 1);
  return &slot[i];
}

/* Twice the slots when half are used; a memo that is full stays as it is. */
static bool memo_grow(struct match_memo *memo) {
  if (memo->used * 2 < memo->n_slots || memo->n_slots >= MEMO_MAX) return true;
  struct memo_slot *slot = array_new(memo->n_slots * 2, sizeof *slot);
  if (!slot) return false;
  for (size_t i = 0; i < memo->n_slots; i++)
    if (memo->slot[i].used)
      *slot_find(slot, memo->n_slots * 2, memo->slot[i].classes, memo->slot[i].what) = memo->slot[i];
  free(memo->slot);
  memo->slot = slot;
  memo->n_slots *= 2;
  return true;
}

/* Whether some entry may name the port, whoever the hosts are: of a scan's ports, hardly any does. */
static bool port_is_named(const struct matcher *m, enum policy_transport t, uint16_t port) {
  return t == TRANSPORT_ICMP_ECHO || m->index->named[t][port];
}

uint16_t match_segment(const struct matcher *m, enum policy_transport transport, uint16_t port) {
  return transport < TRANSPORT_COUNT ? m->index->segment[transport][port] : 0;
}

bool match_find(struct match_memo *memo, const struct match_query *q, uint32_t *set_out) {
  if (q->transport >= TRANSPORT_COUNT || !match_may(memo->m, q->client_class, q->server_class)) {
    *set_out = 0;
    return true;
  }
  if (!q->learned && !port_is_named(memo->m, q->transport, q->port)) {
    *set_out = 0;
    return true;
  }
  uint64_t classes = (uint64_t)q->client_class << 32 | q->server_class;
  uint64_t announced = q->learned ? (uint64_t)q->interface << 8 | ((uint64_t)q->announced + 1) : 0;
  _Static_assert(SERVICE_COUNT < 255, "a service fits below the interface");
  uint64_t what = announced << 32 | (uint64_t)q->transport << 16 | match_segment(memo->m, q->transport, q->port);
  if (!memo_grow(memo)) return false;
  struct memo_slot *slot = slot_find(memo->slot, memo->n_slots, classes, what);
  if (slot->used) {
    *set_out = slot->set;
    return true;
  }
  uint32_t set;
  if (!set_intern(memo, entries_collect(memo->m, q, memo->found), &set)) return false;
  if (memo->used * 4 < memo->n_slots * 3) {
    *slot = (struct memo_slot){.classes = classes, .what = what, .set = set, .used = 1};
    memo->used++;
  }
  *set_out = set;
  return true;
}

const uint32_t *match_set(const struct match_memo *memo, uint32_t set, size_t *n_out) {
  *n_out = memo->set[set].n;
  return *n_out ? memo->member + memo->set[set].first : NULL;
}
