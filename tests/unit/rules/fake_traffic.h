/* Traffic made by hand: what a classifier would say, without packets.
 *
 * Included by tests of the judgement, it defines the traffic_* functions that the judgement calls, over lists that the
 * test fills. Flows must be added in the order of their first packet. */
#ifndef WW_TESTS_FAKE_TRAFFIC_H
#define WW_TESTS_FAKE_TRAFFIC_H

#include <stdlib.h>
#include <string.h>

#include "classifier/traffic.h"
#include "util/array.h"
#include "util/hash.h"

struct traffic {
  struct flow_view *flow;
  struct flow_ends *ends; /* made anew whenever they are asked for */
  size_t n_flows, flows_capacity, ends_capacity;
  struct host_view *host; /* in address order */
  size_t n_hosts, hosts_capacity;
  struct timeline_facts timeline;
  struct capture_facts facts;
};

size_t traffic_flow_count(const struct traffic *t) { return t->n_flows; }
void traffic_flow(const struct traffic *t, size_t index, struct flow_view *view_out) { *view_out = t->flow[index]; }
void traffic_flow_brief(const struct traffic *t, size_t index, struct flow_view *view_out) {
  *view_out = t->flow[index];
}

struct kind_memo *kind_memo_new(void) {
  return malloc(1);
}
void kind_memo_free(struct kind_memo *memo) { free(memo); }

/* Views that are filled as short flows fill them have a kind. */
bool traffic_flow_kind(const struct traffic *t, size_t index, struct kind_memo *memo, uint64_t *kind_out) {
  (void)memo;
  const struct flow_view *v = &t->flow[index];
  if (v->packets[TO_SERVER] > 1 || v->packets[TO_CLIENT] > 1 || v->n_syn > 1 || v->icmp.packet || v->app.origin ||
      v->app.service_by != SERVICE_BY_PORT || v->app.n_rpc || v->app.encrypted)
    return false;
  const uint32_t what[] = {v->outcome,
                           v->confidence,
                           v->reasons,
                           v->reset_by,
                           v->stall_by,
                           v->client_by,
                           v->flags,
                           (uint32_t)v->packets[TO_SERVER],
                           (uint32_t)v->packets[TO_CLIENT],
                           v->bytes[TO_SERVER] != 0,
                           v->bytes[TO_CLIENT] != 0,
                           v->n_syn,
                           v->app.service};
  *kind_out = hash_bytes(0, what, sizeof what);
  return true;
}

void traffic_flow_gist(const struct traffic *t, size_t index, struct flow_gist *gist_out) {
  const struct flow_view *v = &t->flow[index];
  *gist_out = (struct flow_gist){.first = v->first,
                                 .last = v->last,
                                 .packet_first = v->packet_first,
                                 .packet_last = v->packet_last,
                                 .bytes_sent = (uint32_t)v->bytes[TO_SERVER]};
}

enum outcome traffic_flow_outcome(const struct traffic *t, size_t index) { return t->flow[index].outcome; }
const struct learned *traffic_flow_origin(const struct traffic *t, size_t index) { return t->flow[index].app.origin; }

void traffic_flow_prefetch_place(const struct traffic *t, size_t index) { (void)t, (void)index; }
void traffic_flow_prefetch(const struct traffic *t, size_t index) { (void)t, (void)index; }

static inline uint32_t fake_place(const struct traffic *t, const struct address *a) {
  for (size_t i = 0; i < t->n_hosts; i++)
    if (address_equal(&t->host[i].address, a)) return (uint32_t)i + 1;
  return 0;
}

const struct flow_ends *traffic_ends(const struct traffic *t) {
  for (size_t i = 0; i < t->n_flows; i++) {
    const struct flow_view *v = &t->flow[i];
    t->ends[i] = (struct flow_ends){.server_port = v->server_port,
                                    .client_host = fake_place(t, &v->client),
                                    .server_host = fake_place(t, &v->server),
                                    .proto = v->proto & 63u,
                                    .guessed = v->flags & FLOW_SERVER_GUESSED,
                                    .group = v->flags & FLOW_GROUP,
                                    .carrier = v->flags & FLOW_CARRIER,
                                    .replied = true,
                                    .analysed = true};
  }
  return t->ends;
}

void traffic_flow_begin(const struct traffic *t, size_t index, uint32_t *packet_out, stamp_t *time_out) {
  *packet_out = t->flow[index].packet_first;
  *time_out = t->flow[index].first;
}

void traffic_flow_addresses(const struct traffic *t, size_t index, struct address *client_out,
                            struct address *server_out) {
  *client_out = t->flow[index].client;
  *server_out = t->flow[index].server;
}

uint16_t traffic_flow_client_port(const struct traffic *t, size_t index) { return t->flow[index].client_port; }

size_t traffic_host_count(const struct traffic *t) { return t->n_hosts; }
void traffic_host_at(const struct traffic *t, size_t index, struct host_view *view_out) { *view_out = t->host[index]; }

