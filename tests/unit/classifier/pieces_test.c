/* The same conversation whole and cut into pieces: what is known of it in the end is the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/classifier/app_talk.h"
#include "tests/unit/classifier/pdus.h"

static const char http_request[] =
    "GET /sms_mp/.sms_aut?mplist HTTP/1.1\r\nHost: mp1.corp\r\nUser-Agent: ccmsetup\r\n\r\n";
static const char http_answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
static const char http_long[] =
    "GET /client/package/of/a/long/name/that/nobody/would/type/by/hand/0123456789/0123456789/0123456789/0123456789/"
    "0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789 "
    "HTTP/1.0\r\nHost: dp1\r\n\r\n";
static const char ssh_banner[] = "SSH-2.0-OpenSSH_9.2\r\n";

enum { TURNS_MAX = 4 };
static const struct conversation {
  const char *name;
  uint16_t port;
  struct {
    int from;
    const void *bytes;
    size_t len;
  } turn[TURNS_MAX];
} conversations[] = {
    {"mapper",
     135,
     {{0, pdu_bind, sizeof pdu_bind},
      {1, pdu_bind_ack, sizeof pdu_bind_ack},
      {0, pdu_map_request_wide, sizeof pdu_map_request_wide},
      {1, pdu_map_answer_wide, sizeof pdu_map_answer_wide}}},
    {"rpc elsewhere", 51234, {{0, pdu_bind, sizeof pdu_bind}, {1, pdu_bind_ack, sizeof pdu_bind_ack}}},
    {"rpc, the answer first", 51234, {{1, pdu_bind_ack, sizeof pdu_bind_ack}}},
    {"smb", 445, {{1, pdu_smb2_negotiate, sizeof pdu_smb2_negotiate}, {0, pdu_smb2_tree, sizeof pdu_smb2_tree}}},
    {"smb elsewhere", 4445, {{0, pdu_smb2_tree, sizeof pdu_smb2_tree}}},
    {"tls", 443, {{0, pdu_client_hello, sizeof pdu_client_hello}}},
    {"tls elsewhere", 10123, {{0, pdu_client_hello, sizeof pdu_client_hello}}},
    {"http", 80, {{0, http_request, sizeof http_request - 1}, {1, http_answer, sizeof http_answer - 1}}},
    {"http, the answer only", 8530, {{1, http_answer, sizeof http_answer - 1}}},
    {"http, a long line", 8080, {{0, http_long, sizeof http_long - 1}}},
    {"rdp", 3390, {{0, pdu_rdp_request, sizeof pdu_rdp_request}}},
    {"ssh elsewhere", 443, {{1, ssh_banner, sizeof ssh_banner - 1}, {0, ssh_banner, sizeof ssh_banner - 1}}},
};

struct piece {
  size_t at, len;
};
enum { PIECES_MAX = 2048 };

/* Cuts len octets into pieces of size octets, or of 1 to 7 when size is 0. */
static size_t cut(size_t len, size_t size, struct piece piece[PIECES_MAX]) {
  size_t n = 0;
  for (size_t at = 0; at < len; n++) {
    size_t take = size ? size : 1 + (size_t)rand() % 7;
    if (take > len - at) take = len - at;
    assert_true(n < PIECES_MAX);
    piece[n] = (struct piece){at, take};
    at += take;
  }
  return n;
}

/* Changes the order among neighbours, few at a time: a stream holds a few segments back, not any number. */
static void shuffle(struct piece *piece, size_t n) {
  enum { TOGETHER = 5 };
  for (size_t from = 0; from < n; from += TOGETHER)
    for (size_t i = 1; i < TOGETHER && from + i < n; i++) {
      size_t j = (size_t)rand() % (i + 1);
      struct piece kept = piece[from + i];
      piece[from + i] = piece[from + j];
      piece[from + j] = kept;
    }
}

struct way {
  const char *name;
  size_t size; /* of the pieces; 0 = random */
  bool shuffled;
};

