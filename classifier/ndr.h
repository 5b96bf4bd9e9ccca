/* Reading Network Data Representation: the marshalling of DCE/RPC (C706 chapter 14) and its 64-bit form (MS-RPCE
 * 2.2.5). Items are aligned from the start of the stub; the sender chooses the order of integers; pointers and array
 * sizes are 4 bytes in NDR and 8 in NDR64. Every read answers false when the stub ends. */
#ifndef WW_CLASSIFIER_NDR_H
#define WW_CLASSIFIER_NDR_H

#include "classifier/app.h"
#include "util/bytes.h"

struct ndr {
  const uint8_t *start; /* of the stub: what alignment counts from */
  struct bytes b;
  bool big;  /* integers are big-endian */
  bool wide; /* NDR64 */
};

static inline struct ndr ndr_of(struct bytes stub, bool big, bool wide) {
  return (struct ndr){stub.at, stub, big, wide};
}

static inline bool ndr_align(struct ndr *n, size_t to) {
  size_t past = (size_t)(n->b.at - n->start) % to;
  return past == 0 || bytes_skip(&n->b, to - past);
}

static inline bool ndr_u16(struct ndr *n, uint16_t *value_out) {
  return ndr_align(n, 2) && (n->big ? bytes_be16(&n->b, value_out) : bytes_le16(&n->b, value_out));
}

static inline bool ndr_u32(struct ndr *n, uint32_t *value_out) {
  return ndr_align(n, 4) && (n->big ? bytes_be32(&n->b, value_out) : bytes_le32(&n->b, value_out));
}

/* A pointer's referent, or a conformant or varying count. */
static inline bool ndr_size(struct ndr *n, uint64_t *value_out) {
  if (n->wide) return ndr_align(n, 8) && (n->big ? bytes_be64(&n->b, value_out) : bytes_le64(&n->b, value_out));
  uint32_t narrow;
  if (!ndr_u32(n, &narrow)) return false;
  *value_out = narrow;
  return true;
}

/* A UUID into text order. */
static inline bool uuid_read(struct bytes *b, bool big, struct uuid *uuid_out) {
  const uint8_t *p = bytes_get(b, 16);
  if (!p) return false;
  static const uint8_t little[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  for (int i = 0; i < 16; i++) uuid_out->octet[i] = p[big ? i : little[i]];
  return true;
}

static inline bool ndr_uuid(struct ndr *n, struct uuid *uuid_out) {
  return ndr_align(n, 4) && uuid_read(&n->b, n->big, uuid_out);
}

static inline bool uuid_equal(const struct uuid *a, const struct uuid *b) { return memcmp(a, b, sizeof *a) == 0; }

#endif
