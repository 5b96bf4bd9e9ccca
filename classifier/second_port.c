/* What an answer looks like is asked once, of a flow's first datagram; which request it belongs to, at the end, when
 * both are there whatever part of the capture they came in. */
#include "classifier/second_port.h"

#include <errno.h>

enum {
  TFTP_PORT = 69,
  TFTP_DATA = 3,
  TFTP_ACK = 4,
  TFTP_ERROR = 5,
  TFTP_OPTIONS = 6,
  PORT_LEAST = 1024,
  ERROR_MOST = 8
};

bool second_port_begins(const struct packet *p) {
  struct bytes b = p->payload;
  uint16_t operation, number;
  if (p->proto != PROTO_UDP || p->src_port < PORT_LEAST || p->dst_port < PORT_LEAST) return false;
  if (!bytes_be16(&b, &operation)) return false;
  if (operation == TFTP_OPTIONS) return bytes_left(&b) >= 4 && b.end[-1] == 0;  // NOLINT: pairs of texts (RFC 2347)
  if (!bytes_be16(&b, &number)) return false;
  switch (operation) {
    case TFTP_DATA:
      return number == 1;
    case TFTP_ACK:
      return number == 0 && p->payload_len == 4;
    case TFTP_ERROR:
      return number <= ERROR_MOST && bytes_left(&b) && b.end[-1] == 0;
    default:
      return false;
  }
}

/* The request's flow, as the answer's would have to be if it came from the port that was asked. */
static struct flow_key request_key(const struct flow *answer, unsigned server) {
  struct flow_key k = answer->key;
  *(server == SIDE_A ? &k.port_a : &k.port_b) = TFTP_PORT;
  if (k.a == k.b && k.port_a > k.port_b) { /* a host that asks itself */
    const uint16_t port = k.port_a;
    k.port_a = k.port_b, k.port_b = port;
  }
  return k;
}

static bool belongs(const struct flow *request, const struct flow *answer) {
  const unsigned server = request->key.port_a == TFTP_PORT ? SIDE_A : SIDE_B;
  if (!request->packets[!server] || request->packets[server]) return false;
  return !stamp_before(answer->first, request->first) &&
         stamp_since(request->last[!server], answer->first).ns <= stamp_from_s(SECOND_PORT_WAIT_S).ns;
}

/* The extra record of flow at; NULL when memory is out. */
static struct flow_extra *extra_open(struct shard *s, uint32_t at) {
  uint32_t record;
  if (flow_open(&s->flows, at, &record) < 0) return NULL;
  return flow_extra_get(&s->flows, flow_record(&s->flows, record));
}

static int tie(struct shard *s, uint32_t at, const struct flow *answer) {
  const unsigned server = answer->state & FLOW_FIRST_B ? SIDE_B : SIDE_A;
  const struct flow_key key = request_key(answer, server);
  const uint32_t asked = flow_table_find(&s->flows, &key, flow_key_hash(&key));
  struct flow_copy copy;
  const struct flow_cold *cold;
  if (!asked || !belongs(flow_read(&s->flows, asked - 1, &copy, &cold), answer)) return 0;
  struct flow_extra *of_request = extra_open(s, asked - 1), *of_answer = extra_open(s, at);
  if (!of_request || !of_answer) return -ENOMEM;
  if (!of_request->answered_by) of_request->answered_by = at + 1;
  of_answer->answers = asked;
  return 0;
}

int second_port_tie(struct shard *s) {
  int r = 0;
  if (!s->second_ports) return 0;
  for (uint32_t at = 0; r == 0 && at < flow_table_count(&s->flows); at++) {
    struct flow_copy copy;
    const struct flow_cold *cold;
    if (flow_key_at(&s->flows, at)->proto != PROTO_UDP) continue;
    const struct flow *f = flow_read(&s->flows, at, &copy, &cold);
    if (cold->id_seen & FIRST_TFTP) r = tie(s, at, f);
  }
  return r;
}
