/* String bindings of activation: the real answer, made arrays in both orders and widths, look-alikes, damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifier/dcom.h"
#include "tests/unit/classifier/pdus.h"

enum { STUB = 24 };

struct taken {
  struct dcom_binding b[8];
  size_t n;
};

static bool take(void *context, const struct dcom_binding *b) {
  struct taken *t = context;
  if (t->n < 8) t->b[t->n] = *b;
  t->n++;
  return true;
}

static void the_real_answer_is_read(void **state) {
  (void)state;
  struct taken t = {0};
  struct bytes stub = bytes_of(pdu_create_answer + STUB, sizeof pdu_create_answer - STUB);
  assert_int_equal(dcom_bindings_find(stub, false, take, &t), 2);
  assert_string_equal(t.b[0].host, "WORKSTATION6");
  assert_string_equal(t.b[1].host, "172.18.39.6");
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(t.b[i].port, 52419);
    assert_int_equal(t.b[i].proto, PROTO_TCP);
  }
  assert_int_equal(dcom_bindings_find(stub, true, take, &t), 0); /* the other order is nothing */
}

static void the_class_is_found(void **state) {
  (void)state;
  struct bytes stub = bytes_of(pdu_create_request + STUB, sizeof pdu_create_request - STUB);
  const struct rpc_class *c = dcom_class_find(stub, false);
  assert_non_null(c);
  assert_int_equal(c->service, SERVICE_WMI);
  assert_null(dcom_class_find(stub, true));
  assert_null(dcom_class_find(bytes_of(pdu_bind, sizeof pdu_bind), false));
}

struct made {
  uint8_t b[1024];
  size_t n;
  bool big, wide;
};

static void put16(struct made *m, uint16_t v) {
  m->b[m->n++] = (uint8_t)(m->big ? v >> 8 : v);
  m->b[m->n++] = (uint8_t)(m->big ? v : v >> 8);
}

static void put_count(struct made *m, uint32_t v) {
  if (m->wide && m->big) put16(m, 0), put16(m, 0);
  put16(m, (uint16_t)(m->big ? v >> 16 : v));
  put16(m, (uint16_t)(m->big ? v : v >> 16));
  if (m->wide && !m->big) put16(m, 0), put16(m, 0);
}

static size_t text_units(const char *text) { return strlen(text) + 1; }

static void put_text(struct made *m, const char *text) {
  for (size_t i = 0; i <= strlen(text); i++) put16(m, (uint8_t)text[i]);
}

/* lead octets of other things, then an array with those bindings (tower 7) and one security binding. */
static void make(struct made *m, size_t lead, const char *const *binding, size_t n) {
  size_t strings = 1, all;
  for (size_t i = 0; i < n; i++) strings += 1 + text_units(binding[i]);
  all = strings + 2 + text_units("NT AUTHORITY") + 1;
  for (size_t i = 0; i < lead; i++) m->b[m->n++] = (uint8_t)(17 * i);
  put_count(m, (uint32_t)all);
  put16(m, (uint16_t)all);
  put16(m, (uint16_t)strings);
  for (size_t i = 0; i < n; i++) {
    put16(m, 7);
    put_text(m, binding[i]);
  }
  put16(m, 0);
  put16(m, 10);
  put16(m, 0xffff);
  put_text(m, "NT AUTHORITY");
  put16(m, 0);
}

static void made_arrays_are_read(void **state) {
  (void)state;
  static const char *const bindings[] = {"host-1.corp.example[49701]", "10.1.2.3[49701]", "2001:db8::5[49701]",
                                         "alone"};
  for (int kind = 0; kind < 4; kind++)
    for (size_t lead = 0; lead < 40; lead += 2) {
      struct made m = {.big = kind & 1, .wide = kind & 2};
      struct taken t = {0};
      make(&m, lead, bindings, 4);
      assert_int_equal(dcom_bindings_find(bytes_of(m.b, m.n), m.big, take, &t), 3);
      assert_string_equal(t.b[0].host, "host-1.corp.example");
      assert_string_equal(t.b[2].host, "2001:db8::5");
      assert_int_equal(t.b[2].port, 49701);
    }
}

static void odd_bindings_are_left_out(void **state) {
  (void)state;
  static const char *const odd[] = {"host[0]",    "host[65536]", "host[99999999]", "host[12x]",
                                    "host[135",   "host]135[",   "ho st[135]",     "[]",
                                    "host[135]x", "host\n[135]"};
  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
    struct made m = {0};
    struct taken t = {0};
    make(&m, 0, &odd[i], 1);
    if (dcom_bindings_find(bytes_of(m.b, m.n), false, take, &t) != 0) fail_msg("%s was taken for a binding", odd[i]);
  }
  char longest[DCOM_HOST_SIZE + 16];
  memset(longest, 'a', sizeof longest);
  strcpy(longest + DCOM_HOST_SIZE, "[135]");
  const char *const too_long = longest;
  struct made m = {0};
  struct taken t = {0};
  make(&m, 0, &too_long, 1);
  assert_int_equal(dcom_bindings_find(bytes_of(m.b, m.n), false, take, &t), 0);
}

/* Any single octet of the frame of the array changed: found as it was, or not at all; never something else. */
static void damage_is_noticed(void **state) {
  (void)state;
  static const char *const binding = "a[1025]";
  struct made good = {0};
  make(&good, 0, &binding, 1);
  for (size_t i = 0; i < 8; i++)
    for (int bit = 0; bit < 8; bit++) {
      struct made m = good;
      struct taken t = {0};
      m.b[i] ^= (uint8_t)(1 << bit);
      assert_int_equal(dcom_bindings_find(bytes_of(m.b, m.n), false, take, &t), 0);
    }
  for (size_t len = 0; len < good.n; len++) {
    uint8_t *copy = malloc(len + 1);
    struct taken t = {0};
    assert_non_null(copy);
    memcpy(copy, good.b, len);
    assert_int_equal(dcom_bindings_find(bytes_of(copy, len), false, take, &t), 0);
    free(copy);
  }
}

static void only_some_calls_hand_out(void **state) {
  (void)state;
  static const struct {
    enum rpc_role role;
    uint16_t opnum;
    bool expected;
  } cases[] = {
      {RPC_ROLE_ACTIVATOR, 3, true},  {RPC_ROLE_ACTIVATOR, 4, true},   {RPC_ROLE_ACTIVATOR, 0, false},
      {RPC_ROLE_ACTIVATION, 0, true}, {RPC_ROLE_ACTIVATION, 1, false}, {RPC_ROLE_RESOLVER, 0, true},
      {RPC_ROLE_RESOLVER, 4, true},   {RPC_ROLE_RESOLVER, 5, false},   {RPC_ROLE_RESOLVER, 3, false},
      {RPC_ROLE_MAPPER, 3, false},    {RPC_ROLE_PLAIN, 4, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_int_equal(dcom_hands_out(cases[i].role, cases[i].opnum), cases[i].expected);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_real_answer_is_read), cmocka_unit_test(the_class_is_found),
      cmocka_unit_test(made_arrays_are_read),    cmocka_unit_test(odd_bindings_are_left_out),
      cmocka_unit_test(damage_is_noticed),       cmocka_unit_test(only_some_calls_hand_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
