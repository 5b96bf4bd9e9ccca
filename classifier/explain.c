/* Explanations repeat nothing of the judgement: they show its inputs, walk its own table of steps up to the one that
 * decided, and print the reasons it recorded. */
#include "classifier/explain.h"

#include <inttypes.h>
#include <string.h>

#include "classifier/fold.h"
#include "classifier/outcome_internal.h"

static const char *proto_text(uint8_t proto) {
  return proto == PROTO_TCP ? "TCP" : proto == PROTO_UDP ? "UDP" : proto == PROTO_ICMP ? "ICMP echo" : "ICMPv6 echo";
}

static void head_write(const struct flow_view *v, struct out *to) {
  char client[ADDRESS_TEXT_SIZE], server[ADDRESS_TEXT_SIZE];
  address_print(client, &v->client);
  address_print(server, &v->server);
  out_printf(to, "flow %016" PRIx64 "\n%s %s port %u -> %s port %u\n", v->id, proto_text(v->proto), client,
             (unsigned)v->client_port, server, (unsigned)v->server_port);
  out_printf(to, "%s, confidence %s", outcome_name(v->outcome), confidence_name(v->confidence));
  if (v->reset_by != RESET_BY_NOBODY) out_printf(to, ", reset by %s", reset_by_name(v->reset_by));
  if (v->stall_by != STALL_BY_NONE) out_printf(to, ", cause %s", stall_by_name(v->stall_by));
  out_printf(to, "\n(the client's side is known by: %s)\n", client_by_name(v->client_by));
  out_printf(to, "service %s, known by %s%s%s\n", service_name(v->app.service), service_by_name(v->app.service_by),
             v->app.detail ? ": " : "", v->app.detail ? v->app.detail : "");
}

static const struct flag_name {
  unsigned bit;
  const char *name;
} flag_names[] = {{TCP_SYN, "SYN"}, {TCP_ACK, "ACK"}, {TCP_PSH, "PSH"},
                  {TCP_FIN, "FIN"}, {TCP_RST, "RST"}, {TCP_URG, "URG"}};

static void tcp_side_write(const struct flow *f, unsigned side, struct out *to) {
  out_text(to, "    flags seen:");
  for (size_t i = 0; i < sizeof flag_names / sizeof *flag_names; i++)
    if (f->tcp_flags[side] & flag_names[i].bit) out_printf(to, " %s", flag_names[i].name);
  if (f->n_syn[side]) out_printf(to, "; SYNs: %u", (unsigned)f->n_syn[side]);
  if (f->n_syn_ack[side]) out_printf(to, "; SYN/ACKs: %u", (unsigned)f->n_syn_ack[side]);
  out_char(to, '\n');
  if (f->state & FLOW_SEQ_A << side)
    out_printf(to, "    sequence numbers %" PRIu32 " to %" PRIu32, f->base[side], f->seq_end[side]);
  if (f->state & FLOW_ACK_A << !side) out_printf(to, ", acknowledged to %" PRIu32, f->ack_max[!side]);
  if (f->state & FLOW_SEQ_A << side) out_char(to, '\n');
  if (f->len_acked[side])
    out_printf(to, "    longest segment that got through: %u bytes\n", (unsigned)f->len_acked[side]);
}

static void tail_write(const struct flow_extra *x, unsigned side, struct out *to) {
  if (!x || !x->tail[side].count) return;
  char span[STAMP_TEXT_SIZE];
  stamp_print_span(span, stamp_since(x->tail[side].first, x->tail[side].last));
  out_printf(to, "    repeated without acknowledgement: %u bytes at %" PRIu32 ", %u times over %s\n",
             (unsigned)x->tail[side].len, x->tail[side].seq, (unsigned)x->tail[side].count, span);
}

