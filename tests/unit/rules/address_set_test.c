/* Classes of addresses against a naive search over all ranges. */
#include "rules/address_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct address address_of(const char *text) {
  struct address a;
  assert_true(address_parse(text, strlen(text), &a));
  return a;
}

static struct address_member member(const char *first, const char *last, uint32_t group) {
  return (struct address_member){address_of(first), address_of(last), group};
}

static bool in_group(const struct address_set *s, const char *text, uint32_t group) {
  struct address a = address_of(text);
  return address_class_has(s, address_set_class(s, &a), group);
}

static void test_empty(void **state) {
  (void)state;
  struct address_set *s = address_set_new(NULL, 0, 0);
  struct address a = address_of("10.0.0.1");
  assert_non_null(s);
  assert_int_equal(address_set_class(s, &a), 0);
  assert_int_equal(address_class_first(s, 0), -1);
  assert_int_equal(address_set_classes(s), 1);
  address_set_free(s);
}

static void test_overlap(void **state) {
  (void)state;
  const struct address_member m[] = {member("10.0.0.0", "10.0.0.255", 0), member("10.0.0.128", "10.0.1.10", 1),
                                     member("10.0.0.200", "10.0.0.200", 70), member("10.0.0.0", "10.0.0.9", 0)};
  struct address_set *s = address_set_new(m, 4, 71);
  assert_true(in_group(s, "10.0.0.0", 0));
  assert_true(in_group(s, "10.0.0.9", 0) && in_group(s, "10.0.0.10", 0));
  assert_false(in_group(s, "10.0.0.127", 1));
  assert_true(in_group(s, "10.0.0.128", 0) && in_group(s, "10.0.0.128", 1));
  assert_true(in_group(s, "10.0.0.200", 70) && in_group(s, "10.0.0.200", 0));
  assert_false(in_group(s, "10.0.0.201", 70));
  assert_true(in_group(s, "10.0.1.10", 1));
  assert_false(in_group(s, "10.0.1.10", 0));
  struct address behind = address_of("10.0.1.11");
  assert_int_equal(address_set_class(s, &behind), 0);
  address_set_free(s);
}

/* The last address of a family has none behind it, and the families must not run into each other. */
static void test_family_ends(void **state) {
  (void)state;
  const struct address_member m[] = {member("0.0.0.0", "255.255.255.255", 0),
                                     member("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1)};
  struct address_set *s = address_set_new(m, 2, 2);
  assert_true(in_group(s, "0.0.0.0", 0) && in_group(s, "255.255.255.255", 0));
  assert_false(in_group(s, "::", 0) || in_group(s, "::1", 0) || in_group(s, "fe80::1", 1));
  assert_true(in_group(s, "ff02::1", 1) && in_group(s, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1));
  address_set_free(s);
}

static struct address random_address(void) {
  uint8_t octets[16];
  for (size_t i = 0; i < sizeof octets; i++) octets[i] = random() % 3 == 0 ? (uint8_t)random() : (uint8_t)i;
  return address_make(random() % 2 ? 4 : 6, octets);
}

static void test_random(void **state) {
  (void)state;
  const char *given = getenv("WW_SEED");
  unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 20;
  print_message("seed %u\n", seed);
  srandom(seed);
  enum { MEMBERS = 300, GROUPS = 100, PROBES = 3000 };
  struct address_member m[MEMBERS];
  for (size_t i = 0; i < MEMBERS; i++) {
    struct address a = random_address(), b = random_address();
    if (a.family != b.family) b = a;
    bool swap = address_compare(&a, &b) > 0;
    m[i] = (struct address_member){swap ? b : a, swap ? a : b, (uint32_t)random() % GROUPS};
  }
  struct address_set *s = address_set_new(m, MEMBERS, GROUPS);
  for (size_t i = 0; i < PROBES; i++) {
    struct address a = i % 3 == 0 ? m[i % MEMBERS].first : i % 3 == 1 ? m[i % MEMBERS].last : random_address();
    if (i % 2) address_next(&a);
    bool expected[GROUPS] = {false};
    for (size_t k = 0; k < MEMBERS; k++)
      if (address_compare(&m[k].first, &a) <= 0 && address_compare(&a, &m[k].last) <= 0) expected[m[k].group] = true;
    uint32_t c = address_set_class(s, &a);
    int32_t lowest = -1;
    for (uint32_t g = 0; g < GROUPS; g++) {
      assert_int_equal(address_class_has(s, c, g), expected[g]);
      if (expected[g] && lowest < 0) lowest = (int32_t)g;
    }
    assert_int_equal(address_class_first(s, c), lowest);
    assert_int_equal(address_class_has_below(s, c, 10), lowest >= 0 && lowest < 10);
  }
  address_set_free(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_overlap),
      cmocka_unit_test(test_family_ends),
      cmocka_unit_test(test_random),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
