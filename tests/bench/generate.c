/* generate KIND SEED SCALE FOLDER: a big capture for measuring, with what was planted in it.
 *
 * Writes FOLDER/KIND.pcap and FOLDER/KIND.json. The same arguments give the same bytes everywhere.
 *   enterprise  clients of a site and their servers, some of whose attempts fail in the ways a firewall makes them fail
 *   smallflows  a million short flows: the worst case for the flow table
 *   elephants   64 long transfers: the worst case for reading
 *   scan        two million SYNs to ports of their own, 40 % refused: a flow for every 1.4 packets
 *
 * Some thousand talks are under way at once. Each has a script; a heap says whose turn is next. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/trace.h"

enum { TCP = 6, UDP = 17, ICMP = 1, ICMP6 = 58, FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { TALKS_MAX = 4096, BULK = 1 << 17, MSS = 1448, CLIENTS = 2000 };
#define MS INT64_C(1000000)

enum fault { FAULT_NONE, FAULT_NO_ANSWER, FAULT_REFUSED, FAULT_REJECTED, FAULT_STALLED, FAULT_COUNT };
static const char *const outcome[] = {[FAULT_NONE] = "established",
                                      [FAULT_NO_ANSWER] = "no-answer",
                                      [FAULT_REFUSED] = "refused",
                                      [FAULT_REJECTED] = "rejected",
                                      [FAULT_STALLED] = "stalled"};
_Static_assert(sizeof outcome / sizeof *outcome == FAULT_COUNT, "a word for every fault");

/* What is said: the client's first words, the server's, and how much follows. */
struct script {
  const char *service;
  uint8_t proto;
  uint16_t port, weight;
  uint16_t server;                /* last two octets of 10.1.x.x */
  uint16_t data_least, data_most; /* packets behind the server's first words */
  const char *request, *answer;
  uint16_t request_len, answer_len;
};
#define SAID(q, a) q, a, sizeof(q) - 1, sizeof(a) - 1

#define SMB_NEGOTIATE                                                                               \
  "\0\0\0\x66\xfeSMB\x40\0\0\0\0\0\0\0\0\0\x1f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xfe\0\0\0\0\0\0\0" \
  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x24\0\1\0\1\0\0\0\x7f\0\0\0"                      \
  "1234567890123456\0\0\0\0\0\0\0\0\x02\x02"
#define SMB_ANSWER                                                                                    \
  "\0\0\0\x80\xfeSMB\x40\0\0\0\0\0\0\0\0\0\1\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xfe\0\0\0\0\0\0\0" \
  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x41\0\1\0\x02\x02\0\0"                              \
  "1234567890123456\x7f\0\0\0\0\0\x10\0\0\0\x10\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80\0\0\0\0\0\0\0"
#define MAPPER "\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\0\x2b\x14\xa0\xfa\3\0\0\0"
#define NDR "\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\2\0\0\0"
#define RPC_BIND "\5\0\x0b\3\x10\0\0\0\x48\0\0\0\1\0\0\0\xd0\x16\xd0\x16\0\0\0\0\1\0\0\0\0\0\1\0" MAPPER NDR
#define RPC_ACK                                                        \
  "\5\0\x0c\3\x10\0\0\0\x3c\0\0\0\1\0\0\0\xd0\x16\xd0\x16\1\0\0\0\4\0" \
  "135\0\0\0\1\0\0\0\0\0\0\0" NDR
#define TLS_HELLO                \
  "\x16\3\1\0\x2f\1\0\0\x2b\3\3" \
  "0123456789abcdef0123456789abcdef\0\0\4\xc0\x2f\0\x2f\1\0"
#define TLS_ANSWER               \
  "\x16\3\3\0\x2a\2\0\0\x26\3\3" \
  "fedcba9876543210fedcba9876543210\0\xc0\x2f\0"
