/* Reading talks: looked up by their ends, which they are sorted by, and put into readable form with their rulings. */
#include "rules/talk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

struct ruling *talk_ruling_own(struct talks *talks, const struct talk *k) {
  uint32_t *ruled = &talks->ruled[k - talks->talk];
  if (talks->ruling[*ruled].talks == 1) return &talks->ruling[*ruled];
  if (!array_reserve((void **)&talks->ruling, &talks->rulings_capacity, talks->n_rulings + 1, sizeof *talks->ruling))
    return NULL;
  struct ruling *own = &talks->ruling[talks->n_rulings];
  *own = talks->ruling[*ruled];
  own->talks = 1;
  talks->ruling[*ruled].talks--;
  *ruled = (uint32_t)talks->n_rulings++;
  return own;
}

uint64_t talk_bytes_sent(const struct talks *talks, const struct talk *k) {
  const struct ruling *r = talk_ruling(talks, k);
  struct flow_gist gist;
  if (!r->brief) return r->bytes_sent;
  traffic_flow_gist(talks->traffic, k->flow, &gist);
  return gist.bytes_sent;
}

static int talk_compare(const struct talk *a, const struct talk *b) {
  if (a->client != b->client) return a->client < b->client ? -1 : 1;
  if (a->server != b->server) return a->server < b->server ? -1 : 1;
  return a->proto != b->proto ? a->proto - b->proto : a->port - b->port;
}

/* The first talk that is not before the given ends. */
static size_t talks_lower(const struct talks *talks, const struct talk *ends) {
  size_t low = 0, high = talks->n_talks;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (talk_compare(&talks->talk[middle], ends) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

const struct talk *talks_find_at(const struct talks *talks, uint32_t client, uint32_t server, uint8_t proto,
                                 uint16_t port) {
  const struct talk ends = {.client = client, .server = server, .proto = proto, .port = port};
  const size_t at = talks_lower(talks, &ends);
  return at < talks->n_talks && talk_compare(&talks->talk[at], &ends) == 0 ? &talks->talk[at] : NULL;
}

static const struct gathered_host *host_find(const struct talks *talks, const struct address *a) {
  _Static_assert(offsetof(struct gathered_host, address) == 0, "hosts are searched by their first field");
  return talks->n_hosts ? bsearch(a, talks->host, talks->n_hosts, sizeof *talks->host, address_order) : NULL;
}

const struct talk *talks_find(const struct talks *talks, const struct address *client, const struct address *server,
                              uint8_t proto, uint16_t port) {
  const struct gathered_host *from = host_find(talks, client), *to = host_find(talks, server);
  if (!from || !to) return NULL;
  return talks_find_at(talks, (uint32_t)(from - talks->host), (uint32_t)(to - talks->host), proto, port);
}

size_t talks_of_client(const struct talks *talks, uint32_t client, size_t *first_out) {
  const struct talk begin = {.client = client}, end = {.client = client + 1};
  *first_out = talks_lower(talks, &begin);
  return talks_lower(talks, &end) - *first_out;
}

/* Runs are long in a scan, and short elsewhere. */
size_t talks_run_end(const struct talks *talks, size_t first) {
  const struct talk *k = &talks->talk[first];
  size_t step = 1;
  while (first + step < talks->n_talks && talk_same_hosts(k, k + step)) step *= 2;
  size_t low = first + step / 2, high = first + step < talks->n_talks ? first + step : talks->n_talks;
  while (low + 1 < high) {
    const size_t middle = low + (high - low) / 2;
    *(talk_same_hosts(k, &talks->talk[middle]) ? &low : &high) = middle;
  }
  return high;
}

/* Those of one verdict are listed in the order of talks. */
size_t talk_index(const struct talks *talks, const struct talk *k) {
  const uint32_t number = (uint32_t)(k - talks->talk);
  const enum verdict verdict = talk_ruling(talks, k)->verdict;
  size_t low = 0, high = talks->n_listed;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const uint32_t other = talks->listed[middle];
    const enum verdict v = talks->ruling[talks->ruled[other]].verdict;
    if (v != verdict ? v < verdict : other < number)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static void samples_fill(const struct talk *k, const struct ruling *r, struct conversation *c) {
  c->n_samples = r->brief ? 1 : r->n_samples;
  if (r->brief)
    c->sample[0] = k->flow;
  else
    memcpy(c->sample, r->sample, sizeof c->sample);
}

static void syns_fill(const struct talk *k, const struct ruling *r, struct conversation *c) {
  const bool by_flow = r->brief && stamp_known(r->syn_first);
  c->syn_first = by_flow ? k->first : r->syn_first;
  c->syn_last = by_flow ? k->first : r->syn_last;
}

static void common_fill(const struct ruling *r, struct conversation *c) {
  *c = (struct conversation){.client_role = r->client_role,
                             .server_role = r->server_role,
                             .rule = r->rule,
                             .policy_service = r->policy_service,
                             .service = r->service,
                             .service_by = r->service_by,
                             .verdict = r->verdict,
                             .why = r->why,
                             .confidence = r->confidence,
                             .outcome = r->outcome,
                             .reset_by = r->reset_by,
                             .rejected = r->rejected,
                             .reasons = r->reasons,
                             .attempts = r->attempts,
                             .successes = r->successes,
                             .n_syn = r->n_syn,
                             .first = STAMP_NONE,
                             .last = STAMP_NONE,
                             .syn_first = STAMP_NONE,
                             .syn_last = STAMP_NONE,
                             .origin = r->origin};
}

static void conversation_fill(const struct talks *talks, const struct talk *k, struct conversation *c) {
  const struct ruling *r = talk_ruling(talks, k);
  common_fill(r, c);
  c->client = *talk_client_address(talks, k), c->server = *talk_server_address(talks, k);
  c->proto = k->proto, c->port = k->port;
  c->first = k->first, c->last = k->last;
  c->packet_first = k->packet_first, c->packet_last = k->packet_last;
  samples_fill(k, r, c);
  syns_fill(k, r, c);
}

void talk_view(const struct talks *talks, const struct talk *k, struct talk_view *view_out) {
  const struct ruling *r = talk_ruling(talks, k);
  *view_out = (struct talk_view){.talk = k,
                                 .set = r->set,
                                 .client_class = r->client_class,
                                 .server_class = r->server_class,
                                 .up_denied = talks->denied ? talks->denied[k->server] : 0,
                                 .carried_by = r->carried_by,
                                 .wrong = r->wrong,
                                 .stall_by = r->stall_by,
                                 .flags = r->flags,
                                 .alternative = r->alternative,
                                 .declared = r->declared};
  conversation_fill(talks, k, &view_out->c);
}

void audit_conversation(const struct audit *a, size_t index, struct conversation *conversation_out) {
  conversation_fill(a->talks, &a->talks->talk[a->talks->listed[index]], conversation_out);
}

stamp_t audit_conversation_first(const struct audit *a, size_t index) {
  return a->talks->talk[a->talks->listed[index]].first;
}

size_t audit_group_count(const struct audit *a) { return a->talks->n_rulings; }

uint32_t audit_group(const struct audit *a, size_t index, struct conversation *common_out) {
  const struct ruling *r = &a->talks->ruling[index];
  common_fill(r, common_out);
  return r->verdict == VERDICT_OUT_OF_SCOPE ? 0 : r->talks;
}