struct address traffic_host_address(const struct traffic *t, size_t index, bool *spoke_out) {
  *spoke_out = t->host[index].packets_sent != 0;
  return t->host[index].address;
}

bool traffic_host(const struct traffic *t, const struct address *a, struct host_view *view_out) {
  for (size_t i = 0; i < t->n_hosts; i++) {
    if (!address_equal(&t->host[i].address, a)) continue;
    *view_out = t->host[i];
    return true;
  }
  return false;
}

const struct capture_facts *traffic_capture(const struct traffic *t) { return &t->facts; }

static inline struct traffic *fake_new(void) {
  struct traffic *t = array_new(1, sizeof *t);
  if (!t) abort();
  t->timeline.first = stamp_from_s(1000);
  t->timeline.last = stamp_from_s(5000);
  t->facts.timeline = &t->timeline;
  return t;
}

static inline void fake_free(struct traffic *t) {
  if (!t) return;
  free(t->flow);
  free(t->ends);
  free(t->host);
  free(t);
}

static inline struct address fake_address(const char *text) {
  struct address a;
  if (!address_parse(text, strlen(text), &a)) abort();
  return a;
}

/* The host as the capture shows it; sent: it sent something. */
static inline void fake_host(struct traffic *t, const struct address *a, bool sent) {
  size_t at = 0;
  while (at < t->n_hosts && address_compare(&t->host[at].address, a) < 0) at++;
  if (at == t->n_hosts || !address_equal(&t->host[at].address, a)) {
    if (!ARRAY_PUSH(t->host, t->n_hosts, t->hosts_capacity)) abort();
    memmove(&t->host[at + 1], &t->host[at], (t->n_hosts - 1 - at) * sizeof *t->host);
    t->host[at] = (struct host_view){.address = *a, .first_sent = STAMP_NONE, .last_sent = STAMP_NONE, .hops = -1};
  }
  t->host[at].packets_sent += sent;
  t->host[at].packets_received += !sent;
}

/* A flow with this outcome and everything that goes with it, to be changed by the test. Valid until the next one. */
static inline struct flow_view *fake_flow(struct traffic *t, struct address client, struct address server,
                                          uint8_t proto, uint16_t port, enum outcome outcome) {
  struct flow_view *v = ARRAY_PUSH(t->flow, t->n_flows, t->flows_capacity);
  if (!v || !array_reserve((void **)&t->ends, &t->ends_capacity, t->n_flows, sizeof *t->ends)) abort();
  uint32_t packet = (uint32_t)t->n_flows * 100;
  int64_t second = 1000 + (int64_t)t->n_flows;
  bool echo = proto == 1 || proto == 58;
  *v = (struct flow_view){.id = t->n_flows,
                          .client = client,
                          .server = server,
                          .client_port = echo ? 0 : (uint16_t)(50000 + t->n_flows % 10000),
                          .server_port = echo ? 0 : port,
                          .proto = proto,
                          .flags = FLOW_RETURN_VISIBLE | FLOW_TARGET_ALIVE,
                          .first = stamp_from_s(second),
                          .last = stamp_from_s(second + 9),
                          .packets = {3, 0},
                          .outcome = outcome,
                          .confidence = CONFIDENCE_HIGH,
                          .rtt = STAMP_NONE,
                          .syn_first = STAMP_NONE,
                          .syn_last = STAMP_NONE,
                          .packet_first = packet + 1,
                          .packet_last = packet + 3};
  if (proto == 6) v->n_syn = 1, v->syn_first = v->syn_last = v->first;
  bool answered = outcome == OUTCOME_ESTABLISHED || outcome == OUTCOME_ANSWERED || outcome == OUTCOME_CUT ||
                  outcome == OUTCOME_STALLED || outcome == OUTCOME_HALF_OPEN;
  if (answered) v->flags |= FLOW_SERVER_ANSWERED, v->packets[TO_CLIENT] = 3;
  if (outcome == OUTCOME_NO_ANSWER && proto == 6) v->n_syn = 3, v->syn_last = v->last;
  if (outcome == OUTCOME_REFUSED) v->reset_by = RESET_BY_DEVICE;
  if (outcome == OUTCOME_REJECTED)
    v->icmp = (struct flow_icmp){.type = client.family == 6 ? 1 : 3,
                                 .code = client.family == 6 ? 1 : 13,
                                 .from = fake_address(client.family == 6 ? "2001:db8:ffff::1" : "10.255.0.1"),
                                 .packet = packet + 4};
  if (outcome == OUTCOME_ONE_WAY) v->flags |= FLOW_GROUP;
  v->app.service = service_of_port(proto, port);
  v->app.service_by = SERVICE_BY_PORT;
  fake_host(t, &client, true);
  fake_host(t, &server, answered);
  return v;
}

#endif
