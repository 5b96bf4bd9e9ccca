/* LINKTYPE_ values we decode or name (https://www.tcpdump.org/linktypes.html; the numbers are the format's own). */
#ifndef WW_CAPTURE_LINK_H
#define WW_CAPTURE_LINK_H

#include <stdbool.h>
#include <stdint.h>

enum {
  LINK_NULL = 0,
  LINK_ETHERNET = 1,
  LINK_TOKEN_RING = 6,
  LINK_PPP = 9,
  LINK_FDDI = 10,
  LINK_RAW_BSD = 12, /* DLT_RAW, written by some programs in place of LINKTYPE_RAW */
  LINK_RAW_OPENBSD = 14,
  LINK_PPP_HDLC = 50,
  LINK_PPP_ETHER = 51,
  LINK_ATM_RFC1483 = 100,
  LINK_RAW = 101,
  LINK_C_HDLC = 104,
  LINK_IEEE802_11 = 105,
  LINK_FRELAY = 107,
  LINK_LOOP = 108,
  LINK_ENC = 109,
  LINK_LINUX_SLL = 113,
  LINK_PFLOG = 117,
  LINK_PRISM = 119,
  LINK_IP_OVER_FC = 122,
  LINK_RADIOTAP = 127,
  LINK_FIREWIRE = 138,
  LINK_AVS = 163,
  LINK_PPI = 192,
  LINK_MPLS = 219,
  LINK_IPNET = 226,
  LINK_IPV4 = 228,
  LINK_IPV6 = 229,
  LINK_NFLOG = 239,
  LINK_PKTAP = 258,
  LINK_LINUX_SLL2 = 276,
};

/* "Ethernet", "Linux cooked v1", ...; "link type 147" style text is up to the caller: NULL when unknown. */
const char *link_name(uint16_t link);

/* Whether decode_frame can look inside frames of this link type. */
bool link_supported(uint16_t link);

#endif
