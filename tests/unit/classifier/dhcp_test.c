/* DHCP: a client's name goes to the address it has or gets, and to no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "classifier/dhcp.h"
#include "tests/unit/classifier/desk.h"

enum { DISCOVER = 1, REQUEST = 3, ACK = 5, NAK = 6, INFORM = 8, SIZE = 512 };

struct made {
  uint8_t bytes[SIZE];
  size_t len;
};

static void option(struct made *m, uint8_t code, const void *value, size_t len) {
  m->bytes[m->len++] = code;
  m->bytes[m->len++] = (uint8_t)len;
  memcpy(m->bytes + m->len, value, len);
  m->len += len;
}

/* A message of or to the client with that link address; addresses are 192.0.2.x, 0 = none. */
static struct made make(uint8_t type, uint8_t client, uint32_t exchange, uint8_t ciaddr, uint8_t yiaddr) {
  struct made m = {.len = 236};
  static const uint8_t cookie[4] = {0x63, 0x82, 0x53, 0x63}, net[3] = {192, 0, 2};
  const bool reply = type == ACK || type == NAK;
  m.bytes[0] = reply ? 2 : 1;
  m.bytes[1] = 1, m.bytes[2] = 6;
  m.bytes[7] = (uint8_t)exchange;
  if (ciaddr) memcpy(m.bytes + 12, net, 3), m.bytes[15] = ciaddr;
  if (yiaddr) memcpy(m.bytes + 16, net, 3), m.bytes[19] = yiaddr;
  m.bytes[33] = client;
  memcpy(m.bytes + m.len, cookie, 4);
  m.len += 4;
  option(&m, 53, &type, 1);
  m.bytes[m.len++] = 0; /* padding */
  return m;
}

static void named(struct made *m, const char *name) { option(m, 12, name, strlen(name)); }
static void with_domain(struct made *m, uint8_t flags, const char *name, size_t len) {
  uint8_t value[128] = {flags, 255, 255};
  memcpy(value + 3, name, len);
  option(m, 81, value, 3 + len);
}

static void read_made(struct desk *d, struct made m) {
  m.bytes[m.len++] = 255;
  assert_true(dhcp_read(&d->taker, bytes_of(m.bytes, m.len)));
}

/* The name learned for 192.0.2.x. */
static const char *name_at(const struct desk *d, uint8_t x) {
  for (size_t i = 0; i < hostname_count(d->taker.names); i++) {
    const struct host_name *h = hostname_at(d->taker.names, i);
    if (h->address.octet[0] == 192 && h->address.octet[3] == x) {
      assert_string_equal(h->source, "dhcp");
      return h->name;
    }
  }
  return NULL;
}

static void a_name_waits_for_its_address(void **state) {
  (void)state;
  struct desk d;
  desk_open(&d);
  struct made discover = make(DISCOVER, 1, 7, 0, 0), request = make(REQUEST, 1, 7, 0, 0),
              other = make(REQUEST, 2, 7, 0, 0);
  static const uint8_t wanted[4] = {192, 0, 2, 99};
  named(&discover, "PC-0001");
  named(&request, "PC-0001");
  option(&request, 50, wanted, 4);
  named(&other, "PC-0002"); /* the same number, another client */
  read_made(&d, discover);
  read_made(&d, request);
  read_made(&d, other);
  assert_int_equal(hostname_count(d.taker.names), 0); /* what it asks for it may not get */
  read_made(&d, make(ACK, 3, 7, 0, 30));              /* somebody else's */
  read_made(&d, make(NAK, 1, 7, 0, 0));
  assert_int_equal(hostname_count(d.taker.names), 0);
  read_made(&d, make(ACK, 1, 7, 0, 10));
  assert_string_equal(name_at(&d, 10), "PC-0001");
  read_made(&d, make(ACK, 2, 7, 0, 20));
  assert_string_equal(name_at(&d, 20), "PC-0002");
  assert_int_equal(hostname_count(d.taker.names), 2);
  desk_close(&d);
}

