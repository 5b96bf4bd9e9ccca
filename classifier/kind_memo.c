/* One place for each hash; a newer question takes the place of an older one. Where few questions come again (a sweep
 * over thousands of hosts), looking for them costs more than it saves, and the memo gives up.
 *
 * The steps of outcome_tcp.c that a SYN without answer, or with a RST as its answer, can reach ask for time in four
 * ways only: how long was watched afterwards, how much was lost meanwhile, whether the server lived then, whether the
 * RST came faster than its host answers. gist_test holds what is remembered against what is judged. */
#include "classifier/kind_memo.h"

#include <stdlib.h>
#include <string.h>

#include "classifier/outcome_internal.h"
#include "classifier/short_flow.h"
#include "util/array.h"
#include "util/hash.h"

enum { PLACES = 1 << 12, TRIES_LEAST = 1 << 12 };

struct kind_memo {
  struct kind_place {
    struct kind_asked asked; /* no hosts: free */
    uint64_t kind;
  } place[PLACES];
  uint64_t tries, hits;
};

struct kind_memo *kind_memo_new(void) {
  return array_new(1, sizeof(struct kind_memo));
}
void kind_memo_free(struct kind_memo *memo) { free(memo); }

static uint64_t times_asked(const struct traffic *t, const struct flow_short *s, const struct host_facts *server) {
  const stamp_t last = short_flow_last(s);
  const bool watched = watched_after(&t->seen, s->first).ns >= SILENCE_AFTER.ns;
  const bool fast = stamp_known(server->rtt_min) && s->after < server->rtt_min.ns / 2;
  return (unsigned)watched | (unsigned)host_facts_alive(server, s->first, s->first) << 1 |
         (unsigned)host_facts_alive(server, s->first, last) << 2 | (unsigned)fast << 3;
}

bool kind_asked(const struct traffic *t, uint32_t at, const struct flow_short *s, struct kind_asked *asked_out) {
  const struct flow_ends *e = &t->ends[at];
  if (s->key.proto != PROTO_TCP || !t->steady || !e->client_host || !e->server_host) return false;
  struct kind_asked a = {.hosts = (uint64_t)e->client_host << 32 | e->server_host};
  memcpy(a.packets, (const char *)s + offsetof(struct flow_short, len), sizeof a.packets);
  a.rest = times_asked(t, s, t->host[e->server_host - 1]) << 32 | (uint32_t)(s->ids << 16 | s->id_seen << 8 | s->n);
  *asked_out = a;
  return true;
}
_Static_assert(offsetof(struct flow_short, len) + sizeof((struct kind_asked *)0)->packets ==
                   offsetof(struct flow_short, ids),
               "lengths, link addresses, encapsulation, state, times to live and flags stand together");

static bool asked_equal(const struct kind_asked *a, const struct kind_asked *b) {
  return a->hosts == b->hosts && a->packets[0] == b->packets[0] && a->packets[1] == b->packets[1] && a->rest == b->rest;
}

uint64_t *kind_memo_place(struct kind_memo *memo, const struct kind_asked *asked, bool *known_out) {
  if (memo->tries >= TRIES_LEAST && memo->hits < memo->tries / 2) return NULL;
  const uint64_t hash = hash_mix(asked->packets[0] ^ asked->hosts, asked->packets[1] ^ 0xe7037ed1a0b428dbu) ^
                        hash_mix(asked->hosts ^ 0x9e3779b97f4a7c15u, asked->rest ^ 0x8ebc6af09c88c6e3u);
  struct kind_place *place = &memo->place[hash % PLACES];
  *known_out = asked_equal(&place->asked, asked);
  if (!*known_out) place->asked = *asked;
  memo->tries++;
  memo->hits += *known_out;
  return &place->kind;
}
