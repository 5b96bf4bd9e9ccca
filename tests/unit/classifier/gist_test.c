/* What is asked of millions of flows at once says what the whole view says: the gist of short flows, the outcome, the
 * origin, the flag of those that are established for sure. And short flows of one kind are alike.
 *
 * WW_SEED sets where the random scripts begin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "random_talks.h"

enum { SCRIPTS = 400, KINDS_MOST = 512 };

struct kinds {
  uint64_t kind[KINDS_MOST];
  struct flow_view first[KINDS_MOST];
  unsigned n;
};

static bool alike(const struct flow_view *a, const struct flow_view *b) {
  bool same = a->proto == b->proto || a->proto == PROTO_ICMP || a->proto == PROTO_ICMPV6;
  for (unsigned to = TO_SERVER; to <= TO_CLIENT; to++)
    same = same && a->packets[to] == b->packets[to] && !a->bytes[to] == !b->bytes[to] && !b->duplicates[to] &&
           !b->retransmits[to];
  return same && a->outcome == b->outcome && a->confidence == b->confidence && a->reasons == b->reasons &&
         a->reset_by == b->reset_by && a->stall_by == b->stall_by && a->client_by == b->client_by &&
         a->flags == b->flags && a->n_syn == b->n_syn && a->app.service == b->app.service && !b->icmp.packet;
}

/* Of no flow with a gist is anything known that its kind and the gist leave out. */
static void says_the_same(const struct flow_gist *g, const struct flow_view *v) {
  assert_true(g->first.ns == v->first.ns && g->last.ns == v->last.ns);
  assert_true(g->packet_first == v->packet_first && g->packet_last == v->packet_last);
  assert_true(g->bytes_sent == v->bytes[TO_SERVER]);
  assert_true(v->n_syn <= 1 && v->packets[TO_SERVER] <= 1 && v->packets[TO_CLIENT] <= 1);
  assert_true(v->syn_first.ns == (v->n_syn ? v->first.ns : STAMP_NONE.ns) && v->syn_last.ns == v->syn_first.ns);
  assert_true(v->app.service == service_of_port(v->proto, v->server_port) && v->app.service_by == SERVICE_BY_PORT);
  assert_true(!v->app.origin && !v->app.n_rpc && !v->app.n_learned && !v->app.encrypted && !v->app.unrecognised &&
              !v->app.mapper_not_registered && !v->app.detail && !v->app.n_trees && !v->app.ndpi);
}

static void kind_add(struct kinds *k, uint64_t kind, const struct flow_view *v) {
  unsigned i = 0;
  while (i < k->n && (k->kind[i] != kind || k->first[i].proto != v->proto)) i++;
  if (i < k->n) {
    assert_true(alike(&k->first[i], v));
    return;
  }
  for (i = 0; i < k->n; i++) assert_false(k->first[i].proto == v->proto && alike(&k->first[i], v));
  assert_true(k->n < KINDS_MOST);
  k->kind[k->n] = kind, k->first[k->n++] = *v;
}

/* How many of the flows are established for sure. */
static unsigned answers_compare(const struct traffic *t) {
  const struct flow_ends *ends = traffic_ends(t);
  unsigned n = 0;
  for (size_t i = 0; i < traffic_flow_count(t); i++) {
    struct flow_view v;
    uint32_t packet;
    stamp_t time;
    traffic_flow_brief(t, i, &v);
    traffic_flow_begin(t, i, &packet, &time);
    assert_true(packet == v.packet_first && time.ns == v.first.ns);
    assert_int_equal(traffic_flow_outcome(t, i), v.outcome);
    assert_ptr_equal(traffic_flow_origin(t, i), v.app.origin);
    assert_int_equal(ends[i].proto, v.proto);
    assert_true(!ends[i].established || v.outcome == OUTCOME_ESTABLISHED);
    n += ends[i].established;
  }
  return n;
}

static unsigned script_look(uint64_t seed, uint8_t family, struct kinds *kinds, unsigned *n_sure) {
  static const struct classifier_options options = {.dpi_sparing = true};
  struct script s;
  struct talks talks;
  unsigned n = 0;
  random_script(&s, &talks, seed, family, 1);
  struct traffic *t = script_run(&s, &options);
  for (size_t i = 0; i < traffic_flow_count(t); i++) {
    struct flow_gist g;
    struct flow_view v;
    uint64_t kind;
    if (!traffic_flow_kind(t, i, NULL, &kind)) continue;
    traffic_flow_gist(t, i, &g);
    traffic_flow_brief(t, i, &v);
    says_the_same(&g, &v);
    kind_add(kinds, kind, &v);
    n++;
  }
  *n_sure += answers_compare(t);
  traffic_free(t);
  script_fini(&s);
  return n;
}

static void gists_are_true(void **state) {
  const char *given = getenv("WW_SEED");
  const uint64_t seed = given ? strtoull(given, NULL, 10) : 20261125;
  struct kinds *kinds = calloc(1, sizeof *kinds);
  unsigned n = 0, n_sure = 0;
  (void)state;
  printf("WW_SEED=%llu\n", (unsigned long long)seed);
  assert_non_null(kinds);
  for (uint64_t i = 0; i < SCRIPTS; i++) n += script_look(seed + i, i % 2 ? 6 : 4, kinds, &n_sure);
  printf("%u flows of %u kinds, %u sure to be established\n", n, kinds->n, n_sure);
  assert_true(n > 500 && kinds->n >= 8 && n_sure > 500);
  free(kinds);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(gists_are_true)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
