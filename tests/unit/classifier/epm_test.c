/* The endpoint mapper's towers: real answers in both widths, made ones in both orders, lookups, damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifier/epm.h"
#include "tests/unit/classifier/pdus.h"

enum { STUB = 24 }; /* common header and call header */

struct taken {
  struct epm_endpoint e[8];
  size_t n;
};

static bool take(void *context, const struct epm_endpoint *e) {
  struct taken *t = context;
  if (t->n < 8) t->e[t->n] = *e;
  t->n++;
  return true;
}

static void real_answers_are_read(void **state) {
  (void)state;
  static const struct {
    const uint8_t *bytes;
    size_t len;
    bool wide;
    const char *uuid;
    uint16_t port;
    uint32_t address;
  } cases[] = {
      {pdu_map_answer_wide, sizeof pdu_map_answer_wide, true, "367abb81-9844-35f1-ad32-98f038001003", 50115,
       0xac122706},
      {pdu_map_answer, sizeof pdu_map_answer, true, "12345678-1234-abcd-ef00-0123456789ab", 49677, 0xac10053a},
  };
  for (size_t i = 0; i < 2; i++) {
    struct taken t = {0};
    char text[UUID_TEXT_SIZE];
    struct bytes stub = bytes_of(cases[i].bytes + STUB, cases[i].len - STUB);
    assert_int_equal(epm_answer_parse(ndr_of(stub, false, cases[i].wide), EPM_MAP, take, &t), 0);
    assert_int_equal(t.n, 1);
    assert_string_equal(uuid_print(text, &t.e[0].uuid), cases[i].uuid);
    assert_int_equal(t.e[0].port, cases[i].port);
    assert_int_equal(t.e[0].proto, PROTO_TCP);
    struct address a = address_from_v4(cases[i].address);
    assert_true(address_equal(&t.e[0].address, &a));
    /* The wrong width or operation must not be taken for an answer. */
    struct taken none = {0};
    assert_int_equal(epm_answer_parse(ndr_of(stub, false, !cases[i].wide), EPM_MAP, take, &none), -1);
    assert_int_equal(epm_answer_parse(ndr_of(stub, true, cases[i].wide), EPM_MAP, take, &none), -1);
    assert_int_equal(none.n, 0);
  }
}

static void real_requests_are_read(void **state) {
  (void)state;
  struct epm_endpoint wanted;
  char text[UUID_TEXT_SIZE];
  struct bytes wide = bytes_of(pdu_map_request_wide + STUB, sizeof pdu_map_request_wide - STUB);
  assert_true(epm_request_parse(ndr_of(wide, false, true), &wanted));
  assert_string_equal(uuid_print(text, &wanted.uuid), "367abb81-9844-35f1-ad32-98f038001003");
  struct bytes spooler = bytes_of(pdu_map_request + STUB, sizeof pdu_map_request - STUB);
  assert_true(epm_request_parse(ndr_of(spooler, false, true), &wanted));
  assert_string_equal(uuid_print(text, &wanted.uuid), "12345678-1234-abcd-ef00-0123456789ab");
}

/* --- made answers --------------------------------------------------------------------------------------------- */

struct made {
  uint8_t b[4096];
  size_t n;
  bool big, wide;
};

static void put(struct made *m, const void *p, size_t n) {
  memcpy(m->b + m->n, p, n);
  m->n += n;
}
static void align(struct made *m, size_t to) {
  while (m->n % to) m->b[m->n++] = 0;
}
static void put_number(struct made *m, uint64_t v, size_t size) {
  align(m, size);
  for (size_t i = 0; i < size; i++) m->b[m->n++] = (uint8_t)(v >> 8 * (m->big ? size - 1 - i : i));
}
static void put_size(struct made *m, uint64_t v) { put_number(m, v, m->wide ? 8 : 4); }

/* svcctl 2.0 over NDR, RPC-CO, TCP (or UDP) port, address: always little-endian inside. */
static size_t make_tower(uint8_t to[128], bool udp, uint16_t port, uint32_t address) {
  static const uint8_t head[] = {
      5, 0, 19,   0,    13,   0x81, 0xbb, 0x7a, 0x36, 0x44, 0x98, 0xf1, 0x35, 0xad, 0x32, 0x98, 0xf0, 0x38, 0,    0x10,
      3, 2, 0,    2,    0,    0,    0,    19,   0,    13,   4,    0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8,
      8, 0, 0x2b, 0x10, 0x48, 0x60, 2,    0,    2,    0,    0,    0,    1,    0,    11,   2,    0,    0,    0};
  uint8_t tail[] = {1,
                    0,
                    udp ? 8 : 7,
                    2,
                    0,
                    (uint8_t)(port >> 8),
                    (uint8_t)port,
                    1,
                    0,
                    9,
                    4,
                    0,
                    (uint8_t)(address >> 24),
                    (uint8_t)(address >> 16),
                    (uint8_t)(address >> 8),
                    (uint8_t)address};
  memcpy(to, head, sizeof head);
  memcpy(to + sizeof head, tail, sizeof tail);
  return sizeof head + sizeof tail;
}

