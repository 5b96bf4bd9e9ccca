/* What flows tell of hosts and pairs is the same however many threads add it up, also where tables are too small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifier/classifier_internal.h"
#include "random_talks.h"

enum { FLOWS = 14000, HOSTS_USED = 60 };

/* One flow of some kind between two hosts; each has ports of its own. */
static void flow_script(struct script *s, struct dice *d, unsigned i) {
  const uint8_t client = (uint8_t)(1 + roll(d, HOSTS_USED)), server = (uint8_t)(1 + roll(d, HOSTS_USED));
  struct talk t = talk_make(client, (uint16_t)(1024 + i % 60000), server == client ? 62 : server,
                            (uint16_t)(roll(d, 2) ? 445 : 1 + roll(d, 65535)));
  t.ttl[CLIENT] = (uint8_t)(60 + roll(d, 3)), t.ttl[SERVER] = (uint8_t)(120 + roll(d, 2));
  switch (roll(d, 8)) {
    case 0:
      syn(s, &t);
      break;
    case 1:
      syn(s, &t), rst(s, &t, SERVER);
      break;
    case 2:
      syn(s, &t), rst_ttl(s, &t, SERVER, (uint8_t)(30 + roll(d, 3)));
      break;
    case 3:
      whole_talk(s, &t, 3);
      break;
    case 4:
      udp(s, &t, CLIENT, 40);
      break;
    case 5:
      udp(s, &t, CLIENT, 40), udp(s, &t, SERVER, 90);
      break;
    case 6:
      ack(s, &t, CLIENT), ack(s, &t, CLIENT);
      break;
    default:
      syn(s, &t), icmp_error(s, 63, &t, CLIENT, PROTO_TCP, (struct icmp_code){3, 13, 1, 1});
  }
  if (i % 500 == 0) neighbour_ask(s, client, 61), neighbour_answer(s, 61, client);
  later(s, 1);
}

static void views_same(const struct traffic *x, const struct traffic *y) {
  assert_int_equal(traffic_flow_count(x), traffic_flow_count(y));
  assert_memory_equal(traffic_ends(x), traffic_ends(y), traffic_flow_count(x) * sizeof(struct flow_ends));
  for (size_t i = 0; i < traffic_flow_count(x); i++) {
    struct flow_view a, b;
    memset(&a, 0, sizeof a), memset(&b, 0, sizeof b);
    traffic_flow(x, i, &a), traffic_flow(y, i, &b);
    assert_int_equal(a.flags, b.flags);
    assert_int_equal(a.outcome, b.outcome);
    assert_int_equal(a.reasons, b.reasons);
    assert_int_equal(a.confidence, b.confidence);
    assert_int_equal(a.reset_by, b.reset_by);
    assert_int_equal(a.server_hops, b.server_hops);
    assert_int_equal(a.client_hops, b.client_hops);
  }
  assert_int_equal(traffic_host_count(x), traffic_host_count(y));
  for (size_t i = 0; i < traffic_host_count(x); i++) {
    struct host_view a, b;
    traffic_host_at(x, i, &a), traffic_host_at(y, i, &b);
    assert_true(address_equal(&a.address, &b.address));
    assert_int_equal(a.packets_sent, b.packets_sent);
    assert_int_equal(a.packets_received, b.packets_received);
    assert_int_equal(a.first_sent.ns, b.first_sent.ns);
    assert_int_equal(a.last_sent.ns, b.last_sent.ns);
    assert_int_equal(a.packet_first, b.packet_first);
    assert_int_equal(a.hops, b.hops);
    assert_int_equal(a.neighbour_asked, b.neighbour_asked);
    assert_int_equal(a.neighbour_answered, b.neighbour_answered);
  }
  const struct capture_facts *a = traffic_capture(x), *b = traffic_capture(y);
  assert_int_equal(a->hosts_refused, b->hosts_refused);
  assert_int_equal(a->one_sided_flows, b->one_sided_flows);
  assert_int_equal(a->tcp_flows, b->tcp_flows);
  assert_int_equal(a->lost_bytes, b->lost_bytes);
}

