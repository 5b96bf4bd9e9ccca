/* Nothing of the original is left: addresses in fields and in texts, names, link-layer addresses, files. */
#include "report/anonymise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/packet.h"
#include "random_result.h"
#include "report/writer.h"
#include "util/address.h"

static const char secret[] = "0123456789abcdef secret of the tests";
static struct anonymiser *a, *other;

static int setup(void **state) {
  (void)state;
  a = anonymiser_new(secret, sizeof secret);
  other = anonymiser_new("another secret, another world", 29);
  return !a || !other;
}

static int teardown(void **state) {
  (void)state;
  anonymiser_free(a);
  anonymiser_free(other);
  return 0;
}

static unsigned common_bits(const struct address *x, const struct address *y) {
  unsigned n = 0, bits = x->family == 6 ? 128 : 32;
  while (n < bits && !((x->octet[n / 8] ^ y->octet[n / 8]) & (0x80 >> n % 8))) n++;
  return n;
}

static struct address random_host(unsigned *seed, uint8_t family) {
  for (;;) {
    uint8_t octet[16];
    for (size_t i = 0; i < 16; i++) octet[i] = (uint8_t)rand_r(seed);
    struct address x = address_make(family, octet);
    if (!address_is_multicast(&x) && !address_is_special(&x)) return x;
  }
}

/* Two addresses share as many leading bits afterwards as before: so no two become one, and prefixes stay. Only blocks
 * that had to be moved out of a special range (127/8, 0/8, 169.254/16) stand elsewhere as a whole. */
static void test_prefixes(void **state) {
  (void)state;
  unsigned seed = test_seed(21), changed = 0, moved = 0;
  for (unsigned round = 0; round < 400; round++) {
    uint8_t family = round % 2 ? 6 : 4;
    struct address x = random_host(&seed, family), y = x;
    unsigned bit = (unsigned)rand_r(&seed) % (family == 6 ? 128 : 32);
    y.octet[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    if (address_is_multicast(&y) || address_is_special(&y)) continue;
    struct address p = anonymise_address(a, &x), q = anonymise_address(a, &y), r = anonymise_address(other, &x);
    bool whole = common_bits(&p, &q) == common_bits(&x, &y);
    if (common_bits(&x, &y) >= 16) assert_true(whole);
    assert_false(address_equal(&p, &q));
    moved += !whole;
    assert_false(address_is_multicast(&p) || address_is_special(&p));
    changed += !address_equal(&p, &x);
    assert_false(address_equal(&p, &r) && family == 6);
  }
  assert_true(changed > 350);
  assert_true(moved < 20);
}

/* Under any key some ordinary network stands where link-local addresses are until it is moved on, which once took for
 * ever. No two networks become one. */
static void test_link_local_is_left(void **state) {
  (void)state;
  static bool taken[1 << 16];
  alarm(20);
  for (uint32_t network = 0x8000; network <= 0xbfff; network++) {
    if (network == 0xa9fe) continue;
    struct address x = address_from_v4(network << 16 | 0x0101), y = anonymise_address(a, &x);
    size_t at = (size_t)(y.octet[0] << 8 | y.octet[1]);
    assert_false(address_is_special(&y) || address_is_multicast(&y) || taken[at]);
    taken[at] = true;
  }
  for (unsigned i = 0; i < 256; i++) {
    if ((i & 0xc0) == 0x80) continue;
    struct address x = address_make(6, (const uint8_t[16]){0xfe, (uint8_t)i, [15] = 1}), y = anonymise_address(a, &x);
    assert_false(address_is_special(&y) || address_is_multicast(&y) || y.octet[0] != 0xfe);
  }
  alarm(0);
}

static void test_kinds(void **state) {
  (void)state;
  static const char *const same[] = {"224.0.0.251", "255.255.255.255", "127.0.0.1", "0.0.0.0", "ff02::fb", "::1", "::"};
  for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
    struct address x, y;
    assert_true(address_parse(same[i], strlen(same[i]), &x));
    y = anonymise_address(a, &x);
    assert_true(address_equal(&x, &y));
  }
  static const char *const local[] = {"169.254.10.20", "fe80::20c:29ff:feaa:bbcc", "ff02::1:ffaa:bbcc"};
  for (size_t i = 0; i < sizeof local / sizeof *local; i++) {
    struct address x, y;
    assert_true(address_parse(local[i], strlen(local[i]), &x));
    y = anonymise_address(a, &x);
    assert_false(address_equal(&x, &y));
    assert_true(common_bits(&x, &y) >= 16);
    assert_int_equal(address_is_multicast(&x), address_is_multicast(&y));
  }
}

