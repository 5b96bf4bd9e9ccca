/* Addresses, prefixes and ranges as people write them. What is refused, with which words, is in bad_input/. */
#include "rules/address_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
  const char *text, *first, *last, *name, *printed;
} good[] = {
    {"10.1.2.3", "10.1.2.3", "10.1.2.3", NULL, "10.1.2.3"},
    {"10.1.2.3/32", "10.1.2.3", "10.1.2.3", NULL, "10.1.2.3"},
    {"10.0.0.0/8", "10.0.0.0", "10.255.255.255", NULL, "10.0.0.0/8"},
    {"0.0.0.0/0", "0.0.0.0", "255.255.255.255", NULL, "0.0.0.0/0"},
    {"10.1.2.4/31", "10.1.2.4", "10.1.2.5", NULL, "10.1.2.4/31"},
    {"10.1.2.0-10.1.2.255", "10.1.2.0", "10.1.2.255", NULL, "10.1.2.0/24"},
    {"10.1.2.1-10.1.2.254", "10.1.2.1", "10.1.2.254", NULL, "10.1.2.1-10.1.2.254"},
    {"10.1.2.1-10.1.2.1", "10.1.2.1", "10.1.2.1", NULL, "10.1.2.1"},
    {"mp-02.ams_1=10.10.1.7", "10.10.1.7", "10.10.1.7", "mp-02.ams_1", "mp-02.ams_1=10.10.1.7"},
    {"2001:DB8::1", "2001:db8::1", "2001:db8::1", NULL, "2001:db8::1"},
    {"2001:db8::/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff", NULL, "2001:db8::/64"},
    {"::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, "::/0"},
    {"v6=fe80::1", "fe80::1", "fe80::1", "v6", "v6=fe80::1"},
    {"2001:db8::1-2001:db8::2", "2001:db8::1", "2001:db8::2", NULL, "2001:db8::1-2001:db8::2"},
};

static void test_good(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct address_range r;
    struct err e;
    char first[ADDRESS_TEXT_SIZE], last[ADDRESS_TEXT_SIZE], printed[ADDRESS_RANGE_TEXT_SIZE];
    if (address_range_parse(good[i].text, &r, &e) != 0) fail_msg("%s: %s", good[i].text, e.text);
    assert_string_equal(address_print(first, &r.first), good[i].first);
    assert_string_equal(address_print(last, &r.last), good[i].last);
    if (good[i].name)
      assert_string_equal(r.name, good[i].name);
    else
      assert_null(r.name);
    assert_string_equal(address_range_print(printed, &r), good[i].printed);
    free(r.name);
  }
}

static void test_refused_leaves_the_result_alone(void **state) {
  (void)state;
  static const char *const bad[] = {"",
                                    "/",
                                    "-",
                                    "=",
                                    "a=",
                                    "10.0.0.0/",
                                    "10.0.0.0/8/8",
                                    "10.0.0.0/-1",
                                    "10.0.0.0/ 8",
                                    "10.0.0.1-10.0.0.2-10.0.0.3",
                                    "a=b=10.0.0.1",
                                    "10.0.0",
                                    "1.2.3.4.5",
                                    ":::",
                                    "0x0a.0.0.1",
                                    "::1/129",
                                    "10.0.0.0/99999999999999999999"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct address_range r = {.name = (char *)(uintptr_t)1};
    struct err e = {""};
    if (address_range_parse(bad[i], &r, &e) != -EINVAL) fail_msg("\"%s\" is accepted", bad[i]);
    assert_ptr_equal(r.name, (char *)(uintptr_t)1);
    assert_non_null(strstr(e.text, "is not an address, prefix or range: "));
  }
}

static void test_ports(void **state) {
  (void)state;
  static const struct {
    const char *text;
    unsigned first, last; /* 0: refused */
  } row[] = {{"1", 1, 1},           {"65535", 65535, 65535},
             {"1-65535", 1, 65535}, {"80-80", 80, 80},
             {"0", 0, 0},           {"65536", 0, 0},
             {"2-1", 0, 0},         {"", 0, 0},
             {"-", 0, 0},           {"1-", 0, 0},
             {"-1", 0, 0},          {"1-2-3", 0, 0},
             {" 1", 0, 0},          {"0x50", 0, 0},
             {"99999999999", 0, 0}};
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    struct port_range r = {0, 0};
    struct err e;
    bool taken = port_range_parse(row[i].text, &r, &e);
    if (taken != (row[i].first > 0) || r.first != row[i].first || r.last != row[i].last)
      fail_msg("\"%s\"", row[i].text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_good),
      cmocka_unit_test(test_refused_leaves_the_result_alone),
      cmocka_unit_test(test_ports),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
