/* Writing pcapng (draft-ietf-opsawg-pcapng): one section, times in nanoseconds, comments on packets. Interfaces are
 * either made as link types turn up (pcapng_writer_packet) or named one by one (pcapng_writer_interface, _frame). */
#ifndef WW_CAPTURE_PCAPNG_WRITER_H
#define WW_CAPTURE_PCAPNG_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "util/out.h"
#include "util/stamp.h"

struct pcapng_writer {
  struct out *to;
  uint16_t *link; /* interfaces, by their link type; owned */
  size_t n_links, links_room;
};

/* Starts a section on to (borrowed). program and comment may be NULL. Ended with pcapng_writer_end. */
void pcapng_writer_start(struct pcapng_writer *w, struct out *to, const char *program, const char *comment);

struct pcapng_packet {
  uint16_t link; /* LINKTYPE_ value */
  stamp_t time;
  const uint8_t *data;
  uint32_t cap_len, wire_len;
  const char *comment; /* NULL = none */
};

/* Writes a packet, and its interface first when the link type is new; every link type there is may have one. When
 * memory is out, to fails with ENOMEM. */
void pcapng_writer_packet(struct pcapng_writer *w, const struct pcapng_packet *p);

/* An interface of its own, with a name (NULL = none) and a snap length (0 = unlimited); they are numbered from 0 in the
 * order they are made. Not to be mixed with pcapng_writer_packet in one section. */
void pcapng_writer_interface(struct pcapng_writer *w, uint16_t link, uint32_t snap_len, const char *name);

/* A packet of interface number iface, without a comment. */
void pcapng_writer_frame(struct pcapng_writer *w, uint32_t iface, const struct pcapng_packet *p);

/* What the capturing system counted on an interface up to a moment. */
void pcapng_writer_statistics(struct pcapng_writer *w, uint32_t iface, stamp_t time, uint64_t received,
                              uint64_t dropped);

/* Releases what the writer holds, not to; a section whose interfaces were all named holds nothing. */
void pcapng_writer_end(struct pcapng_writer *w);

#endif
