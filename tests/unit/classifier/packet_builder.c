/* Frames from scripts. */
#include "packet_builder.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/link.h"

enum { START_S = 1700000000, FRAME_ROOM = 2048 };

/* A frame under construction. */
struct making {
  uint8_t byte[FRAME_ROOM];
  uint32_t len;
};

static void put(struct making *m, const void *bytes, uint32_t n) {
  assert_true(m->len + n <= FRAME_ROOM);
  memcpy(m->byte + m->len, bytes, n);
  m->len += n;
}
static void put8(struct making *m, unsigned v) { put(m, &(uint8_t){(uint8_t)v}, 1); }
static void put16(struct making *m, unsigned v) { put8(m, v >> 8 & 255), put8(m, v & 255); }
static void put32(struct making *m, uint32_t v) { put16(m, v >> 16), put16(m, v & 65535); }
static void put_zeros(struct making *m, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) put8(m, (i * 7 + 3) & 255);
}

struct address host_address(uint8_t family, uint8_t host) {
  uint8_t o[16] = {0};
  if (family == 4) {
    const uint8_t group[4] = {239, 1, 2, 3}, one[4] = {10, 0, 0, host};
    return address_make(4, host == GROUP_HOST ? group : one);
  }
  if (host == GROUP_HOST)
    o[0] = 0xff, o[1] = 0x05, o[15] = 3;
  else
    o[0] = 0x20, o[1] = 0x01, o[2] = 0x0d, o[3] = 0xb8, o[15] = host;
  return address_make(6, o);
}

static uint32_t sum_of(uint32_t sum, const uint8_t *p, uint32_t n) {
  for (uint32_t i = 0; i + 1 < n; i += 2) sum += (uint32_t)p[i] << 8 | p[i + 1];
  return n & 1 ? sum + ((uint32_t)p[n - 1] << 8) : sum;
}
static uint16_t fold(uint32_t sum) {
  while (sum >> 16) sum = (sum & 65535) + (sum >> 16);
  return (uint16_t)~sum;
}

void script_init(struct script *s, uint8_t family) { *s = (struct script){.family = family}; }

void script_fini(struct script *s) {
  for (size_t i = 0; i < s->n; i++) free(s->frame[i].data);
  free(s->frame);
  *s = (struct script){0};
}

void script_append(struct script *s, stamp_t time, const uint8_t *bytes, uint32_t len, uint8_t sender) {
  if (s->n == s->capacity) {
    s->capacity = s->capacity ? s->capacity * 2 : 64;
    s->frame = realloc(s->frame, s->capacity * sizeof *s->frame);
    assert_non_null(s->frame);
  }
  uint8_t *data = malloc(len);
  assert_non_null(data);
  memcpy(data, bytes, len);
  s->frame[s->n++] = (struct made_frame){.time = time, .data = data, .len = len, .sender = sender};
}

void at(struct script *s, double seconds) { s->now_ms = (int64_t)(seconds * 1000); }

static stamp_t now(const struct script *s) { return (stamp_t){(int64_t)START_S * 1000000000 + s->now_ms * 1000000}; }

void watch(struct script *s, double seconds) {
  const struct talk strangers = talk_make(60, 5353, 61, 5353);
  s->now_ms += (int64_t)(seconds * 1000);
  udp(s, &strangers, CLIENT, 20);
}

void gap(struct script *s, double seconds) {
  assert_true(s->n > 0 && s->n_gaps < 4);
  s->gap_at[s->n_gaps++] = s->frame[s->n - 1].time;
  s->now_ms += (int64_t)(seconds * 1000);
}

struct talk talk_make(uint8_t client, uint16_t client_port, uint8_t server, uint16_t server_port) {
  struct talk t = {.host = {client, server}, .port = {client_port, server_port}, .ttl = {128, 126}};
  t.isn[CLIENT] = 1000u + client_port * 977u;
  t.isn[SERVER] = 4000000000u + server_port * 131u + client_port;
  t.next[CLIENT] = t.isn[CLIENT];
  t.next[SERVER] = t.isn[SERVER];
  return t;
}

