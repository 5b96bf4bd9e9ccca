/* Every frame of shared captures a second time: the same frame, a routed one (time to live one lower), or with a VLAN
 * tag; at once, or 300 microseconds later so that copies interleave. Each packet of a copy must be marked, and each
 * packet of the capture itself exactly as without copies: no true retransmission is taken for one.
 *
 *   copies_test    reads $WW_SHARED/captures, else $WW_SOURCE/../shared/captures; exit status 77 when there are none */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/link.h"
#include "capture/packet.h"
#include "capture/source.h"
#include "util/array.h"

enum { SKIPPED = 77, MAC_PAIR = 12, TAG = 4, DELAY_NS = 300000 };

static const char *const captures[] = {
    "otrf__covenant_sharpsc_query_dcerpc_smb_svcctl_2020-08-06012009.cap",
    "otrf__covenant_dcom_executeexcel4macro_blocked_2020-09-17173147.cap",
    "otrf__schtask_create_2020-12-1907003032.pcapng",
    "otrf__empire_ninjacopy_dumping_ntds_dit_file.pcapng",
    "mercury__smb.pcap",
    "brimcap__alerts.pcap",
    "suricata-verify__rdp-protocol__RDP-003.pcap",
    "suricata-verify__dcerpc__dcerpc-ctxids__input.pcap",
    "zeek__ssh.client-side-half-duplex.pcap",
    "zeek__smb_v2_only_non_zero_reserved1.pcap",
    "zeek__pppoe-over-qinq.pcap",
    "arkime__v6.pcap",
    "zeek__ipv6-fragmented-dns.pcap",
    "zeek__Teredo.pcap",
    "zeek__gre-sample.pcap",
};

enum copy_kind { COPY_SAME, COPY_ROUTED, COPY_TAGGED, COPY_KIND_COUNT };
static const char *const kind_names[] = {[COPY_SAME] = "same", [COPY_ROUTED] = "routed", [COPY_TAGGED] = "tagged"};
_Static_assert(sizeof kind_names / sizeof *kind_names == COPY_KIND_COUNT, "a name for every kind");

/* A frame to be given to the decoder. */
struct event {
  struct frame frame;
  uint8_t *bytes;  /* owned */
  size_t original; /* index of the frame it is or repeats */
  bool is_copy;
};
struct events {
  struct event *item;
  size_t n, capacity;
};

/* What the packets of each original frame are marked: one bit a packet. */
struct marks {
  uint8_t *item;
  size_t n, capacity;
};

