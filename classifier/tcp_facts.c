/* TCP segments.
 *
 * The ordinary segment continues where its side left off; that path is short. Everything else goes through the slow
 * functions below: SYN and RST, numbers that jump ahead (a hole: lost in the capture, or still to come out of order),
 * numbers seen before (a repeat, or the hole being filled).
 *
 * A hole becomes loss when the other side acknowledges past it: then the bytes did travel and the capture missed them.
 * If they still turn up, the loss is taken back. A repeat grows the side's tail until an acknowledgement passes it;
 * what is left of the tail at the end is what nobody ever acknowledged. */
#include "classifier/tcp_facts.h"

#include <errno.h>

#include "classifier/history.h"
#include "classifier/packet_facts.h"

/* Numbers this far apart are not of one connection's window (RFC 7323 2.3 allows windows of 1 GiB). */
enum { WINDOW_MOST = 1 << 30 };

/* One segment being added. */
struct work {
  struct flow_table *t;
  struct loss *l;
  struct flow *f;
  const struct packet *p;
  uint32_t record; /* number of its records */
  unsigned side;
};

static bool has(const struct flow *f, unsigned bit_a, unsigned side) { return f->state & bit_a << side; }
static void set(struct flow *f, unsigned bit_a, unsigned side) { f->state |= (uint16_t)(bit_a << side); }

/* A SYN that other packets of its connection overtook: it stands shortly before the first number seen. */
static bool overtaken(const struct flow *f, const struct packet *p, unsigned side) {
  enum { OVERTAKEN_BYTES = 1 << 20, OVERTAKEN_MS = 1000 };
  const int32_t behind = seq_distance(f->base[side], p->seq);
  return f->n_syn[side] == 0 && behind >= 0 && behind < OVERTAKEN_BYTES &&
         stamp_ms(stamp_since(f->first, p->time)) <= OVERTAKEN_MS;
}

bool tcp_begins_anew(const struct flow *f, const struct packet *p, unsigned side) {
  if (p->tcp_flags & TCP_RST) return false;
  if (!(p->tcp_flags & TCP_ACK)) {
    if (has(f, FLOW_BASE_A, side)) return p->seq != f->base[side] && !overtaken(f, p, side);
    /* nothing of this side: the other side's SYN may have crossed with this one; anything else of it came before */
    return f->packets[!side] && f->n_syn[!side] == 0;
  }
  /* SYN/ACK: the SYN was not captured; new only on a connection that had ended, and when nothing of it fits */
  const bool ended = (f->tcp_flags[SIDE_A] | f->tcp_flags[SIDE_B]) & (TCP_FIN | TCP_RST);
  return ended && has(f, FLOW_BASE_A, side) && p->seq != f->base[side] && has(f, FLOW_BASE_A, !side) &&
         p->ack - 1 != f->base[!side];
}

static void count_u8(uint8_t *n) {
  if (*n < UINT8_MAX) ++*n;
}

static uint16_t clamp_u16(uint32_t n) { return n < UINT16_MAX ? (uint16_t)n : UINT16_MAX; }

/* An acknowledgement that moves ahead: what it covers has arrived. */
static int ack_progress(const struct work *w) {
  struct flow *f = w->f;
  const struct packet *p = w->p;
  const unsigned side = w->side;
  const unsigned other = !side;
  const uint32_t acked = p->ack - f->ack_max[side];
  int64_t lost = 0;
  f->ack_max[side] = p->ack;
  /* No acknowledged segment was longer than all that was acknowledged, nor than the longest on its way. */
  const uint16_t most = acked < f->len_pending[other] ? (uint16_t)acked : f->len_pending[other];
  if (most > f->len_acked[other]) f->len_acked[other] = most;
  if (has(f, FLOW_SEQ_A, other) && seq_distance(p->ack, f->seq_end[other]) >= 0) f->len_pending[other] = 0;
  struct flow_extra *x = flow_extra_of(w->t, f);
  if (x && x->tail[other].count && seq_distance(p->ack, x->tail[other].seq) > 0) x->tail[other].count = 0;
  if (x && x->hole[other].missing && !x->hole[other].counted && seq_distance(p->ack, x->hole[other].to) >= 0) {
    x->hole[other].counted = true;
    lost = x->hole[other].missing;
  }
  return loss_add(w->l, p->time, lost, acked);
}

