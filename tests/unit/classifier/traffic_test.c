/* The view of a capture: order, caps, counters, snapshots, VLANs in keys, hosts in order. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>

#include <cmocka.h>

#include "packet_builder.h"

static void flows_in_order_of_first_packet(void **state) {
  struct script s;
  struct flow_view v;
  uint32_t before = 0;
  (void)state;
  script_init(&s, 4);
  for (uint16_t i = 0; i < 40; i++) {
    struct talk t = talk_make((uint8_t)(1 + i % 7), (uint16_t)(50000 - i), 20, 445);
    syn(&s, &t), later(&s, 10);
  }
  struct traffic *t = script_run(&s, NULL);
  assert_int_equal(traffic_flow_count(t), 40);
  for (size_t i = 0; i < 40; i++, before = v.packet_first) {
    traffic_flow(t, i, &v);
    assert_true(v.packet_first > before);
  }
  traffic_free(t);
  script_fini(&s);
}

static void caps_are_counted(void **state) {
  const struct classifier_options tight = {.flows_max = 5, .hosts_max = 3};
  struct script s;
  (void)state;
  for (uint8_t family = 4; family <= 6; family += 2) {
    script_init(&s, family);
    for (uint8_t i = 0; i < 10; i++) {
      struct talk t = talk_make((uint8_t)(1 + i), 50000, 20, 445);
      syn(&s, &t), later(&s, 10);
    }
    struct traffic *t = script_run(&s, &tight);
    const struct capture_facts *c = traffic_capture(t);
    assert_true(traffic_flow_count(t) <= 5);
    assert_true(traffic_host_count(t) <= 3);
    assert_true(c->flows_refused > 0 || c->hosts_refused > 0);
    assert_true(c->hosts_refused > 0);
    assert_int_equal(c->packets, 10);
    traffic_free(t);
    script_fini(&s);
  }
}

/* A flow without room still shows that its hosts live and that their packets pass here. */
static void refused_flows_show_their_hosts(void **state) {
  const struct classifier_options one = {.flows_max = 1};
  struct script s;
  (void)state;
  script_init(&s, 4);
  struct talk silent = talk_make(1, 50000, 20, 445), other = talk_make(1, 50001, 20, 80);
  for (unsigned i = 0; i < 3; i++) syn_flags(&s, &silent, 0), later(&s, 4000);
  whole_talk(&s, &other, 5);
  struct traffic *t = script_run(&s, &one);
  const struct flow_view v = flow_of(t, &silent, 0);
  assert_int_equal(traffic_flow_count(t), 1);
  assert_true(traffic_capture(t)->flows_refused > 0);
  assert_true(v.flags & FLOW_TARGET_ALIVE);
  assert_true(v.flags & FLOW_RETURN_VISIBLE);
  traffic_free(t);
  script_fini(&s);
}

static void hosts_in_order(void **state) {
  struct script s;
  struct host_view a, b;
  (void)state;
  script_init(&s, 4);
  for (uint8_t i = 1; i < 30; i++) {
    struct talk t = talk_make((uint8_t)(i * 37 % 59 + 1), 50000, 61, 445);
    whole_talk(&s, &t, 5);
  }
  s.family = 6;
  for (uint8_t i = 1; i < 30; i++) {
    struct talk t = talk_make((uint8_t)(i * 41 % 59 + 1), 50000, 61, 445);
    whole_talk(&s, &t, 5);
  }
  struct traffic *t = script_run(&s, NULL);
  assert_int_equal(traffic_host_count(t), 60);
  for (size_t i = 0; i + 1 < traffic_host_count(t); i++) {
    traffic_host_at(t, i, &a), traffic_host_at(t, i + 1, &b);
    assert_true(address_compare(&a.address, &b.address) < 0);
    assert_true(a.packets_sent > 0 && stamp_known(a.first_sent) && a.packet_first > 0);
  }
  const struct address nobody = host_address(4, 62);
  assert_false(traffic_host(t, &nobody, &a));
  traffic_free(t);
  script_fini(&s);
}

