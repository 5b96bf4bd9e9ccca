/* Host names out of DNS and its relatives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifier/dns.h"
#include "tests/unit/classifier/desk.h"
#include "tests/unit/classifier/pdus.h"

/* The name noted for an address; NULL = none. */
static const char *name_of(const struct desk *d, const char *address, const char *source) {
  struct address a;
  assert_true(address_parse(address, strlen(address), &a));
  for (size_t i = 0; i < hostname_count(d->taker.names); i++) {
    const struct host_name *h = hostname_at(d->taker.names, i);
    if (address_equal(&h->address, &a) && strcmp(h->source, source) == 0) return h->name;
  }
  return NULL;
}

/* Pieces of messages. Q: header for one question and n answers; the question "srv1.corp" A is always the same. */
#define QUESTION 4, 's', 'r', 'v', '1', 4, 'c', 'o', 'r', 'p', 0, 0, 1, 0, 1
#define HEAD(answers) 0x12, 0x34, 0x81, 0x80, 0, 1, 0, answers, 0, 0, 0, 0, QUESTION

static void addresses_are_named_by_their_records(void **state) {
  (void)state;
  static const uint8_t answer[] = {HEAD(4),
                                   /* srv1.corp is an alias of dc2.corp */
                                   0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 6, 3, 'd', 'c', '2', 0xc0, 17,
                                   /* dc2.corp has 10.1.2.3 and 2001:db8::5 */
                                   0xc0, 39, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 1, 2, 3, 0xc0, 39, 0, 28, 0, 1, 0, 0, 0,
                                   60, 0, 16, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5,
                                   /* 4.2.1.10.in-addr.arpa is host4.corp */
                                   1, '4', 1, '2', 1, '1', 2, '1', '0', 7, 'i', 'n', '-', 'a', 'd', 'd', 'r', 4, 'a',
                                   'r', 'p', 'a', 0, 0, 12, 0, 1, 0, 0, 0, 60, 0, 8, 5, 'h', 'o', 's', 't', '4', 0xc0,
                                   17};
  struct desk d;
  desk_open(&d);
  assert_true(dns_is_message(bytes_of(answer, sizeof answer)));
  assert_true(dns_read(&d.taker, bytes_of(answer, sizeof answer)));
  assert_string_equal(name_of(&d, "10.1.2.3", "dns"), "dc2.corp");
  assert_string_equal(name_of(&d, "2001:db8::5", "dns"), "dc2.corp");
  assert_string_equal(name_of(&d, "10.1.2.4", "dns"), "host4.corp");
  desk_close(&d);
  for (size_t len = 0; len < sizeof answer; len++) { /* every prefix, in memory of its size */
    uint8_t *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy, answer, len);
    desk_open(&d);
    dns_is_message(bytes_of(copy, len));
    dns_read(&d.taker, bytes_of(copy, len));
    desk_close(&d);
    free(copy);
  }
}

/* Every domain controller answers to the names of its services; its own name comes in another record. */
static void services_are_no_names_of_hosts(void **state) {
  (void)state;
  static const uint8_t answer[] = {HEAD(3),
                                   /* _ldap.srv1.corp and gc._msdcs.corp have 10.1.2.3 */
                                   5, '_', 'l', 'd', 'a', 'p', 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 1, 2, 3, 2,
                                   'g', 'c', 6, '_', 'm', 's', 'd', 'c', 's', 0xc0, 17, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4,
                                   10, 1, 2, 3,
                                   /* dc_2.corp has 10.1.2.4 */
                                   4, 'd', 'c', '_', '2', 0xc0, 17, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 1, 2, 4};
  struct desk d;
  desk_open(&d);
  assert_true(dns_read(&d.taker, bytes_of(answer, sizeof answer)));
  assert_null(name_of(&d, "10.1.2.3", "dns"));
  assert_string_equal(name_of(&d, "10.1.2.4", "dns"), "dc_2.corp");
  desk_close(&d);
}

static void a_real_answer_is_a_message(void **state) {
  (void)state;
  assert_true(dns_is_message(bytes_of(pdu_dns_answer, sizeof pdu_dns_answer)));
  struct desk d;
  desk_open(&d);
  assert_true(dns_read_mdns(&d.taker, bytes_of(pdu_mdns_answer, sizeof pdu_mdns_answer)));
  assert_string_equal(name_of(&d, "141.142.220.50", "mdns"), "gemini.local");
  desk_close(&d);
}