static int ack_add(const struct work *w) {
  struct flow *f = w->f;
  const struct packet *p = w->p;
  const unsigned side = w->side;
  if (!has(f, FLOW_ACK_A, side)) {
    set(f, FLOW_ACK_A, side);
    f->ack_max[side] = p->ack;
    if (has(f, FLOW_BASE_A, !side))
      f->ack_max[side] = f->base[!side] + 1;
    else
      f->base[!side] = p->ack - 1;
    set(f, FLOW_BASE_A, !side);
  }
  const int32_t ahead = seq_distance(p->ack, f->ack_max[side]);
  if (ahead <= 0 || ahead > WINDOW_MOST) return 0;
  return ack_progress(w);
}

/* Numbers from..to were jumped over. */
static int hole_open(const struct work *w) {
  struct flow *f = w->f;
  const struct packet *p = w->p;
  const unsigned side = w->side;
  struct flow_extra *x = flow_extra_get(w->t, f);
  if (!x) return -ENOMEM;
  const uint32_t from = f->seq_end[side], size = p->seq - from;
  struct hole *h = &x->hole[side];
  const bool acked = has(f, FLOW_ACK_A, !side) && seq_distance(f->ack_max[!side], p->seq) >= 0;
  int64_t lost = acked ? (int64_t)size : 0;
  history_add(&f->history, HISTORY_GAP, side);
  if (h->missing && !h->counted && !acked) { /* still open: one hole over both, what stands between is not missing */
    h->missing += size;
    h->to = p->seq;
    return 0;
  }
  if (h->missing && h->counted) x->lost[side] += h->missing;
  *h = (struct hole){.from = from, .to = p->seq, .missing = size, .counted = acked};
  return loss_add(w->l, p->time, lost, 0);
}

/* A segment that lies in a hole fills it. */
static bool hole_fill(struct loss *l, struct hole *h, const struct packet *p, uint32_t len, int *failed) {
  if (!h->missing || seq_distance(p->seq, h->from) < 0 || seq_distance(p->seq + len, h->to) > 0) return false;
  const uint32_t filled = len < h->missing ? len : h->missing;
  h->missing -= filled;
  if (h->counted) *failed = loss_add(l, p->time, -(int64_t)filled, 0);
  return true;
}

static void tail_add(struct tail *tail, const struct packet *p, stamp_t before) {
  if (tail->count && tail->seq == p->seq) {
    if (tail->count < UINT16_MAX) tail->count++;
    tail->last = stamp_max(tail->last, p->time);
    return;
  }
  *tail = (struct tail){
      .seq = p->seq, .count = 1, .len = clamp_u16(p->payload_len), .first = before, .last = p->time};
}

/* Numbers that were seen before, or skipped. */
static int repeat_add(const struct work *w, uint32_t len) {
  struct flow *f = w->f;
  const struct packet *p = w->p;
  const unsigned side = w->side;
  if (p->tcp_flags & TCP_SYN) return 0; /* SYNs are counted for themselves */
  /* keep-alive: the last octet or nothing, one before what comes next (RFC 9293 3.8.4) */
  if (p->payload_len <= 1 && p->seq == f->seq_end[side] - 1 && !(p->tcp_flags & TCP_FIN)) return 0;
  struct flow_extra *x = flow_extra_get(w->t, f);
  if (!x) return -ENOMEM;
  int r = 0;
  if (hole_fill(w->l, &x->hole[side], p, len, &r)) return r;
  x->retransmits[side]++;
  if (p->payload_len) history_add(&f->history, HISTORY_REPEAT, side);
  const bool acked = has(f, FLOW_ACK_A, !side) && seq_distance(f->ack_max[!side], p->seq) > 0;
  struct tail *tail = &x->tail[side];
  const bool closed = f->tcp_flags[!side] & TCP_FIN; /* what is sent to who has closed may well go unanswered */
  if (!acked && (!closed || (tail->count && tail->seq == p->seq))) tail_add(tail, p, f->last[side]);
  return 0;
}

