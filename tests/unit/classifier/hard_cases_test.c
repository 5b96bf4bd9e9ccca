/* The hard cases of doc/verdicts.md 5, one named test each, in both address families. Where a case speaks of policy or
 * of applications, the test shows what the classifier contributes; the verdict is tested with the rules. */
#include "hard_cases.h"

static void older_than_the_capture(struct trial *x) {
  struct talk t = talk_make(1, 50001, 2, 445);
  for (int i = 0; i < 3; i++) {
    data(&x->s, &t, SERVER, 300), later(&x->s, 10), ack(&x->s, &t, CLIENT), data(&x->s, &t, CLIENT, 50),
        later(&x->s, 10);
  }
  const struct flow_view v = seen_after(x, &t, 5);
  EXPECT_OUTCOME(v, OUTCOME_ESTABLISHED);
  EXPECT_REASON(v, REASON_MIDSTREAM);
  assert_true(v.flags & FLOW_MIDSTREAM);
  assert_int_equal(v.client_by, CLIENT_BY_PORT); /* the ephemeral port is never taken for the open one */
  assert_int_equal(v.server_port, 445);
}

static void older_with_odd_ports(struct trial *x) {
  struct talk t = talk_make(1, 50001, 2, 50002);
  data(&x->s, &t, SERVER, 300), later(&x->s, 10), data(&x->s, &t, CLIENT, 50);
  const struct flow_view v = seen_after(x, &t, 5);
  assert_int_equal(v.client_by, CLIENT_BY_FIRST_PACKET);
  assert_true(v.flags & FLOW_SERVER_GUESSED);
}

/* The script again with every frame twice, the copies routed: time to live one less. */
static void each_frame_twice(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135), again_talk = talk_make(1, 40002, 2, 445);
  syn(&x->s, &t), later(&x->s, 3000), syn(&x->s, &t), later(&x->s, 500);
  whole_talk(&x->s, &again_talk, 10);
  struct script twice;
  script_copy(&twice, &x->s);
  for (size_t i = 0; i < x->s.n; i++) {
    const struct made_frame *f = &x->s.frame[i];
    script_append(&twice, (stamp_t){f->time.ns + 200000}, f->data, f->len, f->sender);
  }
  script_sort(&twice);
  script_fini(&x->s);
  x->s = twice;
  watch(&x->s, 20);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0), whole = flow_of(x->t, &again_talk, 0);
  assert_int_equal(v.n_syn, 2); /* the second SYN is a repeat, the copies are not */
  assert_int_equal(v.packets[TO_SERVER], 4);
  assert_int_equal(v.duplicates[TO_SERVER], 2);
  EXPECT_OUTCOME(whole, OUTCOME_ESTABLISHED);
  assert_int_equal(whole.retransmits[TO_SERVER] + whole.retransmits[TO_CLIENT], 0);
}

static void simultaneous_open(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 40002);
  syn(&x->s, &t);
  tcp_segment(&x->s, &t, SERVER, TCP_SYN, t.isn[SERVER], 0, 0, 126), later(&x->s, 10);
  tcp_segment(&x->s, &t, CLIENT, TCP_SYN | TCP_ACK, t.isn[CLIENT], t.isn[SERVER] + 1, 0, 128);
  tcp_segment(&x->s, &t, SERVER, TCP_SYN | TCP_ACK, t.isn[SERVER], t.isn[CLIENT] + 1, 0, 126), later(&x->s, 10);
  t.next[SERVER] = t.isn[SERVER] + 1;
  data(&x->s, &t, CLIENT, 50), data(&x->s, &t, SERVER, 50);
  const struct flow_view v = seen_after(x, &t, 5);
  EXPECT_OUTCOME(v, OUTCOME_ESTABLISHED);
  EXPECT_REASON(v, REASON_SIMULTANEOUS);
  assert_int_equal(traffic_flow_count(x->t), 2); /* one connection, and the strangers that end the capture */
}

