/* The hard cases of doc/verdicts.md 5, one named test each, in both address families. Where a case speaks of policy or
 * of applications, the test shows what the classifier contributes; the verdict is tested with the rules. */
#include <stdarg.h>
#include <stdio.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "packet_builder.h"

/* One case being tested: its script, and the traffic once seen() was called. */
struct trial {
  struct script s;
  struct traffic *t;
};

static void seen(struct trial *x) {
  traffic_free(x->t);
  x->t = script_run(&x->s, NULL);
}

static bool because(struct flow_view v, enum reason r) { return v.reasons & 1u << r; }

#define EXPECT_OUTCOME(v, o) assert_string_equal(outcome_name((v).outcome), outcome_name(o))
#define EXPECT_CONFIDENCE(v, c) assert_string_equal(confidence_name((v).confidence), confidence_name(c))
#define EXPECT_RESET(v, r) assert_string_equal(reset_by_name((v).reset_by), reset_by_name(r))
#define EXPECT_REASON(v, r) assert_true(because(v, r))
#define EXPECT_NO_REASON(v, r) assert_false(because(v, r))

/* Hosts 1 and 2 have a whole connection to port 445: both alive, both directions visible, distances known. */
static void acquaint(struct trial *x, int64_t round_trip_ms) {
  struct talk t = talk_make(1, 40000, 2, 445);
  whole_talk(&x->s, &t, round_trip_ms);
  later(&x->s, 100);
}

static void three_syns(struct trial *x, struct talk *t) {
  syn(&x->s, t), later(&x->s, 3000);
  syn(&x->s, t), later(&x->s, 6000);
  syn(&x->s, t);
}

static void silence_of_living_host(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  three_syns(x, &t);
  watch(&x->s, 20);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
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
  watch(&x->s, 20);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
  EXPECT_OUTCOME(v, OUTCOME_NO_ANSWER);
  assert_true(v.flags & FLOW_REFUSES_ELSEWHERE);
}

static void silence_of_two_syns_is_medium(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  syn(&x->s, &t), later(&x->s, 3000), syn(&x->s, &t);
  watch(&x->s, 20);
  seen(x);
  EXPECT_CONFIDENCE(flow_of(x->t, &t, 0), CONFIDENCE_MEDIUM);
}

static void silence_of_unseen_host(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  for (int i = 0; i < 3; i++) neighbour_ask(&x->s, 1, 2), later(&x->s, 500);
  three_syns(x, &t);
  watch(&x->s, 20);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
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
  watch(&x->s, 0.8);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
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
  watch(&x->s, 60);
  seen(x);
  EXPECT_OUTCOME(flow_of(x->t, &t, 0), OUTCOME_UNDETERMINED);
}

static void syn_watched_long_enough(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  syn(&x->s, &t);
  watch(&x->s, 3.5);
  seen(x);
  EXPECT_OUTCOME(flow_of(x->t, &t, 0), OUTCOME_NO_ANSWER);
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
  watch(&x->s, 5);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
  EXPECT_OUTCOME(v, OUTCOME_UNDETERMINED);
  EXPECT_REASON(v, REASON_LOSS);
}

static void reset_by_the_host(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  syn(&x->s, &t), later(&x->s, 10), rst(&x->s, &t, SERVER);
  watch(&x->s, 5);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
  EXPECT_OUTCOME(v, OUTCOME_REFUSED);
  EXPECT_RESET(v, RESET_BY_HOST);
  EXPECT_CONFIDENCE(v, CONFIDENCE_HIGH);
  assert_int_equal(v.reset_hops, v.server_hops);
}

/* Nothing else of the host was seen: nobody can say who sent the reset. */
static void reset_of_a_stranger(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  syn(&x->s, &t), later(&x->s, 10), rst(&x->s, &t, SERVER);
  watch(&x->s, 5);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
  EXPECT_OUTCOME(v, OUTCOME_REFUSED);
  EXPECT_RESET(v, RESET_BY_UNKNOWN);
  EXPECT_CONFIDENCE(v, CONFIDENCE_LOW);
}