/* The sequence numbers a segment takes. */
static int seq_add(const struct work *w) {
  struct flow *f = w->f;
  const struct packet *p = w->p;
  const unsigned side = w->side;
  const uint32_t len = p->payload_len + !!(p->tcp_flags & TCP_SYN) + !!(p->tcp_flags & TCP_FIN);
  const uint32_t end = p->seq + len;
  if (!has(f, FLOW_BASE_A, side)) {
    f->base[side] = p->tcp_flags & TCP_SYN ? p->seq : p->seq - 1;
    set(f, FLOW_BASE_A, side);
  }
  if (!has(f, FLOW_SEQ_A, side)) {
    f->seq_end[side] = end;
    set(f, FLOW_SEQ_A, side);
  } else if (p->seq == f->seq_end[side]) { /* it continues where its side left off */
    f->seq_end[side] = end;
  } else {
    const int32_t ahead = seq_distance(p->seq, f->seq_end[side]);
    if (ahead > WINDOW_MOST || ahead < -WINDOW_MOST) return 0;
    int r = 0;
    if (ahead > 0 && len)
      r = hole_open(w);
    else if (ahead < 0 && len && seq_distance(end, f->seq_end[side]) <= 0)
      r = repeat_add(w, len);
    if (r < 0) return r;
    if (seq_distance(end, f->seq_end[side]) > 0) f->seq_end[side] = end;
  }
  if (p->payload_len > f->len_pending[side]) f->len_pending[side] = clamp_u16(p->payload_len);
  return 0;
}

static void syn_add(struct flow *f, struct flow_cold *c, const struct packet *p, unsigned side) {
  if (p->tcp_flags & TCP_ACK) {
    if (f->n_syn_ack[side] == 0 && f->n_syn_ack[!side] == 0) {
      c->answer = p->time;
      c->syn_ack_ttl = p->ttl;
    }
    count_u8(&f->n_syn_ack[side]);
    history_add(&f->history, HISTORY_SYN_ACK, side);
    return;
  }
  if (f->n_syn[SIDE_A] + f->n_syn[SIDE_B] == 0) {
    f->state &= (uint16_t)~FLOW_SYN_B;
    if (side == SIDE_B) f->state |= FLOW_SYN_B;
    if (f->packets[SIDE_A] + f->packets[SIDE_B] == 0) f->state |= FLOW_OPENED;
  }
  if (has(f, FLOW_BASE_A, side)) f->base[side] = p->seq;
  const bool ecn = (p->tcp_flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR); /* RFC 3168 6.1.1 */
  f->state |= ecn ? FLOW_SYN_ECN : FLOW_SYN_BARE;
  c->syn_last = stamp_max(c->syn_last, p->time);
  count_u8(&f->n_syn[side]);
  history_add(&f->history, HISTORY_SYN, side);
}

