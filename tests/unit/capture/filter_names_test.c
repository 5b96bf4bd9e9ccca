/* Which words of a filter would be looked up. */
#include "capture/filter_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
  const char *expression, *name; /* NULL: none */
} cases[] = {
    {"", NULL},
    {"tcp port 445 and host 10.0.0.1", NULL},
    {"host srv1", "srv1"},
    {"host 10.0.0.1 or srv1.example.org", "srv1.example.org"},
    {"port http or https", NULL},
    {"port http and src https", "https"},
    {"tcp portrange 100-200 or udp port domain", NULL},
    {"net 10.0.0.0/8 and not net fe80::/10", NULL},
    {"net 10.0.0.0 mask 255.0.0.0", NULL},
    {"net backbone", "backbone"},
    {"ether host 02:00:00:00:00:01", NULL},
    {"ether host 02-00-00-00-00-ab", NULL},
    {"ether host 0200.0000.00ab", NULL},
    {"ether host printer", "printer"},
    {"host cafe.de", "cafe.de"},
    {"host cafe", "cafe"},
    {"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and ip[2:2]-4 > 0x1f", NULL},
    {"icmp[icmptype] == icmp-unreach or icmp6[icmp6type] == icmp6-echo", NULL},
    {"ip proto \\tcp and ether proto \\ip", NULL},
    {"wlan type mgt subtype beacon", NULL},
    {"wlan addr1 $01", NULL},
    {"vlan 12 && (udp || icmp6) && !broadcast", NULL},
    {"srv1", "srv1"},
    {"src and dst host srv1", "srv1"},
};

static void finds_names(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *name = NULL;
    size_t len = 0;
    bool found = filter_names_find(cases[i].expression, &name, &len);
    bool right = found == (cases[i].name != NULL) &&
                 (!found || (len == strlen(cases[i].name) && memcmp(name, cases[i].name, len) == 0));
    if (!right) fail_msg("%s: %.*s", cases[i].expression, (int)len, name ? name : "");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(finds_names)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
