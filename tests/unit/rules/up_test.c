/* Hosts that the site file says were up: their silence counts, one step less; packets that deny it are believed. */
#include "rules/up.h"

#include "tests/unit/rules/world.h"

static const char server[] = "10.0.0.5", client[] = "10.1.0.1", other[] = "10.1.0.2";

/* Attempts at a host that never sent a packet, as the classifier sees them. */
static struct flow_view *silent(struct world *w, const char *to, uint16_t port, uint32_t n_syn, int64_t seconds) {
  struct flow_view *v = add(w, server, to, port, OUTCOME_NO_ANSWER);
  v->flags = 0;
  v->confidence = CONFIDENCE_LOW;
  v->reasons = 1u << REASON_RETURN_UNSEEN | 1u << REASON_TARGET_SILENT;
  v->n_syn = n_syn;
  v->syn_last.ns = v->syn_first.ns + stamp_from_s(seconds).ns;
  return v;
}

/* Somebody else answers the site server: the way back to it is visible. */
static void hears(struct world *w) {
  add(w, server, other, 445, OUTCOME_ESTABLISHED);
  fake_host(w->t, &w->t->flow[w->t->n_flows - 1].client, false);
}

static void say_up(struct world *w) { site_up_add(w->s, -1, client, "somebody was logged on"); }

static void test_blocked_by_word(void **state) {
  struct world *w = *state;
  say_up(w);
  hears(w);
  silent(w, client, 135, 5, 15);
  run(w);
  const struct finding *f = only(w, VERDICT_BLOCKED, "push-epmap");
  assert_int_equal(f->confidence, CONFIDENCE_MEDIUM);
  contains(f->happened, "5 SYNs without answer over 15.0 s");
  contains(f->happened, "sent nothing around that time");
  contains(f->happened, "The site file says that 10.1.0.1 was up: somebody was logged on");
  assert_int_equal(f->citation[0].count, 3);
  bool down = false;
  for (size_t i = 0; i < f->n_explanations; i++) {
    if (strcmp(f->explanation[i].cause, "the host is down") != 0) continue;
    down = true;
    assert_false(f->explanation[i].excluded); /* only packets exclude */
    contains(f->explanation[i].text, "The site file says that this host was up (somebody was logged on)");
  }
  assert_true(down);
  assert_int_equal(w->a->n_warnings, 1);
  contains(w->a->warning[0], "1 conversation was judged on the site file's word that the host was up");
  assert_int_equal(rule(w, "push-epmap")->status, RULE_FAIL);
}

static void test_same_without_the_word(void **state) {
  struct world *w = *state;
  hears(w);
  silent(w, client, 135, 5, 15);
  run(w);
  const struct finding *f = only(w, VERDICT_REVIEW, "push-epmap");
  contains(f->fix, "say so in the site file (\"up\")");
  assert_int_equal(rule(w, "push-epmap")->why, WHY_TARGET_DOWN);
  assert_int_equal(w->a->n_warnings, 0);
}

/* What is too little with a living host is too little here. */
static void test_how_much_it_takes(void **state) {
  struct world *w = *state;
  static const struct {
    uint32_t n_syn;
    int64_t seconds;
    uint64_t lost;
    enum verdict verdict;
  } row[] = {{5, 15, 0, VERDICT_BLOCKED}, {3, 7, 0, VERDICT_BLOCKED}, {3, 6, 0, VERDICT_REVIEW},
             {2, 9, 0, VERDICT_REVIEW},   {1, 0, 0, VERDICT_REVIEW},  {5, 15, 500, VERDICT_REVIEW}};
  site_up_add(w->s, policy_role_find(w->p, "client"), NULL, NULL);
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    fake_free(w->t);
    w->t = fake_new();
    w->t->facts.acked_bytes = 100000, w->t->facts.lost_bytes = row[i].lost;
    hears(w);
    silent(w, client, 135, row[i].n_syn, row[i].seconds);
    run(w);
    only(w, row[i].verdict, "push-epmap");
  }
}

/* Nothing comes back to the client here: an answer would not be seen either. */
static void test_client_hears_nobody(void **state) {
  struct world *w = *state;
  say_up(w);
  silent(w, client, 135, 5, 15);
  run(w);
  assert_int_equal(w->a->n_findings, 0);
  assert_int_equal(rule(w, "push-epmap")->why, WHY_ONE_SIDED);
}

