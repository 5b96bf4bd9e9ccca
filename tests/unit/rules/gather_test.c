/* Flows gathered into conversations. */
#include "rules/gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/rules/fake_traffic.h"
#include "tests/unit/rules/site_maker.h"

struct world {
  struct policy *p;
  struct site *s;
  struct matcher *m;
  struct traffic *t;
  struct gathered g;
};

static int setup(void **state) {
  struct world *w = array_new(1, sizeof *w);
  w->p = policy_of("configmgr-client");
  w->s = site_new(w->p);
  w->t = fake_new();
  site_role_add(w->s, policy_role_find(w->p, "site_server"), "10.0.0.5", NULL, NULL);
  site_role_add(w->s, policy_role_find(w->p, "management_point"), "10.0.0.6", NULL, NULL);
  site_role_add(w->s, policy_role_find(w->p, "client"), "10.1.0.0", "10.1.255.255", NULL);
  w->m = matcher_new(w->p, w->s);
  *state = w;
  return 0;
}

static int teardown(void **state) {
  struct world *w = *state;
  gathered_free(&w->g);
  matcher_free(w->m);
  fake_free(w->t);
  site_free(w->s);
  policy_free(w->p);
  free(w);
  return 0;
}

static struct flow_view *flow(struct world *w, const char *client, const char *server, uint16_t port) {
  return fake_flow(w->t, fake_address(client), fake_address(server), 6, port, OUTCOME_ESTABLISHED);
}

static void run_on(struct world *w, size_t talks_max, unsigned threads) {
  assert_int_equal(gather(w->t, w->m, talks_max, threads, &w->g), 0);
}

static void run(struct world *w, size_t talks_max) { run_on(w, talks_max, 1); }

/* How many talks there are; at most n of them to *talk. */
static size_t talks(const struct gathered *g, struct gathered_talk *talk, size_t n) {
  size_t count = 0;
  for (size_t at = 0; at < g->n_flows; count++) {
    const struct gathered_talk k = gathered_talk_at(g, at);
    if (count < n) talk[count] = k;
    at += k.n_flows;
  }
  return count;
}

/* Retries from other ports are one conversation, in time order; strangers are counted only. */
static void test_conversations(void **state) {
  struct world *w = *state;
  for (int i = 0; i < 5; i++) {
    flow(w, "10.0.0.5", "10.1.0.1", 445);
    flow(w, "10.0.0.5", "10.1.0.2", 445);
    flow(w, "192.0.2.1", "192.0.2.2", 445);
    flow(w, "10.1.0.1", "192.0.2.2", 443);
  }
  run(w, 100);
  struct gathered_talk talk[2];
  assert_int_equal(talks(&w->g, talk, 2), 2);
  assert_int_equal(w->g.n_flows, 10);
  assert_int_equal(w->g.out_of_scope, 10);
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(talk[i].n_flows, 5);
    for (size_t f = talk[i].first + 1; f < talk[i].first + 5; f++)
      assert_true(gathered_flow(&w->g, f - 1) < gathered_flow(&w->g, f));
  }
}

/* A full table refuses new conversations and goes on with those it has. */
static void test_full(void **state) {
  struct world *w = *state;
  for (int round = 0; round < 2; round++)
    for (int i = 1; i <= 5; i++) {
      char client[32];
      snprintf(client, sizeof client, "10.1.0.%d", i);
      flow(w, "10.0.0.5", client, 445);
    }
  run(w, 3);
  struct gathered_talk talk[3];
  assert_int_equal(talks(&w->g, talk, 3), 3);
  assert_int_equal(w->g.n_flows, 6);
  assert_int_equal(w->g.refused, 4);
  for (uint32_t i = 0; i < 3; i++) assert_int_equal(gathered_flow(&w->g, talk[i].first), i); /* those that came first */
}

static void many(struct world *w) {
  for (int i = 0; i < 20000; i++) {
    char client[32];
    snprintf(client, sizeof client, "10.1.%d.%d", 7 * i % 100, i % 3);
    flow(w, "10.0.0.5", client, (uint16_t)(i % 2 ? 445 : 135));
  }
}

/* On several threads the same comes out, whether the traffic knows the hosts or has no room for some of them. */
static void test_many(void **state) {
  struct world *w = *state;
  many(w);
  run_on(w, 1 << 20, 1);
  assert_int_equal(talks(&w->g, NULL, 0), 300);
  struct gathered one = w->g;
  for (unsigned threads = 2; threads <= 3; threads++) {
    w->g = (struct gathered){0};
    if (threads == 3) w->t->n_hosts -= 100;
    run_on(w, 1 << 20, threads);
    assert_int_equal(w->g.n_hosts, one.n_hosts);
    assert_int_equal(w->g.n_flows, one.n_flows);
    assert_memory_equal(w->g.flow, one.flow, one.n_flows * sizeof *one.flow);
    for (size_t i = 0; i < one.n_hosts; i++) {
      assert_true(address_equal(&w->g.host[i].address, &one.host[i].address));
      assert_int_equal(w->g.host[i].class_id, one.host[i].class_id);
    }
    if (threads == 2) gathered_free(&w->g);
  }
  gathered_free(&one);
}

/* Carriers of tunnels are nobody's conversation. */
static void test_carriers(void **state) {
  struct world *w = *state;
  flow(w, "10.0.0.5", "10.1.0.1", 445)->flags |= FLOW_CARRIER;
  run(w, 100);
  assert_int_equal(w->g.n_flows, 0);
  assert_int_equal(w->g.out_of_scope, 1);
}

/* A guess is turned when only the other way round makes sense, and kept when it makes sense as it is. */
static void test_guesses(void **state) {
  struct world *w = *state;
  struct flow_view *v = flow(w, "10.0.0.6", "10.1.0.1", 51000);
  v->client_port = 443, v->flags |= FLOW_SERVER_GUESSED;
  v = flow(w, "10.1.0.2", "10.0.0.6", 80);
  v->flags |= FLOW_SERVER_GUESSED;
  run(w, 100);
  struct gathered_talk talk[2];
  assert_int_equal(talks(&w->g, talk, 2), 2);
  assert_int_equal(talk[0].port, 443);
  struct address client = fake_address("10.1.0.1");
  assert_true(address_equal(&w->g.host[talk[0].client].address, &client));
  assert_int_equal(talk[1].port, 80);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
  const struct CMUnitTest tests[] = {CASE(test_conversations), CASE(test_full), CASE(test_many), CASE(test_carriers),
                                     CASE(test_guesses)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