static void rst_add(struct flow *f, struct flow_cold *c, const struct packet *p, unsigned side) {
  history_add(&f->history, HISTORY_RST, side);
  /* What follows the RST's own number is not its sender's to say: payload that does (RST_THEN_DATA) has another origin.
   */
  if (has(f, FLOW_SEQ_A, side)) {
    const int32_t ahead = seq_distance(p->seq, f->seq_end[side]);
    if (ahead > 0 && ahead <= WINDOW_MOST) f->seq_end[side] = p->seq;
  }
  if (p->tcp_flags & TCP_ACK && !has(f, FLOW_BASE_A, !side)) { /* its SYN may stand behind it, reordered */
    f->base[!side] = p->ack - 1;
    set(f, FLOW_BASE_A, !side);
  }
  if (c->rst & RST_SEEN) return;
  unsigned rst = RST_SEEN;
  if (side == SIDE_B) rst |= RST_BY_B;
  if (!(p->flags & PACKET_NO_IP_ID)) rst |= p->ip_id ? RST_HAS_ID : RST_HAS_ID | RST_ID_ZERO;
  if (!stamp_known(c->answer)) c->answer = p->time;
  c->rst = (uint8_t)rst;
  c->rst_ttl = p->ttl;
  c->rst_mac = p->src_mac;
}

/* Segments that are neither the first of their side nor ordinary; and all segments' flags. */
static void flags_add(const struct work *w) {
  struct flow_table *t = w->t;
  struct flow *f = w->f;
  const struct packet *p = w->p;
  const uint32_t record = w->record;
  const unsigned side = w->side;
  const unsigned flags = p->tcp_flags;
  if (flags & TCP_SYN) syn_add(f, flow_cold_record(t, record), p, side);
  if (flags & TCP_RST) rst_add(f, flow_cold_record(t, record), p, side);
  if (f->packets[side] < EARLY_PACKETS && !(flags & TCP_RST)) packet_early_add(flow_cold_record(t, record), p, side);
  if ((flags & (TCP_ACK | TCP_SYN | TCP_RST)) == TCP_ACK) {
    set(f, FLOW_PLAIN_A, side);
    if (!p->payload_len && !(flags & TCP_FIN)) history_add(&f->history, HISTORY_ACK, side);
  }
  if (p->payload_len) {
    history_add(&f->history, HISTORY_DATA, side);
    const unsigned other_rst = f->tcp_flags[side] & TCP_RST;
    struct flow_cold *c = other_rst ? flow_cold_record(t, record) : NULL;
    if (c && !(flags & TCP_RST) && ((c->rst & RST_BY_B) != 0) == side && has(f, FLOW_SEQ_A, side) &&
        seq_distance(p->seq, f->seq_end[side]) >= 0)
      c->rst |= RST_THEN_DATA;
  }
  if (flags & TCP_FIN && !(flags & TCP_SYN)) history_add(&f->history, HISTORY_FIN, side);
  f->tcp_flags[side] |=
      (uint8_t)(flags & TCP_SYN ? flags & ~(unsigned)TCP_FIN : flags); /* SYN with FIN closes nothing */
}

int tcp_facts_add(struct flow_table *t, struct loss *l, uint32_t record, const struct packet *p, unsigned side) {
  struct flow *f = flow_record(t, record);
  const struct work w = {.t = t, .l = l, .f = f, .p = p, .record = record, .side = side};
  const unsigned flags = p->tcp_flags;
  const unsigned ordinary = f->tcp_flags[side] & ~(unsigned)(TCP_SYN | TCP_RST | TCP_FIN);
  const bool fresh = f->packets[side] < EARLY_PACKETS || flags & ~ordinary;
  if (fresh || (p->payload_len && f->tcp_flags[side] & TCP_RST))
    flags_add(&w);
  else if (!p->payload_len)
    history_add(&f->history, HISTORY_ACK, side);
  else if (!f->bytes[side])
    history_add(&f->history, HISTORY_DATA, side);
  int r = 0;
  if (!(flags & TCP_RST)) {
    r = seq_add(&w);
    if (r == 0 && flags & TCP_ACK) r = ack_add(&w);
    if (!(flags & TCP_SYN)) packet_ttl_add(f, p, side);
  }
  if (!(flags & TCP_RST) && p->window == 0 && !(flags & TCP_SYN)) history_add(&f->history, HISTORY_WINDOW, side);
  packet_counts_add(f, p, side);
  return r;
}