static void die(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

static struct event *push(struct events *e, const struct frame *f, size_t room) {
  struct event *v = ARRAY_PUSH(e->item, e->n, e->capacity);
  if (!v || !(v->bytes = malloc(f->cap_len + room))) die("out of memory");
  memcpy(v->bytes, f->data, f->cap_len);
  v->frame = *f;
  return v;
}

static void read_all(const char *path, struct events *to) {
  struct err e = {0};
  struct source *s;
  struct frame_batch batch = {0};
  if (source_open(path, &(struct source_options){0}, &s, &e) < 0) die(e.text);
  while (source_next(s, &batch, &e) > 0)
    for (size_t i = 0; i < batch.n; i++) push(to, &batch.frame[i], 0)->original = to->n - 1;
  frame_batch_release(&batch);
  source_close(s);
}

static void tag(struct event *v) {
  static const uint8_t header[TAG] = {0x81, 0x00, 0x00, 0x63};
  memmove(v->bytes + MAC_PAIR + TAG, v->bytes + MAC_PAIR, v->frame.cap_len - MAC_PAIR);
  memcpy(v->bytes + MAC_PAIR, header, TAG);
  v->frame.cap_len += TAG;
  v->frame.wire_len += TAG;
}

/* Lowers the time to live of the frame's first packet, found by where its addresses stand: what a tunnel carries is
 * not touched by a router on its way. */
static void route(struct event *v) {
  struct decoder *d = decoder_new(&(struct decoder_options){.no_dedup = true});
  struct packet packet[PACKETS_PER_FRAME_MAX];
  struct neighbour nb;
  if (!d) die("out of memory");
  v->frame.data = v->bytes;
  if (decode_frame(d, &v->frame, packet, &nb)) {
    size_t at = (size_t)(packet->src - v->bytes);
    v->bytes[packet->family == 4 ? at - 4 : at - 1]--;
  }
  decoder_free(d);
}

static int by_time(const void *a, const void *b) {
  const struct event *x = a, *y = b;
  if (x->frame.time.ns != y->frame.time.ns) return x->frame.time.ns < y->frame.time.ns ? -1 : 1;
  if (x->original != y->original) return x->original < y->original ? -1 : 1;
  return x->is_copy - y->is_copy;
}

static uint8_t marks_of(struct decoder *d, struct event *v, unsigned *n_out) {
  struct packet packet[PACKETS_PER_FRAME_MAX];
  struct neighbour nb;
  uint8_t marks = 0;
  v->frame.data = v->bytes;
  *n_out = decode_frame(d, &v->frame, packet, &nb);
  for (unsigned i = 0; i < *n_out; i++)
    if (packet[i].flags & PACKET_DUPLICATE) marks |= (uint8_t)(1u << i);
  return marks;
}

static void release(struct events *e) {
  for (size_t i = 0; i < e->n; i++) free(e->item[i].bytes);
  free(e->item);
}

/* The capture with every frame repeated, in order of time; steps back in the capture's own clock are kept. */
static void repeat(const struct events *plain, enum copy_kind kind, bool delayed, struct events *out) {
  for (size_t i = 0; i < plain->n; i++) {
    struct event *v = push(out, &plain->item[i].frame, TAG);
    v->original = i;
    v = push(out, &plain->item[i].frame, TAG);
    v->original = i;
    v->is_copy = true;
    if (delayed) v->frame.time.ns += DELAY_NS;
    if (kind == COPY_TAGGED) tag(v);
    if (kind == COPY_ROUTED) route(v);
  }
  if (delayed) qsort(out->item, out->n, sizeof *out->item, by_time);
}

static unsigned try(const char *name, const struct events *plain, const struct marks *expected, enum copy_kind kind,
                    bool delayed) {
  struct events all = {0};
  struct decoder *d = decoder_new(NULL);
  unsigned bad = 0, n;
  size_t copies = 0;
  repeat(plain, kind, delayed, &all);
  if (!d) die("out of memory");
  for (size_t i = 0; i < all.n; i++) {
    struct event *v = &all.item[i];
    uint8_t marks = marks_of(d, v, &n), want = v->is_copy ? (uint8_t)((1u << n) - 1) : expected->item[v->original];
    copies += v->is_copy ? n : 0;
    if (marks == want) continue;
    if (bad++ < 5)
      printf("%s: %s%s: %s of frame %u: marks %x, expected %x\n", name, kind_names[kind], delayed ? ", delayed" : "",
             v->is_copy ? "copy" : "original", plain->item[v->original].frame.number, marks, want);
  }
  decoder_free(d);
  release(&all);
  return bad + (copies == 0);
}

static unsigned try_capture(const char *folder, const char *name) {
  char path[4096];
  struct events plain = {0};
  struct marks expected = {0};
  unsigned bad = 0, n;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  read_all(path, &plain);
  struct decoder *d = decoder_new(NULL);
  if (!d) die("out of memory");
  qsort(plain.item, plain.n, sizeof *plain.item, by_time);
  for (size_t i = 0; i < plain.n; i++) {
    plain.item[i].original = i;
    plain.item[i].frame.data = plain.item[i].bytes;
    uint8_t *mark = ARRAY_PUSH(expected.item, expected.n, expected.capacity);
    if (!mark) die("out of memory");
    *mark = marks_of(d, &plain.item[i], &n);
  }
  decoder_free(d);
  for (int kind = 0; kind < COPY_KIND_COUNT; kind++)
    for (int delayed = 0; delayed < 2; delayed++) bad += try(name, &plain, &expected, (enum copy_kind)kind, delayed);
  printf("%s: %zu frames, %u wrong\n", name, plain.n, bad);
  release(&plain);
  free(expected.item);
  return bad;
}

int main(void) {
  char folder[4000];
  const char *shared = getenv("WW_SHARED"), *source = getenv("WW_SOURCE");
  if (shared)
    snprintf(folder, sizeof folder, "%s/captures", shared);
  else
    snprintf(folder, sizeof folder, "%s/../shared/captures", source ? source : ".");
  if (access(folder, R_OK) != 0) {
    printf("skipped: no %s; set WW_SHARED to the folder that holds captures/\n", folder);
    return SKIPPED;
  }
  unsigned bad = 0;
  for (size_t i = 0; i < sizeof captures / sizeof *captures; i++) bad += try_capture(folder, captures[i]);
  return bad != 0;
}