static void ports_used_again(struct trial *x) {
  struct talk first = talk_make(1, 40001, 2, 445), second = first;
  whole_talk(&x->s, &first, 10);
  later(&x->s, 1000);
  second.isn[CLIENT] += 777777, second.next[CLIENT] = second.isn[CLIENT];
  second.isn[SERVER] += 555555, second.next[SERVER] = second.isn[SERVER];
  three_syns(x, &second);
  EXPECT_OUTCOME(seen_after(x, &first, 20), OUTCOME_ESTABLISHED);
  EXPECT_OUTCOME(flow_of(x->t, &first, 1), OUTCOME_NO_ANSWER);
  assert_true(flow_of(x->t, &first, 0).id != flow_of(x->t, &first, 1).id);
}

static void retry_from_another_port(struct trial *x) {
  struct talk one = talk_make(1, 40001, 2, 135), two = talk_make(1, 40002, 2, 135);
  acquaint(x, 10);
  three_syns(x, &one);
  later(&x->s, 12000);
  three_syns(x, &two);
  EXPECT_OUTCOME(seen_after(x, &one, 20), OUTCOME_NO_ANSWER);
  EXPECT_OUTCOME(flow_of(x->t, &two, 0), OUTCOME_NO_ANSWER);
}

static void answered_after_waking(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  syn(&x->s, &t), later(&x->s, 3000), syn(&x->s, &t), later(&x->s, 6000);
  handshake(&x->s, &t, 10), data(&x->s, &t, CLIENT, 20), later(&x->s, 5), data(&x->s, &t, SERVER, 20);
  const struct flow_view v = seen_after(x, &t, 5);
  EXPECT_OUTCOME(v, OUTCOME_ESTABLISHED);
  EXPECT_REASON(v, REASON_DELAYED);
  assert_int_equal(v.n_syn, 3);
}

static void answered_after_suspicion(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  struct classifier *c = classifier_new(NULL);
  struct traffic *early = NULL, *late = NULL;
  acquaint(x, 10);
  syn(&x->s, &t), later(&x->s, 3000), syn(&x->s, &t);
  watch(&x->s, 4);
  const size_t half = x->s.n;
  script_facts(&x->s);
  struct timeline_facts until = x->s.facts;
  assert_int_equal(script_feed(&x->s, 0, half, c), 0);
  assert_int_equal(classifier_snapshot(c, &until, &early), 0);
  EXPECT_OUTCOME(flow_of(early, &t, 0), OUTCOME_NO_ANSWER); /* live: suspected */
  traffic_free(early);
  later(&x->s, 2000), handshake(&x->s, &t, 10), watch(&x->s, 5);
  script_facts(&x->s);
  assert_int_equal(script_feed(&x->s, half, x->s.n, c), 0);
  assert_int_equal(classifier_finish(c, &x->s.facts, &late), 0);
  EXPECT_OUTCOME(flow_of(late, &t, 0), OUTCOME_ESTABLISHED); /* retracted */
  traffic_free(late);
  classifier_free(c);
}

static void full_segments_lost(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  handshake(&x->s, &t, 10);
  data(&x->s, &t, CLIENT, 100), later(&x->s, 10), ack(&x->s, &t, SERVER), data(&x->s, &t, SERVER, 200), later(&x->s, 1);
  ack(&x->s, &t, CLIENT), later(&x->s, 5);
  data(&x->s, &t, CLIENT, 1448);
  for (int i = 0; i < 5; i++) later(&x->s, 300 << i), again(&x->s, &t, CLIENT, 1448);
  const struct flow_view v = seen_after(x, &t, 20);
  EXPECT_OUTCOME(v, OUTCOME_STALLED);
  assert_string_equal(stall_by_name(v.stall_by), "mtu");
  EXPECT_REASON(v, REASON_FULL_SIZE_ONLY);
}