/* A result about one host of a given name. */
static struct result *named(const char *name, const char *path) {
  struct result *r = calloc(1, sizeof *r);
  r->host = calloc(1, sizeof *r->host);
  r->n_hosts = 1;
  r->host[0] = (struct result_host){address_from_v4(0x0a000001), text_in(r, name), text_in(r, "dns")};
  r->inputs.file = calloc(1, sizeof *r->inputs.file);
  r->inputs.n_files = 1;
  r->inputs.file[0].path = text_in(r, path);
  r->inputs.file[0].same_as = -1;
  r->quality.first = r->quality.last = STAMP_NONE;
  return r;
}

static void test_texts(void **state) {
  (void)state;
  static const struct {
    const char *text, *gone;
  } cases[] = {
      {"from 10.0.0.1 to 10.0.0.2.", "10.0.0.1"},
      {"(10.0.0.2)", "10.0.0.2"},
      {"10.0.0.2:445", "10.0.0.2"},
      {"ip.addr == 10.0.0.2 && tcp.port == 445", "10.0.0.2"},
      {"10.0.0.0-10.0.0.255", "10.0.0.255"},
      {"v10.0.0.2", "10.0.0.2"},
      {"ab10.0.0.2x", "10.0.0.2"},
      {"10.0.0.2-old", "10.0.0.2"},
      {"[fe80::1]:445 and 2001:db8::5.", "2001:db8::5"},
      {"ff02::1:ffaa:bbcc", "ffaa:bbcc"},
      {"eth.addr == 00:0c:29:AA:bb:cc", "29:aa:bb"},
      {"00-0C-29-AA-BB-CC", "29-aa-bb"},
      {"\\\\WORKSTATION6\\ADMIN$", "workstation6"},
      {"workstation6.theshire.local is silent", "workstation6"},
      {"domain THESHIRE.LOCAL", "theshire"},
      {"xWORKSTATION6x", "workstation6"},
      {"old-WORKSTATION6", "workstation6"},
      {"packet 4 of /home/jan/push.pcap", "jan"},
      {"packet 4 of push.pcap", "push.pcap"},
  };
  static const char *const kept[] = {"5 SYNs over 15.0 s, no packet back",
                                     "05:20:24.595",
                                     "TCP 50115",
                                     "version 3.1.1",
                                     "2020-08-06 05:20:24.595 UTC",
                                     "tcp.port == 445 || frame.number == 44",
                                     "a::b"};
  struct result *r = named("WORKSTATION6.theshire.local", "/home/jan/push.pcap");
  assert_int_equal(anonymiser_learn(a, r), 0);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *text = anonymise_text(a, cases[i].text);
    if (strcasestr(text, cases[i].gone)) fail_msg("%s -> %s", cases[i].text, text);
    free(text);
  }
  for (size_t i = 0; i + 1 < sizeof kept / sizeof *kept; i++) {
    char *text = anonymise_text(a, kept[i]);
    assert_string_equal(text, kept[i]);
    free(text);
  }
  result_free(r);
}

struct seen {
  char **text;
  size_t n;
};
static int see_address(void *ctx, struct address *x) {
  struct seen *s = ctx;
  char printed[ADDRESS_TEXT_SIZE];
  if (address_is_multicast(x) || address_is_special(x)) return 0;
  s->text = realloc(s->text, (s->n + 1) * sizeof *s->text);
  s->text[s->n++] = strdup(address_print(printed, x));
  return 0;
}
static int see_text(void *ctx, char **text) {
  (void)ctx, (void)text;
  return 0;
}

/* Random results whose texts name a host, a file and addresses: no format shows any of it, nor any address of a field.
 */
static void test_results(void **state) {
  (void)state;
  static const char *const texts[] = {"host FILESRV-01.corp.example at 10.9.8.7",
                                      "00:50:56:12:34:56 asked",
                                      "plain words",
                                      "ip.addr == 192.0.2.33",
                                      "fd00:1234::77",
                                      "FILESRV-01"};
  static const char *const gone[] = {"filesrv",    "corp.example", "10.9.8.7", "50:56:12",
                                     "192.0.2.33", "fd00:1234",    secret};
  unsigned seed = test_seed(31);
  for (unsigned round = 0; round < 15; round++) {
    struct random_options o = {seed + round, 4, texts, sizeof texts / sizeof *texts, 0, 0};
    struct result *r = random_result(&o);
    struct anonymiser *mine = anonymiser_new(secret, sizeof secret);
    struct seen seen = {0};
    const struct record_visitor visitor = {see_text, see_address, &seen};
    struct result *names = named("FILESRV-01.corp.example", "unused.pcap");
    record_walk(&result_record, r, &visitor);
    assert_int_equal(anonymiser_learn(mine, names), 0);
    assert_int_equal(anonymiser_learn(mine, r), 0);
    assert_int_equal(anonymise_result(mine, r), 0);
    assert_true(r->run.anonymised);
    for (const struct report_format *f = report_formats(); f->name; f++) {
      char *text = render(r, f->name);
      for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        if (strcasestr(text, gone[i])) fail_msg("%s: %s is left", f->name, gone[i]);
      for (size_t i = 0; i < seen.n; i++)
        if (strstr(text, seen.text[i])) fail_msg("%s: %s is left", f->name, seen.text[i]);
      free(text);
    }
    for (size_t i = 0; i < seen.n; i++) free(seen.text[i]);
    free(seen.text);
    anonymiser_free(mine);
    result_free(names);
    result_free(r);
  }
}

