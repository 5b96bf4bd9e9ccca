/* pcapng files (draft-ietf-opsawg-pcapng): a row of blocks.
 *
 *   block:  type  total length  body ...  total length again        lengths in bytes, multiples of 4
 *
 * A section header sets the byte order and starts counting interfaces anew; interface blocks describe where frames come
 * from. libpcap refuses files whose interfaces differ in link type or snap length and sections of another byte
 * order; all of these are read here. Frames stand in enhanced, simple and (obsolete) packet blocks. What is special:
 * - A simple packet block states no time: its frame gets the time of the frame before it (libpcap says 1970).
 * - A frame with more bytes than the snap length or the wire length states is delivered whole and counted as odd.
 * - Blocks of other kinds (custom, decryption secrets, system journal, ...) are passed over, however long, and counted.
 * - A block that contradicts itself ends the reading: nothing after it can be trusted. */
#include "capture/pcapng_internal.h"

#include <inttypes.h>

enum {
  BLOCK_SECTION = 0x0a0d0d0a, /* reads the same in both byte orders */
  BLOCK_INTERFACE = 1,
  BLOCK_PACKET = 2,
  BLOCK_SIMPLE = 3,
  BLOCK_NAMES = 4,
  BLOCK_STATISTICS = 5,
  BLOCK_ENHANCED = 6,
  BLOCK_LEN_MIN = 12,
  BLOCK_LEN_MAX = 16 << 20, /* of a block that is looked into; libpcap's limit too */
  ORDER_MARK = 0x1a2b3c4d
};
enum { OPTION_FLAGS = 2, OPTION_DROPS = 4 }; /* epb_flags, epb_dropcount; pack_flags is 2 as well */

/* Nanoseconds since 1970 of a time in the interface's unit, kept within what a stamp holds. */
static stamp_t time_of(const struct source_iface *i, uint64_t units) {
  if (i->offset_s == 0) { /* the two common units, without dividing */
    if (i->per_second == 1000000 && units <= INT64_MAX / 1000) return (stamp_t){(int64_t)units * 1000};
    if (i->per_second == 1000000000 && units <= INT64_MAX) return (stamp_t){(int64_t)units};
  }
  const int64_t second = 1000000000;
  __int128 ns = (__int128)(units / i->per_second) * second + (__int128)i->offset_s * second;
  ns += (__int128)(units % i->per_second) * second / i->per_second;
  if (ns > INT64_MAX) return (stamp_t){INT64_MAX};
  return (stamp_t){ns <= INT64_MIN ? INT64_MIN + 1 : (int64_t)ns};
}

/* What the three kinds of packet block say about a frame. */
struct stated {
  uint32_t iface, cap_len, wire_len;
  bool timed;
  uint64_t units; /* of the interface's clock, with timed */
};

static enum reader_step read_frame_options(struct source *s, struct frame *f, struct source_iface *i, struct bytes b) {
  bool big = s->pcapng.big_endian;
  for (struct pcapng_option o; pcapng_option_next(&b, big, &o);) {
    size_t len = bytes_left(&o.value);
    if (o.code == PCAPNG_OPTION_COMMENT) {
      if (!source_add_comment(s, f->number, o.value.at, len)) return READER_MEMORY;
    } else if (o.code == OPTION_FLAGS && len == 4) {
      uint32_t direction = read_u32(o.value.at, big) & 3;
      f->direction = direction == 1 ? FRAME_INBOUND : direction == 2 ? FRAME_OUTBOUND : FRAME_DIRECTION_UNKNOWN;
    } else if (o.code == OPTION_DROPS && len == 8) {
      pcapng_lost_between(i, big ? be64_at(o.value.at) : le64_at(o.value.at));
    }
  }
  return READER_MORE;
}

/* Puts one frame into the batch. body stands at its bytes; padding and options may follow. Inline: this is the hot
 * path. */