static void put_tower(struct made *m, uint16_t port, bool udp, uint32_t address) {
  uint8_t tower[128];
  size_t n = make_tower(tower, udp, port, address);
  put_size(m, n);
  put_number(m, n, 4);
  put(m, tower, n);
}

static void make_map(struct made *m, unsigned n, uint32_t status) {
  m->n = 20;
  put_number(m, n, 4);
  put_size(m, 4);
  put_size(m, 0);
  put_size(m, n);
  for (unsigned i = 0; i < n; i++) put_size(m, i + 1);
  for (unsigned i = 0; i < n; i++) put_tower(m, (uint16_t)(50000 + i), i % 2, i ? 0x0a000001 : 0);
  put_number(m, status, 4);
}

static void make_lookup(struct made *m, unsigned n) {
  m->n = 20;
  put_number(m, n, 4);
  put_size(m, 500);
  put_size(m, 0);
  put_size(m, n);
  for (unsigned i = 0; i < n; i++) {
    align(m, m->wide ? 8 : 4);
    static const uint8_t object[16] = {0};
    put(m, object, 16);
    put_size(m, i + 1);
    put_size(m, 0);
    put_size(m, 6 + i);
    put(m, "annotation", 6 + i);
  }
  for (unsigned i = 0; i < n; i++) put_tower(m, (uint16_t)(49152 + i), false, 0x0a000001);
  put_number(m, 0, 4);
}

static void made_answers_are_read(void **state) {
  (void)state;
  for (int kind = 0; kind < 8; kind++) {
    struct made m = {.big = kind & 1, .wide = kind & 2};
    bool lookup = kind & 4;
    struct taken t = {0};
    if (lookup)
      make_lookup(&m, 4);
    else
      make_map(&m, 4, 0);
    struct ndr stub = ndr_of(bytes_of(m.b, m.n), m.big, m.wide);
    assert_int_equal(epm_answer_parse(stub, lookup ? EPM_LOOKUP : EPM_MAP, take, &t), 0);
    assert_int_equal(t.n, 4);
    for (unsigned i = 0; i < 4; i++) {
      assert_int_equal(t.e[i].port, (lookup ? 49152 : 50000) + i);
      assert_int_equal(t.e[i].proto, !lookup && i % 2 ? PROTO_UDP : PROTO_TCP);
      assert_int_equal(t.e[i].address.family, !lookup && i == 0 ? 0 : 4); /* 0.0.0.0 leaves it open */
    }
  }
}

static void not_registered_is_read(void **state) {
  (void)state;
  for (int kind = 0; kind < 4; kind++) {
    struct made m = {.big = kind & 1, .wide = kind & 2};
    struct taken t = {0};
    make_map(&m, 0, EPM_NOT_REGISTERED);
    int64_t status = epm_answer_parse(ndr_of(bytes_of(m.b, m.n), m.big, m.wide), EPM_MAP, take, &t);
    assert_int_equal(status, EPM_NOT_REGISTERED);
    assert_int_equal(t.n, 0);
  }
}

/* Every prefix: what was handed over before the end is right, and the end is noticed. */
static void truncation_is_survived(void **state) {
  (void)state;
  for (int kind = 0; kind < 8; kind++) {
    struct made m = {.big = kind & 1, .wide = kind & 2};
    bool lookup = kind & 4;
    if (lookup)
      make_lookup(&m, 3);
    else
      make_map(&m, 3, 0);
    for (size_t len = 0; len < m.n; len++) {
      uint8_t *copy = malloc(len + 1);
      struct taken t = {0};
      assert_non_null(copy);
      memcpy(copy, m.b, len);
      struct ndr stub = ndr_of(bytes_of(copy, len), m.big, m.wide);
      assert_int_equal(epm_answer_parse(stub, lookup ? EPM_LOOKUP : EPM_MAP, take, &t), -1);
      assert_true(t.n <= 3);
      for (size_t i = 0; i < t.n; i++) assert_int_equal(t.e[i].port, (lookup ? 49152 : 50000) + i);
      free(copy);
    }
  }
}

static void odd_towers_are_refused(void **state) {
  (void)state;
  uint8_t tower[128];
  struct epm_endpoint e;
  size_t n = make_tower(tower, false, 50000, 0);
  assert_true(epm_tower_parse(bytes_of(tower, n), &e));
  for (size_t len = 0; len < n; len++) assert_false(epm_tower_parse(bytes_of(tower, len), &e));
  tower[0] = 200; /* floors */
  assert_false(epm_tower_parse(bytes_of(tower, n), &e));
  tower[0] = 5, tower[4] = 7; /* the first floor is no interface */
  assert_false(epm_tower_parse(bytes_of(tower, n), &e));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(real_answers_are_read),  cmocka_unit_test(real_requests_are_read),
      cmocka_unit_test(made_answers_are_read),  cmocka_unit_test(not_registered_is_read),
      cmocka_unit_test(truncation_is_survived), cmocka_unit_test(odd_towers_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
