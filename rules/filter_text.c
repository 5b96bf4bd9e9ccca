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

/* True when the ports of a flow between the same hosts are the same, whichever side is taken for the client. */
static bool same_ports(const struct traffic *t, size_t other, const struct flow_view *v) {
  const uint16_t port = traffic_ends(t)[other].server_port, client_port = traffic_flow_client_port(t, other);
  const bool as_is = client_port == v->client_port && port == v->server_port;
  const bool turned = client_port == v->server_port && port == v->client_port;
  struct address client, server;
  if (!as_is && !turned) return false;
  traffic_flow_addresses(t, other, &client, &server);
  return (as_is && address_equal(&client, &v->client)) || (turned && address_equal(&client, &v->server));
}

static bool talk_reuses(const struct cause *c, const struct talk *k, size_t flow, const struct flow_view *v) {
  const size_t n = k ? talk_ruling(&c->r->talks, k)->attempts : 0;
  for (size_t at = 0; at < n; at++) {
    const size_t other = talk_flow(&c->r->talks, k, at);
    if (other != flow && same_ports(c->r->a->traffic, other, v)) return true;
  }
  return false;
}

/* Another flow of the same conversation may have the same ports. Which way round it is filed, the roles may have
 * decided. */
static bool ports_reused(const struct cause *c, size_t flow, const struct flow_view *v) {
  const struct talks *talks = &c->r->talks;
  const bool echo = match_transport(v->proto) == TRANSPORT_ICMP_ECHO; /* its filter tells the directions apart */
  return talk_reuses(c, talks_find(talks, &v->client, &v->server, v->proto, v->server_port), flow, v) ||
         (!echo && talk_reuses(c, talks_find(talks, &v->server, &v->client, v->proto, v->client_port), flow, v));
}

static void flow_filter(struct out *o, const struct cause *c, size_t index, const struct flow_view *v) {
  out_char(o, '(');
  ends_filter(o, v);
  if (ports_reused(c, index, v))
    out_printf(o, " && frame.number >= %u && frame.number <= %u", v->packet_first, v->packet_last);
  out_char(o, ')');
}

/* A citation that is not one of the flows. */
static bool is_single(const struct flow_view *flow, size_t n, const struct citation *cited) {
  if (cited->first != cited->last) return false;
  for (size_t i = 0; i < n; i++)
    if (flow[i].packet_first == cited->first && flow[i].packet_last == cited->last) return false;
  return true;
}

int finding_filter(const struct cause *c, struct finding *f) {
  struct flow_view flow[FINDING_FLOWS_MAX];
  struct out o;
  out_init(&o, NULL);
  const char *before = "";
  for (size_t i = 0; i < f->n_flows; i++, before = " || ") {
    traffic_flow_brief(c->r->a->traffic, f->flow[i], &flow[i]);
    out_text(&o, before);
    flow_filter(&o, c, f->flow[i], &flow[i]);
  }
  for (size_t i = 0; i < f->n_citations; i++) {
    if (!is_single(flow, f->n_flows, &f->citation[i])) continue;
    out_printf(&o, "%sframe.number == %u", before, f->citation[i].first);
    before = " || ";
  }
  f->display_filter = out_take(&o);
  return f->display_filter ? 0 : -ENOMEM;
}
