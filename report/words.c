#include "report/words.h"

#include <stdio.h>

/* Names by IP protocol number (IANA protocol-numbers). */
static const struct {
  uint8_t proto;
  const char *name;
} protos[] = {
    {1, "icmp"}, {2, "igmp"}, {4, "ipip"}, {6, "tcp"},     {17, "udp"},   {41, "ipv6"},
    {47, "gre"}, {50, "esp"}, {51, "ah"},  {58, "icmpv6"}, {132, "sctp"},
};

char *proto_print(char to[PROTO_TEXT_SIZE], uint8_t proto) {
  for (size_t i = 0; i < sizeof protos / sizeof *protos; i++) {
    if (protos[i].proto != proto) continue;
    snprintf(to, PROTO_TEXT_SIZE, "%s", protos[i].name);
    return to;
  }
  snprintf(to, PROTO_TEXT_SIZE, "ip %u", proto);
  return to;
}

char *version_print(char to[12], uint16_t major, uint16_t minor) {
  snprintf(to, 12, "%u.%u", major, minor);
  return to;
}
