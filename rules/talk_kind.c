/* A table of kinds, each in the place that its hash says; a newer kind takes the place of an older one. */
#include "rules/talk_kind.h"

#include <errno.h>
#include <stdlib.h>

#include "util/array.h"
#include "util/hash.h"

enum { PLACES = 256 };

/* Everything that folding and judging look at, other than what the talks of a kind may differ in. */
struct kind {
  uint64_t flow;    /* flow_gist.kind */
  uint64_t classes; /* of client and server */
  uint64_t ends;    /* what matters about protocol and port, and what the hosts' other flows say; never 0 */
};

struct talk_kinds {
  struct place {
    struct kind kind; /* ends 0: none */
    struct talk talk;
  } place[PLACES];
};

struct talk_kinds *talk_kinds_new(void) {
  return array_new(1, sizeof(struct talk_kinds));
}
void talk_kinds_free(struct talk_kinds *kinds) { free(kinds); }

static uint64_t kind_ends(const struct fold_room *room, const struct gathered_talk *from, enum service service) {
  const struct sense_witness w = up_witness(room->up, room->traffic, room->m, room->g, from);
  const bool bits[] = {from->port >= PORT_FIRST_FREE, from->port >= PORT_DYNAMIC,
                       gathered_second_channel(room->g, from->client, from->server), w.up, w.heard};
  uint64_t ends = from->proto;
  _Static_assert(SERVICE_COUNT <= UINT8_MAX, "a service fits eight bits");
  ends = ends << 8 | service; /* by the port that the flow says: roles may have turned it round */
  ends = ends << 16 | match_segment(room->m, match_transport(from->proto), from->port);
  for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) ends = ends << 1 | bits[i];
  return ends;
}

static struct place *place_of(struct talk_kinds *kinds, const struct kind *k) {
  return &kinds->place[hash_two(hash_two(k->flow, k->classes), k->ends) % PLACES];
}

int talk_like(const struct fold_room *room, const struct gathered_talk *from, struct flow_gist *gist_out,
              const struct talk **like_out) {
  *like_out = NULL;
  fold_ahead(room, from->first);
  if (from->n_flows != 1 || !traffic_flow_gist(room->traffic, gathered_flow(room->g, from->first), gist_out)) return 0;
  const uint32_t client = room->g->host[from->client].class_id;
  const uint32_t server = from->group ? MATCH_CLASS_GROUP : room->g->host[from->server].class_id;
  const struct kind k = {.flow = gist_out->kind,
                         .classes = (uint64_t)client << 32 | server,
                         .ends = kind_ends(room, from, gist_out->service)};
  struct place *p = place_of(room->kinds, &k);
  if (p->kind.flow != k.flow || p->kind.classes != k.classes || p->kind.ends != k.ends) {
    p->kind.ends = 0;
    if (talk_fold(room, from, &p->talk)) return -ENOMEM;
    p->kind = k;
  }
  *like_out = &p->talk;
  return 0;
}

void talk_of_kind(const struct fold_room *room, const struct gathered_talk *from, const struct flow_gist *gist,
                  const struct talk *like, struct talk *k) {
  *k = *like;
  k->server_place = from->server;
  k->up_denied = room->up->denied ? room->up->denied[from->server] : 0;
  k->bytes_sent = gist->bytes_sent;
  k->c.client = room->g->host[from->client].address;
  k->c.server = room->g->host[from->server].address;
  k->c.port = from->port;
  k->c.first = gist->first, k->c.last = gist->last;
  k->c.packet_first = gist->packet_first, k->c.packet_last = gist->packet_last;
  if (stamp_known(like->c.syn_first)) k->c.syn_first = k->c.syn_last = gist->first;
  k->c.sample[0] = gathered_flow(room->g, from->first);
}
