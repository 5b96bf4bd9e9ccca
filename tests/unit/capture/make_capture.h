/* Writes captures byte by byte, for tests: any byte order, any lie. A failure to allocate ends the test program. */
#ifndef WW_TESTS_MAKE_CAPTURE_H
#define WW_TESTS_MAKE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct made {
  uint8_t *bytes;
  size_t len, room;
  bool big_endian;
  size_t block; /* where the block being written begins */
};

static inline void made_free(struct made *m) {
  free(m->bytes);
  *m = (struct made){0};
}

static inline void made_bytes(struct made *m, const void *bytes, size_t len) {
  if (m->len + len > m->room) {
    m->room = 2 * (m->len + len);
    m->bytes = realloc(m->bytes, m->room);
    if (!m->bytes) abort();
  }
  if (len) memcpy(m->bytes + m->len, bytes, len);
  m->len += len;
}

/* A number of width bytes in the capture's order. */
static inline void made_number(struct made *m, uint64_t value, unsigned width) {
  for (unsigned i = 0; i < width; i++) {
    uint8_t byte = (uint8_t)(value >> 8 * (m->big_endian ? width - 1 - i : i));
    made_bytes(m, &byte, 1);
  }
}
static inline void made_u8(struct made *m, uint8_t v) { made_number(m, v, 1); }
static inline void made_u16(struct made *m, uint16_t v) { made_number(m, v, 2); }
static inline void made_u32(struct made *m, uint32_t v) { made_number(m, v, 4); }
static inline void made_u64(struct made *m, uint64_t v) { made_number(m, v, 8); }

/* len bytes that differ from frame to frame. */
static inline void made_fill(struct made *m, uint32_t seed, size_t len) {
  for (size_t i = 0; i < len; i++) made_u8(m, (uint8_t)((seed * 2654435761u >> 24) + i));
}

static inline void made_pad(struct made *m) {
  while (m->len % 4) made_u8(m, 0);
}

/* ---- pcap ---- */

static inline void made_pcap_start(struct made *m, uint32_t magic, uint16_t major, uint16_t minor, uint32_t snap_len,
                                   uint32_t link) {
  made_u32(m, magic);
  made_u16(m, major);
  made_u16(m, minor);
  made_u32(m, 0);
  made_u32(m, 0);
  made_u32(m, snap_len);
  made_u32(m, link);
}

static inline void made_pcap_frame(struct made *m, uint32_t s, uint32_t fraction, uint32_t cap_len, uint32_t wire_len) {
  made_u32(m, s);
  made_u32(m, fraction);
  made_u32(m, cap_len);
  made_u32(m, wire_len);
  made_fill(m, s + fraction, cap_len);
}

/* ---- pcapng ---- */

static inline void made_block(struct made *m, uint32_t type) {
  m->block = m->len;
  made_u32(m, type);
  made_u32(m, 0);
}

static inline void made_block_end(struct made *m) {
  made_pad(m);
  struct made length = {.big_endian = m->big_endian};
  made_u32(&length, (uint32_t)(m->len + 4 - m->block));
  memcpy(m->bytes + m->block + 4, length.bytes, 4);
  made_bytes(m, length.bytes, 4);
  made_free(&length);
}

static inline void made_option(struct made *m, uint16_t code, const void *value, size_t len) {
  made_u16(m, code);
  made_u16(m, (uint16_t)len);
  made_bytes(m, value, len);
  made_pad(m);
}
static inline void made_option_text(struct made *m, uint16_t code, const char *text) {
  made_option(m, code, text, strlen(text));
}
static inline void made_option_number(struct made *m, uint16_t code, uint64_t value, unsigned width) {
  struct made number = {.big_endian = m->big_endian};
  made_number(&number, value, width);
  made_option(m, code, number.bytes, width);
  made_free(&number);
}

/* Opens a section header; options may follow before made_block_end. */
static inline void made_section(struct made *m, bool big_endian) {
  m->big_endian = big_endian;
  made_block(m, 0x0a0d0d0a);
  made_u32(m, 0x1a2b3c4d);
  made_u16(m, 1);
  made_u16(m, 0);
  made_u64(m, UINT64_MAX);
}

/* Opens an interface block; options may follow before made_block_end. */
static inline void made_iface(struct made *m, uint16_t link, uint32_t snap_len) {
  made_block(m, 1);
  made_u16(m, link);
  made_u16(m, 0);
  made_u32(m, snap_len);
}

/* Opens an enhanced packet block; options may follow before made_block_end. */
static inline void made_enhanced(struct made *m, uint32_t iface, uint64_t units, uint32_t cap_len, uint32_t wire_len) {
  made_block(m, 6);
  made_u32(m, iface);
  made_u32(m, (uint32_t)(units >> 32));
  made_u32(m, (uint32_t)units);
  made_u32(m, cap_len);
  made_u32(m, wire_len);
  made_fill(m, (uint32_t)units, cap_len);
  made_pad(m);
}

/* Opens a statistics block; options may follow before made_block_end. */
static inline void made_statistics(struct made *m, uint32_t iface) {
  made_block(m, 5);
  made_u32(m, iface);
  made_u64(m, 0);
}

/* ---- randomness that can be repeated ---- */

struct dice {
  uint64_t state;
};

/* From WW_SEED, else from the clock; printed, so that a failure can be repeated. */
static inline struct dice dice_new(void) {
  const char *given = getenv("WW_SEED");
  struct dice d = {given ? strtoull(given, NULL, 0) : (uint64_t)(uintptr_t)&d ^ (uint64_t)clock() * 2654435761u};
  printf("WW_SEED=%llu\n", (unsigned long long)d.state);
  fflush(stdout);
  return d;
}
/* 0..n-1 (splitmix64). */
static inline uint32_t dice_roll(struct dice *d, uint32_t n) {
  uint64_t z = d->state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return (uint32_t)((z ^ z >> 31) % n);
}

#endif
