/* Sequence numbers: what is a repeat, what is a hole, what is loss of the capture, what is neither. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "packet_builder.h"

struct trial {
  struct script s;
  struct talk t;
};

static void begin(struct trial *x) {
  script_init(&x->s, 4);
  x->t = talk_make(1, 40001, 2, 445);
  handshake(&x->s, &x->t, 10);
}

/* What the capture said of the one flow; ends the trial. */
static struct flow_view end(struct trial *x, struct capture_facts *facts_out) {
  const struct classifier_options plain = {.no_app = true};
  struct traffic *t = script_run(&x->s, &plain);
  const struct flow_view v = flow_of(t, &x->t, 0);
  *facts_out = *traffic_capture(t);
  traffic_free(t);
  script_fini(&x->s);
  return v;
}

static void repeats_are_counted(void **state) {
  struct trial x;
  struct capture_facts facts;
  (void)state;
  begin(&x);
  data(&x.s, &x.t, CLIENT, 100), later(&x.s, 300), again(&x.s, &x.t, CLIENT, 100), later(&x.s, 5);
  ack(&x.s, &x.t, SERVER);
  const struct flow_view v = end(&x, &facts);
  assert_int_equal(v.retransmits[TO_SERVER], 1);
  assert_non_null(strchr(v.history, 'T'));
  assert_int_equal(facts.lost_bytes, 0);
}

static void late_segment_fills_its_hole(void **state) {
  struct trial x;
  struct capture_facts facts;
  (void)state;
  begin(&x);
  const uint32_t from = x.t.next[CLIENT];
  x.t.next[CLIENT] += 100;
  data(&x.s, &x.t, CLIENT, 100), later(&x.s, 1);
  tcp_segment(&x.s, &x.t, CLIENT, TCP_ACK, from, x.t.next[SERVER], 100, 128), later(&x.s, 5); /* overtaken */
  ack(&x.s, &x.t, SERVER);
  const struct flow_view v = end(&x, &facts);
  assert_int_equal(v.retransmits[TO_SERVER], 0);
  assert_int_equal(facts.lost_bytes, 0);
}

static void unseen_and_acknowledged_is_loss(void **state) {
  struct trial x;
  struct capture_facts facts;
  (void)state;
  begin(&x);
  data(&x.s, &x.t, CLIENT, 100), later(&x.s, 1);
  x.t.next[CLIENT] += 250; /* the capture missed these */
  data(&x.s, &x.t, CLIENT, 100), later(&x.s, 5);
  ack(&x.s, &x.t, SERVER);
  const struct flow_view v = end(&x, &facts);
  assert_int_equal(facts.lost_bytes, 250);
  assert_int_equal(facts.acked_bytes, 450);
  assert_non_null(strchr(v.history, 'G'));
}

static void loss_is_taken_back(void **state) {
  struct trial x;
  struct capture_facts facts;
  (void)state;
  begin(&x);
  const uint32_t from = x.t.next[CLIENT];
  x.t.next[CLIENT] += 100;
  data(&x.s, &x.t, CLIENT, 100), later(&x.s, 1), ack(&x.s, &x.t, SERVER), later(&x.s, 1);
  tcp_segment(&x.s, &x.t, CLIENT, TCP_ACK, from, x.t.next[SERVER], 100, 128); /* another capture queue, late */
  end(&x, &facts);
  assert_int_equal(facts.lost_bytes, 0);
}

static void unseen_at_the_end_is_loss(void **state) {
  struct trial x;
  struct capture_facts facts;
  (void)state;
  begin(&x);
  x.t.next[CLIENT] += 700;
  ack(&x.s, &x.t, SERVER);
  end(&x, &facts);
  assert_int_equal(facts.lost_bytes, 700);
}