static void who_has_an_address_is_named_at_once(void **state) {
  (void)state;
  static const uint8_t types[] = {REQUEST, INFORM};
  for (size_t i = 0; i < sizeof types; i++) {
    struct desk d;
    struct made m = make(types[i], 1, 9, 11, 0);
    desk_open(&d);
    named(&m, "PC-0011");
    read_made(&d, m);
    assert_string_equal(name_at(&d, 11), "PC-0011");
    desk_close(&d);
  }
}

static void names_have_many_forms(void **state) {
  (void)state;
  static const struct {
    const char *name, *host, *domain; /* options 12 and 81 */
    size_t domain_len;
    uint8_t flags;
    const char *expected;
  } cases[] = {
      {"host only", "pc1", NULL, 0, 0, "pc1"},
      {"domain in ASCII", "pc1", "pc1.corp.example", 16, 0, "pc1.corp.example"},
      {"domain in DNS's form", "pc1", "\3pc1\4corp\0", 10, 4, "pc1.corp"},
      {"domain in part", NULL, "\3pc1", 4, 4, "pc1"},
      {"domain empty", "pc1", "", 0, 1, "pc1"},
      {"ends", "pc1\0", "pc1.corp.\0", 10, 0, "pc1.corp"},
      {"labels that do not end", NULL, "\77abc", 4, 4, NULL},
      {"a compressed label", NULL, "\xc0\x0c", 2, 4, NULL},
      {"escape sequences", "\x1b[2Jpc", NULL, 0, 0, "?[2Jpc"},
      {"nothing", NULL, NULL, 0, 0, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct desk d;
    struct made m = make(REQUEST, 1, 9, 11, 0);
    desk_open(&d);
    if (cases[i].host) named(&m, cases[i].host);
    if (cases[i].domain) with_domain(&m, cases[i].flags, cases[i].domain, cases[i].domain_len);
    read_made(&d, m);
    const char *name = name_at(&d, 11);
    if (cases[i].expected ? !name || strcmp(name, cases[i].expected) != 0 : name != NULL)
      fail_msg("%s: %s", cases[i].name, name ? name : "none");
    desk_close(&d);
  }
}

static void the_servers_word_counts_first(void **state) {
  (void)state;
  struct desk d;
  struct made request = make(REQUEST, 1, 7, 0, 0), ack = make(ACK, 1, 7, 0, 10);
  desk_open(&d);
  named(&request, "pc1");
  with_domain(&ack, 0, "pc1.corp.example", 16);
  read_made(&d, request);
  read_made(&d, ack);
  assert_string_equal(name_at(&d, 10), "pc1.corp.example");
  desk_close(&d);
}

static void more_than_wait_are_forgotten(void **state) {
  (void)state;
  struct desk d;
  desk_open(&d);
  for (unsigned i = 0; i < DHCP_ASKS_MAX + 1; i++) {
    struct made m = make(REQUEST, (uint8_t)i, i, 0, 0);
    char name[16];
    snprintf(name, sizeof name, "pc%u", i);
    named(&m, name);
    read_made(&d, m);
  }
  read_made(&d, make(ACK, 0, 0, 0, 10)); /* the oldest */
  assert_null(name_at(&d, 10));
  read_made(&d, make(ACK, 1, 1, 0, 11));
  assert_string_equal(name_at(&d, 11), "pc1");
  desk_close(&d);
}

static void cut_messages_are_survived(void **state) {
  (void)state;
  struct made m = make(REQUEST, 1, 9, 11, 0);
  named(&m, "pc1");
  with_domain(&m, 4, "\3pc1\4corp\0", 10);
  for (size_t len = 0; len <= m.len; len++) {
    struct desk d;
    uint8_t *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy, m.bytes, len);
    desk_open(&d);
    assert_int_equal(dhcp_read(&d.taker, bytes_of(copy, len)), len >= 240);
    desk_close(&d);
    free(copy);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_name_waits_for_its_address), cmocka_unit_test(who_has_an_address_is_named_at_once),
      cmocka_unit_test(names_have_many_forms),        cmocka_unit_test(the_servers_word_counts_first),
      cmocka_unit_test(more_than_wait_are_forgotten), cmocka_unit_test(cut_messages_are_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
