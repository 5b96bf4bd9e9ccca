/* The parts of the pcapng reader: blocks with frames (pcapng_file.c), blocks about the capture (pcapng_info.c). */
#ifndef WW_CAPTURE_PCAPNG_INTERNAL_H
#define WW_CAPTURE_PCAPNG_INTERNAL_H

#include "capture/source_internal.h"

/* One option, its value without padding. */
struct pcapng_option {
  uint16_t code;
  struct bytes value;
};
enum { PCAPNG_OPTION_COMMENT = 1 };

/* Takes the next option off *b; false at their end (stated, or no whole option is left: the rest is ignored). */
bool pcapng_option_next(struct bytes *b, bool big_endian, struct pcapng_option *option_out);

/* n rounded up to the 32-bit boundary that every part of a block is padded to. */
static inline size_t pcapng_padded(size_t n) { return (n + 3) & ~(size_t)3; }

/* The interface a block of this section names by id; NULL: there is none. */
static inline struct source_iface *pcapng_iface(struct source *s, uint32_t id) {
  size_t n = s->info.n_ifaces - s->pcapng.first_iface;
  return id < n ? &s->info.iface[s->pcapng.first_iface + id] : NULL;
}

/* So many frames were lost between two frames of the interface. */
void pcapng_lost_between(struct source_iface *i, uint64_t frames);

/* Readers of one block's body each. block stands at the block, for the place in messages. READER_MORE: done. */
enum reader_step pcapng_read_section(struct source *s, const struct bytes *block, struct bytes body);
enum reader_step pcapng_read_interface(struct source *s, const struct bytes *block, struct bytes body);
enum reader_step pcapng_read_statistics(struct source *s, const struct bytes *block, struct bytes body);
enum reader_step pcapng_read_names(struct source *s, const struct bytes *block, struct bytes body);

#endif
