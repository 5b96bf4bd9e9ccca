/* Short flows: what is kept of one packet of each side makes the same facts as the packets themselves do. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifier/datagram_facts.h"
#include "classifier/short_flow.h"
#include "classifier/tcp_facts.h"

/* A packet at random: flags, numbers, identification, link address, time. */
static struct packet packet_any(uint8_t proto, int64_t ns, uint32_t number) {
  static const uint8_t flags[] = {
      TCP_SYN, TCP_SYN | TCP_ECE | TCP_CWR, TCP_RST | TCP_ACK, TCP_RST,          TCP_RST | TCP_PSH, TCP_SYN | TCP_ACK,
      TCP_ACK, TCP_SYN | TCP_FIN,           TCP_ACK | TCP_FIN, TCP_SYN | TCP_URG};
  struct packet p = {.time = {ns}, .number = number, .proto = proto, .family = 4, .ttl = (uint8_t)(rand() % 256)};
  p.ip_id = (uint16_t)(rand() % 2 * rand());
  if (rand() % 4 == 0) p.flags |= PACKET_NO_IP_ID;
  if (rand() % 16 == 0) p.flags |= PACKET_DUPLICATE;
  if (rand() % 4) p.src_mac = (uint16_t)(1 + rand() % 3);
  p.window = (uint16_t)(rand() % 2 * 1024);
  p.seq = (uint32_t)rand(), p.ack = (uint32_t)rand();
  if (proto == PROTO_TCP) p.tcp_flags = flags[(size_t)rand() % (sizeof flags / sizeof *flags)];
  if (rand() % 4 == 0 || proto != PROTO_TCP) p.payload_len = (uint32_t)(rand() % 70000);
  return p;
}

static void whole_add(struct flow_table *t, struct loss *l, uint32_t record, const struct packet *p, unsigned side) {
  if (p->proto == PROTO_TCP)
    assert_int_equal(tcp_facts_add(t, l, record, p, side), 0);
  else
    datagram_facts_add(t, record, p, side);
}

/* Adds the packets to a whole flow and, as far as they fit, to a short one; true when both fit. */
static bool both_agree(uint8_t proto) {
  struct flow_table t;
  struct loss l = {0};
  const struct flow_key k = {.a = 1, .b = 2, .port_a = 1000, .port_b = 80, .proto = proto, .family = 4};
  const unsigned one = (unsigned)rand() % 2, two = (unsigned)rand() % 8 ? !one : one;
  const int64_t begin = 1000000000, wait = rand() % 8 ? rand() % 4000000000 : (int64_t)rand() * 8 - 4;
  const struct packet p[2] = {packet_any(proto, begin, 7), packet_any(proto, begin + wait, 9)};
  const uint16_t state = (uint16_t)((one == SIDE_B ? FLOW_FIRST_B : 0) | (rand() % 2 ? FLOW_TO_GROUP : 0));
  uint32_t at, record;
  bool fits = short_flow_may_begin(&p[0]);
  if (!fits) return false;
  flow_table_init(&t, 0);
  assert_int_equal(flow_table_add(&t, &k, 1, &at), 0);
  assert_int_equal(flow_open(&t, at - 1, &record), 0);
  struct flow *f = flow_record(&t, record);
  struct flow_cold *c = flow_cold_record(&t, record);
  f->state = state;
  f->packet_first = 7;
  c->encap = 3;
  struct flow_short s = {.key = k, .state = state, .encap = 3};
  short_flow_begin(&s, &p[0]);
  whole_add(&t, &l, record, &p[0], one);
  fits = short_flow_add(&s, &p[1], two);
  if (fits) whole_add(&t, &l, record, &p[1], two);
  struct flow_copy copy;
  memset(&copy, 0xa5, sizeof copy); /* whatever was there is written over */
  short_flow_expand(&s, &copy.hot, &copy.cold);
  assert_memory_equal(&copy.hot, f, sizeof *f);
  assert_memory_equal(&copy.cold, c, offsetof(struct flow_cold, id_seen) + 1);
  assert_null(flow_extra_of(&t, f));
  flow_table_fini(&t);
  loss_fini(&l);
  return fits;
}

static void says_what_the_packets_say(void **state) {
  static const uint8_t protos[] = {PROTO_TCP, PROTO_UDP, PROTO_ICMP};
  const char *given = getenv("WW_SEED");
  const unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 20261125;
  (void)state;
  printf("WW_SEED=%u\n", seed);
  srand(seed);
  for (size_t k = 0; k < sizeof protos; k++) {
    unsigned both = 0;
    for (unsigned i = 0; i < 20000; i++) both += both_agree(protos[k]);
    assert_true(both > 500);
  }
}

/* A short flow moves to whole records once, keeps its number, and its place is used again. */
static void moves_once(void **state) {
  struct flow_table t;
  const struct packet p = {.time = {5}, .number = 1, .proto = PROTO_TCP, .tcp_flags = TCP_SYN, .seq = 77};
  const struct flow_key k = {.a = 1, .b = 2, .port_b = 80, .proto = PROTO_TCP, .family = 4};
  const struct flow_key other = {.a = 1, .b = 3, .port_b = 80, .proto = PROTO_TCP, .family = 4};
  struct flow_copy copy;
  const struct flow_cold *cold;
  uint32_t at, next, record, again;
  (void)state;
  flow_table_init(&t, 2);
  assert_int_equal(flow_table_add_short(&t, &k, 1, NULL, &at), 0);
  short_flow_begin(flow_short_at(&t, at - 1), &p);
  assert_ptr_equal(flow_read(&t, at - 1, &copy, &cold), &copy.hot);
  assert_int_equal(copy.hot.base[SIDE_A], 77);
  flow_place_at(&t, at - 1)->app = 4 | APP_DONE;
  assert_int_equal(flow_open(&t, at - 1, &record), 0);
  assert_null(flow_short_at(&t, at - 1));
  assert_int_equal(flow_open(&t, at - 1, &again), 0);
  assert_int_equal(record, again);
  assert_ptr_equal(flow_read(&t, at - 1, &copy, &cold), flow_record(&t, record));
  assert_int_equal(flow_record(&t, record)->base[SIDE_A], 77);
  assert_int_equal(flow_table_find(&t, &k, 1), at);
  assert_int_equal(flow_app_slot(&t, at - 1), 4);
  assert_int_equal(flow_table_add_short(&t, &other, 1, NULL, &next), 0);
  assert_int_equal(t.records[RECORD_SHORT].n, 1);
  assert_int_equal(flow_table_find(&t, &other, 1), next);
  assert_int_equal(flow_table_add_short(&t, &other, 2, NULL, &next), 1);
  assert_int_equal(t.refused, 1);
  flow_table_fini(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(says_what_the_packets_say), cmocka_unit_test(moves_once)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