#define HTTP_GET "GET /SMS_MP/.sms_aut?mplist HTTP/1.1\r\nHost: mp1.example\r\nUser-Agent: ccmhttp\r\n\r\n"
#define HTTP_OK "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 9000000\r\n\r\n"
#define DNS_ASK "\x12\x34\1\0\0\1\0\0\0\0\0\0\3mp1\7example\0\0\1\0\1"
#define DNS_SAY "\x12\x34\x81\x80\0\1\0\1\0\0\0\0\3mp1\7example\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\x0e\x10\0\4\x0a\1\0\6"

static const struct script enterprise[] = {
    {"smb", TCP, 445, 22, 0x0107, 4, 36, SAID(SMB_NEGOTIATE, SMB_ANSWER)},
    {"http", TCP, 80, 24, 0x0006, 4, 32, SAID(HTTP_GET, HTTP_OK)},
    {"https", TCP, 443, 18, 0x0006, 4, 24, SAID(TLS_HELLO, TLS_ANSWER)},
    {"epmap", TCP, 135, 8, 0x0108, 0, 0, SAID(RPC_BIND, RPC_ACK)},
    {"dns", UDP, 53, 20, 0x0009, 0, 0, SAID(DNS_ASK, DNS_SAY)},
    {"icmp-echo", ICMP, 0, 8, 0x0005, 0, 0, SAID("abcdefghijklmnop", "abcdefghijklmnop")},
};
static const struct script small[] = {
    {"dns", UDP, 53, 62, 0x0009, 0, 0, SAID(DNS_ASK, DNS_SAY)},
    {"http", TCP, 80, 38, 0x0006, 0, 0, SAID(HTTP_GET, HTTP_OK)},
};
static const struct script elephant[] = {{"http", TCP, 80, 1, 0x0006, 0, 0, SAID(HTTP_GET, HTTP_OK)}};
static const struct script knock[] = {{"unknown", TCP, 0, 1, 0, 0, 0, SAID("", "")}};

struct kind {
  const char *name;
  const struct script *script;
  size_t n_scripts;
  uint64_t flows; /* at scale 1 */
  unsigned talks; /* under way at once */
  bool faults, scans;
  uint32_t data; /* packets each flow carries at scale 1, instead of the script's */
};
#define SCRIPTS(s) s, sizeof(s) / sizeof *(s)
static const struct kind kinds[] = {
    {"enterprise", SCRIPTS(enterprise), 80000, 2000, true, false, 0},
    {"smallflows", SCRIPTS(small), 1080000, 4000, false, false, 0},
    {"elephants", SCRIPTS(elephant), 64, 64, false, false, 10700},
    {"scan", SCRIPTS(knock), 2000000, 64, false, true, 0},
};

struct talk {
  const struct script *script;
  struct end client, server;
  uint32_t seq[2];
  uint32_t step, data;
  uint8_t family;
  uint8_t fault;
};

struct turn {
  int64_t time;
  uint32_t talk;
};

struct maker {
  const struct kind *kind;
  uint64_t random, flows, flows_wanted;
  uint32_t data;
  struct trace trace;
  struct talk talk[TALKS_MAX];
  struct turn heap[TALKS_MAX];
  size_t n;
  int64_t now;
  uint64_t planted[8][FAULT_COUNT];
  uint16_t ip_id;
  bool echoed[2][CLIENTS]; /* by family: all echoes of two hosts are one flow */
  uint8_t bulk[BULK];
};

