/* What ICMP error types and codes mean for the packet they quote (RFC 792, RFC 1812 5.2.7.1, RFC 4443 3). */
#ifndef WW_CLASSIFIER_ICMP_CODES_H
#define WW_CLASSIFIER_ICMP_CODES_H

#include <stdbool.h>
#include <stdint.h>

/* The packet was given up: not so for redirects, source quench and sizes. */
static inline bool icmp_rejects(uint8_t family, uint8_t type, uint8_t code) {
  if (family == 4) return (type == 3 && code != 4) || type == 11;
  return type == 1 || type == 3 || (type == 4 && code == 1);
}

/* "Prohibited" by somebody's rule. */
static inline bool icmp_administrative(uint8_t family, uint8_t type, uint8_t code) {
  if (family == 4) return type == 3 && (code == 9 || code == 10 || code == 13);
  return type == 1 && (code == 1 || code == 5 || code == 6);
}

/* Port unreachable: nobody listens, when the host itself says so. */
static inline bool icmp_port_unreachable(uint8_t family, uint8_t type, uint8_t code) {
  return family == 4 ? type == 3 && code == 3 : type == 1 && code == 4;
}

#endif
