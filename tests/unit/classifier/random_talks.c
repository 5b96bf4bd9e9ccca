/* Kinds of conversations and their random mixture. */
#include "random_talks.h"

uint32_t roll(struct dice *d, uint32_t sides) {
  d->state += 0x9e3779b97f4a7c15u; /* splitmix64 */
  uint64_t z = d->state;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return (uint32_t)((z ^ z >> 31) % sides);
}

static int64_t round_trip(struct dice *d) { return (const int64_t[]){1, 5, 20, 40}[roll(d, 4)]; }

static void silent(struct script *s, struct talk *t, struct dice *d) {
  const unsigned n = 1 + roll(d, 4);
  for (unsigned i = 0; i < n; i++) syn(s, t), later(s, 1000 << i);
}

static void whole(struct script *s, struct talk *t, struct dice *d) { whole_talk(s, t, round_trip(d)); }

static void long_talk(struct script *s, struct talk *t, struct dice *d) {
  const int64_t rtt = round_trip(d);
  handshake(s, t, rtt);
  for (unsigned i = 0, n = 2 + roll(d, 8); i < n; i++) {
    const unsigned side = roll(d, 2);
    data(s, t, side, 1 + roll(d, 1400)), later(s, 1 + rtt);
    if (roll(d, 2)) data(s, t, side, 1 + roll(d, 1400)), later(s, 1);
    ack(s, t, !side), later(s, 20 + roll(d, 2000));
  }
}

static void refused(struct script *s, struct talk *t, struct dice *d) {
  syn(s, t), later(s, round_trip(d)), rst(s, t, SERVER);
}

static void refused_by_device(struct script *s, struct talk *t, struct dice *d) {
  syn(s, t), later(s, 1 + roll(d, 20)), rst_ttl(s, t, SERVER, (uint8_t)(60 + roll(d, 3)));
}

static void prohibited(struct script *s, struct talk *t, struct dice *d) {
  syn(s, t), later(s, 1 + roll(d, 20));
  icmp_error(s, 59, t, CLIENT, PROTO_TCP, (struct icmp_code){3, 13, 1, 1});
}

static void half_open(struct script *s, struct talk *t, struct dice *d) {
  syn(s, t), later(s, round_trip(d));
  for (unsigned i = 0; i < 3; i++) syn_ack(s, t), later(s, 1000 << i);
}

static void stalled(struct script *s, struct talk *t, struct dice *d) {
  const uint32_t len = 200 + roll(d, 1200);
  handshake(s, t, round_trip(d));
  data(s, t, CLIENT, 150), later(s, 20), ack(s, t, SERVER), later(s, 5);
  data(s, t, CLIENT, len);
  for (unsigned i = 0, n = 4 + roll(d, 3); i < n; i++) later(s, 300 << i), again(s, t, CLIENT, len);
}

static void reset_on_data(struct script *s, struct talk *t, struct dice *d) {
  const int64_t rtt = round_trip(d);
  handshake(s, t, rtt), data(s, t, CLIENT, 100), later(s, 20 + rtt), ack(s, t, SERVER), later(s, 20), rst(s, t, SERVER);
}

static void delayed(struct script *s, struct talk *t, struct dice *d) {
  syn(s, t), later(s, 3000), syn(s, t), later(s, 6000);
  whole_talk(s, t, round_trip(d));
}

static void older(struct script *s, struct talk *t, struct dice *d) {
  for (unsigned i = 0, n = 1 + roll(d, 5); i < n; i++) {
    data(s, t, CLIENT, 1 + roll(d, 500)), later(s, 30), data(s, t, SERVER, 1 + roll(d, 1000)),
        later(s, 20 + roll(d, 900));
  }
}

static void clients_half(struct script *s, struct talk *t, struct dice *d) {
  syn(s, t), later(s, round_trip(d));
  t->next[SERVER] = t->isn[SERVER] + 1;
  ack(s, t, CLIENT), later(s, 1), data(s, t, CLIENT, 100), later(s, 30), ack(s, t, CLIENT);
}

static void servers_half(struct script *s, struct talk *t, struct dice *d) {
  t->next[CLIENT] = t->isn[CLIENT] + 1;
  syn_ack(s, t), later(s, round_trip(d) * 2 + 20), t->next[CLIENT] += 90, data(s, t, SERVER, 200), later(s, 30);
  ack(s, t, SERVER);
}

static void simultaneous(struct script *s, struct talk *t, struct dice *d) {
  syn(s, t), later(s, 15);
  tcp_segment(s, t, SERVER, TCP_SYN, t->isn[SERVER], 0, 0, t->ttl[SERVER]), later(s, 15 + round_trip(d));
  tcp_segment(s, t, CLIENT, TCP_SYN | TCP_ACK, t->isn[CLIENT], t->isn[SERVER] + 1, 0, t->ttl[CLIENT]), later(s, 15);
  tcp_segment(s, t, SERVER, TCP_SYN | TCP_ACK, t->isn[SERVER], t->isn[CLIENT] + 1, 0, t->ttl[SERVER]), later(s, 15);
  t->next[SERVER] = t->isn[SERVER] + 1;
  data(s, t, CLIENT, 50), later(s, 15), data(s, t, SERVER, 50);
}