static void all_segments_lost(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  handshake(&x->s, &t, 10);
  data(&x->s, &t, CLIENT, 500), later(&x->s, 10), ack(&x->s, &t, SERVER), later(&x->s, 5);
  data(&x->s, &t, CLIENT, 100);
  for (int i = 0; i < 5; i++) later(&x->s, 300 << i), again(&x->s, &t, CLIENT, 100);
  const struct flow_view v = seen_after(x, &t, 20);
  EXPECT_OUTCOME(v, OUTCOME_STALLED);
  assert_string_equal(stall_by_name(v.stall_by), "unknown");
}

/* The server waits for data that never comes, and closes: the data was lost all the same. */
static void stalled_until_the_server_closes(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  handshake(&x->s, &t, 10);
  data(&x->s, &t, CLIENT, 100);
  for (int i = 0; i < 5; i++) later(&x->s, 300 << i), again(&x->s, &t, CLIENT, 100);
  struct talk behind = t;
  behind.next[CLIENT] -= 100; /* the server acknowledges nothing of it */
  later(&x->s, 1000), fin(&x->s, &behind, SERVER);
  t.next[SERVER] = behind.next[SERVER];
  later(&x->s, 1), ack(&x->s, &t, CLIENT);
  EXPECT_OUTCOME(seen_after(x, &t, 20), OUTCOME_STALLED);
}

/* All was said and the server closed: a last word that it no longer acknowledges is no stall. */
static void last_word_after_the_server_closed(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  handshake(&x->s, &t, 10);
  data(&x->s, &t, CLIENT, 100), later(&x->s, 10), ack(&x->s, &t, SERVER), data(&x->s, &t, SERVER, 200);
  later(&x->s, 1), fin(&x->s, &t, SERVER), later(&x->s, 1), ack(&x->s, &t, CLIENT);
  data(&x->s, &t, CLIENT, 31);
  for (int i = 0; i < 5; i++) later(&x->s, 300 << i), again(&x->s, &t, CLIENT, 31);
  EXPECT_OUTCOME(seen_after(x, &t, 20), OUTCOME_ESTABLISHED);
}

static void repeats_acknowledged_after_all(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  handshake(&x->s, &t, 10);
  data(&x->s, &t, CLIENT, 100);
  for (int i = 0; i < 5; i++) later(&x->s, 300 << i), again(&x->s, &t, CLIENT, 100);
  later(&x->s, 10), ack(&x->s, &t, SERVER);
  EXPECT_OUTCOME(seen_after(x, &t, 20), OUTCOME_ESTABLISHED);
}

static void congestion_syn_lost(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  syn_flags(&x->s, &t, TCP_ECE | TCP_CWR), later(&x->s, 1000);
  syn_flags(&x->s, &t, TCP_ECE | TCP_CWR), later(&x->s, 2000);
  handshake(&x->s, &t, 10);
  const struct flow_view v = seen_after(x, &t, 5);
  EXPECT_OUTCOME(v, OUTCOME_ESTABLISHED);
  EXPECT_REASON(v, REASON_ECN_RETRY);
}

static void server_never_speaks(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  handshake(&x->s, &t, 10), data(&x->s, &t, CLIENT, 100), later(&x->s, 10), ack(&x->s, &t, SERVER);
  watch(&x->s, 20);
  seen(x);
  EXPECT_REASON(flow_of(x->t, &t, 0), REASON_NO_SERVER_DATA);
}

static void syn_ack_from_a_proxy(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  syn(&x->s, &t), later(&x->s, 1);
  t.ttl[SERVER] = 64, syn_ack(&x->s, &t), t.ttl[SERVER] = 126;
  ack(&x->s, &t, CLIENT), data(&x->s, &t, CLIENT, 100), later(&x->s, 30), data(&x->s, &t, SERVER, 200);
  watch(&x->s, 5);
  seen(x);
  EXPECT_REASON(flow_of(x->t, &t, 0), REASON_TTL_CHANGED);
}

