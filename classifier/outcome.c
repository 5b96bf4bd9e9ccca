/* Orientation of a flow, the facts turned round to client and server, and the walk through the steps. */
#include "classifier/judgement.h"

#include "capture/packet.h"
#include "classifier/icmp_codes.h"
#include "classifier/outcome_internal.h"
#include "classifier/service.h"

/* How much a port looks like a server's: 0 registered service or system port, 1 user port, 2 ephemeral (Linux begins at
 * 32768, RFC 6335 and Windows at 49152). */
static unsigned port_rank(uint8_t proto, uint16_t port) {
  if (port < 1024 || service_of_port(proto, port) != SERVICE_UNKNOWN) return port ? 0 : 1;
  return port < 32768 ? 1 : 2;
}

/* Of datagrams, the first packet says more than a port that nobody registered: two of those that disagree with it tell
 * nothing (a client may send from any port), nor does a reserved port that talks to a registered one (NFS). */
static bool ports_tell(const struct flow *f, unsigned first, const unsigned rank[2], const bool low[2]) {
  if (f->key.proto != PROTO_UDP) return rank[SIDE_A] != rank[SIDE_B] || low[SIDE_A] != low[SIDE_B];
  if (rank[SIDE_A] && rank[SIDE_B]) return rank[first] > rank[!first];
  if (rank[SIDE_A] != rank[SIDE_B]) return true;
  const uint16_t port = low[SIDE_A] ? f->key.port_a : f->key.port_b;
  return low[SIDE_A] != low[SIDE_B] && service_of_port(PROTO_UDP, port) != SERVICE_UNKNOWN;
}

static void orient_by_ports(const struct flow *f, struct judgement *j) {
  const unsigned first = f->state & FLOW_FIRST_B ? SIDE_B : SIDE_A;
  const unsigned rank[2] = {port_rank(f->key.proto, f->key.port_a), port_rank(f->key.proto, f->key.port_b)};
  const bool low[2] = {f->key.port_a && f->key.port_a < 1024, f->key.port_b && f->key.port_b < 1024};
  j->client = first;
  j->client_by = CLIENT_BY_FIRST_PACKET;
  j->guessed = true;
  if (f->state & FLOW_TO_GROUP || !ports_tell(f, first, rank, low)) return;
  j->client_by = CLIENT_BY_PORT;
  j->guessed = false;
  const bool a_serves = low[SIDE_A] != low[SIDE_B] ? low[SIDE_A] : rank[SIDE_A] < rank[SIDE_B];
  j->client = a_serves ? SIDE_B : SIDE_A;
}

void outcome_orient(const struct flow *f, const struct flow_extra *x, struct judgement *j) {
  if (f->key.proto == PROTO_ICMP || f->key.proto == PROTO_ICMPV6) {
    j->client = f->key.port_a ? SIDE_A : SIDE_B; /* whoever asks */
    j->client_by = CLIENT_BY_FIRST_PACKET;
    return;
  }
  if (f->key.proto == PROTO_TCP && (f->n_syn[SIDE_A] || f->n_syn[SIDE_B])) {
    j->client = f->state & FLOW_SYN_B ? SIDE_B : SIDE_A;
    j->client_by = CLIENT_BY_SYN;
    return;
  }
  if (f->key.proto == PROTO_TCP && (f->n_syn_ack[SIDE_A] || f->n_syn_ack[SIDE_B])) {
    j->client = f->n_syn_ack[SIDE_A] ? SIDE_B : SIDE_A;
    j->client_by = CLIENT_BY_SYN_ACK;
    return;
  }
  orient_by_ports(f, j);
  if (!x || !x->answers) return;
  j->client = f->state & FLOW_FIRST_B ? SIDE_A : SIDE_B; /* its first packet answers what was asked elsewhere */
  j->client_by = CLIENT_BY_FIRST_PACKET;
  j->guessed = true; /* a second channel is no port of its own */
}

static void case_make(struct flow_case *c, const struct flow_seen *flow, const struct capture_seen *capture,
                      unsigned client) {
  const struct flow *f = flow->hot;
  const unsigned server = !client;
  *c = (struct flow_case){.flow = flow,
                          .hot = f,
                          .cold = flow->cold,
                          .extra = flow->extra,
                          .capture = capture,
                          .client = client,
                          .server = server,
                          .client_any = f->packets[client],
                          .server_any = f->packets[server]};
  const struct icmp_facts *icmp = c->extra ? &c->extra->icmp : NULL;
  c->quoted = icmp && icmp->packet && icmp->side == client && icmp_rejects(icmp->from.family, icmp->type, icmp->code);
  if (f->key.proto != PROTO_TCP) return;
  c->syn = f->n_syn[client];
  c->crossed = c->syn && f->n_syn[server];
  c->syn_ack = f->n_syn_ack[server] || c->crossed;
  c->client_acked = case_plain(c, client) || (c->crossed && f->n_syn_ack[client]);
  c->client_rst = f->tcp_flags[client] & TCP_RST;
  c->server_rst = f->tcp_flags[server] & TCP_RST;
  c->server_spoke = case_plain(c, server) || f->n_syn[server] || f->n_syn_ack[server];
}

const struct outcome_step *outcome_steps(uint8_t proto, size_t *n_out) {
  if (proto == PROTO_TCP) {
    *n_out = outcome_n_steps_tcp;
    return outcome_steps_tcp;
  }
  if (proto == PROTO_UDP) {
    *n_out = outcome_n_steps_udp;
    return outcome_steps_udp;
  }
  *n_out = outcome_n_steps_echo;
  return outcome_steps_echo;
}

void outcome_judge(const struct flow_seen *flow, const struct capture_seen *capture, struct judgement *j) {
  *j = (struct judgement){0};
  struct flow_case c;
  size_t n;
  outcome_orient(flow->hot, flow->extra, j);
  case_make(&c, flow, capture, j->client);
  const struct flow *f = flow->hot;
  j->answered = f->key.proto == PROTO_TCP ? c.syn_ack || f->bytes[c.server] : c.client_any && f->packets[c.server];
  if (f->key.proto == PROTO_UDP)
    j->answered = (j->answered && f->bytes[c.server]) || (c.client_any && c.extra && c.extra->answered_by);
  const struct outcome_step *step = outcome_steps(f->key.proto, &n);
  while (j->step + 1u < n && !step[j->step].holds(&c, j)) j->step++;
  if (j->step + 1u == n) step[j->step].holds(&c, j);
}
