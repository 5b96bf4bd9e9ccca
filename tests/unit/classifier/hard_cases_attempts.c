/* Hard cases 1 to 8 of doc/verdicts.md 5, for hard_cases_test.c. */
#include "hard_cases.h"

static void silence_of_living_host(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  three_syns(x, &t);
  const struct flow_view v = seen_after(x, &t, 20);
  EXPECT_OUTCOME(v, OUTCOME_NO_ANSWER);
  EXPECT_CONFIDENCE(v, CONFIDENCE_HIGH);
  EXPECT_REASON(v, REASON_RETURN_VISIBLE);
  EXPECT_REASON(v, REASON_TARGET_ALIVE);
  assert_int_equal(v.n_syn, 3);
  assert_int_equal(v.retransmits[TO_SERVER], 2);
  assert_false(v.flags & FLOW_REFUSES_ELSEWHERE); /* so "or not listening" must stay */
}

/* The same host refuses another port with its own reset: stealth mode is off, silence is a drop. */
static void silence_beside_refusal(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135), closed = talk_make(1, 40002, 2, 4444);
  acquaint(x, 10);
  syn(&x->s, &closed), later(&x->s, 10), rst(&x->s, &closed, SERVER), later(&x->s, 10);
  three_syns(x, &t);
  const struct flow_view v = seen_after(x, &t, 20);
  EXPECT_OUTCOME(v, OUTCOME_NO_ANSWER);
  assert_true(v.flags & FLOW_REFUSES_ELSEWHERE);
}

static void silence_of_two_syns_is_medium(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  syn(&x->s, &t), later(&x->s, 3000), syn(&x->s, &t);
  EXPECT_CONFIDENCE(seen_after(x, &t, 20), CONFIDENCE_MEDIUM);
}

static void silence_of_unseen_host(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  for (int i = 0; i < 3; i++) neighbour_ask(&x->s, 1, 2), later(&x->s, 500);
  three_syns(x, &t);
  const struct flow_view v = seen_after(x, &t, 20);
  struct host_view h;
  EXPECT_OUTCOME(v, OUTCOME_NO_ANSWER);
  EXPECT_CONFIDENCE(v, CONFIDENCE_LOW);
  EXPECT_REASON(v, REASON_TARGET_SILENT);
  assert_false(v.flags & FLOW_TARGET_ALIVE);
  assert_true(traffic_host(x->t, &v.server, &h));
  assert_int_equal(h.neighbour_asked, 3);
  assert_int_equal(h.neighbour_answered, 0);
  assert_int_equal(h.packets_sent, 0);
}

/* It answered address resolution: it is on, so its silence is not that of a host that is off. */
static void silence_of_resolved_host(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  neighbour_ask(&x->s, 1, 2), later(&x->s, 1), neighbour_answer(&x->s, 2, 1);
  three_syns(x, &t);
  watch(&x->s, 20);
  seen(x);
  assert_true(flow_of(x->t, &t, 0).flags & FLOW_TARGET_ALIVE);
}

static void syn_before_the_end(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  syn(&x->s, &t);
  const struct flow_view v = seen_after(x, &t, 0.8);
  EXPECT_OUTCOME(v, OUTCOME_UNDETERMINED);
  EXPECT_REASON(v, REASON_WINDOW_SHORT);
  EXPECT_CONFIDENCE(v, CONFIDENCE_LOW);
}

static void syn_before_a_gap(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  syn(&x->s, &t), later(&x->s, 0);
  watch(&x->s, 0.8);
  gap(&x->s, 30);
  EXPECT_OUTCOME(seen_after(x, &t, 60), OUTCOME_UNDETERMINED);
}

static void syn_watched_long_enough(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  syn(&x->s, &t);
  EXPECT_OUTCOME(seen_after(x, &t, 3.5), OUTCOME_NO_ANSWER);
}

/* Meanwhile the capture misses bytes that were acknowledged: the answer may be among what it missed. */
static void syn_while_packets_are_lost(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135), busy = talk_make(1, 40002, 2, 445);
  handshake(&x->s, &busy, 10);
  for (int i = 0; i < 10; i++) {
    if (i % 4 == 0) syn(&x->s, &t);
    data(&x->s, &busy, CLIENT, 1000), later(&x->s, 1);
    if (i % 2) busy.next[CLIENT] += 1000; /* missed */
    data(&x->s, &busy, CLIENT, 1000), later(&x->s, 10), ack(&x->s, &busy, SERVER), later(&x->s, 1000);
  }
  const struct flow_view v = seen_after(x, &t, 5);
  EXPECT_OUTCOME(v, OUTCOME_UNDETERMINED);
  EXPECT_REASON(v, REASON_LOSS);
}

