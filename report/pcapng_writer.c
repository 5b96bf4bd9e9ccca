/* A block is: type, total length, body, options, total length again; everything in steps of four bytes, little-endian.
 * The length stands in front, so it is worked out before anything is written. */
#include "report/pcapng_writer.h"

#include <string.h>

enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6 };
enum { OPTION_END = 0, OPTION_COMMENT = 1, OPTION_PROGRAM = 4, OPTION_RESOLUTION = 9 };
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

static void put_interface(struct out *to, uint16_t link) {
  const uint8_t resolution[4] = {NANOSECONDS};
  uint32_t size = BLOCK_FRAME + 8 + 8 + 4;
  put32(to, BLOCK_INTERFACE);
  put32(to, size);
  put16(to, link);
  put16(to, 0);
  put32(to, 0); /* no snap length for all: each packet states its own */
  put16(to, OPTION_RESOLUTION);
  put16(to, 1);
  out_bytes(to, resolution, sizeof resolution);
  put32(to, OPTION_END);
  put32(to, size);
}

/* The interface of that link type, made when it is new; -1 when there are too many. */
static int interface_of(struct pcapng_writer *w, uint16_t link) {
  for (size_t i = 0; i < w->n_links; i++)
    if (w->link[i] == link) return (int)i;
  if (w->n_links == PCAPNG_LINKS_MAX) return -1;
  put_interface(w->to, link);
  w->link[w->n_links] = link;
  return (int)w->n_links++;
}

bool pcapng_writer_packet(struct pcapng_writer *w, const struct pcapng_packet *p) {
  int iface = interface_of(w, p->link);
  if (iface < 0) return false;
  uint64_t time = (uint64_t)p->time.ns;
  uint32_t options = p->comment ? option_size(p->comment) + 4 : 0;
  uint32_t size = BLOCK_FRAME + 20 + padded(p->cap_len) + options;
  put32(w->to, BLOCK_PACKET);
  put32(w->to, size);
  put32(w->to, (uint32_t)iface);
  put32(w->to, (uint32_t)(time >> 32));
  put32(w->to, (uint32_t)time);
  put32(w->to, p->cap_len);
  put32(w->to, p->wire_len);
  put_padded(w->to, p->data, p->cap_len);
  put_option(w->to, OPTION_COMMENT, p->comment);
  if (p->comment) put32(w->to, OPTION_END);
  put32(w->to, size);
  return true;
}