static void ethernet(const struct script *s, struct making *m, uint8_t from, uint8_t to) {
  const bool group = to == GROUP_HOST;
  const uint8_t mac = s->mac ? s->mac : from;
  put(m, (const uint8_t[]){group ? 0x01 : 0x02, 0, group ? 0x5e : 0, 0, 0, to}, 6);
  put(m, (const uint8_t[]){0x02, 0, 0, 0, 0, mac}, 6);
  if (s->vlan) put16(m, 0x8100), put16(m, 7);
}

static void ip_header(struct script *s, struct making *m, uint8_t from, uint8_t to, uint8_t proto, uint8_t ttl,
                      uint32_t len) {
  const struct address src = host_address(s->family, from), dst = host_address(s->family, to);
  put16(m, s->family == 4 ? 0x0800 : 0x86dd);
  if (s->family == 6) {
    put32(m, 0x60000000);
    put16(m, len), put8(m, proto), put8(m, ttl);
    put(m, src.octet, 16), put(m, dst.octet, 16);
    return;
  }
  const uint32_t start = m->len;
  put16(m, 0x4500), put16(m, 20 + len);
  put16(m, s->constant_ip_id ? 0 : ++s->ip_id[from % HOSTS]), put16(m, 0x4000);
  put8(m, ttl), put8(m, proto), put16(m, 0);
  put(m, src.octet, 4), put(m, dst.octet, 4);
  const uint16_t sum = fold(sum_of(0, m->byte + start, 20));
  m->byte[start + 10] = (uint8_t)(sum >> 8), m->byte[start + 11] = (uint8_t)sum;
}

/* Sums the transport part from start on and writes the result at offset in it. */
static void checksum(const struct script *s, struct making *m, uint8_t from, uint8_t to, uint8_t proto, uint32_t start,
                     uint32_t offset, bool pseudo) {
  const struct address src = host_address(s->family, from), dst = host_address(s->family, to);
  const uint32_t octets = s->family == 4 ? 4 : 16, len = m->len - start;
  uint32_t sum = 0;
  if (pseudo) sum = sum_of(sum_of(sum, src.octet, octets), dst.octet, octets) + proto + len;
  const uint16_t value = fold(sum_of(sum, m->byte + start, len));
  m->byte[start + offset] = (uint8_t)(value >> 8), m->byte[start + offset + 1] = (uint8_t)value;
  if (s->bad_checksum) m->byte[start + offset] ^= 0x5a;
}

static void finish(struct script *s, const struct making *m, uint8_t sender) {
  script_append(s, now(s), m->byte, m->len, sender);
}

static void tcp_header(struct making *m, const struct talk *t, unsigned side, uint8_t flags, uint32_t seq,
                       uint32_t ack_no) {
  put16(m, t->port[side]), put16(m, t->port[!side]);
  put32(m, seq), put32(m, ack_no);
  put8(m, 0x50), put8(m, flags), put16(m, flags & TCP_RST ? 0 : 64240), put16(m, 0), put16(m, 0);
}

void tcp_segment(struct script *s, const struct talk *t, unsigned side, uint8_t flags, uint32_t seq, uint32_t ack_no,
                 uint32_t len, uint8_t ttl) {
  struct making m = {.len = 0};
  ethernet(s, &m, t->host[side], t->host[!side]);
  ip_header(s, &m, t->host[side], t->host[!side], PROTO_TCP, ttl, 20 + len);
  const uint32_t start = m.len;
  tcp_header(&m, t, side, flags, seq, flags & TCP_ACK ? ack_no : 0);
  put_zeros(&m, len);
  checksum(s, &m, t->host[side], t->host[!side], PROTO_TCP, start, 16, true);
  finish(s, &m, t->host[side]);
}