static void side_write(const struct flow_seen *seen, const struct flow_view *v, unsigned side, unsigned toward,
                       struct out *to) {
  const struct flow *f = seen->hot;
  out_printf(to, "  %s: %" PRIu64 " packets, %" PRIu64 " bytes of payload, %" PRIu32 " repeats, %" PRIu32 " copies\n",
             toward == TO_SERVER ? "client to server" : "server to client", v->packets[toward], v->bytes[toward],
             v->retransmits[toward], v->duplicates[toward]);
  if (f->ttl_min[side] <= f->ttl_max[side])
    out_printf(to, "    time to live %u to %u\n", (unsigned)f->ttl_min[side], (unsigned)f->ttl_max[side]);
  if (f->key.proto == PROTO_TCP && f->packets[side]) tcp_side_write(f, side, to);
  tail_write(seen->extra, side, to);
}

static void host_write(const char *who, const struct host_facts *h, struct out *to) {
  if (!h || !(h->sent || h->answered)) {
    out_printf(to, "  the %s sent nothing in this capture\n", who);
    return;
  }
  out_printf(to, "  the %s sent %" PRIu64 " packets", who, h->sent);
  const int hops = host_facts_hops(h);
  if (hops >= 0)
    out_printf(to, ", %d hops from this tap", hops);
  else
    out_text(to, ", hop distance not known");
  if (h->refused)
    out_text(to, h->refused == REFUSED_SEVERAL ? "; it refuses several ports with its own reset"
                                               : "; it refuses one port with its own reset");
  out_char(to, '\n');
}

static void reset_write(const struct flow_seen *seen, const struct judgement *j, struct out *to) {
  const struct flow_cold *c = seen->cold;
  if (!(c->rst & RST_SEEN)) return;
  const unsigned sender = c->rst & RST_BY_B ? SIDE_B : SIDE_A;
  char span[STAMP_TEXT_SIZE];
  out_printf(to, "  first reset: bears the %s's address, time to live %u (%u hops)\n",
             sender == j->client ? "client" : "server", (unsigned)c->rst_ttl, (unsigned)ttl_hops(c->rst_ttl));
  if (c->rst & RST_THEN_DATA) out_text(to, "    payload of that address followed that belongs behind the reset\n");
  if (stamp_known(c->answer) && stamp_known(c->syn_last) && !stamp_before(c->answer, c->syn_last))
    out_printf(to, "    answer %s after the SYN\n", stamp_print_span(span, stamp_since(c->syn_last, c->answer)));
  const struct host_facts *h = seen->host[sender];
  if (h && stamp_known(h->rtt_min))
    out_printf(to, "    the host's shortest round trip is %s\n", stamp_print_span(span, h->rtt_min));
}

static void surroundings_write(const struct flow_seen *seen, const struct capture_seen *capture,
                               const struct judgement *j, struct out *to) {
  char span[STAMP_TEXT_SIZE];
  const struct flow *f = seen->hot;
  host_write("client", seen->host[j->client], to);
  host_write("server", seen->host[!j->client], to);
  out_printf(to, "  packets from server to client are %svisible at this tap\n",
             seen->pair & PAIR_SEEN_A << !j->client ? "" : "not ");
  reset_write(seen, j, to);
  const stamp_t last = stamp_max(f->last[SIDE_A], f->last[SIDE_B]);
  out_printf(to, "  the capture went on for %s after the flow's last packet\n",
             stamp_print_span(span, watched_after(capture, last)));
  if (capture->loss)
    out_printf(to, "  estimated capture loss meanwhile: %.2f %%\n", 100 * loss_share(capture->loss, f->first, last));
}

static void steps_write(const struct flow *f, const struct judgement *j, struct out *to) {
  size_t n;
  const struct outcome_step *step = outcome_steps(f->key.proto, &n);
  for (size_t i = 0; i <= j->step && i < n; i++)
    out_printf(to, "  %-5s %-3s %s\n", step[i].number, i < j->step ? "no" : "yes", step[i].text);
}

static void reasons_write(const struct flow_view *v, struct out *to) {
  char text[REASON_TEXT_SIZE];
  for (unsigned r = 0; r < REASON_COUNT; r++)
    if (v->reasons & 1u << r) out_printf(to, "  - %s\n", flow_reason_print(text, v, (enum reason)r));
}