static uint64_t seed_get(void) {
  const char *given = getenv("WW_SEED");
  return given ? strtoull(given, NULL, 10) : 20261125;
}

static void threads_compared(uint8_t family, size_t hosts_max, size_t flows_max) {
  struct dice d = {seed_get()};
  struct script s;
  script_init(&s, family);
  for (unsigned i = 0; i < FLOWS; i++) flow_script(&s, &d, i);
  struct classifier_options o = {.hosts_max = hosts_max, .flows_max = flows_max, .threads = 1, .no_app = true};
  struct traffic *one = script_run(&s, &o);
  if (hosts_max) assert_int_equal(traffic_host_count(one), hosts_max);
  if (hosts_max) assert_true(traffic_capture(one)->hosts_refused > 0);
  for (o.threads = 2; o.threads <= 4; o.threads++) {
    struct traffic *more = script_run(&s, &o);
    views_same(one, more);
    traffic_free(more);
  }
  traffic_free(one);
  script_fini(&s);
}

static void threads_change_nothing(void **state) {
  (void)state;
  print_message("WW_SEED=%llu\n", (unsigned long long)seed_get());
  for (uint8_t family = 4; family <= 6; family += 2) threads_compared(family, 0, 0);
}

static void small_tables_take_who_came_first(void **state) {
  (void)state;
  threads_compared(4, 20, 0);
  threads_compared(6, 61, 0);
  threads_compared(4, 0, 9000);
}

/* What is taken from short records is what the same flows say as whole ones. */
static void short_flows_tell_the_same(void **state) {
  (void)state;
  for (uint8_t family = 4; family <= 6; family += 2) {
    struct dice d = {seed_get()};
    struct script s;
    struct traffic *brief, *whole;
    struct classifier *c = classifier_new(NULL);
    script_init(&s, family);
    for (unsigned i = 0; i < 3000; i++) flow_script(&s, &d, i);
    script_facts(&s);
    assert_int_equal(script_feed(&s, 0, s.n, c), 0);
    assert_int_equal(classifier_snapshot(c, &s.facts, &brief), 0);
    unsigned n_short = 0;
    for (uint32_t at = 0; at < flow_table_count(&c->shard->flows); at++) {
      uint32_t unused;
      n_short += flow_short_at(&c->shard->flows, at) != NULL;
      assert_int_equal(flow_open(&c->shard->flows, at, &unused), 0);
    }
    assert_true(n_short > 1000);
    assert_int_equal(classifier_snapshot(c, &s.facts, &whole), 0);
    views_same(brief, whole);
    traffic_free(brief), traffic_free(whole);
    classifier_free(c);
    script_fini(&s);
  }
}

/* Places are in the order of addresses, and a host is found by its own. */
static void places_in_order(void **state) {
  (void)state;
  for (uint8_t family = 4; family <= 6; family += 2) {
    struct dice d = {seed_get()};
    struct script s;
    script_init(&s, family);
    for (unsigned i = 0; i < 200; i++) flow_script(&s, &d, i);
    struct traffic *t = script_run(&s, NULL);
    for (size_t i = 0; i < traffic_host_count(t); i++) {
      bool spoke;
      struct host_view v;
      const struct address a = traffic_host_address(t, i, &spoke);
      assert_true(traffic_host(t, &a, &v));
      assert_true(address_equal(&v.address, &a));
      if (i == 0) continue;
      const struct address before = traffic_host_address(t, i - 1, &spoke);
      assert_true(address_compare(&before, &a) < 0);
    }
    traffic_free(t);
    script_fini(&s);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(threads_change_nothing),
      cmocka_unit_test(small_tables_take_who_came_first),
      cmocka_unit_test(short_flows_tell_the_same),
      cmocka_unit_test(places_in_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