static void reset_on_payload_by_host(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  handshake(&x->s, &t, 10), data(&x->s, &t, CLIENT, 100), later(&x->s, 10), ack(&x->s, &t, SERVER),
      rst(&x->s, &t, SERVER);
  const struct flow_view v = seen_after(x, &t, 5);
  EXPECT_OUTCOME(v, OUTCOME_CUT);
  EXPECT_RESET(v, RESET_BY_HOST);
  EXPECT_REASON(v, REASON_RST_ON_DATA);
  assert_true(v.flags & FLOW_SERVER_ANSWERED); /* allowed at the transport */
}

static void reset_on_payload_by_device(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  handshake(&x->s, &t, 10), data(&x->s, &t, CLIENT, 100), later(&x->s, 2), rst_ttl(&x->s, &t, SERVER, 128);
  later(&x->s, 8), data(&x->s, &t, SERVER, 300); /* the host knows nothing of it */
  const struct flow_view v = seen_after(x, &t, 5);
  EXPECT_OUTCOME(v, OUTCOME_CUT);
  EXPECT_RESET(v, RESET_BY_DEVICE);
  EXPECT_CONFIDENCE(v, CONFIDENCE_HIGH);
}

static void reset_that_ends_a_talk(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  acquaint(x, 10);
  handshake(&x->s, &t, 10), data(&x->s, &t, CLIENT, 100), later(&x->s, 10), data(&x->s, &t, SERVER, 100),
      later(&x->s, 10);
  rst(&x->s, &t, CLIENT);
  EXPECT_OUTCOME(seen_after(x, &t, 5), OUTCOME_ESTABLISHED);
}

static void announced_port_unanswered(struct trial *x) {
  struct talk mapper = talk_make(1, 40000, 2, 135), dynamic = talk_make(1, 40001, 2, 50115);
  whole_talk(&x->s, &mapper, 10);
  three_syns(x, &dynamic);
  watch(&x->s, 20);
  seen(x);
  const struct flow_view v = flow_of(x->t, &mapper, 0), d = flow_of(x->t, &dynamic, 0);
  EXPECT_OUTCOME(v, OUTCOME_ESTABLISHED);
  EXPECT_OUTCOME(d, OUTCOME_NO_ANSWER);
  EXPECT_CONFIDENCE(d, CONFIDENCE_HIGH);
  assert_true(d.packet_first > v.packet_first && d.packet_last > d.packet_first); /* both can be cited */
}

static void callback_from_the_server(struct trial *x) {
  struct talk call = talk_make(1, 40001, 2, 50115), back = talk_make(2, 40002, 1, 50116);
  whole_talk(&x->s, &call, 10);
  whole_talk(&x->s, &back, 10);
  const struct flow_view v = seen_after(x, &back, 5);
  const struct address caller = host_address(x->s.family, 2);
  EXPECT_OUTCOME(v, OUTCOME_ESTABLISHED);
  assert_true(address_equal(&v.client, &caller));
}

static void fallback_twenty_seconds_later(struct trial *x) {
  struct talk rpc = talk_make(1, 40001, 2, 50115), pipe = talk_make(1, 40002, 2, 445);
  three_syns(x, &rpc);
  later(&x->s, 12000);
  whole_talk(&x->s, &pipe, 10);
  EXPECT_OUTCOME(seen_after(x, &rpc, 5), OUTCOME_NO_ANSWER);
  EXPECT_CONFIDENCE(flow_of(x->t, &rpc, 0), CONFIDENCE_HIGH); /* the later pipe proves the way back visible */
  EXPECT_OUTCOME(flow_of(x->t, &pipe, 0), OUTCOME_ESTABLISHED);
}

static void notification_beside_http(struct trial *x) {
  struct talk notify = talk_make(1, 40001, 2, 10123), http = talk_make(1, 40002, 2, 80);
  three_syns(x, &notify);
  whole_talk(&x->s, &http, 10);
  EXPECT_OUTCOME(seen_after(x, &notify, 20), OUTCOME_NO_ANSWER);
  EXPECT_OUTCOME(flow_of(x->t, &http, 0), OUTCOME_ESTABLISHED);
}