static void reset_by_the_host(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  syn(&x->s, &t), later(&x->s, 10), rst(&x->s, &t, SERVER);
  const struct flow_view v = seen_after(x, &t, 5);
  EXPECT_OUTCOME(v, OUTCOME_REFUSED);
  EXPECT_RESET(v, RESET_BY_HOST);
  EXPECT_CONFIDENCE(v, CONFIDENCE_HIGH);
  assert_int_equal(v.reset_hops, v.server_hops);
}

/* Nothing else of the host was seen: nobody can say who sent the reset. */
static void reset_of_a_stranger(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  syn(&x->s, &t), later(&x->s, 10), rst(&x->s, &t, SERVER);
  const struct flow_view v = seen_after(x, &t, 5);
  EXPECT_OUTCOME(v, OUTCOME_REFUSED);
  EXPECT_RESET(v, RESET_BY_UNKNOWN);
  EXPECT_CONFIDENCE(v, CONFIDENCE_LOW);
}

static void reset_by_a_device(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 40);
  syn(&x->s, &t), later(&x->s, 2), rst_ttl(&x->s, &t, SERVER, 128); /* two hops nearer, twenty times faster */
  const struct flow_view v = seen_after(x, &t, 5);
  EXPECT_OUTCOME(v, OUTCOME_REFUSED);
  EXPECT_RESET(v, RESET_BY_DEVICE);
  EXPECT_CONFIDENCE(v, CONFIDENCE_HIGH);
  assert_int_equal(v.server_hops, 2);
  assert_int_equal(v.reset_hops, 0);
}

/* One hop nearer and nothing else: the firewall right in front of the host. */
static void reset_one_hop_nearer(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  syn(&x->s, &t), later(&x->s, 10), rst_ttl(&x->s, &t, SERVER, 127);
  const struct flow_view v = seen_after(x, &t, 5);
  EXPECT_RESET(v, RESET_BY_DEVICE);
  EXPECT_CONFIDENCE(v, CONFIDENCE_MEDIUM);
}

/* Another link address and nothing else proves nothing. */
static void reset_with_one_weak_sign(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  syn(&x->s, &t), later(&x->s, 10);
  x->s.mac = 99;
  rst(&x->s, &t, SERVER);
  x->s.mac = 0;
  EXPECT_RESET(seen_after(x, &t, 5), RESET_BY_UNKNOWN);
}

/* Another class of IP identification and nothing else proves nothing either (IPv6 has none). */
static void reset_with_an_odd_identification(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  syn(&x->s, &t), later(&x->s, 10);
  x->s.constant_ip_id = true;
  rst(&x->s, &t, SERVER);
  x->s.constant_ip_id = false;
  watch(&x->s, 5);
  seen(x);
  EXPECT_RESET(flow_of(x->t, &t, 0), x->s.family == 4 ? RESET_BY_UNKNOWN : RESET_BY_HOST);
}

/* Linux numbers its data and sends resets with identification 0: no sign at all. */
static void reset_of_linux(struct trial *x) {
  struct talk before = talk_make(1, 40000, 2, 445), t = talk_make(1, 40001, 2, 135);
  before.ttl[SERVER] = t.ttl[SERVER] = 62;
  whole_talk(&x->s, &before, 10);
  syn(&x->s, &t), later(&x->s, 10);
  x->s.constant_ip_id = true;
  rst(&x->s, &t, SERVER);
  x->s.constant_ip_id = false;
  EXPECT_RESET(seen_after(x, &t, 5), RESET_BY_HOST);
}

/* The same distance from another initial value: one sign, no more. */
static void reset_with_another_initial_value(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  syn(&x->s, &t), later(&x->s, 10), rst_ttl(&x->s, &t, SERVER, 62);
  EXPECT_RESET(seen_after(x, &t, 5), RESET_BY_UNKNOWN);
}

static const struct icmp_code administrative[] = {{3, 13, 1, 1}, {3, 9, 1, 5}, {3, 10, 1, 6}};

static void icmp_prohibited(struct trial *x) {
  acquaint(x, 10);
  struct talk t[3];
  for (unsigned i = 0; i < 3; i++) {
    t[i] = talk_make(1, (uint16_t)(40001 + i), 2, 135);
    syn(&x->s, &t[i]), later(&x->s, 2);
    icmp_error(&x->s, 9, &t[i], CLIENT, PROTO_TCP, administrative[i]), later(&x->s, 100);
  }
  watch(&x->s, 5);
  seen(x);
  for (unsigned i = 0; i < 3; i++) {
    const struct flow_view v = flow_of(x->t, &t[i], 0);
    const struct address device = host_address(x->s.family, 9);
    EXPECT_OUTCOME(v, OUTCOME_REJECTED);
    EXPECT_CONFIDENCE(v, CONFIDENCE_HIGH);
    EXPECT_REASON(v, REASON_ICMP_ADMIN);
    assert_true(address_equal(&v.icmp.from, &device));
    assert_true(v.icmp.packet > 0);
  }
}

