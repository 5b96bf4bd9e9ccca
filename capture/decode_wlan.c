/* IEEE 802.11 data frames and the headers that capture systems put before them. Encrypted frames are counted as not
 * IP: what they hold cannot be seen. */
#include <stddef.h>

#include "capture/decode_internal.h"

enum {
  WLAN_VERSION_AND_TYPE = 0x0f,
  WLAN_DATA = 0x08,
  WLAN_SUBTYPE_NULL = 0x40, /* no data */
  WLAN_SUBTYPE_QOS = 0x80,
  WLAN_TO_DS = 0x01,
  WLAN_FROM_DS = 0x02,
  WLAN_PROTECTED = 0x40,
  WLAN_ORDER = 0x80,
  QOS_AGGREGATE = 0x80,
};

/* Subframes of an aggregate (A-MSDU, IEEE 802.11 9.3.2.2): destination, source, length, data, padding to 4. */
static void decode_aggregate(struct walk *w, struct bytes b) {
  const uint8_t *p;
  uint32_t missing = w->missing;
  while ((p = bytes_get(&b, 14))) {
    size_t len = be16_at(p + 12), padding = (0 - (14 + len)) & 3;
    w->src_mac = p + 6;
    struct bytes part = b;
    w->missing = missing;
    walk_narrow(w, &part, (uint32_t)len);
    decode_llc(w, part);
    if (!bytes_skip(&b, len) || !bytes_skip(&b, padding)) return;
  }
}

static void wlan_addresses(struct walk *w, const uint8_t *p, uint8_t flags) {
  bool to = flags & WLAN_TO_DS, from = flags & WLAN_FROM_DS;
  const uint8_t *dst = to ? p + 16 : p + 4;
  w->src_mac = from ? (to ? p + 24 : p + 16) : p + 10;
  if (dst[0] & 1) w->flags |= PACKET_LINK_BROADCAST;
}

/* control and flags are the two octets of frame control; radiotap may say that the header is padded to pad_to octets.
 */
static void decode_wlan_data(struct walk *w, struct bytes b, uint8_t control, uint8_t flags, unsigned pad_to) {
  const uint8_t *p = b.at;
  if ((control & WLAN_VERSION_AND_TYPE) != WLAN_DATA || control & WLAN_SUBTYPE_NULL || flags & WLAN_PROTECTED) {
    walk_count(w, DECODE_NOT_IP);
    return;
  }
  bool qos = control & WLAN_SUBTYPE_QOS, four = (flags & (WLAN_TO_DS | WLAN_FROM_DS)) == (WLAN_TO_DS | WLAN_FROM_DS);
  size_t qos_at = four ? 30 : 24, header = qos_at + (qos ? 2 : 0) + (qos && flags & WLAN_ORDER ? 4 : 0);
  header = (header + pad_to - 1) / pad_to * pad_to;
  if (!bytes_skip(&b, header)) {
    walk_short(w);
    return;
  }
  wlan_addresses(w, p, flags);
  if (!walk_push(w, ENCAP_WLAN, 0)) return;
  if (qos && p[qos_at] & QOS_AGGREGATE)
    decode_aggregate(w, b);
  else
    decode_llc(w, b);
}

static void decode_wlan_padded(struct walk *w, struct bytes b, unsigned pad_to) {
  if (bytes_left(&b) < 2)
    walk_short(w);
  else
    decode_wlan_data(w, b, b.at[0], b.at[1], pad_to);
}

void decode_wlan(struct walk *w, struct bytes b) { decode_wlan_padded(w, b, 1); }

/* Access points of one large vendor send the two octets of frame control in the other order. */
void decode_wlan_swapped(struct walk *w, struct bytes b) {
  if (bytes_left(&b) >= 2 && (b.at[1] & WLAN_VERSION_AND_TYPE) == WLAN_DATA)
    decode_wlan_data(w, b, b.at[1], b.at[0], 1);
  else
    decode_wlan_padded(w, b, 1);
}

/* The radiotap field "flags" (radiotap.org): second in order, behind the 8 octets of the time stamp, which are
 * aligned to 8; words of the presence map follow each other while bit 31 is set. */
static unsigned radiotap_flags(struct bytes header) {
  enum { TIME_STAMP = 1, FLAGS = 2, MORE = 1u << 31 };
  const uint8_t *start = header.at;
  uint32_t present, word;
  if (!bytes_skip(&header, 4) || !bytes_le32(&header, &present)) return 0;
  for (word = present; word & MORE;)
    if (!bytes_le32(&header, &word)) return 0;
  if (!(present & FLAGS)) return 0;
  size_t at = (size_t)(header.at - start), skip = present & TIME_STAMP ? (0 - at % 8) % 8 + 8 : 0;
  uint8_t flags = 0;
  return bytes_skip(&header, skip) && bytes_u8(&header, &flags) ? flags : 0;
}

void decode_radiotap(struct walk *w, struct bytes b) {
  enum { DATA_PADDED = 0x20, BAD_CHECKSUM = 0x40 };
  const uint8_t *p = b.at;
  struct bytes header;
  if (bytes_left(&b) < 8 || !bytes_take(&b, le16_at(p + 2), &header)) {
    walk_short(w);
    return;
  }
  unsigned flags = radiotap_flags(header);
  if (flags & BAD_CHECKSUM)
    walk_count(w, DECODE_MALFORMED);
  else
    decode_wlan_padded(w, b, flags & DATA_PADDED ? 4 : 1);
}

/* Prism: message code and length in the capturing host's order; or AVS under the same link type: a magic number and
 * the length, both in network order. */
void decode_prism(struct walk *w, struct bytes b) {
  enum { AVS_MAGIC = 0x80211000u, AVS_MAGIC_MASK = 0xfffff000u };
  const uint8_t *p = b.at;
  if (bytes_left(&b) < 8) {
    walk_short(w);
    return;
  }
  uint32_t len = be32_at(p + 4);
  if ((be32_at(p) & AVS_MAGIC_MASK) != AVS_MAGIC && len > 0xffff) len = __builtin_bswap32(len);
  if (len >= 8 && bytes_skip(&b, len))
    decode_wlan(w, b);
  else
    walk_short(w);
}

/* Per-packet information: version, flags, length, link type of what follows. */
void decode_ppi(struct walk *w, struct bytes b) {
  const uint8_t *p = b.at;
  if (bytes_left(&b) < 8 || le16_at(p + 2) < 8 || !bytes_skip(&b, le16_at(p + 2)))
    walk_short(w);
  else
    decode_wrapped(w, le32_at(p + 4), b);
}