/* What would turn the answer, by outcome. */
static const char *const changes[] = {
    [OUTCOME_UNDETERMINED] =
        "an answer; or silence in a capture that goes on for 3 s after the last attempt\n"
        "    and loses less than 1 % of the traffic",
    [OUTCOME_ESTABLISHED] =
        "a reset at the first payload or from a device (cut); data repeated without\n"
        "    acknowledgement for 3 s at the end (stalled)",
    [OUTCOME_HALF_OPEN] = "an acknowledgement of the client",
    [OUTCOME_NO_ANSWER] = "any packet back from the server, or an ICMP error that quotes the attempt",
    [OUTCOME_REFUSED] = "a SYN/ACK. Another culprit: more packets of the host that show its distance",
    [OUTCOME_REJECTED] = "any packet back from the server itself",
    [OUTCOME_STALLED] = "an acknowledgement of the repeated data",
    [OUTCOME_CUT] = "payload of the server before the reset, and a reset at the host's own hop distance",
    [OUTCOME_ABORTED] = "an answer before the client gave up",
    [OUTCOME_ONE_SIDED] = "a capture that sees both directions",
    [OUTCOME_ANSWERED] = "nothing: the answer was seen",
    [OUTCOME_ONE_WAY] = "an answer from the group's address",
};
_Static_assert(sizeof changes / sizeof *changes == OUTCOME_COUNT, "one text each");

/* What would raise the confidence. */
static const struct wish {
  enum reason because;
  const char *text;
} wishes[] = {
    {REASON_RETURN_UNSEEN, "any packet from this server to this client: the way back is visible then"},
    {REASON_TARGET_SILENT, "anything the server sends: it is alive then"},
    {REASON_WINDOW_SHORT, "a longer capture"},
    {REASON_LOSS, "a capture without loss"},
    {REASON_RST_UNKNOWN, "more packets of the host, to compare hop distances"},
    {REASON_DATAGRAM_SILENT, "a rule that says this service is one-way, or an ICMP error"},
};

static void changes_write(const struct flow_view *v, struct out *to) {
  out_printf(to, "  - another outcome: %s\n", changes[v->outcome]);
  for (size_t i = 0; v->confidence < CONFIDENCE_HIGH && i < sizeof wishes / sizeof *wishes; i++)
    if (v->reasons & 1u << wishes[i].because) out_printf(to, "  - more confidence: %s\n", wishes[i].text);
  if (v->outcome == OUTCOME_NO_ANSWER && v->confidence < CONFIDENCE_HIGH)
    out_text(to, "  - more confidence: three attempts over 7 s, or a second witness (another tap, a firewall log)\n");
}

int explain_flow(const struct traffic *t, size_t index, struct out *to) {
  struct flow_seen seen;
  struct flow_view v;
  char first[STAMP_TEXT_SIZE], span[STAMP_TEXT_SIZE];
  struct judgement j;
  traffic_judge(t, (uint32_t)index, &seen, &j);
  traffic_flow(t, index, &v);
  head_write(&v, to);
  out_printf(to, "\nFacts\n  packets %" PRIu32 " to %" PRIu32 ", %s, over %s\n  history %s (client upper case)\n",
             v.packet_first, v.packet_last, stamp_print_utc(first, v.first, 6),
             stamp_print_span(span, stamp_since(v.first, v.last)), v.history);
  side_write(&seen, &v, j.client, TO_SERVER, to);
  side_write(&seen, &v, !j.client, TO_CLIENT, to);
  surroundings_write(&seen, &t->seen, &j, to);
  out_text(to, "\nSteps (the first that holds decides)\n");
  steps_write(seen.hot, &j, to);
  out_text(to, "\nReasons\n");
  if (v.reasons)
    reasons_write(&v, to);
  else
    out_text(to, "  - the packets speak for themselves\n");
  out_text(to, "\nWhat would change this\n");
  changes_write(&v, to);
  return 0;
}
