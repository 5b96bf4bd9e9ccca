/* A table of kinds, found by their hash in an index twice as long. */
#include "rules/talk_kind.h"

#include <errno.h>
#include <stdlib.h>

#include "util/array.h"
#include "util/hash.h"

enum { PLACES = 2048 };
_Static_assert(PLACES >= 2 * TALK_KINDS_MAX, "some places stay free");

/* Everything that folding and judging look at, other than what the talks of a kind may differ in. */
struct kind {
  uint64_t flow;    /* number of the traffic_flow_kind */
  uint64_t classes; /* of client and server */
  uint64_t ends;    /* what matters about protocol and port, and what the hosts' other flows say */
};

struct talk_kinds {
  struct kind kind[TALK_KINDS_MAX];
  uint16_t place[PLACES]; /* number of the kind + 1; 0 = none */
  int n;
  struct ruling ruling[TALK_KINDS_MAX];
};

struct talk_kinds *talk_kinds_new(void) {
  return array_new(1, sizeof(struct talk_kinds));
}
void talk_kinds_free(struct talk_kinds *kinds) { free(kinds); }

static uint64_t kind_ends(const struct fold_room *room, const struct gathered_talk *from) {
  const struct sense_witness w = up_witness(room->up, room->traffic, room->m, room->g, from);
  const bool bits[] = {from->port >= PORT_FIRST_FREE, from->port >= PORT_DYNAMIC,
                       gathered_second_channel(room->g, from->client, from->server), w.up, w.heard};
  uint64_t ends = from->proto;
  ends = ends << 16 | match_segment(room->m, match_transport(from->proto), from->port);
  for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) ends = ends << 1 | bits[i];
  return ends;
}

static bool kind_equal(const struct kind *a, const struct kind *b) {
  return a->flow == b->flow && a->classes == b->classes && a->ends == b->ends;
}

/* Where the kind stands in the index, or belongs. */
static uint16_t *place_of(struct talk_kinds *kinds, const struct kind *k) {
  size_t at = hash_mix(k->flow ^ k->ends << 20, k->classes ^ 0x9e3779b97f4a7c15u) % PLACES;
  while (kinds->place[at] && !kind_equal(&kinds->kind[kinds->place[at] - 1], k)) at = (at + 1) % PLACES;
  return &kinds->place[at];
}

/* Asks for the kind of a flow further on: they are looked at in the order of their ends. Inlined always: a function
 * that only asks is taken for one without effect, and calls to it left out. */
__attribute__((always_inline)) static inline void kind_ahead(const struct fold_room *room, size_t at) {
  enum { AHEAD = 16 };
  if (at + AHEAD < room->g->n_flows) __builtin_prefetch(&room->g->kind[gathered_flow(room->g, at + AHEAD)]);
}

int talk_kind(const struct fold_room *room, const struct gathered_talk *from) {
  struct talk_kinds *kinds = room->kinds;
  struct kind k;
  kind_ahead(room, from->first);
  if (from->n_flows != 1 || !(k.flow = room->g->kind[gathered_flow(room->g, from->first)])) return TALK_KIND_NONE;
  const uint32_t client = room->g->host[from->client].class_id;
  const uint32_t server = from->group ? MATCH_CLASS_GROUP : room->g->host[from->server].class_id;
  k.classes = (uint64_t)client << 32 | server;
  k.ends = kind_ends(room, from);
  uint16_t *place = place_of(kinds, &k);
  if (*place) return *place - 1;
  if (kinds->n == TALK_KINDS_MAX) return TALK_KIND_NONE;
  struct talk first;
  if (talk_fold(room, from, &first, &kinds->ruling[kinds->n])) return -ENOMEM;
  kinds->ruling[kinds->n].brief = true;
  kinds->kind[kinds->n] = k;
  *place = (uint16_t)++kinds->n;
  return kinds->n - 1;
}

int talk_kinds_count(const struct talk_kinds *kinds) { return kinds->n; }

const struct ruling *talk_kind_ruling(const struct talk_kinds *kinds, int kind) { return &kinds->ruling[kind]; }

void talk_from_kind(const struct fold_room *room, const struct gathered_talk *from, struct talk *k) {
  struct flow_gist gist;
  fold_ahead(room, from->first);
  *k = talk_begin(room->g, from);
  traffic_flow_gist(room->traffic, k->flow, &gist);
  k->first = gist.first, k->last = gist.last;
  k->packet_first = gist.packet_first, k->packet_last = gist.packet_last;
}