static void segment(struct script *s, struct talk *t, unsigned side, uint8_t flags, uint32_t len) {
  tcp_segment(s, t, side, flags, t->next[side], t->next[!side], len, t->ttl[side]);
  t->next[side] += len + !!(flags & TCP_FIN);
}

void syn_flags(struct script *s, struct talk *t, uint8_t more_flags) {
  tcp_segment(s, t, CLIENT, TCP_SYN | more_flags, t->isn[CLIENT], 0, 0, t->ttl[CLIENT]);
  t->next[CLIENT] = t->isn[CLIENT] + 1;
}
void syn(struct script *s, struct talk *t) { syn_flags(s, t, 0); }

void syn_ack(struct script *s, struct talk *t) {
  tcp_segment(s, t, SERVER, TCP_SYN | TCP_ACK, t->isn[SERVER], t->next[CLIENT], 0, t->ttl[SERVER]);
  t->next[SERVER] = t->isn[SERVER] + 1;
}

void ack(struct script *s, struct talk *t, unsigned side) { segment(s, t, side, TCP_ACK, 0); }
void data(struct script *s, struct talk *t, unsigned side, uint32_t len) {
  segment(s, t, side, TCP_ACK | TCP_PSH, len);
}
void again(struct script *s, struct talk *t, unsigned side, uint32_t len) {
  tcp_segment(s, t, side, TCP_ACK | TCP_PSH, t->next[side] - len, t->next[!side], len, t->ttl[side]);
}
void fin(struct script *s, struct talk *t, unsigned side) { segment(s, t, side, TCP_ACK | TCP_FIN, 0); }

void rst_ttl(struct script *s, struct talk *t, unsigned side, uint8_t ttl) {
  const bool answer = t->next[side] == t->isn[side]; /* nothing sent yet: RFC 9293 3.10.7.1 */
  tcp_segment(s, t, side, TCP_RST | TCP_ACK, answer ? 0 : t->next[side], t->next[!side], 0, ttl);
}
void rst(struct script *s, struct talk *t, unsigned side) { rst_ttl(s, t, side, t->ttl[side]); }

void handshake(struct script *s, struct talk *t, int64_t round_trip_ms) {
  syn(s, t);
  later(s, round_trip_ms);
  syn_ack(s, t);
  later(s, 1);
  ack(s, t, CLIENT);
}

void whole_talk(struct script *s, struct talk *t, int64_t round_trip_ms) {
  handshake(s, t, round_trip_ms);
  data(s, t, CLIENT, 100), later(s, round_trip_ms);
  data(s, t, SERVER, 300), later(s, 1);
  ack(s, t, CLIENT), later(s, 5);
  fin(s, t, CLIENT), later(s, round_trip_ms);
  fin(s, t, SERVER), later(s, 1);
  ack(s, t, CLIENT), later(s, 1);
}

/* bytes NULL: any. */
static void udp_into(const struct script *s, struct making *m, const struct talk *t, unsigned side, const void *bytes,
                     uint32_t len) {
  const uint32_t start = m->len;
  put16(m, t->port[side]), put16(m, t->port[!side]), put16(m, 8 + len), put16(m, 0);
  if (bytes)
    put(m, bytes, len);
  else
    put_zeros(m, len);
  checksum(s, m, t->host[side], t->host[!side], PROTO_UDP, start, 6, true);
}

void udp_bytes(struct script *s, const struct talk *t, unsigned side, const void *bytes, uint32_t len) {
  struct making m = {.len = 0};
  ethernet(s, &m, t->host[side], t->host[!side]);
  ip_header(s, &m, t->host[side], t->host[!side], PROTO_UDP, t->ttl[side], 8 + len);
  udp_into(s, &m, t, side, bytes, len);
  finish(s, &m, t->host[side]);
}

void udp(struct script *s, const struct talk *t, unsigned side, uint32_t len) { udp_bytes(s, t, side, NULL, len); }

static uint8_t icmp_proto(const struct script *s) { return s->family == 4 ? PROTO_ICMP : PROTO_ICMPV6; }

