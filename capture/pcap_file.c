/* Classic pcap files (draft-ietf-opsawg-pcap), as libpcap reads them.
 *
 *   file header, 24 bytes:  magic  version major, minor (16 bits each)  zone  accuracy  snap length  link type
 *   record header:          seconds  fraction  bytes captured  bytes on the wire        each 32 bits
 *                           [interface  protocol (16)  packet type (8)  pad (8)]        only in "modified" files
 *
 * The magic tells the byte order, the unit of the fraction and the record header's size. Differences from libpcap:
 * - Seconds are unsigned (as the draft says); libpcap takes them as signed and is wrong from 2038 on.
 * - A frame with more bytes than the snap length is delivered whole and counted as odd; libpcap cuts it.
 * - A frame with more bytes captured than on the wire gets the captured length as its wire length, and is counted. */
#include "capture/source_internal.h"

#include <inttypes.h>
#include <string.h>

enum { FILE_HEADER = 24, RECORD_HEADER = 16, RECORD_HEADER_MODIFIED = 24 };

/* Old libpcap wrote the two lengths the other way round (version 2.3: some programs did). */
enum pcap_lengths { LENGTHS_PLAIN, LENGTHS_SWAPPED, LENGTHS_UNSURE };

static const struct variant {
  uint32_t magic, record_len, ns;
  const char *name;
} variants[] = {
    {0xa1b2c3d4, RECORD_HEADER, 1000, "pcap"},
    {0xa1b23c4d, RECORD_HEADER, 1, "pcap (nanoseconds)"},
    {0xa1b2cd34, RECORD_HEADER_MODIFIED, 1000, "pcap (modified)"},
};

static const struct variant *find_variant(const uint8_t *p, bool *big_endian_out) {
  for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
    for (int big_endian = 0; big_endian < 2; big_endian++)
      if (read_u32(p, big_endian) == variants[i].magic) {
        *big_endian_out = big_endian;
        return &variants[i];
      }
  return NULL;
}

static bool pcap_matches(struct bytes head) {
  bool big_endian;
  const uint8_t *p = bytes_get(&head, 4);
  return p && find_variant(p, &big_endian);
}

/* Version 543.0 is what DG/UX tcpdump writes. */
static bool known_version(unsigned major, unsigned minor) {
  return (major == 2 && minor <= 4) || (major == 543 && minor == 0);
}

static enum pcap_lengths lengths_of_version(unsigned major, unsigned minor) {
  if (major == 543 || (major == 2 && minor < 3)) return LENGTHS_SWAPPED;
  return major == 2 && minor == 3 ? LENGTHS_UNSURE : LENGTHS_PLAIN;
}

/* For marks: of records as nearly all files have them. */
static uint64_t record_length(struct marks *m, const uint8_t head[MARK_HEAD]) {
  const uint32_t cap = read_u32(head + 8, m->big_endian);
  return cap <= FRAME_LEN_MAX ? (uint64_t)RECORD_HEADER + cap : 0;
}

static bool pcap_start(struct source *s, struct bytes *b, struct err *e) {
  const uint8_t *p = bytes_get(b, FILE_HEADER);
  if (!p) {
    err_set(e, "is a pcap file cut short in its header: it holds no frames");
    return false;
  }
  bool big = false;
  const struct variant *v = find_variant(p, &big);
  unsigned major = read_u16(p + 4, big), minor = read_u16(p + 6, big);
  if (!known_version(major, minor)) {
    err_set(e, "is a pcap file of version %u.%u, which is not read: open it in Wireshark and save it as pcapng", major,
            minor);
    return false;
  }
  /* The upper bits of the link type state the length of a frame check sequence; the decoder goes by IP lengths. */
  uint16_t link = (uint16_t)read_u32(p + 20, big);
  uint32_t snap_len = read_u32(p + 16, big);
  s->info.format = v->name;
  s->pcap = (struct pcap_state){.record_len = v->record_len,
                                .cap_max = source_cap_max(link),
                                .ns = v->ns,
                                .big_endian = big,
                                .lengths = (uint8_t)lengths_of_version(major, minor)};
  if (v->record_len == RECORD_HEADER && s->pcap.lengths == LENGTHS_PLAIN)
    s->marks = (struct marks){.length = record_length, .big_endian = big};
  struct source_iface *i = source_add_iface(s, b, link, snap_len > INT32_MAX ? 0 : snap_len);
  if (!i) {
    err_set(e, "memory is out");
    return false;
  }
  i->per_second = 1000000000 / v->ns;
  return true;
}

/* The packet type of a modified record (Linux PACKET_HOST ...). */
static uint8_t direction_of(uint8_t packet_type) {
  if (packet_type == 4) return FRAME_OUTBOUND;
  return packet_type <= 2 ? FRAME_INBOUND : FRAME_DIRECTION_UNKNOWN;
}

static inline __attribute__((always_inline)) enum reader_step frames(struct source *s, struct bytes *b,
                                                                     struct frame_batch *batch, bool big) {
  const struct pcap_state p = s->pcap;
  const struct source_iface *iface = &s->info.iface[0];
  const uint32_t snap_len = iface->snap_len ? iface->snap_len : UINT32_MAX;
  const uint16_t link = iface->link;
  uint64_t number = s->info.frames;
  while (batch->n < BATCH_FRAMES) {
    struct bytes at = *b;
    const uint8_t *h = bytes_get(&at, p.record_len);
    if (!h) return source_more(s, p.record_len);
    uint32_t cap = read_u32(h + 8, big), wire = read_u32(h + 12, big);
    if (p.lengths == LENGTHS_SWAPPED || (p.lengths == LENGTHS_UNSURE && cap > wire)) {
      uint32_t other = cap;
      cap = wire, wire = other;
    }
    if (cap > p.cap_max)
      return source_damaged(s, b, SOURCE_DAMAGE_LENGTH, "a frame of %" PRIu32 " bytes, more than any can have", cap);
    uint32_t kept = cap < FRAME_LEN_MAX ? cap : FRAME_LEN_MAX;
    const uint8_t *data = bytes_get(&at, kept);
    if (!data) return source_more(s, (size_t)p.record_len + kept);
    marks_look_ahead(&s->walk, s->block, at.at);
    if (cap > snap_len || cap > wire || wire > p.cap_max) s->info.odd_frames++;
    struct frame *f = &batch->frame[batch->n++];
    f->time.ns = (int64_t)read_u32(h, big) * 1000000000 + (int64_t)read_u32(h + 4, big) * p.ns;
    f->data = data;
    f->cap_len = kept;
    f->wire_len = wire > cap ? wire : cap;
    f->number = ++number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
    f->packet = 0;
    f->link = link;
    f->iface = 0;
    f->direction = p.record_len == RECORD_HEADER ? FRAME_DIRECTION_UNKNOWN : direction_of(h[22]);
    *b = at;
    if (cap > kept && !source_skip(s, b, cap - kept)) return source_more(s, 0);
  }
  return READER_FULL;
}

/* Two copies, so that the byte order is decided once and not per number. */
static enum reader_step pcap_frames(struct source *s, struct bytes *b, struct frame_batch *batch) {
  size_t before = batch->n;
  enum reader_step step = s->pcap.big_endian ? frames(s, b, batch, true) : frames(s, b, batch, false);
  s->info.frames += batch->n - before;
  s->info.iface[0].frames += batch->n - before;
  return step;
}

const struct reader pcap_reader = {pcap_matches, pcap_start, pcap_frames};
