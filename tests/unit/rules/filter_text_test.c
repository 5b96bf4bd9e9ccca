/* Display filters, word for word; tests/unit/rules/sample_test.c lets tshark judge them. */
#include "tests/unit/rules/world.h"

static void expect(struct world *w, const char *filter) {
  run(w);
  assert_int_equal(w->a->n_findings, 1);
  assert_string_equal(w->a->finding[0].display_filter, filter);
}

static void test_tcp(void **state) {
  add_flow(*state, "10.0.0.5", "10.1.0.1", TCP, 445, OUTCOME_NO_ANSWER);
  expect(*state, "(ip.addr == 10.0.0.5 && ip.addr == 10.1.0.1 && tcp.port == 50001 && tcp.port == 445 && !icmp)");
}

static void test_v6(void **state) {
  add_flow(*state, "2001:db8::5", "2001:db8:1::1", TCP, 445, OUTCOME_NO_ANSWER);
  expect(*state,
         "(ipv6.addr == 2001:db8::5 && ipv6.addr == 2001:db8:1::1 && tcp.port == 50001 && tcp.port == 445 && "
         "!icmpv6)");
}

/* The error quotes the ports; it is cited by its number. */
static void test_icmp_error(void **state) {
  add_flow(*state, "10.0.0.5", "10.1.0.1", TCP, 445, OUTCOME_REJECTED);
  expect(*state,
         "(ip.addr == 10.0.0.5 && ip.addr == 10.1.0.1 && tcp.port == 50001 && tcp.port == 445 && !icmp) || "
         "frame.number == 104");
}

static void test_echo(void **state) {
  add_flow(*state, "10.0.0.5", "10.1.0.1", ICMP, 0, OUTCOME_NO_ANSWER);
  expect(*state,
         "((icmp.type == 8 && ip.src == 10.0.0.5 && ip.dst == 10.1.0.1) || (icmp.type == 0 && ip.src == "
         "10.1.0.1 && ip.dst == 10.0.0.5))");
}

static void test_echo6(void **state) {
  add_flow(*state, "2001:db8::5", "2001:db8:1::1", ICMPV6, 0, OUTCOME_NO_ANSWER);
  expect(*state,
         "((icmpv6.type == 128 && ipv6.src == 2001:db8::5 && ipv6.dst == 2001:db8:1::1) || (icmpv6.type == 129 "
         "&& ipv6.src == 2001:db8:1::1 && ipv6.dst == 2001:db8::5))");
}

/* The same port at both ends: each end once. */
static void test_same_port(void **state) {
  add_flow(*state, "192.0.2.1", "10.1.0.1", UDP, 137, OUTCOME_ANSWERED)->client_port = 137;
  expect(*state, "(ip.addr == 192.0.2.1 && ip.addr == 10.1.0.1 && udp.srcport == 137 && udp.dstport == 137 && !icmp)");
}

/* The same ports used twice: only the packets of the flow that is cited. */
static void test_reused(void **state) {
  add_flow(*state, "10.0.0.5", "10.1.0.1", TCP, 445, OUTCOME_UNDETERMINED)->client_port = 50002;
  add_flow(*state, "10.0.0.5", "10.1.0.1", TCP, 445, OUTCOME_NO_ANSWER);
  expect(*state,
         "(ip.addr == 10.0.0.5 && ip.addr == 10.1.0.1 && tcp.port == 50002 && tcp.port == 445 && !icmp && "
         "frame.number >= 201 && frame.number <= 203)");
}

/* ... also when it was filed the other way round, because which side listens was a guess. */
static void test_reused_turned(void **state) {
  struct flow_view *v = add_flow(*state, "10.1.0.1", "10.0.0.5", TCP, 50002, OUTCOME_UNDETERMINED);
  v->client_port = 445, v->flags |= FLOW_SERVER_GUESSED;
  add_flow(*state, "10.0.0.5", "10.1.0.1", TCP, 445, OUTCOME_NO_ANSWER);
  expect(*state,
         "(ip.addr == 10.0.0.5 && ip.addr == 10.1.0.1 && tcp.port == 50002 && tcp.port == 445 && !icmp && "
         "frame.number >= 201 && frame.number <= 203)");
}

/* Echoes of both directions are told apart by the filter itself. */
static void test_echo_both_ways(void **state) {
  add_flow(*state, "10.1.0.1", "10.0.0.5", ICMP, 0, OUTCOME_ANSWERED);
  add_flow(*state, "10.0.0.5", "10.1.0.1", ICMP, 0, OUTCOME_NO_ANSWER);
  expect(*state,
         "((icmp.type == 8 && ip.src == 10.0.0.5 && ip.dst == 10.1.0.1) || (icmp.type == 0 && ip.src == "
         "10.1.0.1 && ip.dst == 10.0.0.5))");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(test_tcp),       CASE(test_v6),     CASE(test_icmp_error),    CASE(test_echo),          CASE(test_echo6),
      CASE(test_same_port), CASE(test_reused), CASE(test_reused_turned), CASE(test_echo_both_ways)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
