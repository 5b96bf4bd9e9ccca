/* Hosts: keys of addresses, hop distances, what pairs remember. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "classifier/host.h"

static void distances(void **state) {
  static const struct {
    uint8_t ttl, class, hops;
  } cases[] = {{64, 64, 0},   {63, 64, 1},     {128, 128, 0}, {126, 128, 2}, {255, 255, 0},
               {250, 255, 5}, {129, 255, 126}, {32, 32, 0},   {1, 32, 31},   {33, 64, 31}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(ttl_class(cases[i].ttl), cases[i].class);
    assert_int_equal(ttl_hops(cases[i].ttl), cases[i].hops);
  }
}

static struct host_facts *host_new(struct host_table *t, uint32_t id) {
  struct host_facts *h = NULL;
  assert_int_equal(host_table_get(t, (struct host_key){id, 4}, &h), 0);
  return h;
}

static void three_agreeing_packets(void **state) {
  struct host_table t;
  (void)state;
  host_table_init(&t, 0);
  struct host_facts *h = host_new(&t, 1);
  assert_int_equal(host_facts_hops(h), -1);
  hop_range_add(&h->tcp, 2, 126, 126);
  assert_int_equal(host_facts_hops(h), -1); /* two are too few */
  hop_range_add(&h->tcp, 1, 62, 62);
  assert_int_equal(host_facts_hops(h), 2); /* another initial value, the same distance */
  hop_range_add(&h->other, 9, 120, 120);
  assert_int_equal(host_facts_hops(h), 2); /* TCP counts first */
  hop_range_add(&h->tcp, 1, 125, 125);
  assert_int_equal(host_facts_hops(h), -1); /* they disagree */
  host_table_fini(&t);
}

static void caps_are_counted(void **state) {
  struct host_table t;
  struct address_list l;
  struct host_facts *h;
  struct host_key k;
  uint8_t octets[16] = {0x20, 1};
  (void)state;
  host_table_init(&t, 2);
  host_new(&t, 1), host_new(&t, 2), host_new(&t, 1);
  assert_int_equal(host_table_get(&t, (struct host_key){3, 4}, &h), 1);
  assert_int_equal(t.refused, 1);
  host_table_fini(&t);
  address_list_init(&l, 1);
  assert_int_equal(address_list_key(&l, octets, hash_octets(octets), &k), 0);
  octets[15] = 9;
  assert_int_equal(address_list_key(&l, octets, hash_octets(octets), &k), 1);
  assert_int_equal(l.refused, 1);
  address_list_fini(&l);
}

static void addresses_come_back(void **state) {
  struct address_list l;
  struct host_key k;
  (void)state;
  address_list_init(&l, 0);
  for (unsigned i = 0; i < 5000; i++) {
    const uint8_t octets[16] = {0x20, 1, [14] = (uint8_t)(i >> 8), [15] = (uint8_t)i};
    const struct address a = address_make(6, octets);
    assert_false(address_list_find(&l, &a, &k));
    assert_int_equal(host_key_make(&l, 6, octets, &k), 0);
    assert_int_equal(k.id, i);
    const struct address back = host_key_address(&l, k);
    assert_true(address_equal(&a, &back));
    assert_true(address_list_find(&l, &a, &k));
  }
  address_list_fini(&l);
}

static void pairs_have_directions(void **state) {
  const struct host_key one = {1, 4}, two = {2, 4}, same_number = {1, 6};
  struct pair_table t;
  (void)state;
  pair_table_init(&t, 0);
  assert_int_equal(pair_table_mark(&t, two, one, PAIR_SEEN_A), 0);
  assert_int_equal(pair_table_bits(&t, two, one), PAIR_SEEN_A);
  assert_int_equal(pair_table_bits(&t, one, two), PAIR_SEEN_A << SIDE_B);
  assert_int_equal(pair_table_mark(&t, one, two, PAIR_DEAF_A), 0);
  assert_int_equal(pair_table_bits(&t, one, two), PAIR_DEAF_A | PAIR_SEEN_A << SIDE_B);
  assert_int_equal(pair_table_bits(&t, two, one), PAIR_SEEN_A | PAIR_DEAF_A << SIDE_B);
  assert_int_equal(pair_table_bits(&t, same_number, (struct host_key){2, 6}), 0);
  pair_table_mark_known(&t, two, one, PAIR_DEAF_A);
  assert_int_equal(pair_table_bits(&t, two, one), PAIR_SEEN_A | PAIR_DEAF_A | PAIR_DEAF_A << SIDE_B);
  pair_table_mark_known(&t, same_number, (struct host_key){2, 6}, PAIR_SEEN_A);
  assert_int_equal(pair_table_bits(&t, same_number, (struct host_key){2, 6}), 0);
  pair_table_fini(&t);
}

static void pairs_have_a_cap(void **state) {
  struct pair_table t;
  (void)state;
  pair_table_init(&t, 2);
  for (uint32_t i = 1; i <= 4; i++)
    assert_int_equal(pair_table_mark(&t, (struct host_key){i, 4}, (struct host_key){9, 4}, PAIR_SEEN_A), 0);
  assert_int_equal(t.refused, 2);
  assert_int_equal(pair_table_bits(&t, (struct host_key){2, 4}, (struct host_key){9, 4}), PAIR_SEEN_A);
  assert_int_equal(pair_table_bits(&t, (struct host_key){3, 4}, (struct host_key){9, 4}), 0);
  pair_table_fini(&t);
}

static void merging_adds_up(void **state) {
  struct host_table t;
  (void)state;
  host_table_init(&t, 0);
  struct host_facts *a = host_new(&t, 1), *b = host_new(&t, 2);
  host_facts_sent(a, stamp_from_s(20), 7);
  host_facts_sent(b, stamp_from_s(10), 3);
  b->mac = 5, a->mac = 4, b->answered = UINT16_MAX, a->answered = 3;
  hop_range_add(&a->tcp, 2, 60, 60), hop_range_add(&b->tcp, 2, 60, 60);
  b->rtt_min = stamp_from_ms(4);
  host_facts_merge(a, b);
  assert_int_equal(a->sent, 2);
  assert_int_equal(a->first_sent.ns, stamp_from_s(10).ns);
  assert_int_equal(a->last_sent.ns, stamp_from_s(20).ns);
  assert_int_equal(a->packet_first, 3);
  assert_int_equal(a->answered, UINT16_MAX);
  assert_true(a->macs_differ);
  assert_int_equal(a->rtt_min.ns, stamp_from_ms(4).ns);
  assert_int_equal(host_facts_hops(a), 4);
  host_table_fini(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(distances),
                                     cmocka_unit_test(three_agreeing_packets),
                                     cmocka_unit_test(caps_are_counted),
                                     cmocka_unit_test(addresses_come_back),
                                     cmocka_unit_test(pairs_have_directions),
                                     cmocka_unit_test(pairs_have_a_cap),
                                     cmocka_unit_test(merging_adds_up)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