static void icmp_port_unreachable_udp(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 1434), far = talk_make(1, 40002, 2, 1435);
  udp(&x->s, &t, CLIENT, 20), later(&x->s, 5);
  icmp_error(&x->s, 2, &t, CLIENT, PROTO_UDP, (struct icmp_code){3, 3, 1, 4});
  udp(&x->s, &far, CLIENT, 20), later(&x->s, 5);
  icmp_error(&x->s, 9, &far, CLIENT, PROTO_UDP, (struct icmp_code){3, 3, 1, 4});
  watch(&x->s, 5);
  seen(x);
  struct flow_view v = flow_of(x->t, &t, 0);
  EXPECT_OUTCOME(v, OUTCOME_REFUSED);
  EXPECT_RESET(v, RESET_BY_HOST);
  v = flow_of(x->t, &far, 0);
  EXPECT_OUTCOME(v, OUTCOME_REJECTED); /* a device answered in its place */
  EXPECT_REASON(v, REASON_ICMP_TRANSIT);
}

static void icmp_host_unreachable(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  three_syns(x, &t);
  icmp_error(&x->s, 9, &t, CLIENT, PROTO_TCP, (struct icmp_code){3, 1, 1, 3});
  const struct flow_view v = seen_after(x, &t, 5);
  EXPECT_OUTCOME(v, OUTCOME_REJECTED);
  EXPECT_CONFIDENCE(v, CONFIDENCE_MEDIUM);
  EXPECT_NO_REASON(v, REASON_ICMP_ADMIN);
  EXPECT_REASON(v, REASON_TARGET_SILENT); /* the router speaks, not the host it quotes */
}

/* Too big: a size fault, not a rejection. */
static void icmp_too_big_is_no_rejection(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  acquaint(x, 10);
  three_syns(x, &t);
  icmp_error(&x->s, 9, &t, CLIENT, PROTO_TCP, (struct icmp_code){3, 4, 2, 0});
  const struct flow_view v = seen_after(x, &t, 20);
  EXPECT_OUTCOME(v, OUTCOME_NO_ANSWER);
  assert_int_equal(v.icmp.type, x->s.family == 4 ? 3 : 2);
}

/* The error stands before the packet it quotes. */
static void icmp_before_its_packet(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  icmp_error(&x->s, 9, &t, CLIENT, PROTO_TCP, administrative[0]), later(&x->s, 1);
  syn(&x->s, &t);
  EXPECT_OUTCOME(seen_after(x, &t, 5), OUTCOME_REJECTED);
}

/* Behind an address translator: the error quotes other addresses; ports and sequence number match. */
static void icmp_through_translation(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135), outside = talk_make(33, 40001, 2, 135);
  acquaint(x, 10);
  syn(&x->s, &t), later(&x->s, 2);
  icmp_error(&x->s, 9, &outside, CLIENT, PROTO_TCP, administrative[0]);
  EXPECT_OUTCOME(seen_after(x, &t, 5), OUTCOME_REJECTED);
}

/* The port is translated too: the target and the sequence number match. */
static void icmp_through_port_translation(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135), other = talk_make(1, 40002, 2, 135),
              outside = talk_make(33, 61000, 2, 135);
  acquaint(x, 10);
  memcpy(outside.isn, t.isn, sizeof outside.isn);
  memcpy(outside.next, t.next, sizeof outside.next);
  other.isn[CLIENT] = other.next[CLIENT] = t.isn[CLIENT] + 1;
  syn(&x->s, &other), later(&x->s, 1), syn(&x->s, &t), later(&x->s, 2);
  icmp_error(&x->s, 9, &outside, CLIENT, PROTO_TCP, administrative[0]);
  EXPECT_OUTCOME(seen_after(x, &t, 5), OUTCOME_REJECTED);
  EXPECT_OUTCOME(flow_of(x->t, &other, 0), OUTCOME_NO_ANSWER);
}

static void only_the_servers_half(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  t.next[CLIENT] = t.isn[CLIENT] + 1;
  syn_ack(&x->s, &t), later(&x->s, 10);
  t.next[CLIENT] += 100;
  data(&x->s, &t, SERVER, 300), later(&x->s, 10), ack(&x->s, &t, SERVER);
  const struct flow_view v = seen_after(x, &t, 5);
  const struct address client = host_address(x->s.family, 1);
  EXPECT_OUTCOME(v, OUTCOME_ESTABLISHED);
  EXPECT_REASON(v, REASON_HALF_VISIBLE);
  assert_true(address_equal(&v.client, &client));
  assert_int_equal(v.client_by, CLIENT_BY_SYN_ACK);
  assert_true(v.flags & FLOW_SERVER_ANSWERED);
}