static void reset_by_a_device(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 40);
  syn(&x->s, &t), later(&x->s, 2), rst_ttl(&x->s, &t, SERVER, 128); /* two hops nearer, twenty times faster */
  watch(&x->s, 5);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
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
  watch(&x->s, 5);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
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
  watch(&x->s, 5);
  seen(x);
  EXPECT_RESET(flow_of(x->t, &t, 0), RESET_BY_UNKNOWN);
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

/* The same distance from another initial value: one sign, no more. */
static void reset_with_another_initial_value(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  syn(&x->s, &t), later(&x->s, 10), rst_ttl(&x->s, &t, SERVER, 62);
  watch(&x->s, 5);
  seen(x);
  EXPECT_RESET(flow_of(x->t, &t, 0), RESET_BY_UNKNOWN);
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
  watch(&x->s, 5);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
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
  watch(&x->s, 20);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
  EXPECT_OUTCOME(v, OUTCOME_NO_ANSWER);
  assert_int_equal(v.icmp.type, x->s.family == 4 ? 3 : 2);
}

/* The error stands before the packet it quotes. */
static void icmp_before_its_packet(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135);
  acquaint(x, 10);
  icmp_error(&x->s, 9, &t, CLIENT, PROTO_TCP, administrative[0]), later(&x->s, 1);
  syn(&x->s, &t);
  watch(&x->s, 5);
  seen(x);
  EXPECT_OUTCOME(flow_of(x->t, &t, 0), OUTCOME_REJECTED);
}

/* Behind an address translator: the error quotes other addresses; ports and sequence number match. */
static void icmp_through_translation(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 135), outside = talk_make(33, 40001, 2, 135);
  acquaint(x, 10);
  syn(&x->s, &t), later(&x->s, 2);
  icmp_error(&x->s, 9, &outside, CLIENT, PROTO_TCP, administrative[0]);
  watch(&x->s, 5);
  seen(x);
  EXPECT_OUTCOME(flow_of(x->t, &t, 0), OUTCOME_REJECTED);
}

static void only_the_servers_half(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  t.next[CLIENT] = t.isn[CLIENT] + 1;
  syn_ack(&x->s, &t), later(&x->s, 10);
  t.next[CLIENT] += 100;
  data(&x->s, &t, SERVER, 300), later(&x->s, 10), ack(&x->s, &t, SERVER);
  watch(&x->s, 5);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
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
  watch(&x->s, 5);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
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
  watch(&x->s, 20);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
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
  watch(&x->s, 20);
  seen(x);
  EXPECT_OUTCOME(flow_of(x->t, &t, 0), OUTCOME_ONE_SIDED);
}

static void checksums_of_offload(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  x->s.bad_checksum = true;
  whole_talk(&x->s, &t, 10);
  watch(&x->s, 5);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
  EXPECT_OUTCOME(v, OUTCOME_ESTABLISHED);
  assert_int_equal(v.packets[TO_SERVER] + v.packets[TO_CLIENT], 9);
}

static void older_than_the_capture(struct trial *x) {
  struct talk t = talk_make(1, 50001, 2, 445);
  for (int i = 0; i < 3; i++) {
    data(&x->s, &t, SERVER, 300), later(&x->s, 10), ack(&x->s, &t, CLIENT), data(&x->s, &t, CLIENT, 50),
        later(&x->s, 10);
  }
  watch(&x->s, 5);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
  EXPECT_OUTCOME(v, OUTCOME_ESTABLISHED);
  EXPECT_REASON(v, REASON_MIDSTREAM);
  assert_true(v.flags & FLOW_MIDSTREAM);
  assert_int_equal(v.client_by, CLIENT_BY_PORT); /* the ephemeral port is never taken for the open one */
  assert_int_equal(v.server_port, 445);
}

static void older_with_odd_ports(struct trial *x) {
  struct talk t = talk_make(1, 50001, 2, 50002);
  data(&x->s, &t, SERVER, 300), later(&x->s, 10), data(&x->s, &t, CLIENT, 50);
  watch(&x->s, 5);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
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
  watch(&x->s, 5);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
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
  watch(&x->s, 20);
  seen(x);
  EXPECT_OUTCOME(flow_of(x->t, &first, 0), OUTCOME_ESTABLISHED);
  EXPECT_OUTCOME(flow_of(x->t, &first, 1), OUTCOME_NO_ANSWER);
  assert_true(flow_of(x->t, &first, 0).id != flow_of(x->t, &first, 1).id);
}

