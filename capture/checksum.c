/* Transport checksums (RFC 1071), looked at in a sample only: what a host captures of its own traffic has none yet,
 * so a wrong one says something about the capture and nothing about the packet; see PACKET_BAD_CHECKSUM. */
#include "capture/decode_internal.h"

enum { SAMPLE_FIRST = 1024, SAMPLE_EVERY = 64 }; /* whole small captures, then little enough to cost nothing */

/* Adds words in the host's order: the one's complement sum is the same in either (RFC 1071 2B). */
static uint64_t sum_of(uint64_t sum, struct bytes b) {
  enum { AT_ONCE = 8 };
  uint32_t word[AT_ONCE];
  const uint8_t *p;
  while ((p = bytes_get(&b, sizeof word))) {
    memcpy(word, p, sizeof word);
    for (unsigned i = 0; i < AT_ONCE; i++) sum += word[i];
  }
  memset(word, 0, sizeof word); /* what is left is made whole with zeros */
  if (b.at) memcpy(word, b.at, bytes_left(&b));
  for (unsigned i = 0; i < AT_ONCE; i++) sum += word[i];
  return sum;
}

static uint16_t fold_sum(uint64_t sum) {
  sum = (sum >> 32) + (sum & 0xffffffff);
  while (sum >> 16) sum = (sum >> 16) + (sum & 0xffff);
  return (uint16_t)sum;
}

/* RFC 9293 3.1, RFC 8200 8.1: addresses, length and protocol count as if they stood in front. */
static uint64_t pseudo_header(const struct packet *p, uint32_t len) {
  size_t size = p->family == 6 ? 16 : 4;
  uint8_t rest[8] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len, 0, 0, 0, p->proto};
  uint64_t sum = sum_of(sum_of(0, bytes_of(p->src, size)), bytes_of(p->dst, size));
  return sum_of(sum, bytes_of(rest, sizeof rest));
}

bool checksum_is_sampled(const struct frame *f) { return f->number <= SAMPLE_FIRST || f->number % SAMPLE_EVERY == 0; }

bool checksum_is_wrong(const struct packet *p, struct bytes segment) {
  uint64_t sum = sum_of(pseudo_header(p, (uint32_t)bytes_left(&segment)), segment);
  return fold_sum(sum) != 0xffff;
}
