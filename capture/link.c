/* Names of link types, as the reports and error messages show them. Which of them we can look into is decided by
 * the table in decode_link.c. */
#include "capture/link.h"

#include <stddef.h>

#include "capture/decode_internal.h"

static const struct {
  uint16_t link;
  const char *name;
} names[] = {
    {LINK_NULL, "BSD loopback"},
    {LINK_ETHERNET, "Ethernet"},
    {3, "AX.25"},
    {LINK_TOKEN_RING, "Token Ring"},
    {7, "ARCNET"},
    {8, "SLIP"},
    {LINK_PPP, "PPP"},
    {LINK_FDDI, "FDDI"},
    {LINK_RAW_BSD, "raw IP"},
    {LINK_RAW_OPENBSD, "raw IP"},
    {LINK_PPP_HDLC, "PPP in HDLC framing"},
    {LINK_PPP_ETHER, "PPPoE session"},
    {LINK_ATM_RFC1483, "ATM with LLC"},
    {LINK_RAW, "raw IP"},
    {LINK_C_HDLC, "Cisco HDLC"},
    {LINK_IEEE802_11, "IEEE 802.11"},
    {LINK_FRELAY, "frame relay"},
    {LINK_LOOP, "OpenBSD loopback"},
    {LINK_ENC, "OpenBSD IPsec"},
    {LINK_LINUX_SLL, "Linux cooked v1"},
    {LINK_PFLOG, "OpenBSD packet filter log"},
    {LINK_PRISM, "IEEE 802.11 with Prism header"},
    {LINK_IP_OVER_FC, "IP over Fibre Channel"},
    {LINK_RADIOTAP, "IEEE 802.11 with radiotap header"},
    {129, "ARCNET (Linux)"},
    {LINK_FIREWIRE, "IP over IEEE 1394"},
    {143, "DOCSIS"},
    {147, "user-defined 0"},
    {LINK_AVS, "IEEE 802.11 with AVS header"},
    {187, "Bluetooth HCI"},
    {189, "USB (Linux)"},
    {LINK_PPI, "per-packet information"},
    {195, "IEEE 802.15.4"},
    {197, "Endace ERF"},
    {201, "Bluetooth HCI with direction"},
    {LINK_MPLS, "MPLS"},
    {220, "USB (Linux, padded)"},
    {LINK_IPNET, "Solaris IP observability"},
    {LINK_IPV4, "raw IPv4"},
    {LINK_IPV6, "raw IPv6"},
    {LINK_NFLOG, "Linux netfilter log"},
    {240, "netANALYZER"},
    {241, "netANALYZER with preamble"},
    {249, "USBPcap"},
    {251, "Bluetooth low energy"},
    {252, "Wireshark upper protocol data"},
    {253, "Linux netlink"},
    {LINK_PKTAP, "Apple packet tap"},
    {259, "Ethernet PON"},
    {274, "IEEE 802.3br mPackets"},
    {LINK_LINUX_SLL2, "Linux cooked v2"},
};

const char *link_name(uint16_t link) {
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (names[i].link == link) return names[i].name;
  return NULL;
}

bool link_supported(uint16_t link) { return link_layer(link) != NULL; }
