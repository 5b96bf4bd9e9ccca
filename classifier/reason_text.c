/* Reasons in words, with the numbers of the flow they speak of. */
#include <stdio.h>

#include "capture/packet.h"
#include "classifier/traffic.h"

static const char *const texts[] = {
    [REASON_HANDSHAKE] = "SYN, SYN/ACK and the client's answer were seen",
    [REASON_MIDSTREAM] = "the connection is older than the capture",
    [REASON_HALF_VISIBLE] = "only one direction is visible at this tap",
    [REASON_SYN_ONLY] = "no packet came back",
    [REASON_RETURN_VISIBLE] = "packets from the server to the client are visible at this tap",
    [REASON_RETURN_UNSEEN] = "no packet from the server to the client was ever seen at this tap",
    [REASON_TARGET_ALIVE] = "the server was alive: packets of it were seen around that time",
    [REASON_TARGET_SILENT] = "the server sent nothing at all around that time: it may be off",
    [REASON_WINDOW_SHORT] = "the capture ended too soon after the last attempt to tell",
    [REASON_LOSS] = "the capture lost packets during this time",
    [REASON_RST_HOST] = "the reset came from the host itself: it bears its hop distance",
    [REASON_RST_DEVICE] = "the reset came from a device in between",
    [REASON_RST_UNKNOWN] = "reset; too little is known of the host's other packets to say by whom",
    [REASON_ICMP] = "an ICMP error quoted this flow",
    [REASON_ICMP_ADMIN] = "its code says: administratively prohibited",
    [REASON_ICMP_TRANSIT] = "the ICMP error came from another address than the server's",
    [REASON_SYN_ACK_REPEATED] = "the server repeated its SYN/ACK; the client never acknowledged it",
    [REASON_DATA_REPEATED] = "data was repeated to the end without acknowledgement",
    [REASON_FULL_SIZE_ONLY] = "only segments larger than any that got through were lost: a path MTU fault",
    [REASON_RST_ON_DATA] = "reset at the first payload",
    [REASON_CLIENT_GAVE_UP] = "the client reset or closed before the handshake was complete",
    [REASON_SIMULTANEOUS] = "both sides sent a SYN: simultaneous open",
    [REASON_DELAYED] = "answered only after repeated SYNs",
    [REASON_ECN_RETRY] = "the SYN with ECN was lost, a plain SYN passed",
    [REASON_NO_SERVER_DATA] = "the server never sent a byte of payload",
    [REASON_TTL_CHANGED] = "the SYN/ACK came from another distance than the server's later packets",
    [REASON_DATAGRAM_SILENT] = "datagrams need no answer: silence says little",
    [REASON_GROUP] = "sent to a multicast or broadcast address",
    [REASON_ONE_POINT] = "seen at only one of two capture points that other packets of these hosts pass",
    [REASON_BOTH_POINTS] = "seen at two capture points on the way",
    [REASON_SECOND_PORT] = "the server answered from another port, in a flow of its own",
};
_Static_assert(sizeof texts / sizeof *texts == REASON_COUNT, "one text each");

static void attempts_print(char *to, const struct flow_view *v) {
  char span[STAMP_TEXT_SIZE];
  const bool tcp = v->proto == PROTO_TCP;
  const unsigned long long n = tcp ? v->n_syn : v->packets[TO_SERVER];
  const char *what = tcp ? "SYN" : "packet";
  stamp_print_span(span, tcp ? stamp_since(v->syn_first, v->syn_last) : stamp_since(v->first, v->last));
  if (n == 1)
    snprintf(to, REASON_TEXT_SIZE, "1 %s, no packet back", what);
  else
    snprintf(to, REASON_TEXT_SIZE, "%llu %ss over %s, no packet back", n, what, span);
}

static void icmp_print(char *to, const struct flow_view *v) {
  char from[ADDRESS_TEXT_SIZE];
  address_print(from, &v->icmp.from);
  snprintf(to, REASON_TEXT_SIZE, "%s error %u/%u from %s quoted this flow",
           v->icmp.from.family == 6 ? "ICMPv6" : "ICMP", v->icmp.type, v->icmp.code, from);
}

static void hops_print(char *to, const struct flow_view *v, const char *text) {
  if (v->reset_hops >= 0 && v->server_hops >= 0)
    snprintf(to, REASON_TEXT_SIZE, "%s (reset %d hops away, host %d)", text, v->reset_hops, v->server_hops);
  else
    snprintf(to, REASON_TEXT_SIZE, "%s", text);
}

static void delay_print(char *to, const struct flow_view *v) {
  char delay[STAMP_TEXT_SIZE];
  stamp_print_span(delay, stamp_since(v->syn_first, v->syn_last));
  snprintf(to, REASON_TEXT_SIZE, "answered only after %u SYNs, %s after the first", (unsigned)v->n_syn, delay);
}

char *flow_reason_print(char to[REASON_TEXT_SIZE], const struct flow_view *v, enum reason r) {
  if (r >= REASON_COUNT)
    to[0] = '\0';
  else if (r == REASON_SYN_ONLY)
    attempts_print(to, v);
  else if (r == REASON_ICMP && v->icmp.from.family)
    icmp_print(to, v);
  else if (r == REASON_RST_HOST || r == REASON_RST_DEVICE)
    hops_print(to, v, texts[r]);
  else if (r == REASON_DELAYED && v->n_syn > 1)
    delay_print(to, v);
  else
    snprintf(to, REASON_TEXT_SIZE, "%s", texts[r]);
  return to;
}
