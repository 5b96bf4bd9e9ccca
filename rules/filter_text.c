/* A Wireshark display filter that selects the packets a finding cites and no others.
 *
 * Each cited flow becomes its addresses and ports; ICMP errors quote the headers of a flow, and Wireshark sees the
 * quoted ports too, so they are shut out and cited by number. A port pair used more than once adds the packet range.
 * Single packets go by frame.number, which is right in the file the numbers are of (several files: after mergecap). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/finding.h"
#include "util/out.h"

static void ends_filter(struct out *o, const struct flow_view *v) {
  const char *ip = v->client.family == 6 ? "ipv6" : "ip", *icmp = v->client.family == 6 ? "icmpv6" : "icmp";
  char client[ADDRESS_TEXT_SIZE], server[ADDRESS_TEXT_SIZE];
  address_print(client, &v->client);
  address_print(server, &v->server);
  if (match_transport(v->proto) == TRANSPORT_ICMP_ECHO) {
    unsigned request = v->client.family == 6 ? 128 : 8, reply = v->client.family == 6 ? 129 : 0;
    out_printf(o, "(%s.type == %u && %s.src == %s && %s.dst == %s) || ", icmp, request, ip, client, ip, server);
    out_printf(o, "(%s.type == %u && %s.src == %s && %s.dst == %s)", icmp, reply, ip, server, ip, client);
    return;
  }
  const char *proto = v->proto == 6 ? "tcp" : "udp";
  out_printf(o, "%s.addr == %s && %s.addr == %s && ", ip, client, ip, server);
  if (v->client_port == v->server_port)
    out_printf(o, "%s.srcport == %u && %s.dstport == %u", proto, v->client_port, proto, v->server_port);
  else
    out_printf(o, "%s.port == %u && %s.port == %u", proto, v->client_port, proto, v->server_port);
  out_printf(o, " && !%s", icmp);
}

/* Another flow of the same conversation may have the same ports. */
static bool ports_reused(const struct cause *c, size_t flow, const struct flow_view *v) {
  for (size_t i = 0; i < c->n; i++) {
    const struct talk *k = c->talk[i];
    if (!address_equal(&k->c.client, &v->client) || !address_equal(&k->c.server, &v->server)) continue;
    for (size_t at = 0; at < k->c.attempts; at++) {
      size_t other = c->r->talks.flow[k->flow + at];
      if (other == flow) continue;
      const struct flow_ends *w = &traffic_ends(c->r->a->traffic)[other];
      if (w->server_port == v->server_port && w->proto == v->proto &&
          traffic_flow_client_port(c->r->a->traffic, other) == v->client_port)
        return true;
    }
  }
  return false;
}

static void flow_filter(struct out *o, const struct cause *c, size_t index) {
  struct flow_view v;
  traffic_flow(c->r->a->traffic, index, &v);
  out_char(o, '(');
  ends_filter(o, &v);
  if (ports_reused(c, index, &v))
    out_printf(o, " && frame.number >= %u && frame.number <= %u", v.packet_first, v.packet_last);
  out_char(o, ')');
}

/* A citation that is not one of the flows. */
static bool is_single(const struct cause *c, const struct finding *f, const struct citation *cited) {
  if (cited->first != cited->last) return false;
  for (size_t i = 0; i < f->n_flows; i++) {
    struct flow_view v;
    traffic_flow(c->r->a->traffic, f->flow[i], &v);
    if (v.packet_first == cited->first && v.packet_last == cited->last) return false;
  }
  return true;
}

int finding_filter(const struct cause *c, struct finding *f) {
  struct out o;
  out_init(&o, NULL);
  const char *before = "";
  for (size_t i = 0; i < f->n_flows; i++, before = " || ") {
    out_text(&o, before);
    flow_filter(&o, c, f->flow[i]);
  }
  for (size_t i = 0; i < f->n_citations; i++) {
    if (!is_single(c, f, &f->citation[i])) continue;
    out_printf(&o, "%sframe.number == %u", before, f->citation[i].first);
    before = " || ";
  }
  f->display_filter = out_take(&o);
  return f->display_filter ? 0 : -ENOMEM;
}
