/* Every signature: octet 0 is the transport and the way, octets 1-4 both ports, the rest one payload. What fits must
 * belong to the transport, and must not care how the same packet is asked about again. */
#include "classifier/recognise.h"
#include "tests/unit/classifier/desk.h"
#include "util/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_datagram(const struct recognised *as, const struct packet *p) {
  struct desk d;
  desk_open(&d);
  d.taker.proto = p->proto;
  d.taker.src_port = p->src_port;
  d.taker.dst_port = p->dst_port;
  as->datagram(&d.taker, p->payload);
  for (size_t i = 0; i < hostname_count(d.taker.names); i++) {
    const char *name = hostname_at(d.taker.names, i)->name;
    if (!text_is_clean(name, strlen(name))) abort();
  }
  desk_close(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const uint8_t host[2][16] = {{10, 0, 0, 1}, {10, 0, 0, 2}};
  struct bytes in = bytes_of(data, size);
  uint8_t kind;
  uint16_t from, to;
  unsigned row, again;
  if (!bytes_u8(&in, &kind) || !bytes_be16(&in, &from) || !bytes_be16(&in, &to)) return 0;
  const struct packet p = {.family = kind & 2 ? 6 : 4,
                           .proto = kind & 1 ? PROTO_TCP : PROTO_UDP,
                           .src = host[0],
                           .dst = host[1],
                           .src_port = from,
                           .dst_port = to,
                           .payload = in,
                           .payload_len = (uint32_t)bytes_left(&in)};
  struct recogniser r;
  recogniser_init(&r);
  if (!recognise(&r, &p, &row)) return 0;
  if (!recognise(&r, &p, &again) || again != row) abort();
  const struct recognised *as = recognised_at(row);
  if (as->service <= SERVICE_UNKNOWN || as->service >= SERVICE_COUNT) abort();
  if ((as->reader != READER_NONE && p.proto != PROTO_TCP) || (as->datagram && p.proto != PROTO_UDP)) abort();
  if (as->datagram) read_datagram(as, &p);
  return 0;
}