static void retry_from_another_port(struct trial *x) {
  struct talk one = talk_make(1, 40001, 2, 135), two = talk_make(1, 40002, 2, 135);
  acquaint(x, 10);
  three_syns(x, &one);
  later(&x->s, 12000);
  three_syns(x, &two);
  watch(&x->s, 20);
  seen(x);
  EXPECT_OUTCOME(flow_of(x->t, &one, 0), OUTCOME_NO_ANSWER);
  EXPECT_OUTCOME(flow_of(x->t, &two, 0), OUTCOME_NO_ANSWER);
}

static void answered_after_waking(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  syn(&x->s, &t), later(&x->s, 3000), syn(&x->s, &t), later(&x->s, 6000);
  handshake(&x->s, &t, 10), data(&x->s, &t, CLIENT, 20), later(&x->s, 5), data(&x->s, &t, SERVER, 20);
  watch(&x->s, 5);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
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
  watch(&x->s, 20);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
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
  watch(&x->s, 20);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
  EXPECT_OUTCOME(v, OUTCOME_STALLED);
  assert_string_equal(stall_by_name(v.stall_by), "unknown");
}

static void repeats_acknowledged_after_all(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  handshake(&x->s, &t, 10);
  data(&x->s, &t, CLIENT, 100);
  for (int i = 0; i < 5; i++) later(&x->s, 300 << i), again(&x->s, &t, CLIENT, 100);
  later(&x->s, 10), ack(&x->s, &t, SERVER);
  watch(&x->s, 20);
  seen(x);
  EXPECT_OUTCOME(flow_of(x->t, &t, 0), OUTCOME_ESTABLISHED);
}

static void congestion_syn_lost(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445);
  syn_flags(&x->s, &t, TCP_ECE | TCP_CWR), later(&x->s, 1000);
  syn_flags(&x->s, &t, TCP_ECE | TCP_CWR), later(&x->s, 2000);
  handshake(&x->s, &t, 10);
  watch(&x->s, 5);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
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
  watch(&x->s, 5);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
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
  watch(&x->s, 5);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
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
  watch(&x->s, 5);
  seen(x);
  EXPECT_OUTCOME(flow_of(x->t, &t, 0), OUTCOME_ESTABLISHED);
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
  watch(&x->s, 5);
  seen(x);
  const struct flow_view v = flow_of(x->t, &back, 0);
  const struct address caller = host_address(x->s.family, 2);
  EXPECT_OUTCOME(v, OUTCOME_ESTABLISHED);
  assert_true(address_equal(&v.client, &caller));
}

static void fallback_twenty_seconds_later(struct trial *x) {
  struct talk rpc = talk_make(1, 40001, 2, 50115), pipe = talk_make(1, 40002, 2, 445);
  three_syns(x, &rpc);
  later(&x->s, 12000);
  whole_talk(&x->s, &pipe, 10);
  watch(&x->s, 5);
  seen(x);
  EXPECT_OUTCOME(flow_of(x->t, &rpc, 0), OUTCOME_NO_ANSWER);
  EXPECT_CONFIDENCE(flow_of(x->t, &rpc, 0), CONFIDENCE_HIGH); /* the later pipe proves the way back visible */
  EXPECT_OUTCOME(flow_of(x->t, &pipe, 0), OUTCOME_ESTABLISHED);
}

static void notification_beside_http(struct trial *x) {
  struct talk notify = talk_make(1, 40001, 2, 10123), http = talk_make(1, 40002, 2, 80);
  three_syns(x, &notify);
  whole_talk(&x->s, &http, 10);
  watch(&x->s, 20);
  seen(x);
  EXPECT_OUTCOME(flow_of(x->t, &notify, 0), OUTCOME_NO_ANSWER);
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
  udp(&x->s, &ask, CLIENT, 30), later(&x->s, 10), udp(&x->s, &answer, SERVER, 516), later(&x->s, 10);
  udp(&x->s, &answer, CLIENT, 4);
  watch(&x->s, 5);
  seen(x);
  EXPECT_OUTCOME(flow_of(x->t, &answer, 0), OUTCOME_ANSWERED);
  assert_true(flow_of(x->t, &answer, 0).flags & FLOW_SERVER_GUESSED); /* never an unexpected open port by itself */
}