static void keep_alives_are_no_repeats(void **state) {
  struct trial x;
  struct capture_facts facts;
  (void)state;
  begin(&x);
  data(&x.s, &x.t, CLIENT, 100), later(&x.s, 5), ack(&x.s, &x.t, SERVER), later(&x.s, 5);
  for (int i = 0; i < 5; i++) {
    tcp_segment(&x.s, &x.t, CLIENT, TCP_ACK, x.t.next[CLIENT] - 1, x.t.next[SERVER], (uint32_t)i % 2, 128),
        later(&x.s, 10000);
  }
  watch(&x.s, 30);
  const struct flow_view v = end(&x, &facts);
  assert_int_equal(v.retransmits[TO_SERVER], 0);
  assert_string_equal(outcome_name(v.outcome), "established");
}

static void numbers_wrap_around(void **state) {
  struct trial x;
  struct capture_facts facts;
  (void)state;
  script_init(&x.s, 6);
  x.t = talk_make(1, 40001, 2, 445);
  x.t.isn[CLIENT] = x.t.next[CLIENT] = UINT32_MAX - 50;
  handshake(&x.s, &x.t, 10);
  for (int i = 0; i < 3; i++) data(&x.s, &x.t, CLIENT, 100), later(&x.s, 5), ack(&x.s, &x.t, SERVER), later(&x.s, 5);
  const struct flow_view v = end(&x, &facts);
  assert_int_equal(v.retransmits[TO_SERVER], 0);
  assert_int_equal(facts.lost_bytes, 0);
  assert_int_equal(facts.acked_bytes, 300);
  assert_int_equal(v.bytes[TO_SERVER], 300);
}

/* Order of arrival does not make another connection. */
static void handshake_in_any_order(void **state) {
  static const uint8_t orders[][3] = {{0, 1, 2}, {1, 0, 2}, {2, 0, 1}, {1, 2, 0}, {2, 1, 0}, {0, 2, 1}};
  (void)state;
  for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
    struct trial x;
    struct script mixed;
    struct capture_facts facts;
    begin(&x);
    script_copy(&mixed, &x.s);
    mixed.n = 0;
    for (size_t k = 0; k < 3; k++) free(mixed.frame[k].data);
    for (size_t k = 0; k < 3; k++) {
      const struct made_frame *f = &x.s.frame[orders[i][k]];
      script_append(&mixed, f->time, f->data, f->len, f->sender);
    }
    script_fini(&x.s);
    x.s = mixed;
    later(&x.s, 1);
    data(&x.s, &x.t, CLIENT, 10), data(&x.s, &x.t, SERVER, 10);
    const struct flow_view v = end(&x, &facts);
    assert_int_equal(facts.flows, 1);
    assert_string_equal(outcome_name(v.outcome), "established");
    assert_int_equal(v.client_port, 40001);
  }
}

static void payload_after_fin_of_the_other(void **state) {
  struct trial x;
  struct capture_facts facts;
  (void)state;
  begin(&x);
  fin(&x.s, &x.t, CLIENT), later(&x.s, 5), data(&x.s, &x.t, SERVER, 500), later(&x.s, 5), fin(&x.s, &x.t, SERVER);
  later(&x.s, 5), ack(&x.s, &x.t, CLIENT);
  const struct flow_view v = end(&x, &facts);
  assert_string_equal(v.history, "ShAFdf");
  assert_string_equal(outcome_name(v.outcome), "established");
}

/* A scanner's SYN with FIN asks; it does not close. */
static void syn_with_fin_is_an_attempt(void **state) {
  struct trial x;
  struct capture_facts facts;
  (void)state;
  script_init(&x.s, 4);
  x.t = talk_make(1, 40001, 2, 445);
  syn_flags(&x.s, &x.t, TCP_FIN), watch(&x.s, 5);
  assert_string_equal(outcome_name(end(&x, &facts).outcome), "no-answer");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(repeats_are_counted),
      cmocka_unit_test(late_segment_fills_its_hole),
      cmocka_unit_test(unseen_and_acknowledged_is_loss),
      cmocka_unit_test(loss_is_taken_back),
      cmocka_unit_test(unseen_at_the_end_is_loss),
      cmocka_unit_test(keep_alives_are_no_repeats),
      cmocka_unit_test(numbers_wrap_around),
      cmocka_unit_test(handshake_in_any_order),
      cmocka_unit_test(payload_after_fin_of_the_other),
      cmocka_unit_test(syn_with_fin_is_an_attempt),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
