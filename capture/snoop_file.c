/* Snoop files (RFC 1761), what Solaris writes. All numbers are big-endian.
 *
 *   file header, 16 bytes:     "snoop" 0 0 0  version (2)  data link type
 *   record header, 24 bytes:   original length  included length  record length  cumulative drops  seconds  microseconds
 *
 * The record length covers header, frame and padding. The drop count is the file's own: frames lost so far. */
#include "capture/source_internal.h"

#include <inttypes.h>
#include <string.h>

enum { FILE_HEADER = 16, RECORD_HEADER = 24, LINK_UNKNOWN = UINT16_MAX };
static const uint8_t snoop_mark[8] = "snoop\0\0";

/* RFC 1761 "Datalink Type" (and Solaris' later ones) to LINKTYPE_ values. */
static const struct {
  uint32_t datalink;
  uint16_t link;
} links[] = {
    {0, 1},    /* IEEE 802.3 */
    {2, 6},    /* token ring */
    {4, 1},    /* Ethernet */
    {8, 10},   /* FDDI */
    {26, 226}, /* Solaris IP over IPNET devices */
};

static bool snoop_matches(struct bytes head) {
  const uint8_t *p = bytes_get(&head, sizeof snoop_mark);
  return p && memcmp(p, snoop_mark, sizeof snoop_mark) == 0;
}

static bool snoop_start(struct source *s, struct bytes *b, struct err *e) {
  const uint8_t *p = bytes_get(b, FILE_HEADER);
  if (!p) {
    err_set(e, "is a snoop file cut short in its header: it holds no frames");
    return false;
  }
  uint32_t version = be32_at(p + 8), datalink = be32_at(p + 12);
  if (version != 2) {
    err_set(e, "is a snoop file of version %" PRIu32 ", which is not read: open it in Wireshark and save it as pcapng",
            version);
    return false;
  }
  uint16_t link = LINK_UNKNOWN;
  for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
    if (links[i].datalink == datalink) link = links[i].link;
  s->info.format = "snoop";
  struct source_iface *iface = source_add_iface(s, b, link, 0);
  if (!iface) {
    err_set(e, "memory is out");
    return false;
  }
  iface->per_second = 1000000;
  return true;
}

static enum reader_step snoop_frames(struct source *s, struct bytes *b, struct frame_batch *batch) {
  struct source_iface *iface = &s->info.iface[0];
  while (batch->n < BATCH_FRAMES) {
    struct bytes at = *b;
    const uint8_t *h = bytes_get(&at, RECORD_HEADER);
    if (!h) return source_more(s, RECORD_HEADER);
    uint32_t wire = be32_at(h), cap = be32_at(h + 4), record = be32_at(h + 8);
    if (cap > FRAME_LEN_MAX)
      return source_damaged(s, b, SOURCE_DAMAGE_LENGTH, "a frame of %" PRIu32 " bytes, more than any can have", cap);
    if (record < RECORD_HEADER + cap)
      return source_damaged(s, b, SOURCE_DAMAGE_LENGTH, "a record of %" PRIu32 " bytes around a frame of %" PRIu32,
                            record, cap);
    const uint8_t *data = bytes_get(&at, cap);
    if (!data) return source_more(s, (size_t)RECORD_HEADER + cap);
    s->info.odd_frames += cap > wire || wire > FRAME_LEN_MAX;
    iface->dropped = be32_at(h + 12);
    iface->drops_known = true;
    batch->frame[batch->n++] = (struct frame){.time = stamp_make(be32_at(h + 16), be32_at(h + 20), 1000000),
                                              .data = data,
                                              .cap_len = cap,
                                              .wire_len = wire > cap ? wire : cap,
                                              .number = source_next_number(s),
                                              .link = iface->link};
    s->info.frames++;
    iface->frames++;
    *b = at;
    if (!source_skip(s, b, record - RECORD_HEADER - cap)) return source_more(s, 0);
  }
  return READER_FULL;
}

const struct reader snoop_reader = {snoop_matches, snoop_start, snoop_frames};