static void tags_tell_flows_apart_when_asked(void **state) {
  const struct classifier_options by_tag = {.vlan_in_key = true};
  struct script s;
  (void)state;
  script_init(&s, 4);
  struct talk t = talk_make(1, 50000, 2, 445), other = t;
  whole_talk(&s, &t, 10);
  s.vlan = true;
  whole_talk(&s, &other, 10);
  struct traffic *joined = script_run(&s, NULL), *apart = script_run(&s, &by_tag);
  assert_int_equal(traffic_flow_count(joined), 1);
  assert_int_equal(traffic_flow_count(apart), 2);
  assert_true(flow_of(apart, &t, 0).id != flow_of(apart, &t, 1).id);
  assert_int_equal(flow_of(apart, &t, 1).n_encap, 1);
  traffic_free(joined), traffic_free(apart);
  script_fini(&s);
}

static void a_snapshot_changes_nothing(void **state) {
  struct script s;
  struct classifier *c = classifier_new(NULL);
  (void)state;
  script_init(&s, 6);
  struct talk t = talk_make(1, 50000, 2, 445), u = talk_make(1, 50001, 2, 135);
  icmp_error(&s, 9, &u, CLIENT, PROTO_TCP, (struct icmp_code){3, 13, 1, 1});
  whole_talk(&s, &t, 10), syn(&s, &u), watch(&s, 10);
  struct traffic *whole = script_run(&s, NULL), *parts = NULL;
  for (size_t i = 0; i < s.n; i++) {
    struct traffic *glance = NULL;
    struct flow_view v;
    assert_int_equal(script_feed(&s, i, i + 1, c), 0);
    assert_int_equal(classifier_snapshot(c, &s.facts, &glance), 0);
    for (size_t k = 0; k < traffic_flow_count(glance); k++) traffic_flow(glance, k, &v);
    traffic_free(glance);
  }
  assert_int_equal(classifier_finish(c, &s.facts, &parts), 0);
  for (size_t i = 0; i < traffic_flow_count(whole); i++) {
    struct flow_view a, b;
    traffic_flow(whole, i, &a), traffic_flow(parts, i, &b);
    assert_true(a.id == b.id && a.outcome == b.outcome && a.reasons == b.reasons && a.confidence == b.confidence);
  }
  assert_int_equal(flow_of(parts, &u, 0).outcome, OUTCOME_REJECTED);
  traffic_free(whole), traffic_free(parts);
  classifier_free(c);
  script_fini(&s);
}

static void a_finished_classifier_starts_again(void **state) {
  struct script s;
  struct classifier *c = classifier_new(NULL);
  struct traffic *first = NULL, *second = NULL;
  (void)state;
  script_init(&s, 4);
  struct talk t = talk_make(1, 50000, 2, 445);
  whole_talk(&s, &t, 10);
  script_facts(&s);
  assert_int_equal(script_feed(&s, 0, s.n, c), 0);
  assert_int_equal(classifier_finish(c, &s.facts, &first), 0);
  assert_int_equal(classifier_finish(c, &s.facts, &second), 0);
  assert_int_equal(traffic_flow_count(first), 1);
  assert_int_equal(traffic_flow_count(second), 0);
  traffic_free(first), traffic_free(second);
  classifier_free(c);
  script_fini(&s);
}

/* Errors speak for their sender, never for the host they quote. */
static void speech_of_icmp_errors(void **state) {
  struct script s;
  struct host_view h;
  (void)state;
  script_init(&s, 4);
  struct talk t = talk_make(1, 50000, 2, 445);
  syn(&s, &t), icmp_error(&s, 9, &t, CLIENT, PROTO_TCP, (struct icmp_code){3, 1, 1, 3});
  struct traffic *seen = script_run(&s, NULL);
  const struct address router = host_address(4, 9), target = host_address(4, 2);
  assert_true(traffic_host(seen, &router, &h));
  assert_int_equal(h.packets_sent, 1);
  assert_true(traffic_host(seen, &target, &h));
  assert_int_equal(h.packets_sent, 0);
  traffic_free(seen);
  script_fini(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(flows_in_order_of_first_packet),     cmocka_unit_test(caps_are_counted),
      cmocka_unit_test(refused_flows_show_their_hosts),     cmocka_unit_test(hosts_in_order),
      cmocka_unit_test(tags_tell_flows_apart_when_asked),   cmocka_unit_test(a_snapshot_changes_nothing),
      cmocka_unit_test(a_finished_classifier_starts_again), cmocka_unit_test(speech_of_icmp_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
