/* Writing pcapng (draft-ietf-opsawg-pcapng): one section, one interface a link type, times in nanoseconds, a comment on
 * each packet. */
#ifndef WW_REPORT_PCAPNG_WRITER_H
#define WW_REPORT_PCAPNG_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "util/out.h"
#include "util/stamp.h"

enum { PCAPNG_LINKS_MAX = 16 };

struct pcapng_writer {
  struct out *to;
  uint16_t link[PCAPNG_LINKS_MAX]; /* interfaces, by their link type */
  size_t n_links;
};

/* Starts a section on to (borrowed). program and comment may be NULL. */
void pcapng_writer_start(struct pcapng_writer *w, struct out *to, const char *program, const char *comment);

struct pcapng_packet {
  uint16_t link; /* LINKTYPE_ value */
  stamp_t time;
  const uint8_t *data;
  uint32_t cap_len, wire_len;
  const char *comment; /* NULL = none */
};

/* Writes a packet, and its interface first when the link type is new. False: more than PCAPNG_LINKS_MAX link types. */
bool pcapng_writer_packet(struct pcapng_writer *w, const struct pcapng_packet *p);

#endif