static void echo_into(const struct script *s, struct making *m, const struct talk *t, bool reply) {
  const unsigned side = reply ? SERVER : CLIENT;
  const uint32_t start = m->len;
  put8(m, s->family == 4 ? (reply ? 0 : 8) : (reply ? 129 : 128));
  put8(m, 0), put16(m, 0), put16(m, 77), put16(m, (unsigned)s->n);
  put_zeros(m, 32);
  checksum(s, m, t->host[side], t->host[!side], icmp_proto(s), start, 2, s->family == 6);
}

void echo(struct script *s, const struct talk *t, bool reply) {
  struct making m = {.len = 0};
  const unsigned side = reply ? SERVER : CLIENT;
  ethernet(s, &m, t->host[side], t->host[!side]);
  ip_header(s, &m, t->host[side], t->host[!side], icmp_proto(s), t->ttl[side], 40);
  echo_into(s, &m, t, reply);
  finish(s, &m, t->host[side]);
}

/* The packet an error quotes: its IP header (without the type field before it) and eight octets and more of transport.
 */
static void quote_into(struct script *s, struct making *m, const struct talk *t, unsigned side, uint8_t proto) {
  struct making quoted = {.len = 0};
  ip_header(s, &quoted, t->host[side], t->host[!side], proto, t->ttl[side], proto == PROTO_TCP ? 20 : 40);
  if (proto == PROTO_TCP)
    tcp_header(&quoted, t, side, TCP_SYN, t->isn[side], 0);
  else if (proto == PROTO_UDP)
    udp_into(s, &quoted, t, side, NULL, 32);
  else
    echo_into(s, &quoted, t, false);
  put(m, quoted.byte + 2, quoted.len - 2);
}

void icmp_error(struct script *s, uint8_t from, const struct talk *t, unsigned side, uint8_t proto,
                struct icmp_code c) {
  struct making body = {.len = 0}, m = {.len = 0};
  quote_into(s, &body, t, side, proto);
  ethernet(s, &m, from, t->host[side]);
  ip_header(s, &m, from, t->host[side], icmp_proto(s), 254, 8 + body.len);
  const uint32_t start = m.len;
  put8(&m, s->family == 4 ? c.type4 : c.type6), put8(&m, s->family == 4 ? c.code4 : c.code6);
  put16(&m, 0), put32(&m, 0);
  put(&m, body.byte, body.len);
  checksum(s, &m, from, t->host[side], icmp_proto(s), start, 2, s->family == 6);
  finish(s, &m, from);
}

static void arp(struct script *s, uint8_t from, uint8_t to, bool answer) {
  struct making m = {.len = 0};
  const struct address src = host_address(4, from), dst = host_address(4, to);
  ethernet(s, &m, from, to);
  put16(&m, 0x0806), put16(&m, 1), put16(&m, 0x0800), put8(&m, 6), put8(&m, 4), put16(&m, answer ? 2 : 1);
  put(&m, (const uint8_t[]){2, 0, 0, 0, 0, from}, 6), put(&m, src.octet, 4);
  put(&m, (const uint8_t[]){0, 0, 0, 0, 0, 0}, 6), put(&m, dst.octet, 4);
  put_zeros(&m, 18);
  finish(s, &m, from);
}

static void discovery(struct script *s, uint8_t from, uint8_t to, bool answer) {
  struct making m = {.len = 0};
  const struct address target = host_address(6, answer ? from : to);
  ethernet(s, &m, from, to);
  ip_header(s, &m, from, to, PROTO_ICMPV6, 255, 24);
  const uint32_t start = m.len;
  put8(&m, answer ? 136 : 135), put8(&m, 0), put16(&m, 0), put32(&m, answer ? 0x60000000 : 0);
  put(&m, target.octet, 16);
  checksum(s, &m, from, to, PROTO_ICMPV6, start, 2, true);
  finish(s, &m, from);
}