static void echo_answered_and_not(struct trial *x) {
  struct talk yes = talk_make(1, 0, 2, 0), no = talk_make(1, 0, 3, 0);
  for (int i = 0; i < 3; i++) {
    echo(&x->s, &yes, false), later(&x->s, 10), echo(&x->s, &yes, true), echo(&x->s, &no, false), later(&x->s, 4000);
  }
  watch(&x->s, 20);
  seen(x);
  EXPECT_OUTCOME(flow_of(x->t, &yes, 0), OUTCOME_ANSWERED);
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
  watch(&x->s, 5);
  seen(x);
  EXPECT_OUTCOME(flow_of(x->t, &t, 0), OUTCOME_ESTABLISHED);
}

static void odd_ports_are_plain_connections(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 4445), u = talk_make(1, 40002, 2, 8530);
  whole_talk(&x->s, &t, 10), whole_talk(&x->s, &u, 10);
  watch(&x->s, 5);
  seen(x);
  EXPECT_OUTCOME(flow_of(x->t, &t, 0), OUTCOME_ESTABLISHED);
  EXPECT_OUTCOME(flow_of(x->t, &u, 0), OUTCOME_ESTABLISHED);
}

static void clock_steps_back(struct trial *x) {
  struct talk t = talk_make(1, 40001, 2, 445), silent = talk_make(1, 40002, 2, 135);
  handshake(&x->s, &t, 10), data(&x->s, &t, CLIENT, 100);
  later(&x->s, -5000); /* the clock was put right in the middle */
  data(&x->s, &t, SERVER, 200), later(&x->s, 10), ack(&x->s, &t, CLIENT);
  three_syns(x, &silent);
  watch(&x->s, 20);
  seen(x);
  const struct flow_view v = flow_of(x->t, &t, 0);
  EXPECT_OUTCOME(v, OUTCOME_ESTABLISHED);
  assert_true(!stamp_before(v.last, v.first));
  EXPECT_OUTCOME(flow_of(x->t, &silent, 0), OUTCOME_NO_ANSWER);
}

/* Number in doc/verdicts.md 5, name, script. */
static const struct hard_case {
  int number;
  const char *name;
  void (*run)(struct trial *x);
} cases[] = {
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
    {5, "reset with another initial time to live", reset_with_another_initial_value},
    {6, "ICMP administratively prohibited", icmp_prohibited},
    {6, "ICMP port unreachable on UDP", icmp_port_unreachable_udp},
    {6, "ICMP host unreachable", icmp_host_unreachable},
    {6, "ICMP too big is no rejection", icmp_too_big_is_no_rejection},
    {6, "ICMP before the packet it quotes", icmp_before_its_packet},
    {6, "ICMP through address translation", icmp_through_translation},
    {7, "only the server's half", only_the_servers_half},
    {7, "only the client's half", only_the_clients_half},
    {7, "SYN where answers go elsewhere", syn_where_answers_go_elsewhere},
    {7, "SYN in half a capture", syn_in_half_a_capture},
    {8, "wrong checksums of offload", checksums_of_offload},
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
enum { N_CASES = sizeof cases / sizeof *cases, NUMBERS = 23 };

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
    for (size_t i = 0; i < N_CASES; i++)
      if (cases[i].number == number) there = true;
    if (!there) fail_msg("hard case %d has no test", number);
  }
}

int main(void) {
  static struct setting settings[2 * N_CASES];
  static char names[2 * N_CASES][96];
  static struct CMUnitTest tests[2 * N_CASES + 1];
  for (size_t i = 0; i < 2 * N_CASES; i++) {
    settings[i] = (struct setting){&cases[i / 2], i % 2 ? 6 : 4};
    snprintf(names[i], sizeof names[i], "case %d, IPv%d: %s", cases[i / 2].number, settings[i].family,
             cases[i / 2].name);
    tests[i] = (struct CMUnitTest){.name = names[i], .test_func = run_case, .initial_state = &settings[i]};
  }
  tests[2 * N_CASES] = (struct CMUnitTest){.name = "every number has a case", .test_func = every_number_has_a_case};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
