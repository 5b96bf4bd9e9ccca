/* Replacing what identifies hosts. Octet 0 chooses what the rest is: a saved result, a text, or a frame with its link
 * type (2 octets) in front. */
#include "capture/packet.h"
#include "report/anonymise.h"
#include "tests/fuzz/fuzz_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct anonymiser *make(void) {
  static const char secret[] = "sixteen octets or more";
  struct anonymiser *a = anonymiser_new(secret, sizeof secret);
  if (!a) abort();
  return a;
}

/* It must be a result still: every format writes it, and it loads again. */
static void try_result(const uint8_t *data, size_t size) {
  struct result *r = fuzz_load(data, size);
  if (!r) return;
  struct anonymiser *a = make();
  if (anonymiser_learn(a, r) < 0 || anonymise_result(a, r) < 0 || !r->run.anonymised) abort();
  fuzz_check_result(r);
  anonymiser_free(a);
  result_free(r);
}

/* The same text comes to the same, whatever was learned before from it. */
static void try_text(const uint8_t *data, size_t size) {
  char *text = strndup((const char *)data, size);
  struct anonymiser *a = make();
  char *once = text ? anonymise_text(a, text) : NULL, *twice = text ? anonymise_text(a, text) : NULL;
  if (!once || !twice || strcmp(once, twice) != 0) abort();
  free(once);
  free(twice);
  free(text);
  anonymiser_free(a);
}

/* What is made of a packet must decode to that packet with other addresses. */
static void check_packet(const struct anonymiser *a, const struct packet *p) {
  uint8_t made[ANONYMISED_FRAME_MAX];
  uint32_t wire_len = 0;
  struct packet again[PACKETS_PER_FRAME_MAX];
  struct neighbour neighbour;
  const size_t len = anonymise_frame(a, p, made, &wire_len);
  if (len == 0 || len > sizeof made || wire_len < len) abort();
  struct decoder *d = decoder_new(NULL);
  if (!d) abort();
  const struct frame f = {.time = stamp_from_ms(1),
                          .data = made,
                          .cap_len = (uint32_t)len,
                          .wire_len = wire_len,
                          .number = 1,
                          .packet = 1,
                          .link = 101};
  const unsigned n = decode_frame(d, &f, again, &neighbour);
  const bool known = p->proto == PROTO_TCP || p->proto == PROTO_UDP;
  if (known && n == 0) abort();
  if (known && (again[0].proto != p->proto || again[0].src_port != p->src_port || again[0].dst_port != p->dst_port))
    abort();
  if (n) {
    const struct address src = packet_src(p), now = packet_src(&again[0]), wanted = anonymise_address(a, &src);
    if (!address_equal(&now, &wanted)) abort();
  }
  decoder_free(d);
}

static void try_frame(const uint8_t *data, size_t size) {
  struct bytes in = bytes_of(data, size);
  struct packet packet[PACKETS_PER_FRAME_MAX];
  struct neighbour neighbour;
  uint16_t link;
  if (!bytes_be16(&in, &link)) return;
  struct decoder *d = decoder_new(NULL);
  struct anonymiser *a = make();
  if (!d) abort();
  const struct frame f = {.time = stamp_from_ms(1),
                          .data = in.at,
                          .cap_len = (uint32_t)bytes_left(&in),
                          .wire_len = (uint32_t)bytes_left(&in),
                          .number = 1,
                          .packet = 1,
                          .link = link};
  const unsigned n = decode_frame(d, &f, packet, &neighbour);
  if (n) check_packet(a, &packet[n - 1]);
  anonymiser_free(a);
  decoder_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static void (*const try_as[])(const uint8_t *data, size_t size) = {try_frame, try_text, try_result};
  if (size) try_as[data[0] % (sizeof try_as / sizeof *try_as)](data + 1, size - 1);
  return 0;
}
