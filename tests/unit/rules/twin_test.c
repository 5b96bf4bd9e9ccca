/* One host with an IPv4 and an IPv6 address: what works over one and is blocked over the other. */
#include "rules/twin.h"

#include "tests/unit/rules/world.h"

static const char server[] = "10.0.0.5", server6[] = "2001:db8::5", client[] = "10.1.0.7", client6[] = "2001:db8:1::7";

static void name_add(struct world *w, const char *address, const char *name) {
  site_role_add(w->s, policy_role_find(w->p, "client"), address, NULL, name);
}

/* As if a name had been learned from traffic; after the flows. */
static void learn(struct world *w, const char *address, const char *name, const char *source) {
  struct address a = fake_address(address);
  for (size_t i = 0; i < w->t->n_hosts; i++)
    if (address_equal(&w->t->host[i].address, &a)) w->t->host[i].name = name, w->t->host[i].name_source = source;
}

static void said(struct world *w, bool expected) {
  run(w);
  const struct finding *f = only(w, VERDICT_BLOCKED, "push-smb");
  bool found = strstr(f->happened, "It works over IPv4, blocked over IPv6") != NULL;
  if (found != expected) fail_msg("%s", f->happened);
  assert_int_equal(strstr(f->fix, "look at those for IPv6") != NULL, expected);
}

static void traffic(struct world *w) {
  add(w, server, client, 445, OUTCOME_ESTABLISHED);
  add(w, server6, client6, 445, OUTCOME_NO_ANSWER);
}

static void test_named_by_the_site(void **state) {
  struct world *w = *state;
  name_add(w, client, "ws7");
  name_add(w, client6, "ws7");
  traffic(w);
  said(w, true);
  contains(w->a->finding[0].happened, "10.0.0.5 (cm01) gets through to 10.1.0.7 (ws7), the same host, in packet 1");
}

static void test_named_by_traffic(void **state) {
  static const struct {
    const char *name4, *name6, *source;
    bool expected;
  } row[] = {{"ws7.corp", "WS7.corp", "dns", true},
             {"ws7", "ws8", "dns", false},
             {"shop.example", "shop.example", "tls", false},
             {NULL, "ws7", "dns", false}};
  struct world *w = *state;
  traffic(w);
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    learn(w, client, row[i].name4, row[i].source);
    learn(w, client6, row[i].name6, row[i].source);
    said(w, row[i].expected);
  }
}

/* A name that several hosts share is nobody's. */
static void test_round_robin(void **state) {
  struct world *w = *state;
  traffic(w);
  add(w, server, "10.1.0.8", 445, OUTCOME_ESTABLISHED);
  learn(w, client, "pool", "dns");
  learn(w, "10.1.0.8", "pool", "dns");
  learn(w, client6, "pool", "dns");
  said(w, false);
}

/* Nothing ties them, it is another service, another role asks, or it did not get through either. */
static void test_nothing_to_say(void **state) {
  struct world *w = *state;
  traffic(w);
  said(w, false);
  name_add(w, client, "ws7");
  name_add(w, client6, "ws7");
  w->t->flow[0].server_port = 135;
  said(w, false);
  w->t->flow[0].server_port = 445;
  said(w, true);
  w->t->flow[0].outcome = OUTCOME_UNDETERMINED;
  said(w, false);
}

static void test_the_other_way_round(void **state) {
  struct world *w = *state;
  name_add(w, client, "ws7");
  name_add(w, client6, "ws7");
  add(w, server, client, 445, OUTCOME_NO_ANSWER);
  add(w, server6, client6, 445, OUTCOME_ESTABLISHED);
  run(w);
  contains(only(w, VERDICT_BLOCKED, "push-smb")->happened, "It works over IPv6, blocked over IPv4");
}

static void test_pings(void **state) {
  struct world *w = *state;
  name_add(w, client, "ws7");
  name_add(w, client6, "ws7");
  add_flow(w, server, client, ICMP, 0, OUTCOME_ANSWERED);
  add_flow(w, server6, client6, ICMPV6, 0, OUTCOME_NO_ANSWER);
  run(w);
  contains(only(w, VERDICT_BLOCKED, "push-echo")->happened, "It works over IPv4, blocked over IPv6");
}

static void test_many(void **state) {
  struct world *w = *state;
  char v4[32], v6[32], name[16];
  for (int i = 1; i <= 50; i++) {
    snprintf(v4, sizeof v4, "10.1.2.%d", i);
    snprintf(v6, sizeof v6, "2001:db8:1::%x", i);
    snprintf(name, sizeof name, "ws%d", i);
    name_add(w, v6, name);
    if (i > 30) name_add(w, v4, name);
    if (i > 20) add(w, server, v4, 445, OUTCOME_ESTABLISHED);
    add(w, server6, v6, 445, OUTCOME_NO_ANSWER);
  }
  run(w);
  contains(only(w, VERDICT_BLOCKED, "push-smb")->happened, "; so it is for 20 conversations");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(test_named_by_the_site),
      CASE(test_named_by_traffic),
      CASE(test_round_robin),
      CASE(test_nothing_to_say),
      CASE(test_the_other_way_round),
      CASE(test_pings),
      CASE(test_many),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
