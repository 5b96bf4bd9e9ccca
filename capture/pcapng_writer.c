/* A block is: type, total length, body, options, total length again; everything in steps of four bytes, little-endian.
 * The length stands in front, so it is worked out before anything is written. */
#include "capture/pcapng_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_STATISTICS = 5, BLOCK_PACKET = 6 };
enum { OPTION_END = 0, OPTION_COMMENT = 1, OPTION_NAME = 2, OPTION_PROGRAM = 4, OPTION_RESOLUTION = 9 };
enum { OPTION_RECEIVED = 4, OPTION_DROPPED = 5 }; /* of a statistics block */
enum { OPTION_TEXT_MAX = 4000, BLOCK_FRAME = 12, NANOSECONDS = 9 };

static void put16(struct out *to, uint16_t v) {
  const uint8_t bytes[] = {(uint8_t)v, (uint8_t)(v >> 8)};
  out_bytes(to, bytes, sizeof bytes);
}

static void put32(struct out *to, uint32_t v) {
  put16(to, (uint16_t)v);
  put16(to, (uint16_t)(v >> 16));
}

static uint32_t padded(size_t len) { return (uint32_t)((len + 3) / 4 * 4); }

static void put_padded(struct out *to, const void *bytes, size_t len) {
  static const uint8_t zero[4];
  out_bytes(to, bytes, len);
  out_bytes(to, zero, padded(len) - len);
}

/* Text of an option, cut where a character ends. */
static size_t text_len(const char *text) {
  size_t len = text ? strlen(text) : 0;
  if (len <= OPTION_TEXT_MAX) return len;
  len = OPTION_TEXT_MAX;
  while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80) len--;
  return len;
}

static uint32_t option_size(const char *text) { return text ? 4 + padded(text_len(text)) : 0; }

static void put_option(struct out *to, uint16_t code, const char *text) {
  if (!text) return;
  put16(to, code);
  put16(to, (uint16_t)text_len(text));
  put_padded(to, text, text_len(text));
}

void pcapng_writer_start(struct pcapng_writer *w, struct out *to, const char *program, const char *comment) {
  *w = (struct pcapng_writer){.to = to};
  uint32_t options = option_size(comment) + option_size(program), size = BLOCK_FRAME + 16 + options + 4;
  put32(to, BLOCK_SECTION);
  put32(to, size);
  put32(to, 0x1a2b3c4d); /* byte order */
  put16(to, 1);          /* version 1.0 */
  put16(to, 0);
  put32(to, UINT32_MAX); /* section length not stated */
  put32(to, UINT32_MAX);
  put_option(to, OPTION_COMMENT, comment);
  put_option(to, OPTION_PROGRAM, program);
  put32(to, OPTION_END);
  put32(to, size);
}

void pcapng_writer_interface(struct pcapng_writer *w, uint16_t link, uint32_t snap_len, const char *name) {
  const uint8_t resolution[4] = {NANOSECONDS};
  struct out *to = w->to;
  uint32_t size = BLOCK_FRAME + 8 + option_size(name) + 8 + 4;
  put32(to, BLOCK_INTERFACE);
  put32(to, size);
  put16(to, link);
  put16(to, 0);
  put32(to, snap_len);
  put_option(to, OPTION_NAME, name);
  put16(to, OPTION_RESOLUTION);
  put16(to, 1);
  out_bytes(to, resolution, sizeof resolution);
  put32(to, OPTION_END);
  put32(to, size);
}

/* The interface of that link type, made when it is new; -1 when memory is out. */
static int interface_of(struct pcapng_writer *w, uint16_t link) {
  for (size_t i = 0; i < w->n_links; i++)
    if (w->link[i] == link) return (int)i;
  uint16_t *made = ARRAY_PUSH(w->link, w->n_links, w->links_room);
  if (!made) return -1;
  pcapng_writer_interface(w, link, 0, NULL); /* each packet states its own snap length */
  *made = link;
  return (int)w->n_links - 1;
}

static void put_time(struct out *to, stamp_t time) {
  put32(to, (uint32_t)((uint64_t)time.ns >> 32));
  put32(to, (uint32_t)time.ns);
}

void pcapng_writer_frame(struct pcapng_writer *w, uint32_t iface, const struct pcapng_packet *p) {
  uint32_t options = p->comment ? option_size(p->comment) + 4 : 0;
  uint32_t size = BLOCK_FRAME + 20 + padded(p->cap_len) + options;
  put32(w->to, BLOCK_PACKET);
  put32(w->to, size);
  put32(w->to, iface);
  put_time(w->to, p->time);
  put32(w->to, p->cap_len);
  put32(w->to, p->wire_len);
  put_padded(w->to, p->data, p->cap_len);
  put_option(w->to, OPTION_COMMENT, p->comment);
  if (p->comment) put32(w->to, OPTION_END);
  put32(w->to, size);
}

void pcapng_writer_packet(struct pcapng_writer *w, const struct pcapng_packet *p) {
  int iface = interface_of(w, p->link);
  if (iface < 0)
    w->to->failed = ENOMEM;
  else
    pcapng_writer_frame(w, (uint32_t)iface, p);
}

static void put_count(struct out *to, uint16_t code, uint64_t count) {
  put16(to, code);
  put16(to, 8);
  put32(to, (uint32_t)count);
  put32(to, (uint32_t)(count >> 32));
}

void pcapng_writer_statistics(struct pcapng_writer *w, uint32_t iface, stamp_t time, uint64_t received,
                              uint64_t dropped) {
  const uint32_t size = BLOCK_FRAME + 12 + 2 * 12 + 4;
  put32(w->to, BLOCK_STATISTICS);
  put32(w->to, size);
  put32(w->to, iface);
  put_time(w->to, time);
  put_count(w->to, OPTION_RECEIVED, received);
  put_count(w->to, OPTION_DROPPED, dropped);
  put32(w->to, OPTION_END);
  put32(w->to, size);
}

void pcapng_writer_end(struct pcapng_writer *w) {
  free(w->link);
  w->link = NULL;
  w->n_links = w->links_room = 0;
}