void neighbour_ask(struct script *s, uint8_t asker, uint8_t target) {
  if (s->family == 4)
    arp(s, asker, target, false);
  else
    discovery(s, asker, target, false);
}
void neighbour_answer(struct script *s, uint8_t answerer, uint8_t asker) {
  if (s->family == 4)
    arp(s, answerer, asker, true);
  else
    discovery(s, answerer, asker, true);
}

void script_copy(struct script *to, const struct script *from) {
  *to = *from;
  to->frame = NULL;
  to->n = to->capacity = 0;
  for (size_t i = 0; i < from->n; i++)
    script_append(to, from->frame[i].time, from->frame[i].data, from->frame[i].len, from->frame[i].sender);
}

void script_sort(struct script *s) {
  for (size_t i = 1; i < s->n; i++) {
    const struct made_frame f = s->frame[i];
    size_t k = i;
    for (; k > 0 && stamp_before(f.time, s->frame[k - 1].time); k--) s->frame[k] = s->frame[k - 1];
    s->frame[k] = f;
  }
}

void script_facts(struct script *s) {
  s->facts = (struct timeline_facts){
      .frames = s->n, .first = STAMP_NONE, .last = STAMP_NONE, .gap_at = s->gap_at, .n_gap_at = s->n_gaps};
  for (size_t i = 0; i < s->n; i++) {
    if (!stamp_known(s->facts.first) || stamp_before(s->frame[i].time, s->facts.first))
      s->facts.first = s->frame[i].time;
    s->facts.last = stamp_max(s->facts.last, s->frame[i].time);
  }
}

int script_feed(const struct script *s, size_t from, size_t to, struct classifier *c) {
  struct frame_batch *batch = calloc(1, sizeof *batch);
  if (!batch) return -1;
  int r = 0;
  for (size_t i = from; i < to && r == 0; i++) {
    batch->frame[batch->n++] = (struct frame){.time = s->frame[i].time,
                                              .data = s->frame[i].data,
                                              .cap_len = s->frame[i].len,
                                              .wire_len = s->frame[i].len,
                                              .number = (uint32_t)i + 1,
                                              .packet = (uint32_t)i + 1,
                                              .link = LINK_ETHERNET};
    if (batch->n < BATCH_FRAMES && i + 1 < to) continue;
    r = classifier_feed(c, batch);
    batch->n = 0;
  }
  free(batch);
  return r;
}

struct traffic *script_run(struct script *s, const struct classifier_options *options) {
  struct classifier *c = classifier_new(options);
  struct traffic *t = NULL;
  assert_non_null(c);
  script_facts(s);
  assert_int_equal(script_feed(s, 0, s->n, c), 0);
  assert_int_equal(classifier_finish(c, &s->facts, &t), 0);
  classifier_free(c);
  return t;
}

struct flow_view flow_of(const struct traffic *t, const struct talk *k, unsigned nth) {
  struct flow_view v;
  for (size_t i = 0; i < traffic_flow_count(t); i++) {
    traffic_flow(t, i, &v);
    const uint8_t family = v.client.family;
    const struct address a = host_address(family, k->host[CLIENT]), b = host_address(family, k->host[SERVER]);
    const bool same = address_equal(&v.client, &a) && address_equal(&v.server, &b);
    const bool turned = address_equal(&v.client, &b) && address_equal(&v.server, &a);
    const bool echo_flow = v.client_port == 0 && v.server_port == 0;
    const bool ports = echo_flow || (same && v.client_port == k->port[CLIENT] && v.server_port == k->port[SERVER]) ||
                       (turned && v.client_port == k->port[SERVER] && v.server_port == k->port[CLIENT]);
    if ((same || turned) && ports && nth-- == 0) return v;
  }
  fail_msg("no such flow: host %u port %u to host %u port %u", k->host[CLIENT], k->port[CLIENT], k->host[SERVER],
           k->port[SERVER]);
  return v;
}
