/* What people name in place of a capture, and what they are told. */
#include "capture/sniff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define HEAD(s) s, sizeof(s) - 1

static void advises(void **state) {
  (void)state;
  static const uint8_t etl[0x50] = {0, 0, 1, 0, [0x48] = 2, [0x4a] = 2, [0x4b] = 0xc0};
  static const struct {
    const char *name, *head;
    size_t len;
    const char *path, *advice;
  } cases[] = {
      {"etl by structure", (const char *)etl, sizeof etl, "trace.bin", "pktmon etl2pcap"},
      {"etl by name", HEAD("\x01\x02"), "NetTrace.ETL", "etl2pcapng"},
      {"netmon 2", HEAD("GMBU\0\2"), "a.cap", "Network Monitor 2"},
      {"netmon 1", HEAD("RTSS\1\1"), "a.cap", "Network Monitor 1"},
      {"erf", HEAD("\x01\x02\0\0"), "dag.erf", "ERF"},
      {"firewall log", HEAD("#Version: 1.5\r\n#Software"), "pfirewall.log", "Windows Firewall log"},
      {"zip", HEAD("PK\x03\x04"), "a.zip", "zip archive"},
      {"html", HEAD("<!DOCTYPE html>"), "a.pcap", "HTML"},
      {"json", HEAD("{ \"policy\": 1}"), "site.json", "-p"},
      {"navtel pcap", HEAD("\xa1\x2b\x3c\x4d\0\2\0\4"), "a.pcap", "Navtel"},
      {"ixia pcap", HEAD("\xac\x01\x00\x1c\2\0\4\0"), "a.pcap", "IXIA"},
      {"text", HEAD("hello\n"), "notes.txt", "text file"},
      {"zeros", HEAD("\0\0\0\0\0\0\0\0"), "a.pcap", "not a capture in a known format"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *advice = sniff_advice(bytes_of(cases[i].head, cases[i].len), cases[i].path);
    if (!strstr(advice, cases[i].advice)) fail_msg("%s: %s", cases[i].name, advice);
  }
}

static void knows_compressions(void **state) {
  (void)state;
  assert_string_equal(sniff_compression(bytes_of("\x1f\x8b\x08", 3)), "gzip");
  assert_string_equal(sniff_compression(bytes_of("\x28\xb5\x2f\xfd", 4)), "zstd");
  assert_null(sniff_compression(bytes_of("\x28\xb5\x2f", 3)));
  assert_null(sniff_compression(bytes_of("", 0)));
  assert_null(sniff_compression(bytes_of("\xd4\xc3\xb2\xa1", 4)));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(advises), cmocka_unit_test(knows_compressions)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
