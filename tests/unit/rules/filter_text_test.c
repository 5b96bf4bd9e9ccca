/* Display filters, word for word; tests/unit/rules/sample_test.c lets tshark judge them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "rules/audit.h"
#include "tests/unit/rules/fake_traffic.h"
#include "tests/unit/rules/site_maker.h"

enum { TCP = 6, UDP = 17, ECHO = 1, ECHO6 = 58 };

struct world {
  struct policy *p;
  struct site *s;
  struct traffic *t;
  struct audit *a;
};

static int setup(void **state) {
  struct world *w = array_new(1, sizeof *w);
  w->p = policy_of("configmgr-client");
  w->s = site_new(w->p);
  w->t = fake_new();
  int server = policy_role_find(w->p, "site_server"), client = policy_role_find(w->p, "client");
  site_role_add(w->s, server, "10.0.0.5", NULL, NULL);
  site_role_add(w->s, server, "2001:db8::5", NULL, NULL);
  site_role_add(w->s, client, "10.1.0.0", "10.1.255.255", NULL);
  site_role_add(w->s, client, "2001:db8:1::", "2001:db8:1::ff", NULL);
  *state = w;
  return 0;
}

static int teardown(void **state) {
  struct world *w = *state;
  audit_free(w->a);
  fake_free(w->t);
  site_free(w->s);
  policy_free(w->p);
  free(w);
  return 0;
}

static struct flow_view *add(struct world *w, const char *from, const char *to, uint8_t proto, uint16_t port,
                             enum outcome o) {
  return fake_flow(w->t, fake_address(from), fake_address(to), proto, port, o);
}

static void expect(struct world *w, const char *filter) {
  assert_int_equal(audit_run(w->p, w->s, w->t, NULL, &w->a, NULL), 0);
  assert_int_equal(w->a->n_findings, 1);
  assert_string_equal(w->a->finding[0].display_filter, filter);
}

static void test_tcp(void **state) {
  add(*state, "10.0.0.5", "10.1.0.1", TCP, 445, OUTCOME_NO_ANSWER);
  expect(*state, "(ip.addr == 10.0.0.5 && ip.addr == 10.1.0.1 && tcp.port == 50001 && tcp.port == 445 && !icmp)");
}

static void test_v6(void **state) {
  add(*state, "2001:db8::5", "2001:db8:1::1", TCP, 445, OUTCOME_NO_ANSWER);
  expect(*state,
         "(ipv6.addr == 2001:db8::5 && ipv6.addr == 2001:db8:1::1 && tcp.port == 50001 && tcp.port == 445 && "
         "!icmpv6)");
}

/* The error quotes the ports; it is cited by its number. */
static void test_icmp_error(void **state) {
  add(*state, "10.0.0.5", "10.1.0.1", TCP, 445, OUTCOME_REJECTED);
  expect(*state,
         "(ip.addr == 10.0.0.5 && ip.addr == 10.1.0.1 && tcp.port == 50001 && tcp.port == 445 && !icmp) || "
         "frame.number == 104");
}

static void test_echo(void **state) {
  add(*state, "10.0.0.5", "10.1.0.1", ECHO, 0, OUTCOME_NO_ANSWER);
  expect(*state,
         "((icmp.type == 8 && ip.src == 10.0.0.5 && ip.dst == 10.1.0.1) || (icmp.type == 0 && ip.src == "
         "10.1.0.1 && ip.dst == 10.0.0.5))");
}

static void test_echo6(void **state) {
  add(*state, "2001:db8::5", "2001:db8:1::1", ECHO6, 0, OUTCOME_NO_ANSWER);
  expect(*state,
         "((icmpv6.type == 128 && ipv6.src == 2001:db8::5 && ipv6.dst == 2001:db8:1::1) || (icmpv6.type == 129 "
         "&& ipv6.src == 2001:db8:1::1 && ipv6.dst == 2001:db8::5))");
}

/* The same port at both ends: each end once. */
static void test_same_port(void **state) {
  add(*state, "192.0.2.1", "10.1.0.1", UDP, 137, OUTCOME_ANSWERED)->client_port = 137;
  expect(*state, "(ip.addr == 192.0.2.1 && ip.addr == 10.1.0.1 && udp.srcport == 137 && udp.dstport == 137 && !icmp)");
}

/* The same ports used twice: only the packets of the flow that is cited. */
static void test_reused(void **state) {
  add(*state, "10.0.0.5", "10.1.0.1", TCP, 445, OUTCOME_UNDETERMINED)->client_port = 50002;
  add(*state, "10.0.0.5", "10.1.0.1", TCP, 445, OUTCOME_NO_ANSWER);
  expect(*state,
         "(ip.addr == 10.0.0.5 && ip.addr == 10.1.0.1 && tcp.port == 50002 && tcp.port == 445 && !icmp && "
         "frame.number >= 201 && frame.number <= 203)");
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
  const struct CMUnitTest tests[] = {CASE(test_tcp),   CASE(test_v6),        CASE(test_icmp_error), CASE(test_echo),
                                     CASE(test_echo6), CASE(test_same_port), CASE(test_reused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