static void say_cut(struct talk *t, int from, const uint8_t *bytes, size_t len, const struct way *way) {
  static struct piece piece[PIECES_MAX];
  size_t n = cut(len, way->size, piece);
  uint32_t base = t->seq[from];
  if (way->shuffled) shuffle(piece, n);
  for (size_t i = 0; i < n; i++) {
    t->seq[from] = base + (uint32_t)piece[i].at;
    say(t, from, bytes + piece[i].at, piece[i].len);
  }
  t->seq[from] = base + (uint32_t)len;
}

static struct talk held(struct app *a, const struct conversation *c, const struct way *way) {
  struct talk t = talk_make(a, 1, 50000, 2, c->port);
  syn(&t);
  for (int i = 0; i < TURNS_MAX && c->turn[i].bytes; i++) {
    if (way)
      say_cut(&t, c->turn[i].from, c->turn[i].bytes, c->turn[i].len, way);
    else
      say(&t, c->turn[i].from, c->turn[i].bytes, c->turn[i].len);
  }
  app_close(a, &t.slot);
  return t;
}

static const char *text(const char *s) { return s ? s : "(nothing)"; }

static void compare(struct app *a, const struct conversation *c, const struct way *way) {
  struct talk whole = held(a, c, NULL), pieces = held(a, c, way);
  const struct app_view v = view(&whole), w = view(&pieces);
  if (v.service != w.service || v.service_by != w.service_by || strcmp(text(v.detail), text(w.detail)) != 0)
    fail_msg("%s, %s: whole %s by %s (%s), in pieces %s by %s (%s)", c->name, way->name, service_name(v.service),
             service_by_name(v.service_by), text(v.detail), service_name(w.service), service_by_name(w.service_by),
             text(w.detail));
  size_t accepted[2] = {0};
  for (size_t i = 0; i < v.n_rpc; i++) accepted[0] += v.rpc[i].accepted;
  for (size_t i = 0; i < w.n_rpc; i++) accepted[1] += w.rpc[i].accepted;
  if (v.n_rpc != w.n_rpc || v.n_learned != w.n_learned || v.n_trees != w.n_trees || accepted[0] != accepted[1] ||
      v.unrecognised != w.unrecognised)
    fail_msg("%s, %s: whole %zu interfaces (%zu accepted), %zu endpoints, %zu shares; in pieces %zu (%zu), %zu, %zu",
             c->name, way->name, v.n_rpc, accepted[0], v.n_learned, v.n_trees, w.n_rpc, accepted[1], w.n_learned,
             w.n_trees);
  assert_int_equal(app_counts(a)->state_bytes, 0);
}

static void pieces_tell_as_much_as_the_whole(void **state) {
  (void)state;
  static const struct way ways[] = {
      {.name = "1 octet", .size = 1},
      {.name = "2 octets", .size = 2},
      {.name = "3 octets", .size = 3},
      {.name = "7 octets", .size = 7},
      {.name = "15 octets", .size = 15},
      {.name = "1 to 7 octets"},
      {.name = "1 octet, disorder", .size = 1, .shuffled = true},
      {.name = "1 to 7 octets, disorder", .shuffled = true},
      {.name = "15 octets, disorder", .size = 15, .shuffled = true},
  };
  const char *given = getenv("WW_SEED");
  unsigned seed = given ? (unsigned)strtoul(given, NULL, 0) : 20261125;
  print_message("WW_SEED=%u\n", seed);
  srand(seed);
  struct app *a = app_new(NULL);
  for (size_t i = 0; i < sizeof conversations / sizeof *conversations; i++)
    for (size_t k = 0; k < sizeof ways / sizeof *ways; k++)
      for (int round = 0; round < (ways[k].shuffled ? 20 : 1); round++) compare(a, &conversations[i], &ways[k]);
  app_free(a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_tell_as_much_as_the_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