static inline __attribute__((always_inline)) enum reader_step add_frame(struct source *s, const struct bytes *block,
                                                                        struct frame_batch *batch,
                                                                        const struct stated *t, struct bytes body) {
  struct source_iface *i = pcapng_iface(s, t->iface);
  if (!i)
    return source_damaged(s, block, SOURCE_DAMAGE_BLOCK, "a frame of interface %" PRIu32 ", which is not described",
                          t->iface);
  if (t->cap_len > FRAME_LEN_MAX && t->cap_len > source_cap_max(i->link))
    return source_damaged(s, block, SOURCE_DAMAGE_LENGTH, "a frame of %" PRIu32 " bytes, more than any can have",
                          t->cap_len);
  const uint8_t *data = bytes_get(&body, t->cap_len);
  if (!data)
    return source_damaged(s, block, SOURCE_DAMAGE_BLOCK, "a frame of %" PRIu32 " bytes in a block that is too small",
                          t->cap_len);
  s->info.odd_frames += t->cap_len > t->wire_len || (i->snap_len && t->cap_len > i->snap_len) ||
                        (t->wire_len > FRAME_LEN_MAX && t->wire_len > source_cap_max(i->link));
  if (t->timed) s->pcapng.last = time_of(i, t->units);
  struct frame *f = &batch->frame[batch->n++];
  f->time = s->pcapng.last;
  f->data = data;
  f->cap_len = t->cap_len < FRAME_LEN_MAX ? t->cap_len : FRAME_LEN_MAX;
  f->wire_len = t->wire_len > t->cap_len ? t->wire_len : t->cap_len;
  f->number = source_next_number(s);
  f->packet = 0;
  f->link = i->link;
  f->iface = (uint16_t)(s->pcapng.first_iface + t->iface);
  f->direction = FRAME_DIRECTION_UNKNOWN;
  s->info.frames++;
  i->frames++;
  if (!bytes_skip(&body, pcapng_padded(t->cap_len) - t->cap_len) || bytes_left(&body) == 0) return READER_MORE;
  return read_frame_options(s, f, i, body);
}

static enum reader_step read_enhanced(struct source *s, const struct bytes *block, struct bytes body,
                                      struct frame_batch *batch) {
  bool big = s->pcapng.big_endian;
  const uint8_t *p = bytes_get(&body, 20);
  if (!p) return source_damaged(s, block, SOURCE_DAMAGE_BLOCK, "a packet block that is too small");
  struct stated t = {.iface = read_u32(p, big),
                     .cap_len = read_u32(p + 12, big),
                     .wire_len = read_u32(p + 16, big),
                     .timed = true,
                     .units = (uint64_t)read_u32(p + 4, big) << 32 | read_u32(p + 8, big)};
  return add_frame(s, block, batch, &t, body);
}

static enum reader_step read_packet(struct source *s, const struct bytes *block, struct bytes body,
                                    struct frame_batch *batch) {
  bool big = s->pcapng.big_endian;
  const uint8_t *p = bytes_get(&body, 20);
  if (!p) return source_damaged(s, block, SOURCE_DAMAGE_BLOCK, "a packet block that is too small");
  struct stated t = {.iface = read_u16(p, big),
                     .cap_len = read_u32(p + 12, big),
                     .wire_len = read_u32(p + 16, big),
                     .timed = true,
                     .units = (uint64_t)read_u32(p + 4, big) << 32 | read_u32(p + 8, big)};
  uint16_t lost = read_u16(p + 2, big); /* all ones: not known */
  struct source_iface *i = pcapng_iface(s, t.iface);
  if (i && lost != UINT16_MAX) pcapng_lost_between(i, lost);
  return add_frame(s, block, batch, &t, body);
}

/* Always of interface 0; how much was captured follows from the snap length. */
static enum reader_step read_simple(struct source *s, const struct bytes *block, struct bytes body,
                                    struct frame_batch *batch) {
  uint32_t wire_len;
  const uint8_t *p = bytes_get(&body, 4);
  if (!p) return source_damaged(s, block, SOURCE_DAMAGE_BLOCK, "a packet block that is too small");
  wire_len = read_u32(p, s->pcapng.big_endian);
  struct source_iface *i = pcapng_iface(s, 0);
  struct stated t = {.cap_len = wire_len, .wire_len = wire_len};
  if (i && i->snap_len && t.cap_len > i->snap_len) t.cap_len = i->snap_len;
  bytes_narrow(&body, pcapng_padded(t.cap_len)); /* no options here */
  return add_frame(s, block, batch, &t, body);
}