static void datagrams_one_way(struct trial *x) {
  struct talk wake = talk_make(1, 40001, 2, 9), group = talk_make(1, 40002, GROUP_HOST, 25536);
  for (int i = 0; i < 3; i++) udp(&x->s, &wake, CLIENT, 102), udp(&x->s, &group, CLIENT, 30), later(&x->s, 4000);
  watch(&x->s, 20);
  seen(x);
  struct flow_view v = flow_of(x->t, &wake, 0);
  EXPECT_OUTCOME(v, OUTCOME_NO_ANSWER);
  EXPECT_CONFIDENCE(v, CONFIDENCE_LOW);
  EXPECT_REASON(v, REASON_DATAGRAM_SILENT);
  v = flow_of(x->t, &group, 0);
  EXPECT_OUTCOME(v, OUTCOME_ONE_WAY);
  assert_true(v.flags & FLOW_GROUP);
}

static void answer_from_a_new_port(struct trial *x) {
  struct talk ask = talk_make(1, 40001, 2, 69), answer = talk_make(1, 40001, 2, 50000);
  udp_bytes(&x->s, &ask, CLIENT, "\0\1boot\0octet", 13), later(&x->s, 10);
  udp_bytes(&x->s, &answer, SERVER, "\0\3\0\1data", 8), later(&x->s, 10);
  udp_bytes(&x->s, &answer, CLIENT, "\0\4\0\1", 4);
  EXPECT_OUTCOME(seen_after(x, &ask, 5), OUTCOME_ANSWERED);
  EXPECT_REASON(flow_of(x->t, &ask, 0), REASON_SECOND_PORT);
  assert_true(flow_of(x->t, &ask, 0).flags & FLOW_SERVER_ANSWERED);
  EXPECT_OUTCOME(flow_of(x->t, &answer, 0), OUTCOME_ANSWERED);
  assert_int_equal(flow_of(x->t, &answer, 0).server_port, 50000);
  assert_true(flow_of(x->t, &answer, 0).flags & FLOW_SERVER_GUESSED); /* never an unexpected open port by itself */
}

static void echo_answered_and_not(struct trial *x) {
  struct talk yes = talk_make(1, 0, 2, 0), no = talk_make(1, 0, 3, 0);
  for (int i = 0; i < 3; i++) {
    echo(&x->s, &yes, false), later(&x->s, 10), echo(&x->s, &yes, true), echo(&x->s, &no, false), later(&x->s, 4000);
  }
  EXPECT_OUTCOME(seen_after(x, &yes, 20), OUTCOME_ANSWERED);
  EXPECT_OUTCOME(flow_of(x->t, &no, 0), OUTCOME_NO_ANSWER);
  assert_int_equal(flow_of(x->t, &yes, 0).packets[TO_CLIENT], 3);
}

/* Tags and tunnels are peeled off; packets of one connection may come with and without. */
static void tagged_and_plain(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  syn(&x->s, &t), later(&x->s, 10);
  x->s.vlan = true;
  syn_ack(&x->s, &t), later(&x->s, 1);
  x->s.vlan = false;
  ack(&x->s, &t, CLIENT), data(&x->s, &t, CLIENT, 10);
  EXPECT_OUTCOME(seen_after(x, &t, 5), OUTCOME_ESTABLISHED);
}

static void odd_ports_are_plain_connections(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 4445), u = talk_make(1, 40002, 2, 8530);
  whole_talk(&x->s, &t, 10), whole_talk(&x->s, &u, 10);
  EXPECT_OUTCOME(seen_after(x, &t, 5), OUTCOME_ESTABLISHED);
  EXPECT_OUTCOME(flow_of(x->t, &u, 0), OUTCOME_ESTABLISHED);
}

static void clock_steps_back(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445), silent = talk_make(1, 40002, 2, 135);
  handshake(&x->s, &t, 10), data(&x->s, &t, CLIENT, 100);
  later(&x->s, -5000); /* the clock was put right in the middle */
  data(&x->s, &t, SERVER, 200), later(&x->s, 10), ack(&x->s, &t, CLIENT);
  three_syns(x, &silent);
  const struct flow_view v = seen_after(x, &t, 20);
  EXPECT_OUTCOME(v, OUTCOME_ESTABLISHED);
  assert_true(!stamp_before(v.last, v.first));
  EXPECT_OUTCOME(flow_of(x->t, &silent, 0), OUTCOME_NO_ANSWER);
}