/* RFC 1071, by the book: the sum over everything, the checksum included, is all ones. */
static uint16_t sum16(const uint8_t *bytes, size_t len, uint32_t sum) {
  for (size_t i = 0; i < len; i++) sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)sum;
}

static uint32_t pseudo_sum(const uint8_t *ip, uint32_t transport_len) {
  bool six = ip[0] >> 4 == 6;
  return sum16(ip + (six ? 8 : 12), six ? 32 : 8, 0) + (uint32_t)(six ? ip[6] : ip[9]) + transport_len;
}

static void test_frames(void **state) {
  (void)state;
  unsigned seed = test_seed(41);
  for (unsigned round = 0; round < 300; round++) {
    static const uint8_t protos[2][3] = {{PROTO_TCP, PROTO_UDP, PROTO_ICMP}, {PROTO_TCP, PROTO_UDP, PROTO_ICMPV6}};
    uint8_t frame[ANONYMISED_FRAME_MAX];
    uint32_t wire_len;
    struct address src = random_host(&seed, round % 2 ? 6 : 4), dst = random_host(&seed, src.family);
    struct packet p = {.src = src.octet,
                       .dst = dst.octet,
                       .family = src.family,
                       .proto = protos[round % 2][round % 3],
                       .ttl = 64,
                       .src_port = (uint16_t)rand_r(&seed),
                       .dst_port = 445,
                       .seq = (uint32_t)rand_r(&seed),
                       .tcp_flags = TCP_SYN,
                       .window = 1024,
                       .payload_len = (uint32_t)rand_r(&seed) % 1400,
                       .ip_id = 7,
                       .icmp_type = 3,
                       .icmp_code = 13};
    if (p.proto == PROTO_ICMP || p.proto == PROTO_ICMPV6) {
      p.flags = PACKET_QUOTE;
      p.quote = (struct packet_quote){
          .src = dst.octet, .dst = src.octet, .proto = PROTO_TCP, .depth = 2, .src_port = 1, .dst_port = 2};
    }
    size_t len = anonymise_frame(a, &p, frame, &wire_len), ip = src.family == 6 ? 40 : 20;
    assert_true(len > ip && len <= sizeof frame && wire_len >= len);
    struct address now = address_make(src.family, frame + (src.family == 6 ? 8 : 12)),
                   expected = anonymise_address(a, &src);
    assert_true(address_equal(&now, &expected));
    assert_null(memmem(frame, len, src.octet, src.family == 6 ? 16 : 4));
    if (src.family == 4) assert_int_equal(sum16(frame, 20, 0), 0xffff);
    uint32_t pseudo = p.proto == PROTO_ICMP ? 0 : pseudo_sum(frame, wire_len - (uint32_t)ip);
    assert_int_equal(sum16(frame + ip, len - ip, pseudo), 0xffff);
  }
}

static void test_key_file(void **state) {
  (void)state;
  struct anonymiser *loaded = NULL;
  struct err e;
  char path[] = "/tmp/ww-key-XXXXXX";
  FILE *f = fdopen(mkstemp(path), "wb");
  fputs("too short", f);
  fclose(f);
  assert_true(anonymiser_load(path, &loaded, &e) < 0);
  assert_non_null(strstr(e.text, "at least 16 bytes"));
  f = fopen(path, "wb");
  fwrite(secret, 1, sizeof secret, f);
  fclose(f);
  assert_int_equal(anonymiser_load(path, &loaded, &e), 0);
  struct address x = address_from_v4(0x0a010203), y = anonymise_address(a, &x), z = anonymise_address(loaded, &x);
  assert_true(address_equal(&y, &z));
  anonymiser_free(loaded);
  assert_int_equal(remove(path), 0);
  assert_true(anonymiser_load("/nonexistent/key", &loaded, &e) < 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_prefixes), cmocka_unit_test(test_link_local_is_left),
      cmocka_unit_test(test_kinds),    cmocka_unit_test(test_texts),
      cmocka_unit_test(test_results),  cmocka_unit_test(test_frames),
      cmocka_unit_test(test_key_file),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
