/* Services: names go both ways, the port tables hold what they should, administration is marked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture/packet.h"
#include "classifier/service.h"

static void names_go_both_ways(void **state) {
  (void)state;
  for (int s = 0; s < SERVICE_COUNT; s++) assert_int_equal(service_of_name(service_name((enum service)s)), s);
  assert_int_equal(service_of_name("no such service"), SERVICE_COUNT);
  for (int b = 0; b < SERVICE_BY_COUNT; b++) assert_non_null(service_by_name((enum service_by)b));
}

static void ports_are_found(void **state) {
  (void)state;
  static const struct {
    uint8_t proto;
    uint16_t port;
    enum service service;
  } cases[] = {
      {PROTO_TCP, 21, SERVICE_FTP},
      {PROTO_TCP, 445, SERVICE_SMB},
      {PROTO_TCP, 135, SERVICE_EPMAP},
      {PROTO_UDP, 135, SERVICE_EPMAP},
      {PROTO_TCP, 443, SERVICE_HTTPS},
      {PROTO_UDP, 443, SERVICE_QUIC},
      {PROTO_TCP, 8530, SERVICE_HTTP},
      {PROTO_TCP, 8531, SERVICE_HTTPS},
      {PROTO_TCP, 10123, SERVICE_NOTIFICATION},
      {PROTO_TCP, 2701, SERVICE_REMOTE_CONTROL},
      {PROTO_UDP, 25536, SERVICE_WAKE_UP_PROXY},
      {PROTO_UDP, 9, SERVICE_WAKE_ON_LAN},
      {PROTO_TCP, 27017, SERVICE_MONGODB},
      {PROTO_UDP, 51820, SERVICE_WIREGUARD},
      {PROTO_TCP, 50115, SERVICE_UNKNOWN},
      {PROTO_UDP, 445, SERVICE_UNKNOWN},
      {PROTO_ICMP, 0, SERVICE_ICMP_ECHO},
      {PROTO_ICMPV6, 0, SERVICE_ICMP_ECHO},
      {0, 0, SERVICE_UNKNOWN},
      {255, 65535, SERVICE_UNKNOWN},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_int_equal(service_of_port(cases[i].proto, cases[i].port), cases[i].service);
}

/* No port has a service by accident. */
static void no_other_port_has_one(void **state) {
  (void)state;
  int found = 0;
  for (uint32_t port = 0; port < 65536; port++) {
    found += service_of_port(PROTO_TCP, (uint16_t)port) != SERVICE_UNKNOWN;
    found += service_of_port(PROTO_UDP, (uint16_t)port) != SERVICE_UNKNOWN;
  }
  assert_int_equal(found, 81);
}

static void administration_is_marked(void **state) {
  (void)state;
  assert_true(service_is_administration(SERVICE_SMB));
  assert_true(service_is_administration(SERVICE_WINRM));
  assert_true(service_is_administration(SERVICE_MSSQL));
  assert_false(service_is_administration(SERVICE_HTTP));
  assert_false(service_is_administration(SERVICE_UNKNOWN));
  assert_false(service_is_administration(SERVICE_COUNT));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_go_both_ways),
      cmocka_unit_test(ports_are_found),
      cmocka_unit_test(no_other_port_has_one),
      cmocka_unit_test(administration_is_marked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