static void datagrams(struct script *s, struct talk *t, struct dice *d) {
  for (unsigned i = 0, n = 1 + roll(d, 3); i < n; i++) {
    udp(s, t, CLIENT, 20 + roll(d, 100)), later(s, 11 + round_trip(d)), udp(s, t, SERVER, 20 + roll(d, 400)),
        later(s, 500);
  }
}

static void datagrams_silent(struct script *s, struct talk *t, struct dice *d) {
  for (unsigned i = 0, n = 1 + roll(d, 4); i < n; i++) udp(s, t, CLIENT, 20 + roll(d, 100)), later(s, 1000 << i);
}

static void datagrams_unreachable(struct script *s, struct talk *t, struct dice *d) {
  udp(s, t, CLIENT, 32), later(s, 1 + round_trip(d));
  icmp_error(s, t->host[SERVER], t, CLIENT, PROTO_UDP, (struct icmp_code){3, 3, 1, 4});
}

static void acquainted(struct script *s, struct talk *t, struct dice *d) {
  for (unsigned i = 0; i < 2; i++) {
    struct talk other = talk_make(t->host[CLIENT], (uint16_t)(t->port[CLIENT] + 1000 * (i + 1)), t->host[SERVER], 445);
    whole_talk(s, &other, 30), later(s, 50);
  }
  silent(s, t, d);
}

/* A TFTP transfer beside a datagram that nobody answers: the answer comes from a new port. */
static void transfer(struct script *s, struct talk *t, struct dice *d) {
  const uint16_t port = (uint16_t)(t->port[CLIENT] + 1000);
  struct talk ask = talk_make(t->host[CLIENT], port, t->host[SERVER], 69);
  struct talk answer = talk_make(t->host[CLIENT], port, t->host[SERVER], (uint16_t)(49152 + roll(d, 9999)));
  udp(s, t, CLIENT, 20), later(s, 100);
  udp_bytes(s, &ask, CLIENT, "\0\1boot\0octet", 13), later(s, 11 + round_trip(d));
  for (unsigned i = 1, n = 1 + roll(d, 4); i <= n; i++) {
    const uint8_t block[8] = {0, 3, 0, (uint8_t)i}, got[4] = {0, 4, 0, (uint8_t)i};
    udp_bytes(s, &answer, SERVER, block, sizeof block), later(s, 5);
    udp_bytes(s, &answer, CLIENT, got, sizeof got), later(s, 5 + round_trip(d));
  }
}

static const struct kind {
  const char *name;
  void (*play)(struct script *s, struct talk *t, struct dice *d);
  bool delayed;
} kinds[] = {
    {"silent", silent, false},
    {"whole", whole, false},
    {"long", long_talk, false},
    {"refused", refused, false},
    {"refused by device", refused_by_device, false},
    {"prohibited", prohibited, false},
    {"half-open", half_open, false},
    {"stalled", stalled, false},
    {"reset on data", reset_on_data, false},
    {"delayed", delayed, true},
    {"older", older, false},
    {"client's half", clients_half, false},
    {"server's half", servers_half, false},
    {"simultaneous", simultaneous, false},
    {"datagrams", datagrams, false},
    {"datagrams silent", datagrams_silent, false},
    {"datagrams unreachable", datagrams_unreachable, false},
    {"acquainted, then silent", acquainted, false},
    {"transfer", transfer, false},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

const char *talk_kind_name(unsigned kind) { return kinds[kind].name; }
bool talk_kind_delayed(unsigned kind) { return kinds[kind].delayed; }

void random_script(struct script *s, struct talks *talks_out, uint64_t seed, uint8_t family, uint8_t base) {
  struct dice d = {seed};
  script_init(s, family);
  talks_out->n = 2 + roll(&d, TALKS_MOST - 2);
  for (unsigned i = 0; i < talks_out->n; i++) {
    const uint8_t client = (uint8_t)(base + roll(&d, 4)), server = (uint8_t)(base + 4 + roll(&d, 4));
    struct talk *t = &talks_out->talk[i];
    *t = talk_make(client, (uint16_t)(40000u + base * 100u + i), server, (uint16_t)(100 + roll(&d, 800)));
    talks_out->kind[i] = roll(&d, KINDS);
    at(s, roll(&d, 200) / 10.0);
    struct talk played = *t;
    kinds[talks_out->kind[i]].play(s, &played, &d);
  }
  script_sort(s);
  if (s->n) s->now_ms = (s->frame[s->n - 1].time.ns / 1000000) - (int64_t)1700000000 * 1000;
  watch(s, 10);
}