static const struct hard_case later_cases[] = {
    {9, "older than the capture", older_than_the_capture},
    {9, "older, with ports that say nothing", older_with_odd_ports},
    {10, "each frame twice", each_frame_twice},
    {11, "simultaneous open", simultaneous_open},
    {11, "ports used again", ports_used_again},
    {11, "retry from another port", retry_from_another_port},
    {12, "answered after waking", answered_after_waking},
    {12, "answered after suspicion", answered_after_suspicion},
    {13, "full-size segments lost", full_segments_lost},
    {13, "all segments lost", all_segments_lost},
    {13, "stalled until the server closes", stalled_until_the_server_closes},
    {13, "last word after the server closed", last_word_after_the_server_closed},
    {13, "repeats acknowledged after all", repeats_acknowledged_after_all},
    {13, "SYN with ECN lost", congestion_syn_lost},
    {14, "the server never speaks", server_never_speaks},
    {14, "SYN/ACK from a proxy", syn_ack_from_a_proxy},
    {15, "reset on payload by the host", reset_on_payload_by_host},
    {15, "reset on payload by a device", reset_on_payload_by_device},
    {15, "reset that ends a conversation", reset_that_ends_a_talk},
    {16, "announced port unanswered", announced_port_unanswered},
    {17, "callback from the server", callback_from_the_server},
    {18, "fallback twenty seconds later", fallback_twenty_seconds_later},
    {19, "notification beside HTTP", notification_beside_http},
    {20, "datagrams one way", datagrams_one_way},
    {20, "answer from a new port", answer_from_a_new_port},
    {20, "echo answered and not", echo_answered_and_not},
    {21, "tagged and plain", tagged_and_plain},
    {22, "odd ports", odd_ports_are_plain_connections},
    {23, "the clock steps back", clock_steps_back},
};
enum { N_LATER = sizeof later_cases / sizeof *later_cases, CASES_MAX = 200, NUMBERS = 23 };

static size_t case_count(void) { return n_attempt_cases + N_LATER; }
static const struct hard_case *case_at(size_t i) {
  return i < n_attempt_cases ? &attempt_cases[i] : &later_cases[i - n_attempt_cases];
}

struct setting {
  const struct hard_case *c;
  uint8_t family;
};

static void run_case(void **state) {
  const struct setting *set = *state;
  struct trial x = {.t = NULL};
  script_init(&x.s, set->family);
  set->c->run(&x);
  traffic_free(x.t);
  script_fini(&x.s);
}

static void every_number_has_a_case(void **state) {
  (void)state;
  for (int number = 1; number <= NUMBERS; number++) {
    bool there = false;
    for (size_t i = 0; i < case_count(); i++)
      if (case_at(i)->number == number) there = true;
    if (!there) fail_msg("hard case %d has no test", number);
  }
}

int main(void) {
  static struct setting settings[2 * CASES_MAX];
  static char names[2 * CASES_MAX][96];
  static struct CMUnitTest tests[2 * CASES_MAX + 1];
  size_t n = 2 * case_count();
  if (n > 2 * CASES_MAX) return 1;
  for (size_t i = 0; i < n; i++) {
    settings[i] = (struct setting){case_at(i / 2), i % 2 ? 6 : 4};
    snprintf(names[i], sizeof names[i], "case %d, IPv%d: %s", settings[i].c->number, settings[i].family,
             settings[i].c->name);
    tests[i] = (struct CMUnitTest){.name = names[i], .test_func = run_case, .initial_state = &settings[i]};
  }
  tests[n] = (struct CMUnitTest){.name = "every number has a case", .test_func = every_number_has_a_case};
  return cmocka_run_group_tests(tests, NULL, NULL); /* rows without a function are passed over */
}