static uint64_t random_next(struct maker *m) { /* splitmix64 */
  uint64_t z = (m->random += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}
static uint32_t random_below(struct maker *m, uint32_t n) { return (uint32_t)(random_next(m) % n); }

/* --- turns ---------------------------------------------------------------------------------------------------- */

static bool sooner(const struct turn *a, const struct turn *b) {
  return a->time != b->time ? a->time < b->time : a->talk < b->talk;
}

static void turn_add(struct maker *m, struct turn t) {
  size_t i = m->n++;
  for (; i && sooner(&t, &m->heap[(i - 1) / 2]); i = (i - 1) / 2) m->heap[i] = m->heap[(i - 1) / 2];
  m->heap[i] = t;
}

static struct turn turn_take(struct maker *m) {
  const struct turn first = m->heap[0], last = m->heap[--m->n];
  size_t i = 0;
  for (size_t child; (child = 2 * i + 1) < m->n; i = child) {
    if (child + 1 < m->n && sooner(&m->heap[child + 1], &m->heap[child])) child++;
    if (!sooner(&m->heap[child], &last)) break;
    m->heap[i] = m->heap[child];
  }
  m->heap[i] = last;
  return first;
}

/* --- talks ---------------------------------------------------------------------------------------------------- */

static void end_set(struct end *e, uint8_t family, uint8_t net, uint16_t host, uint16_t port) {
  static const uint8_t v6[4] = {0xfd, 0x0a, 0, 0};
  uint8_t *at = e->octet;
  if (family == 6) memcpy(at, v6, sizeof v6), at += 12;
  at[0] = 10, at[1] = net, at[2] = (uint8_t)(host >> 8), at[3] = (uint8_t)host;
  e->port = port;
  e->ttl = net == 1 ? 126 : 127;
}

static const struct script *script_pick(struct maker *m) {
  uint32_t all = 0;
  for (size_t i = 0; i < m->kind->n_scripts; i++) all += m->kind->script[i].weight;
  uint32_t at = random_below(m, all);
  const struct script *s = m->kind->script;
  while (at >= s->weight) at -= s++->weight;
  return s;
}

/* 3 % silence, 2 % refused, 1 % prohibited, 0.5 % stalled. */
static enum fault fault_pick(struct maker *m, const struct script *s) {
  if (!m->kind->faults || s->proto != TCP) return FAULT_NONE;
  const uint32_t at = random_below(m, 1000);
  return at < 30   ? FAULT_NO_ANSWER
         : at < 50 ? FAULT_REFUSED
         : at < 60 ? FAULT_REJECTED
         : at < 65 ? FAULT_STALLED
                   : FAULT_NONE;
}

static void talk_begin(struct maker *m, struct talk *k) {
  const uint64_t n = m->flows++;
  const struct script *s = script_pick(m);
  *k = (struct talk){.script = s, .seq = {(uint32_t)random_next(m), (uint32_t)random_next(m)}, .family = 4};
  k->fault = (uint8_t)fault_pick(m, s);
  if (m->kind->faults && k->fault == FAULT_NONE && random_below(m, 10) == 0) k->family = 6;
  if (m->kind->scans) { /* host and port of its own for every knock */
    end_set(&k->client, 4, 9, (uint16_t)(n % 16), (uint16_t)(1025 + n / 16 % 64000));
    end_set(&k->server, 4, 2, (uint16_t)(n % 20000), (uint16_t)(1 + n / 20000 % 65535));
    k->fault = random_below(m, 10) < 4 ? FAULT_REFUSED : FAULT_NO_ANSWER;
  } else {
    end_set(&k->client, k->family, 2, (uint16_t)(n % CLIENTS), (uint16_t)(1025 + n / CLIENTS % 64000));
    end_set(&k->server, k->family, 1, s->server, s->port);
  }
  k->data = m->data ? m->data : s->data_least + random_below(m, 1u + s->data_most - s->data_least);
  bool known = false;
  if (s->proto == ICMP) {
    bool *echoed = &m->echoed[k->family == 6][n % CLIENTS];
    known = *echoed;
    *echoed = true;
  }
  if (!known) m->planted[s - m->kind->script][k->fault]++;
}

static void say(struct maker *m, struct talk *k, bool by_server, uint8_t flags, const void *payload, size_t len) {
  if (++m->ip_id == 0) m->ip_id = 1; /* 0 says nothing about copies */
  struct segment s = {.time_ns = m->now,
                      .family = k->family,
                      .proto = k->script->proto,
                      .from = by_server ? &k->server : &k->client,
                      .to = by_server ? &k->client : &k->server,
                      .ip_id = m->ip_id,
                      .seq = k->seq[by_server],
                      .ack = flags & ACK ? k->seq[!by_server] : 0,
                      .flags = flags,
                      .payload = payload,
                      .len = len};
  trace_add(&m->trace, &s);
  k->seq[by_server] += (uint32_t)len + (flags & (SYN | FIN) ? 1 : 0);
}

/* A device in between says that the SYN before is prohibited (type 3, code 13): quotes its headers. */
static void prohibit(struct maker *m, const struct talk *k) {
  static const struct end device = {.octet = {10, 0, 0, 1}, .ttl = 254};
  uint8_t quote[28] = {0x45, 0, 0, 40, (uint8_t)(m->ip_id >> 8), (uint8_t)m->ip_id, 0x40, 0, 1, TCP};
  const uint32_t seq = k->seq[0] - 1;
  memcpy(quote + 12, k->client.octet, 4);
  memcpy(quote + 16, k->server.octet, 4);
  quote[20] = (uint8_t)(k->client.port >> 8), quote[21] = (uint8_t)k->client.port;
  quote[22] = (uint8_t)(k->server.port >> 8), quote[23] = (uint8_t)k->server.port;
  for (int i = 0; i < 4; i++) quote[24 + i] = (uint8_t)(seq >> (24 - 8 * i));
  trace_add(&m->trace, &(struct segment){.time_ns = m->now,
                                         .family = 4,
                                         .proto = ICMP,
                                         .from = &device,
                                         .to = &k->client,
                                         .ip_id = 1,
                                         .seq = 13,
                                         .flags = 3,
                                         .payload = quote,
                                         .len = sizeof quote});
}

/* Every step says one thing and returns how long until the next one; negative: that was the last. */
static int64_t silence_step(struct maker *m, struct talk *k) {
  say(m, k, false, SYN, NULL, 0);
  k->seq[0]--;
  if (m->kind->scans) return -1;
  return k->step == 0 ? 3000 * MS : k->step == 1 ? 6000 * MS : -1;
}

static int64_t denied_step(struct maker *m, struct talk *k) {
  if (k->step == 0)
    say(m, k, false, SYN, NULL, 0);
  else if (k->fault == FAULT_REJECTED)
    prohibit(m, k);
  else
    say(m, k, true, RST | ACK, NULL, 0);
  return k->step == 0 ? 1 * MS : -1;
}

static int64_t open_step(struct maker *m, struct talk *k) {
  static const uint8_t flags[] = {SYN, SYN | ACK, ACK};
  say(m, k, k->step == 1, flags[k->step], NULL, 0);
  return 1 * MS;
}

static int64_t stalled_step(struct maker *m, struct talk *k) {
  if (k->step < 3) return open_step(m, k);
  say(m, k, false, PSH | ACK, k->script->request, k->script->request_len);
  k->seq[0] -= k->script->request_len;
  return k->step < 9 ? (300 * MS) << (k->step - 3) : -1;
}

static int64_t close_step(struct maker *m, struct talk *k, uint32_t step) {
  say(m, k, step == 1, step == 2 ? ACK : FIN | ACK, NULL, 0);
  return step == 2 ? -1 : 1 * MS;
}

static int64_t stream_step(struct maker *m, struct talk *k) {
  const struct script *s = k->script;
  const uint32_t acks = k->data / 2;
  if (k->step < 3) return open_step(m, k);
  if (k->step == 3) say(m, k, false, PSH | ACK, s->request, s->request_len);
  if (k->step == 4) say(m, k, true, PSH | ACK, s->answer, s->answer_len);
  if (k->step < 5) return 2 * MS;
  const uint32_t at = k->step - 5;
  if (at >= k->data + acks) return close_step(m, k, at - k->data - acks);
  if (at % 3 == 2)
    say(m, k, false, ACK, NULL, 0);
  else
    say(m, k, true, ACK, m->bulk + random_below(m, BULK - MSS), MSS);
  return 1 * MS / 4 + random_below(m, 1000000);
}

static int64_t datagram_step(struct maker *m, struct talk *k) {
  const struct script *s = k->script;
  const bool answer = k->step == 1;
  uint8_t type = 0;
  if (s->proto == ICMP) {
    type = answer ? 0 : 8;
    k->seq[0] = k->seq[1] = 0;
    k->server.port = k->client.port;
  }
  say(m, k, answer, type, answer ? s->answer : s->request, answer ? s->answer_len : s->request_len);
  return answer ? -1 : 1 * MS;
}

static int64_t talk_step(struct maker *m, struct talk *k) {
  if (k->script->proto != TCP) return datagram_step(m, k);
  switch (k->fault) {
    case FAULT_NO_ANSWER:
      return silence_step(m, k);
    case FAULT_REFUSED:
    case FAULT_REJECTED:
      return denied_step(m, k);
    case FAULT_STALLED:
      return stalled_step(m, k);
    default:
      return stream_step(m, k);
  }
}

/* Long enough after the others that their silence can be told from a capture that ended. */
static void last_knock(struct maker *m) {
  struct talk *k = &m->talk[0];
  m->now += 4000 * MS;
  talk_begin(m, k);
  m->planted[0][k->fault]--;
  m->planted[0][k->fault = FAULT_REFUSED]++;
  for (; k->step < 2; k->step++) denied_step(m, k);
}

static void make(struct maker *m) {
  m->now = INT64_C(1750000000000000000);
  for (uint32_t i = 0; i < m->kind->talks && m->flows < m->flows_wanted; i++) {
    talk_begin(m, &m->talk[i]);
    turn_add(m, (struct turn){m->now + random_below(m, 1000000000), i});
  }
  while (m->n) {
    const struct turn t = turn_take(m);
    struct talk *k = &m->talk[t.talk];
    m->now = t.time;
    int64_t pause = talk_step(m, k);
    k->step++;
    if (pause < 0) {
      if (m->flows >= m->flows_wanted) continue;
      talk_begin(m, k);
      pause = m->kind->scans ? 1 * MS / 4 : 5 * MS;
    }
    turn_add(m, (struct turn){t.time + pause + random_below(m, 100000), t.talk});
  }
  if (m->kind->scans) last_knock(m);
}

/* What flows must be found: counts by service and outcome. */
static bool planted_write(const struct maker *m, const char *path) {
  FILE *to = fopen(path, "w");
  if (!to) return false;
  fprintf(to, "{\"kind\":\"%s\",\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"flows\":%" PRIu64 ",\"planted\":{",
          m->kind->name, m->trace.packets, m->trace.bytes, m->flows);
  bool first = true;
  for (size_t i = 0; i < m->kind->n_scripts; i++)
    for (unsigned f = 0; f < FAULT_COUNT; f++) {
      if (!m->planted[i][f]) continue;
      const struct script *s = &m->kind->script[i];
      const char *end = s->proto == TCP ? outcome[f] : "answered";
      fprintf(to, "%s\"%s %s\":%" PRIu64, first ? "" : ",", s->service, end, m->planted[i][f]);
      first = false;
    }
  fputs("}}\n", to);
  return fclose(to) == 0;
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: generate enterprise|smallflows|elephants|scan SEED SCALE FOLDER\n");
    return 2;
  }
  const struct kind *kind = NULL;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strcmp(kinds[i].name, argv[1]) == 0) kind = &kinds[i];
  struct maker *m = calloc(1, sizeof *m);
  const double scale = atof(argv[3]);
  if (!kind || !m || scale <= 0 || scale > 100) {
    fprintf(stderr, "generate: no such kind, or a scale outside 0..100\n");
    free(m);
    return 2;
  }
  m->kind = kind;
  m->random = strtoull(argv[2], NULL, 10) * UINT64_C(0x2545f4914f6cdd1d) + kind->flows;
  for (size_t i = 0; i < BULK; i++) m->bulk[i] = (uint8_t)random_next(m);
  m->flows_wanted = kind->data ? kind->flows : (uint64_t)((double)kind->flows * scale) + 1;
  m->data = kind->data ? (uint32_t)(kind->data * scale) + 1 : 0;
  char path[4096];
  snprintf(path, sizeof path, "%s/%s.pcap", argv[4], kind->name);
  bool good = trace_open(&m->trace, path);
  if (good) {
    make(m);
    good = trace_close(&m->trace);
  }
  snprintf(path, sizeof path, "%s/%s.json", argv[4], kind->name);
  good = good && planted_write(m, path);
  if (!good) perror("generate");
  free(m);
  return good ? 0 : 1;
}
