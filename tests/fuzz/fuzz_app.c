/* The whole engine: the input is a list of packets, each with a head of six octets (flags, both ports, a length). */
#include <stdlib.h>
#include <string.h>

#include "classifier/app.h"
#include "tests/fuzz/fuzz_digest.h"
#include "util/hash.h"

enum { PORTS = 8 };
static const uint16_t ports[PORTS] = {135, 445, 139, 53, 50000, 49152, 443, 3389};

uint64_t fuzz_digest;

static uint64_t digest(uint64_t hash, const struct app_view *v) {
  hash = hash_two(hash, (uint64_t)v->service << 8 | v->service_by);
  if (v->ndpi) hash = hash_bytes(hash, v->ndpi, strlen(v->ndpi));
  if (v->detail) hash = hash_bytes(hash, v->detail, strlen(v->detail));
  return hash_two(hash, (uint64_t)v->n_rpc << 32 | v->n_learned);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct app *a = app_new(&(struct app_options){.streams_max = 4});
  uint32_t slot[2][PORTS][PORTS] = {{{0}}}, seq[2][PORTS][PORTS] = {{{0}}}, number = 0;
  static const uint8_t host[2][4] = {{10, 0, 0, 1}, {10, 0, 0, 2}};
  struct bytes in = bytes_of(data, size);
  const uint8_t *head;
  fuzz_digest = 0;
  if (!a) abort();
  while ((head = bytes_get(&in, 6))) {
    unsigned back = head[0] & 1, udp = head[0] >> 1 & 1, c = head[1] % PORTS, s = head[2] % PORTS;
    number++;
    struct packet p = {.number = number, .family = 4, .proto = udp ? PROTO_UDP : PROTO_TCP, .tcp_flags = TCP_ACK};
    p.time = stamp_from_ms((int64_t)number * head[3]);
    p.src = host[back], p.dst = host[!back];
    p.src_id = be32_at(p.src), p.dst_id = be32_at(p.dst);
    p.src_port = ports[back ? s : c], p.dst_port = ports[back ? c : s];
    p.payload = in;
    bytes_narrow(&p.payload, be16_at(head + 4));
    bytes_skip(&in, bytes_left(&p.payload));
    p.payload_len = (uint32_t)bytes_left(&p.payload);
    p.seq = seq[back][c][s];
    seq[back][c][s] += p.payload_len;
    if (head[0] & 4) app_syn(a, &slot[udp][c][s], &p);
    if (p.payload_len) app_payload(a, &slot[udp][c][s], &p);
    if (head[0] & 8) app_close(a, &slot[udp][c][s]);
    struct app_view v;
    app_view(a, slot[udp][c][s], p.proto, ports[c], ports[s], &v);
    if (v.service >= SERVICE_COUNT || v.service_by >= SERVICE_BY_COUNT) abort();
    fuzz_digest = digest(fuzz_digest, &v);
  }
  app_finish(a);
  if (app_counts(a)->state_bytes) abort();
  app_free(a);
  return 0;
}