static void loops_and_lies_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *name;
    uint8_t len, bytes[48];
  } cases[] = {
      {"a name that points to itself", 18, {0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1}},
      {"a pointer forward", 20, {0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 18, 0, 1, 0, 1, 1, 'a'}},
      {"a label of a kind that does not exist", 18, {0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x80, 12, 0, 1, 0, 1}},
      {"bytes after a query", 20, {0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1, 7}},
      {"class 7", 19, {0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 7}},
      {"two questions", 26, {0, 1, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1, 1, 'b', 0, 0, 1, 0, 1}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (dns_is_message(bytes_of(cases[i].bytes, cases[i].len))) fail_msg("%s was taken for a message", cases[i].name);
}

static void hostile_names_are_cleaned(void **state) {
  (void)state;
  static const uint8_t answer[] = {HEAD(1), 5, 'a', 0x1b, '[', '<', '\n', 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 10, 0, 0, 9};
  struct desk d;
  desk_open(&d);
  dns_read(&d.taker, bytes_of(answer, sizeof answer));
  assert_string_equal(name_of(&d, "10.0.0.9", "dns"), "a?[<?");
  desk_close(&d);
}

static void questions_name_nobody(void **state) {
  (void)state;
  static const uint8_t query[] = {1, 2, 1, 0, 0, 1, 0, 1,  0, 0, 0,  0, QUESTION, 0xc0, 12,
                                  0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 1, 2,        3};
  struct desk d;
  desk_open(&d);
  dns_read(&d.taker, bytes_of(query, sizeof query));
  assert_int_equal(hostname_count(d.taker.names), 0);
  desk_close(&d);
}

/* PC07 as NetBIOS writes it, with its last octet. */
#define PC07(high, low)                                                                                             \
  32, 'F', 'A', 'E', 'D', 'D', 'A', 'D', 'H', 'C', 'A', 'C', 'A', 'C', 'A', 'C', 'A', 'C', 'A', 'C', 'A', 'C', 'A', \
      'C', 'A', 'C', 'A', 'C', 'A', 'C', 'A', high, low, 0

static void netbios_names_are_read(void **state) {
  (void)state;
  static const struct {
    const char *name;
    char high, low;
    uint8_t flags;
    const char *expected;
  } cases[] = {{"a workstation", 'A', 'A', 0, "PC07"},
               {"a server", 'C', 'A', 0, "PC07"},
               {"a messenger name may be a user", 'A', 'D', 0, NULL},
               {"a group", 'A', 'A', 0x80, NULL}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    uint8_t answer[] = {0, 1, 0x85, 0,  0, 0, 0, 1, 0,  0, 0, 0, PC07('A', 'A'), 0, 32, 0, 1,
                        0, 0, 0,    60, 0, 6, 0, 0, 10, 9, 8, 7};
    answer[12 + 31] = (uint8_t)cases[i].high;
    answer[12 + 32] = (uint8_t)cases[i].low;
    answer[sizeof answer - 6] = cases[i].flags;
    struct desk d;
    desk_open(&d);
    assert_true(dns_is_netbios(bytes_of(answer, sizeof answer)));
    dns_read_netbios(&d.taker, bytes_of(answer, sizeof answer));
    const char *name = name_of(&d, "10.9.8.7", "nbns");
    if (cases[i].expected ? !name || strcmp(name, cases[i].expected) : name != NULL) fail_msg("%s", cases[i].name);
    desk_close(&d);
  }
}

static void a_netbios_datagram_names_its_sender(void **state) {
  (void)state;
  struct desk d;
  desk_open(&d);
  d.taker.src = address_make(4, pdu_netbios_datagram + 4);
  assert_true(dns_read_netbios_datagram(&d.taker, bytes_of(pdu_netbios_datagram, sizeof pdu_netbios_datagram)));
  assert_int_equal(hostname_count(d.taker.names), 1);
  desk_close(&d);
  desk_open(&d); /* sent on by another host: it does not name the sender */
  dns_read_netbios_datagram(&d.taker, bytes_of(pdu_netbios_datagram, sizeof pdu_netbios_datagram));
  assert_int_equal(hostname_count(d.taker.names), 0);
  desk_close(&d);
}

static void names_are_kept_once_and_bounded(void **state) {
  (void)state;
  struct hostname_table *t = hostname_table_new();
  uint64_t refused = 0;
  for (uint32_t i = 0; i < HOSTNAMES_MAX + 3; i++) {
    struct address a = address_from_v4(0x0b000000 + i);
    hostname_add(t, &a, "first", 5, "dns", &refused);
    hostname_add(t, &a, "second", 6, "dns", &refused);
  }
  assert_int_equal(hostname_count(t), HOSTNAMES_MAX);
  assert_string_equal(hostname_at(t, 70)->name, "first");
  assert_true(refused >= 3);
  struct address special[] = {
      address_from_v4(0xe0000001), address_from_v4(0x7f000001), address_from_v4(0), {.family = 0}};
  struct hostname_table *u = hostname_table_new();
  for (size_t i = 0; i < 4; i++) hostname_add(u, &special[i], "x", 1, "dns", &refused);
  assert_int_equal(hostname_count(u), 0);
  hostname_table_free(t);
  hostname_table_free(u);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses_are_named_by_their_records),
      cmocka_unit_test(services_are_no_names_of_hosts),
      cmocka_unit_test(a_real_answer_is_a_message),
      cmocka_unit_test(loops_and_lies_are_refused),
      cmocka_unit_test(hostile_names_are_cleaned),
      cmocka_unit_test(questions_name_nobody),
      cmocka_unit_test(netbios_names_are_read),
      cmocka_unit_test(a_netbios_datagram_names_its_sender),
      cmocka_unit_test(names_are_kept_once_and_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
