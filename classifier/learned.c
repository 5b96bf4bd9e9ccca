/* Entries live in chunks, so that pointers to them stay good. Buckets of a hash over (address, protocol, port) hold
 * chains, newest first. An endpoint announced for another address than the announcer's own (several interfaces, or a
 * translated address) is found under both. */
#include "classifier/learned.h"

#include <stdlib.h>

#include "util/array.h"
#include "util/hash.h"

enum { CHUNK = 256, BUCKETS = 4096, CHAIN_MAX = 256, PORT_BITS = 65536 / 8 };

struct link {
  uint32_t entry; /* index of the entry + 1; 0 = none */
  uint32_t next;  /* index of the link + 1 */
};

struct learned_table {
  struct learned *chunk[LEARNED_MAX / CHUNK];
  size_t n;
  struct link *link;
  size_t n_links, links_size;
  uint32_t bucket[BUCKETS];
  uint8_t port_seen[PORT_BITS]; /* ports announced at all: settles nearly every question at once */
  struct learned expected[LEARNED_EXPECTED_MAX];
  size_t n_expected;
};

struct learned_table *learned_table_new(void) {
  return array_new(1, sizeof(struct learned_table));
}

void learned_table_free(struct learned_table *t) {
  if (!t) return;
  for (size_t i = 0; i < LEARNED_MAX / CHUNK; i++) free(t->chunk[i]);
  free(t->link);
  free(t);
}

static struct learned *entry_at(const struct learned_table *t, size_t i) { return &t->chunk[i / CHUNK][i % CHUNK]; }

static uint32_t bucket_of(const struct address *a, uint8_t proto, uint16_t port) {
  return (uint32_t)(hash_bytes((uint64_t)proto << 16 | port, a, sizeof *a) % BUCKETS);
}

static bool link_add(struct learned_table *t, uint32_t bucket, uint32_t entry) {
  struct link *l = ARRAY_PUSH(t->link, t->n_links, t->links_size);
  if (!l) return false;
  *l = (struct link){entry + 1, t->bucket[bucket]};
  t->bucket[bucket] = (uint32_t)t->n_links;
  return true;
}

const struct learned *learned_add(struct learned_table *t, const struct learned *l, uint64_t *refused) {
  size_t i = t->n;
  if (i >= LEARNED_MAX || (!t->chunk[i / CHUNK] && !(t->chunk[i / CHUNK] = array_new(CHUNK, sizeof *l)))) goto full;
  *entry_at(t, i) = *l;
  if (!link_add(t, bucket_of(&l->server, l->proto, l->port), (uint32_t)i)) goto full;
  t->n++;
  t->port_seen[l->port / 8] |= (uint8_t)(1u << l->port % 8);
  if (!address_equal(&l->server, &l->announcer) &&
      !link_add(t, bucket_of(&l->announcer, l->proto, l->port), (uint32_t)i))
    ++*refused; /* known under its own address at least */
  return entry_at(t, i);
full:
  ++*refused;
  return NULL;
}

static int rank(const struct learned *l, const struct address *client, stamp_t now) {
  int64_t age = stamp_since(l->time, now).ns;
  bool recent = age >= 0 && age <= stamp_from_s(LEARNED_RECENT_S).ns;
  return (recent ? 2 : 0) + (address_equal(&l->client, client) ? 1 : 0);
}

bool learned_has_port(const struct learned_table *t, uint16_t port) {
  return t->port_seen[port / 8] & 1u << port % 8;
}

bool learned_expects(const struct learned_table *t) { return t->n_expected; }

const struct learned *learned_find(const struct learned_table *t, const struct address *client,
                                   const struct address *server, uint16_t port, uint8_t proto, stamp_t now) {
  if (!learned_has_port(t, port)) return NULL;
  const struct learned *best = NULL;
  int best_rank = -1;
  uint32_t at = t->bucket[bucket_of(server, proto, port)];
  for (int i = 0; at && i < CHAIN_MAX && best_rank < 3; i++, at = t->link[at - 1].next) {
    const struct learned *l = entry_at(t, t->link[at - 1].entry - 1);
    if (l->port != port || l->proto != proto) continue;
    if (!address_equal(&l->server, server) && !address_equal(&l->announcer, server)) continue;
    int r = rank(l, client, now);
    if (r > best_rank) best_rank = r, best = l;
  }
  return best;
}

static struct learned *expected_find(struct learned_table *t, const struct address *client,
                                     const struct address *announcer) {
  for (size_t i = 0; i < t->n_expected; i++)
    if (address_equal(&t->expected[i].client, client) && address_equal(&t->expected[i].announcer, announcer))
      return &t->expected[i];
  return NULL;
}

void learned_expect(struct learned_table *t, const struct learned *hint) {
  struct learned *e = expected_find(t, &hint->client, &hint->announcer);
  if (!e && t->n_expected < LEARNED_EXPECTED_MAX) e = &t->expected[t->n_expected++];
  if (!e) { /* the oldest gives way */
    e = t->expected;
    for (size_t i = 1; i < t->n_expected; i++)
      if (stamp_before(t->expected[i].time, e->time)) e = &t->expected[i];
  }
  *e = *hint;
}

void learned_expect_not(struct learned_table *t, const struct address *client, const struct address *announcer) {
  struct learned *e = expected_find(t, client, announcer);
  if (e) *e = t->expected[--t->n_expected];
}

bool learned_infer(struct learned_table *t, const struct address *client, const struct address *server, uint16_t port,
                   stamp_t now, struct learned *hint_out) {
  if (!t->n_expected || port < 1024) return false;
  if (service_of_port(PROTO_TCP, port) != SERVICE_UNKNOWN) return false;
  struct learned *e = expected_find(t, client, server);
  if (!e) return false;
  int64_t age = stamp_since(e->time, now).ns;
  if (age < 0) return false;
  struct learned hint = *e;
  *e = t->expected[--t->n_expected];
  if (age > stamp_from_s(LEARNED_INFER_S).ns) return false;
  hint.server = *server;
  hint.port = port;
  *hint_out = hint;
  return true;
}
