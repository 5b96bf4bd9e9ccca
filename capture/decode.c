/* One frame in, its packets out: the entry to the decoders, their counters and names. */
#include <stdio.h>
#include <stdlib.h>

#include "capture/decode_internal.h"
#include "util/hash.h"

static const char *const count_names[] = {
    [DECODE_LINK] = "unsupported link type",       [DECODE_NOT_IP] = "not IP",
    [DECODE_TRUNCATED] = "cut by the snap length", [DECODE_MALFORMED] = "malformed header",
    [DECODE_PROTOCOL] = "other IP protocol",       [DECODE_FRAGMENT] = "incomplete fragments",
    [DECODE_OVERLAP] = "overlapping fragments",    [DECODE_DEPTH] = "nested too deep",
};
_Static_assert(sizeof count_names / sizeof *count_names == DECODE_COUNT, "a name for every counter");

const char *decode_count_name(enum decode_count c) { return count_names[c]; }

static const struct {
  const char *name;
  bool has_value;
} encap_names[] = {
    [ENCAP_NONE] = {"none", false},    [ENCAP_VLAN] = {"vlan", true},        [ENCAP_MPLS] = {"mpls", true},
    [ENCAP_PPPOE] = {"pppoe", true},   [ENCAP_PPP] = {"ppp", false},         [ENCAP_GRE] = {"gre", true},
    [ENCAP_ERSPAN] = {"erspan", true}, [ENCAP_VXLAN] = {"vxlan", true},      [ENCAP_GENEVE] = {"geneve", true},
    [ENCAP_IPIP] = {"ipip", false},    [ENCAP_6IN4] = {"6in4", false},       [ENCAP_TEREDO] = {"teredo", false},
    [ENCAP_GTPU] = {"gtp-u", true},    [ENCAP_PBB] = {"802.1ah", true},      [ENCAP_WLAN] = {"802.11", false},
    [ENCAP_L2TP] = {"l2tp", true},     [ENCAP_ETHERIP] = {"etherip", false}, [ENCAP_CAPWAP] = {"capwap", false},
};
_Static_assert(sizeof encap_names / sizeof *encap_names == ENCAP_KIND_COUNT, "a name for every encapsulation");

char *encap_print(char to[ENCAP_TEXT_SIZE], struct encap e) {
  const char *name = e.kind < ENCAP_KIND_COUNT ? encap_names[e.kind].name : "?";
  bool plain = e.kind >= ENCAP_KIND_COUNT || !encap_names[e.kind].has_value;
  if (plain || (e.kind == ENCAP_GRE && e.value == 0))
    snprintf(to, ENCAP_TEXT_SIZE, "%s", name);
  else
    snprintf(to, ENCAP_TEXT_SIZE, "%s %u", name, e.value);
  return to;
}

struct decoder *decoder_new(const struct decoder_options *options) {
  struct decoder *d = calloc(1, sizeof *d);
  if (!d) return NULL;
  bool dedup = !options || !options->no_dedup;
  d->defrag = defrag_new();
  if (dedup) d->dedup = dedup_new();
  if (d->defrag && (d->dedup || !dedup)) return d;
  decoder_free(d);
  return NULL;
}

void decoder_free(struct decoder *d) {
  if (!d) return;
  dedup_free(d->dedup);
  defrag_free(d->defrag);
  free(d);
}

const uint64_t *decoder_counts(const struct decoder *d) { return d->count; }

bool walk_push(struct walk *w, enum encap_kind kind, uint32_t value) {
  if (w->n_encap == PACKET_ENCAP_MAX) {
    walk_count(w, DECODE_DEPTH);
    return false;
  }
  w->encap[w->n_encap++] = (struct encap){.kind = (uint8_t)kind, .value = value};
  return true;
}

const uint8_t *walk_header_8(struct walk *w, struct bytes *b, size_t least, uint8_t scratch[HEADER_8]) {
  const uint8_t *p = bytes_get(b, HEADER_8);
  if (p) return p;
  size_t left = bytes_left(b);
  if (left < least || w->missing < HEADER_8 - left) {
    walk_short(w);
    return NULL;
  }
  memset(scratch, 0, HEADER_8);
  memcpy(scratch, bytes_get(b, left), left);
  w->missing -= (uint32_t)(HEADER_8 - left);
  return scratch;
}

uint16_t link_address_hash(const uint8_t address[6]) {
  uint32_t first;
  uint16_t last;
  memcpy(&first, address, sizeof first);
  memcpy(&last, address + sizeof first, sizeof last);
  const uint16_t h = (uint16_t)hash_mix(((uint64_t)last << 32 | first) ^ 0x9e3779b97f4a7c15u, 0xe7037ed1a0b428dbu);
  return h ? h : 1;
}

void walk_emit(struct walk *w, struct bytes b, uint32_t payload_len) {
  struct packet *packet = walk_packet(w);
  packet->time = w->frame->time;
  packet->number = w->frame->packet;
  packet->src_mac = w->src_mac ? link_address_hash(w->src_mac) : 0;
  if (payload_len && bytes_left(&b)) packet->flags |= PACKET_PAYLOAD;
  packet->payload = b;
  packet->payload_len = payload_len;
  packet->n_encap = w->n_encap;
  if (w->n_encap) packet->flags |= PACKET_WRAPPED;
  for (unsigned i = 0; i < w->n_encap; i++) packet->encap[i] = w->encap[i];
  w->n++;
}

bool decoder_is_borrowed(const struct decoder *d) { return d->borrowed; }

unsigned decode_walk(struct decoder *d, const struct frame *f, struct packet *out, struct neighbour *neighbour_out) {
  neighbour_out->family = 0;
  walk_layer *layer = link_layer(f->link);
  if (!layer) {
    d->count[DECODE_LINK]++;
    return 0;
  }
  struct walk w;
  w.d = d;
  w.frame = f;
  w.out = out;
  w.neighbour = neighbour_out;
  w.src_mac = NULL;
  w.missing = f->wire_len > f->cap_len ? f->wire_len - f->cap_len : 0;
  w.flags = 0;
  w.n = w.n_encap = w.n_types = 0;
  w.fragmented = w.first_piece = w.bounded = false;
  d->borrowed = false;
  layer(&w, bytes_of(f->data, f->cap_len));
  if (w.fragmented) {
    d->count[DECODE_FRAGMENT] = d->cut_fragments + defrag_lost(d->defrag);
    d->count[DECODE_OVERLAP] = defrag_overlaps(d->defrag);
    defrag_settle(d->defrag);
  }
  return w.n;
}

unsigned decode_frame_unmarked(struct decoder *d, const struct frame *f, struct packet out[PACKETS_PER_FRAME_MAX],
                               struct neighbour *neighbour_out) {
  if (!decode_plain(f, out)) return decode_walk(d, f, out, neighbour_out);
  neighbour_out->family = 0;
  d->borrowed = false;
  return 1;
}

/* On every packet of a frame: a copy may carry its own tunnel around it or not. */
void decode_mark_copies(struct decoder *d, struct packet *p, unsigned n) {
  if (d->dedup) dedup_mark(d->dedup, p, n);
}

unsigned decode_frame(struct decoder *d, const struct frame *f, struct packet out[PACKETS_PER_FRAME_MAX],
                      struct neighbour *neighbour_out) {
  const unsigned n = decode_frame_unmarked(d, f, out, neighbour_out);
  decode_mark_copies(d, out, n);
  return n;
}
