/* Frames of one link type, one after the other, so that fragments meet: octets 0-1 the link type, then for each frame
 * its captured length (2 octets), what it had more on the wire (1) and its bytes. */
#include <stdlib.h>

#include "capture/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned touch(const uint8_t *p, size_t n) {
  unsigned sum = 0;
  for (size_t i = 0; i < n; i++) sum += p[i];
  return sum;
}

static unsigned touch_packet(const struct packet *p) {
  size_t size = p->family == 6 ? 16 : 4;
  if (bytes_left(&p->payload) > p->payload_len || p->n_encap > PACKET_ENCAP_MAX) abort();
  unsigned sum = touch(p->src, size) + touch(p->dst, size) + touch(p->payload.at, bytes_left(&p->payload));
  if (p->flags & PACKET_QUOTE) sum += touch(p->quote.src, size) + touch(p->quote.dst, size);
  return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct bytes b = bytes_of(data, size), frame;
  uint16_t link, len;
  uint8_t more;
  struct decoder *d = decoder_new(NULL);
  volatile unsigned sum = 0;
  if (!d) return 0;
  if (!bytes_be16(&b, &link)) link = 1;
  for (uint32_t number = 1; bytes_be16(&b, &len) && bytes_u8(&b, &more); number++) {
    if (len > bytes_left(&b)) len = (uint16_t)bytes_left(&b);
    if (!bytes_take(&b, len, &frame)) break;
    struct packet packet[PACKETS_PER_FRAME_MAX];
    struct neighbour nb;
    struct frame f = {.time = stamp_from_ms(number),
                      .data = frame.at,
                      .cap_len = len,
                      .wire_len = len + (uint32_t)more * 16,
                      .number = number % 2 ? number : number + 1025, /* every other one goes the short way if it can */
                      .packet = number,
                      .link = link};
    unsigned n = decode_frame(d, &f, packet, &nb);
    for (unsigned i = 0; i < n; i++) sum += touch_packet(&packet[i]);
    if (nb.family) sum += touch(nb.sender, nb.family == 6 ? 16 : 4) + touch(nb.target, nb.family == 6 ? 16 : 4);
  }
  decoder_free(d);
  return 0;
}
