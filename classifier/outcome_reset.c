/* Who sent the RST: the host whose address it bears, or a device in between (doc/verdicts.md 2, "Who sent the RST").
 *
 * Hosts that look odd are more common than forged resets, so one odd sign alone proves nothing; only a hop distance
 * that differs is worth something by itself, because the firewall right in front of a host is one hop nearer. */
#include "classifier/host.h"
#include "classifier/outcome_internal.h"

enum signal {
  SIGNAL_HOPS = 1,  /* hop distance differs from the host's */
  SIGNAL_CLASS = 2, /* another initial time to live */
  SIGNAL_FAST = 4,  /* it came in under half the host's round trip */
  SIGNAL_ID = 8,    /* another class of IP identification */
  SIGNAL_MAC = 16,  /* another link address */
  SIGNAL_DATA = 32, /* valid data of the host followed */
};

/* Round trips shorter than this say nothing: the tap stands beside the host. */
enum { ROUND_TRIP_LEAST_MS = 2 };

/* The hop distances of the RST's supposed sender, from its other packets. NULL = not known. */
static const struct hop_range *range_of(const struct flow_case *c, unsigned side) {
  const struct host_facts *h = c->flow->host[side];
  return h ? host_facts_range(h) : NULL;
}

/* The RST's class of IP identification is none that the host was seen with. Systems that start at 64 send resets with
 * identification 0 however they number their data (RFC 6864 4.1 lets an atomic datagram carry any value). */
static bool odd_identification(const struct flow_cold *r, const struct host_facts *h, const struct hop_range *range) {
  if (!(r->rst & RST_HAS_ID) || !h->id_seen) return false;
  const bool zero = r->rst & RST_ID_ZERO;
  if (zero && range && range->class_max <= 64) return false;
  return !(h->id_seen & (zero ? ID_ZERO_A : ID_OTHER_A));
}

static unsigned signals_of(const struct flow_case *c, unsigned side, const struct hop_range *range) {
  const struct flow_cold *r = c->cold;
  const struct host_facts *h = c->flow->host[side];
  unsigned signals = 0;
  if (range && ttl_hops(r->rst_ttl) != range->min) signals |= SIGNAL_HOPS;
  if (range && range->class_min == range->class_max && ttl_class(r->rst_ttl) != range->class_min)
    signals |= SIGNAL_CLASS;
  if (r->rst & RST_THEN_DATA) signals |= SIGNAL_DATA;
  if (!h) return signals;
  const bool in_answer = side == c->server && !c->server_spoke && stamp_known(r->answer) && stamp_known(r->syn_last);
  if (in_answer && c->hot->n_syn[c->client] == 1 && stamp_known(h->rtt_min) &&
      stamp_ms(h->rtt_min) >= ROUND_TRIP_LEAST_MS && stamp_since(r->syn_last, r->answer).ns < h->rtt_min.ns / 2)
    signals |= SIGNAL_FAST;
  if (odd_identification(r, h, range)) signals |= SIGNAL_ID;
  if (r->rst_mac && h->mac && !h->macs_differ && r->rst_mac != h->mac) signals |= SIGNAL_MAC;
  return signals;
}

enum reset_by reset_judge(const struct flow_case *c, struct judgement *j, bool *sure_out) {
  const unsigned side = c->cold->rst & RST_BY_B ? SIDE_B : SIDE_A;
  const struct hop_range *range = range_of(c, side);
  const unsigned signals = signals_of(c, side, range);
  const bool two = signals & (signals - 1);
  *sure_out = two;
  if (two || signals == SIGNAL_HOPS) {
    because(j, REASON_RST_DEVICE);
    return RESET_BY_DEVICE;
  }
  if (signals || !range) {
    because(j, REASON_RST_UNKNOWN);
    return RESET_BY_UNKNOWN;
  }
  because(j, REASON_RST_HOST);
  *sure_out = true;
  return RESET_BY_HOST;
}