/* Blocks that are looked into. Either function is set. */
static const struct kind {
  uint32_t type;
  enum reader_step (*frame)(struct source *s, const struct bytes *block, struct bytes body, struct frame_batch *batch);
  enum reader_step (*info)(struct source *s, const struct bytes *block, struct bytes body);
} kinds[] = {
    {BLOCK_ENHANCED, read_enhanced, NULL},
    {BLOCK_SIMPLE, read_simple, NULL},
    {BLOCK_PACKET, read_packet, NULL},
    {BLOCK_INTERFACE, NULL, pcapng_read_interface},
    {BLOCK_STATISTICS, NULL, pcapng_read_statistics},
    {BLOCK_NAMES, NULL, pcapng_read_names},
    {BLOCK_SECTION, NULL, pcapng_read_section},
};

static const struct kind *find_kind(uint32_t type) {
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (kinds[i].type == type) return &kinds[i];
  return NULL;
}

static bool pcapng_matches(struct bytes head) {
  const uint8_t *p = bytes_get(&head, 12);
  return p && be32_at(p) == BLOCK_SECTION && (be32_at(p + 8) == ORDER_MARK || le32_at(p + 8) == ORDER_MARK);
}

/* For marks. */
static uint64_t block_length(struct marks *m, const uint8_t head[MARK_HEAD]) {
  if (be32_at(head) == BLOCK_SECTION) m->big_endian = be32_at(head + 8) == ORDER_MARK;
  const uint32_t len = read_u32(head + 4, m->big_endian);
  return len >= BLOCK_LEN_MIN ? pcapng_padded(len) : 0;
}

/* The first block is read like any other. */
static bool pcapng_start(struct source *s, struct bytes *b, struct err *e) {
  (void)b;
  (void)e;
  s->marks = (struct marks){.length = block_length};
  s->info.format = "pcapng";
  return true;
}

/* Reads the block that block stands at; its type and length were looked at. A length that is no multiple of 4 (some
 * writers forgot the padding) means the next one, as Wireshark takes it. */
static enum reader_step read_block(struct source *s, struct bytes *block, const struct kind *k, uint32_t len,
                                   struct frame_batch *batch) {
  struct bytes whole, body, at = *block;
  size_t size = pcapng_padded(len);
  if (!bytes_take(&at, size, &whole)) return source_more(s, size);
  bytes_skip(&whole, 8);
  if (!bytes_take(&whole, size - BLOCK_LEN_MIN, &body) || read_u32(whole.at, s->pcapng.big_endian) != len)
    return source_damaged(s, block, SOURCE_DAMAGE_BLOCK, "a block whose two lengths differ");
  enum reader_step step = k->frame ? k->frame(s, block, body, batch) : k->info(s, block, body);
  if (step == READER_MORE) *block = at;
  return step;
}

static enum reader_step pcapng_frames(struct source *s, struct bytes *b, struct frame_batch *batch) {
  while (batch->n < BATCH_FRAMES) {
    struct bytes at = *b;
    const uint8_t *p = bytes_get(&at, BLOCK_LEN_MIN);
    if (!p) return source_more(s, BLOCK_LEN_MIN);
    if (le32_at(p) == BLOCK_SECTION) {
      bool big = be32_at(p + 8) == ORDER_MARK;
      if (!big && le32_at(p + 8) != ORDER_MARK)
        return source_damaged(s, b, SOURCE_DAMAGE_BLOCK, "a section without byte order");
      s->pcapng.big_endian = big;
    }
    uint32_t type = read_u32(p, s->pcapng.big_endian), len = read_u32(p + 4, s->pcapng.big_endian);
    const struct kind *k = find_kind(type);
    if (len < BLOCK_LEN_MIN || (k && len > BLOCK_LEN_MAX))
      return source_damaged(s, b, SOURCE_DAMAGE_LENGTH, "a block of %" PRIu32 " bytes", len);
    if (!k) {
      s->info.skipped_blocks++;
      if (!source_skip(s, b, pcapng_padded(len))) return source_more(s, 0);
      continue;
    }
    const uint8_t *before = b->at;
    marks_look_ahead(&s->walk, s->block, before);
    enum reader_step step = read_block(s, b, k, len, batch);
    if (b->at == before) return step;
  }
  return READER_FULL;
}

const struct reader pcapng_reader = {pcapng_matches, pcapng_start, pcapng_frames};
