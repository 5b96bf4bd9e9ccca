/* Small texts that several formats share: protocol names, versions, plurals. */
#ifndef WW_REPORT_WORDS_H
#define WW_REPORT_WORDS_H

#include <stdint.h>

/* "tcp", "udp", "icmp", "icmpv6", ..., "ip 99". Returns to. */
enum { PROTO_TEXT_SIZE = 12 };
char *proto_print(char to[PROTO_TEXT_SIZE], uint8_t proto);

/* "3.0", of an RPC interface. Returns to, which has 12 bytes. */
char *version_print(char to[12], uint16_t major, uint16_t minor);

#endif