static void only_the_clients_half(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  syn(&x->s, &t), later(&x->s, 10);
  t.next[SERVER] = t.isn[SERVER] + 1;
  ack(&x->s, &t, CLIENT), data(&x->s, &t, CLIENT, 100);
  const struct flow_view v = seen_after(x, &t, 5);
  EXPECT_OUTCOME(v, OUTCOME_ESTABLISHED);
  EXPECT_REASON(v, REASON_HALF_VISIBLE);
}

/* A SYN alone, where another connection of the pair shows that answers go another way: never blocked. */
static void syn_where_answers_go_elsewhere(struct trial *x) {
  struct talk other = talk_make(1, 40000, 2, 445), t = talk_make(1, 40001, 2, 135);
  syn(&x->s, &other), later(&x->s, 10);
  other.next[SERVER] = other.isn[SERVER] + 1;
  ack(&x->s, &other, CLIENT), later(&x->s, 10);
  three_syns(x, &t);
  const struct flow_view v = seen_after(x, &t, 20);
  EXPECT_OUTCOME(v, OUTCOME_ONE_SIDED);
  EXPECT_CONFIDENCE(v, CONFIDENCE_LOW);
}

/* Most connections of the capture are seen from one side: a SYN without answer says nothing. */
static void syn_in_half_a_capture(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  for (uint16_t i = 0; i < 30; i++) {
    struct talk half = talk_make((uint8_t)(10 + i % 20), (uint16_t)(50000 + i), 3, 445);
    syn(&x->s, &half), later(&x->s, 10);
    half.next[SERVER] = half.isn[SERVER] + 1;
    ack(&x->s, &half, CLIENT), later(&x->s, 10);
  }
  three_syns(x, &t);
  EXPECT_OUTCOME(seen_after(x, &t, 20), OUTCOME_ONE_SIDED);
}

static void checksums_of_offload(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  x->s.bad_checksum = true;
  whole_talk(&x->s, &t, 10);
  const struct flow_view v = seen_after(x, &t, 5);
  EXPECT_OUTCOME(v, OUTCOME_ESTABLISHED);
  assert_int_equal(v.packets[TO_SERVER] + v.packets[TO_CLIENT], 9);
}

const struct hard_case attempt_cases[] = {
    {1, "silence of a living host", silence_of_living_host},
    {1, "silence beside a refusal", silence_beside_refusal},
    {1, "silence of two SYNs is medium", silence_of_two_syns_is_medium},
    {2, "silence of a host never seen", silence_of_unseen_host},
    {2, "silence of a host that answered address resolution", silence_of_resolved_host},
    {3, "SYN just before the end", syn_before_the_end},
    {3, "SYN just before a rotation gap", syn_before_a_gap},
    {3, "SYN watched long enough", syn_watched_long_enough},
    {3, "SYN while the capture loses packets", syn_while_packets_are_lost},
    {4, "reset by the host", reset_by_the_host},
    {4, "reset of a host never seen otherwise", reset_of_a_stranger},
    {5, "reset by a device", reset_by_a_device},
    {5, "reset one hop nearer", reset_one_hop_nearer},
    {5, "reset with one weak sign", reset_with_one_weak_sign},
    {5, "reset with an odd IP identification", reset_with_an_odd_identification},
    {4, "reset of a Linux host", reset_of_linux},
    {5, "reset with another initial time to live", reset_with_another_initial_value},
    {6, "ICMP administratively prohibited", icmp_prohibited},
    {6, "ICMP port unreachable on UDP", icmp_port_unreachable_udp},
    {6, "ICMP host unreachable", icmp_host_unreachable},
    {6, "ICMP too big is no rejection", icmp_too_big_is_no_rejection},
    {6, "ICMP before the packet it quotes", icmp_before_its_packet},
    {6, "ICMP through address translation", icmp_through_translation},
    {6, "quoted behind port translation", icmp_through_port_translation},
    {7, "only the server's half", only_the_servers_half},
    {7, "only the client's half", only_the_clients_half},
    {7, "SYN where answers go elsewhere", syn_where_answers_go_elsewhere},
    {7, "SYN in half a capture", syn_in_half_a_capture},
    {8, "wrong checksums of offload", checksums_of_offload},
};
const size_t n_attempt_cases = sizeof attempt_cases / sizeof *attempt_cases;
