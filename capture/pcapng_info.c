/* pcapng blocks that describe the capture: sections, interfaces, statistics, names; and the options of all blocks.
 *
 * An option that does not fit its block ends the options of that block; everything else in the block is used. */
#include "capture/pcapng_internal.h"

#include <stdlib.h>
#include <string.h>

enum { OPTION_END = 0 };
enum { IFACE_NAME = 2, IFACE_DESCRIPTION = 3, IFACE_RESOLUTION = 9, IFACE_OFFSET = 14 };
enum { STATS_START = 2, STATS_RECEIVED = 4, STATS_IFACE_DROPS = 5, STATS_OS_DROPS = 7 };
enum { NAMES_IPV4 = 1, NAMES_IPV6 = 2 };
enum { TEXT_MAX = 255 };

bool pcapng_option_next(struct bytes *b, bool big_endian, struct pcapng_option *option_out) {
  const uint8_t *p = bytes_get(b, 4);
  if (!p) return false;
  struct pcapng_option o = {.code = read_u16(p, big_endian)};
  uint16_t len = read_u16(p + 2, big_endian);
  if (o.code == OPTION_END || !bytes_take(b, len, &o.value)) return false;
  if (!bytes_skip(b, pcapng_padded(len) - len)) b->at = b->end;
  *option_out = o;
  return true;
}

void pcapng_lost_between(struct source_iface *i, uint64_t frames) {
  if (__builtin_add_overflow(i->lost_between, frames, &i->lost_between)) i->lost_between = UINT64_MAX;
  if (i->dropped < i->lost_between) i->dropped = i->lost_between;
  i->drops_known = true;
}

static uint64_t u64_of(struct bytes value, bool big_endian) {
  return big_endian ? be64_at(value.at) : le64_at(value.at);
}

enum reader_step pcapng_read_section(struct source *s, const struct bytes *block, struct bytes body) {
  bool big = s->pcapng.big_endian;
  const uint8_t *p = bytes_get(&body, 16); /* byte order, version major and minor, length of the section (not used) */
  if (!p) return source_damaged(s, block, SOURCE_DAMAGE_BLOCK, "a section header that is too small");
  if (read_u16(p + 4, big) != 1)
    return source_damaged(s, block, SOURCE_DAMAGE_BLOCK, "pcapng version %u, which is not read", read_u16(p + 4, big));
  s->pcapng.first_iface = s->info.n_ifaces;
  for (struct pcapng_option o; pcapng_option_next(&body, big, &o);)
    if (o.code == PCAPNG_OPTION_COMMENT && !source_add_comment(s, 0, o.value.at, bytes_left(&o.value)))
      return READER_MEMORY;
  return READER_MORE;
}

/* if_tsresol: units in a second, a power of ten or (top bit) of two; 0: more than 64 bits can state. */
static uint64_t units_per_second(uint8_t resolution) {
  uint8_t exponent = resolution & 0x7f;
  if (resolution & 0x80) return exponent < 64 ? 1ull << exponent : 0;
  if (exponent > 19) return 0;
  uint64_t units = 1;
  while (exponent--) units *= 10;
  return units;
}

/* Text of an option in place of what *to has; false: memory is out. */
static bool set_text(char **to, struct bytes value) {
  char *text = source_text(value.at, bytes_left(&value), TEXT_MAX);
  if (!text) return false;
  free(*to);
  *to = text;
  return true;
}

static enum reader_step read_interface_option(struct source *s, const struct bytes *block, struct source_iface *i,
                                              const struct pcapng_option *o) {
  size_t len = bytes_left(&o->value);
  if (o->code == IFACE_NAME && !set_text(&i->name, o->value)) return READER_MEMORY;
  if (o->code == IFACE_DESCRIPTION && !set_text(&i->description, o->value)) return READER_MEMORY;
  if (o->code == IFACE_OFFSET && len == 8) i->offset_s = (int64_t)u64_of(o->value, s->pcapng.big_endian);
  if (o->code == IFACE_RESOLUTION && len >= 1) {
    i->per_second = units_per_second(*o->value.at);
    if (!i->per_second)
      return source_damaged(s, block, SOURCE_DAMAGE_BLOCK, "an interface with a clock no file can have (resolution %u)",
                            *o->value.at);
  }
  return READER_MORE;
}

enum reader_step pcapng_read_interface(struct source *s, const struct bytes *block, struct bytes body) {
  bool big = s->pcapng.big_endian;
  const uint8_t *p = bytes_get(&body, 8); /* link type, reserved, snap length */
  if (!p) return source_damaged(s, block, SOURCE_DAMAGE_BLOCK, "an interface block that is too small");
  uint32_t snap_len = read_u32(p + 4, big);
  struct source_iface *i = source_add_iface(s, block, read_u16(p, big), snap_len > INT32_MAX ? 0 : snap_len);
  if (!i) return s->info.damage ? READER_DAMAGE : READER_MEMORY;
  i->per_second = 1000000;
  for (struct pcapng_option o; pcapng_option_next(&body, big, &o);) {
    enum reader_step step = read_interface_option(s, block, i, &o);
    if (step != READER_MORE) return step;
  }
  return READER_MORE;
}

/* Counters grow while a capture runs and may be written several times: the last ones count. */
enum reader_step pcapng_read_statistics(struct source *s, const struct bytes *block, struct bytes body) {
  bool big = s->pcapng.big_endian;
  const uint8_t *p = bytes_get(&body, 12); /* interface, time */
  if (!p) return source_damaged(s, block, SOURCE_DAMAGE_BLOCK, "a statistics block that is too small");
  struct source_iface *i = pcapng_iface(s, read_u32(p, big));
  if (!i) return READER_MORE;
  uint64_t lost = 0;
  bool lost_stated = false;
  for (struct pcapng_option o; pcapng_option_next(&body, big, &o);) {
    if (bytes_left(&o.value) != 8) continue;
    uint64_t value = u64_of(o.value, big);
    if (o.code == STATS_RECEIVED) i->received = value;
    if (o.code == STATS_START) i->counted_from = value;
    if (o.code != STATS_IFACE_DROPS && o.code != STATS_OS_DROPS) continue;
    if (__builtin_add_overflow(lost, value, &lost)) lost = UINT64_MAX;
    lost_stated = true;
  }
  if (!lost_stated) return READER_MORE;
  i->dropped = lost > i->lost_between ? lost : i->lost_between;
  i->drops_known = true;
  return READER_MORE;
}

/* One record: an address, then its names, each ended by NUL. */
static bool read_names(struct source *s, uint8_t family, struct bytes record) {
  const uint8_t *octets = bytes_get(&record, family == 6 ? 16 : 4);
  if (!octets) return true;
  struct address a = address_make(family, octets);
  while (bytes_left(&record)) {
    size_t len = strnlen((const char *)record.at, bytes_left(&record));
    if (len && !source_add_name(s, a, record.at, len)) return false;
    if (!bytes_skip(&record, len + 1)) break;
  }
  return true;
}

enum reader_step pcapng_read_names(struct source *s, const struct bytes *block, struct bytes body) {
  (void)block;
  for (struct pcapng_option o; pcapng_option_next(&body, s->pcapng.big_endian, &o);) { /* records have options' form */
    uint8_t family = o.code == NAMES_IPV4 ? 4 : o.code == NAMES_IPV6 ? 6 : 0;
    if (family && !read_names(s, family, o.value)) return READER_MEMORY;
  }
  return READER_MORE;
}