/* A router that found nobody there is believed, also for what met silence. */
static void test_denied_by_packets(void **state) {
  struct world *w = *state;
  say_up(w);
  hears(w);
  struct flow_view *v = add(w, server, client, 445, OUTCOME_REJECTED);
  v->flags = 0;
  v->icmp.type = 3, v->icmp.code = 1;
  uint32_t packet = v->icmp.packet;
  silent(w, client, 135, 5, 15);
  run(w);
  assert_int_equal(w->a->n_findings, 2);
  for (size_t i = 0; i < 2; i++) {
    const struct finding *f = &w->a->finding[i];
    assert_int_equal(f->verdict, VERDICT_REVIEW);
    contains(f->happened, "The site file says that 10.1.0.1 was up, but 10.255.0.1 denied it in packet 204");
    bool cited = false;
    for (size_t k = 0; k < f->n_citations; k++) cited |= f->citation[k].first == packet;
    assert_true(cited);
    assert_null(strstr(f->fix, "site file"));
  }
  assert_int_equal(rule(w, "push-epmap")->why, WHY_TARGET_DOWN);
  assert_int_equal(w->a->n_warnings, 1);
  contains(w->a->warning[0], "but 10.255.0.1 denied it in packet 204");
}

/* No way to the network says nothing of the host: a path fault, now that it is known to have been up. */
static void test_no_way_to_it(void **state) {
  struct world *w = *state;
  say_up(w);
  hears(w);
  struct flow_view *v = add(w, server, client, 445, OUTCOME_REJECTED);
  v->flags = 0;
  v->icmp.type = 3, v->icmp.code = 0;
  run(w);
  const struct finding *f = only(w, VERDICT_REVIEW, "push-smb");
  contains(f->title, "although the host was up");
  assert_int_equal(rule(w, "push-smb")->why, WHY_UNREACHABLE);
}

/* A host that packets show needs nobody's word, and keeps its high confidence. */
static void test_packets_are_better(void **state) {
  struct world *w = *state;
  say_up(w);
  silent(w, client, 135, 5, 15);
  add(w, server, client, 135, OUTCOME_NO_ANSWER);
  run(w);
  const struct finding *f = only(w, VERDICT_BLOCKED, "push-epmap");
  assert_int_equal(f->confidence, CONFIDENCE_HIGH);
  assert_null(strstr(f->happened, "site file"));
}

/* What rests on packets and what rests on the word are two findings: the surer does not lend its confidence. */
static void test_words_apart(void **state) {
  struct world *w = *state;
  say_up(w);
  add(w, server, "10.1.0.3", 135, OUTCOME_NO_ANSWER);
  hears(w);
  silent(w, client, 135, 5, 15);
  run(w);
  assert_int_equal(w->a->n_findings, 2);
  assert_int_equal(w->a->finding[0].confidence, CONFIDENCE_HIGH);
  assert_null(strstr(w->a->finding[0].happened, "site file"));
  assert_int_equal(w->a->finding[1].confidence, CONFIDENCE_MEDIUM);
  contains(w->a->finding[1].happened, "The site file says that 10.1.0.1 was up");
  assert_string_not_equal(w->a->finding[0].fingerprint, w->a->finding[1].fingerprint);
}

/* Both address families, and datagrams as ever. */
static void test_families_and_datagrams(void **state) {
  struct world *w = *state;
  site_up_add(w->s, policy_role_find(w->p, "client"), NULL, NULL);
  add(w, "2001:db8::5", "2001:db8:1::2", 445, OUTCOME_ESTABLISHED);
  fake_host(w->t, &w->t->flow[0].client, false);
  struct flow_view *v = add(w, "2001:db8::5", "2001:db8:1::1", 445, OUTCOME_NO_ANSWER);
  v->flags = 0, v->confidence = CONFIDENCE_LOW;
  v = add_flow(w, "2001:db8::5", "2001:db8:1::1", UDP, 135, OUTCOME_NO_ANSWER);
  v->flags = 0, v->confidence = CONFIDENCE_LOW;
  run(w);
  only(w, VERDICT_BLOCKED, "push-smb");
  assert_int_equal(rule(w, "push-epmap-udp")->why, WHY_AMBIGUOUS_UDP);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(test_blocked_by_word),   CASE(test_words_apart),         CASE(test_same_without_the_word),
      CASE(test_how_much_it_takes), CASE(test_client_hears_nobody), CASE(test_denied_by_packets),
      CASE(test_no_way_to_it),      CASE(test_packets_are_better),  CASE(test_families_and_datagrams),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
