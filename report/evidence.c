/* One pass over the inputs; a packet is copied into every finding that wants it, then each finding becomes a file.
 *
 * Payload is personal data and is left out unless asked for: of a decoded packet the bytes up to its payload are kept,
 * of any other the first 64. */
#include "report/evidence.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "capture/link.h"
#include "capture/pcapng_writer.h"
#include "capture/timeline.h"
#include "report/evidence_plan.h"
#include "report/phrase.h"
#include "util/array.h"
#include "util/digest.h"
#include "util/new_file.h"
#include "util/text.h"

enum { UNDECODED_MAX = 64, NAME_SIZE = 200 };

struct kept_packet {
  uint8_t *data; /* owned */
  uint32_t cap_len, wire_len, number;
  uint16_t link;
  stamp_t time;
  enum want_rank rank;
  const char *why;
};

struct kept_finding {
  struct kept_packet packet[EVIDENCE_PACKETS_MAX];
  size_t n;
  uint64_t reserved; /* places kept for packets that are cited and still to come */
};

struct collector {
  const struct result *result;
  const struct evidence_options *options;
  struct evidence_plan plan;
  struct kept_finding *finding;
  size_t n_findings;
  bool failed;
};

/* Bytes of the frame to keep. */
static uint32_t kept_length(const struct collector *c, const struct frame *f, const struct packet *p, unsigned n) {
  if (n == 0) return f->cap_len < UNDECODED_MAX ? f->cap_len : UNDECODED_MAX;
  const struct packet *inner = &p[n - 1];
  const uint8_t *at = inner->payload.at;
  /* A reassembled datagram lies in the decoder's memory, not in the frame. */
  if (!at || at < f->data || at > f->data + f->cap_len) return f->cap_len < UNDECODED_MAX ? f->cap_len : UNDECODED_MAX;
  uint64_t keep = (uint64_t)(at - f->data) + c->options->payload_max;
  return keep < f->cap_len ? (uint32_t)keep : f->cap_len;
}

/* A packet wanted twice is kept once, for the more exact reason. */
static bool kept_already(struct kept_finding *k, const struct want *w, uint32_t number) {
  struct kept_packet *last = k->n ? &k->packet[k->n - 1] : NULL;
  if (!last || last->number != number) return false;
  if (w->rank < last->rank) {
    if (last->rank == WANT_FLOW && k->reserved) k->reserved--;
    last->rank = w->rank;
    last->why = w->why;
  }
  return true;
}

/* What is kept of a frame. */
struct shape {
  const uint8_t *data;
  uint32_t cap_len, wire_len;
  uint16_t link;
};

static void keep(struct collector *c, const struct want *w, const struct frame *f, const struct shape *s) {
  struct kept_finding *k = &c->finding[w->finding];
  if (kept_already(k, w, f->packet)) return;
  if (k->n + (w->rank == WANT_FLOW ? k->reserved : 0) >= EVIDENCE_PACKETS_MAX) return;
  if (w->rank != WANT_FLOW && k->reserved) k->reserved--;
  uint8_t *data = malloc(s->cap_len ? s->cap_len : 1);
  if (!data) {
    c->failed = true;
    return;
  }
  memcpy(data, s->data, s->cap_len);
  k->packet[k->n++] = (struct kept_packet){data, s->cap_len, s->wire_len, f->packet, s->link, f->time, w->rank, w->why};
} /* cppcheck-suppress memleak ; the packet has it now */

/* Cited packets have their places before the flow's other packets take them. */
static void reserve(struct collector *c) {
  for (size_t i = 0; i < c->plan.n; i++)
    if (c->plan.want[i].first == c->plan.want[i].last || address_known(&c->plan.want[i].sender))
      c->finding[c->plan.want[i].finding].reserved++;
  for (size_t i = 0; i < c->n_findings; i++)
    for (size_t k = 0; k < c->result->finding[i].n_citations; k++) {
      const struct result_citation *cited = &c->result->finding[i].citation[k];
      if (cited->first != cited->last) c->finding[i].reserved += cited->count;
    }
}

static void take_frame(struct collector *c, struct decoder *decoder, const struct frame *f) {
  struct packet packet[PACKETS_PER_FRAME_MAX];
  struct neighbour neighbour;
  uint8_t made[ANONYMISED_FRAME_MAX];
  if (evidence_plan_move(&c->plan, f->packet, &c->failed) == 0) return;
  unsigned n = decode_frame(decoder, f, packet, &neighbour);
  struct shape s = {f->data, kept_length(c, f, packet, n), f->wire_len, f->link};
  if (c->options->anonymiser) {
    if (n == 0) return; /* nothing in it can be trusted to be harmless */
    s.cap_len = (uint32_t)anonymise_frame(c->options->anonymiser, &packet[n - 1], made, &s.wire_len);
    s.data = made;
    s.link = LINK_RAW;
  }
  for (size_t i = 0; i < c->plan.n_active; i++) {
    struct want *w = &c->plan.want[c->plan.active[i]];
    if (want_takes(w, packet, n)) keep(c, w, f, &s);
  }
}

/* Whether the inputs are still what the result was made from. */
static int check_inputs(const struct result *r, const struct timeline_facts *t, struct err *e) {
  bool same = t->n_inputs == r->inputs.n_files + r->inputs.left_out;
  for (size_t i = 0; same && i < r->inputs.n_files; i++)
    same = t->input[i].frames == r->inputs.file[i].frames && t->input[i].packet_base == r->inputs.file[i].packet_base;
  if (same) return 0;
  err_set(e, "the captures have changed since they were audited: no evidence was written");
  return -ESTALE;
}

static int collect(struct collector *c, const char *const *paths, size_t n_paths, struct err *e) {
  static const struct decoder_options decoder_options = {.no_dedup = true};
  struct timeline_options options = {.from = STAMP_NONE, .to = STAMP_NONE, .no_hash = true};
  struct timeline *timeline = NULL;
  struct frame_batch *batch = calloc(1, sizeof *batch);
  struct decoder *decoder = decoder_new(&decoder_options);
  int rc = batch && decoder ? timeline_open(paths, n_paths, &options, &timeline, e) : -ENOMEM;
  while (rc == 0 && (rc = timeline_next(timeline, batch, e)) == 1) {
    for (size_t i = 0; i < batch->n; i++) take_frame(c, decoder, &batch->frame[i]);
    rc = c->failed ? -ENOMEM : 0;
  }
  if (rc == 0) rc = check_inputs(c->result, timeline_facts(timeline), e);
  if (rc == -ENOMEM) err_set(e, "not enough memory for the evidence");
  timeline_close(timeline);
  decoder_free(decoder);
  if (batch) frame_batch_release(batch);
  free(batch);
  return rc;
}

/* The characters of text that are safe in any file system and ticket system, others as "-"; at most size - 1 of them.
 */
static void safe_text(char *to, size_t size, const char *text) {
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
  size_t n = 0;
  for (; *text && n + 1 < size; text++) to[n++] = strchr(allowed, *text) ? *text : '-';
  to[n] = '\0';
}

/* "wallwitness_CHG0041_20200806T052024Z_f5c3e2fb89648310.pcapng" */
static void file_name(char to[NAME_SIZE], const char *ticket, const char *fingerprint, stamp_t first) {
  char safe_ticket[41], safe_mark[17], utc[STAMP_TEXT_SIZE], digits[STAMP_TEXT_SIZE];
  size_t n = 0;
  safe_text(safe_ticket, sizeof safe_ticket, shown(ticket));
  safe_text(safe_mark, sizeof safe_mark, fingerprint);
  stamp_print_utc(utc, first, 0);
  for (const char *c = utc; *c && strcmp(c, " UTC") != 0; c++) {
    if (*c == ' ')
      digits[n++] = 'T';
    else if (*c >= '0' && *c <= '9')
      digits[n++] = *c;
  }
  digits[n] = '\0';
  snprintf(to, NAME_SIZE, "wallwitness%s%s_%sZ_%s.pcapng", *safe_ticket ? "_" : "", safe_ticket, digits, safe_mark);
}

/* The text as it may be shown: itself, or made anonymous. To be freed; NULL: memory is out. */
static char *showable(const struct collector *c, const char *text) {
  return c->options->anonymiser ? anonymise_text(c->options->anonymiser, text) : strdup(text);
}

static void put_packet(const struct collector *c, struct pcapng_writer *w, const struct kept_packet *k,
                       struct out *to) {
  struct out comment;
  out_init(&comment, NULL);
  phrase_packets(&comment, c->result, k->number, k->number);
  if (k->why) out_printf(&comment, ": %s", k->why);
  const char *text = out_str(&comment);
  char *shown_text = text ? showable(c, text) : NULL;
  if (!shown_text) to->failed = ENOMEM;
  pcapng_writer_packet(w, &(struct pcapng_packet){k->link, k->time, k->data, k->cap_len, k->wire_len, shown_text});
  free(shown_text);
  out_close(&comment);
}

/* Writes bytes under folder/name and adds its line to the manifest. */
static int write_bytes(const char *folder, const char *name, const struct out *bytes, struct out *manifest,
                       struct err *e) {
  struct new_file file = {0};
  char *path = NULL, sum[DIGEST_TEXT_SIZE];
  if (asprintf(&path, "%s/%s", folder, name) < 0) {
    err_set(e, "not enough memory for the evidence");
    return -ENOMEM;
  }
  int rc = new_file_open(&file, path, e);
  if (rc == 0) {
    out_bytes(&file.to, bytes->text, bytes->len);
    rc = new_file_keep(&file, e);
  }
  struct digest *digest = rc == 0 && manifest ? digest_new() : NULL;
  if (digest) {
    digest_add(digest, bytes->text, bytes->len);
    out_printf(manifest, "%s  %s\n", digest_print(sum, digest), name);
    digest_free(digest);
  } else if (rc == 0 && manifest) {
    err_set(e, "not enough memory for the evidence");
    rc = -ENOMEM;
  }
  free(path);
  return rc;
}

static int write_finding(const struct collector *c, size_t index, const char *folder, struct out *manifest,
                         struct err *e) {
  const struct result_finding *f = &c->result->finding[index];
  const struct kept_finding *k = &c->finding[index];
  struct pcapng_writer w;
  struct out bytes;
  char name[NAME_SIZE], program[64], mark[17], *title = showable(c, shown(f->title));
  out_init(&bytes, NULL);
  snprintf(program, sizeof program, "wallwitness %s", WW_VERSION);
  pcapng_writer_start(&w, &bytes, program, title);
  for (size_t i = 0; i < k->n; i++) put_packet(c, &w, &k->packet[i], &bytes);
  pcapng_writer_end(&w);
  snprintf(mark, sizeof mark, "%.16s", shown(f->fingerprint));
  if (c->options->anonymiser) anonymise_fingerprint(c->options->anonymiser, shown(f->fingerprint), mark);
  file_name(name, c->result->run.ticket, mark, k->packet[0].time);
  int rc = title && !bytes.failed ? write_bytes(folder, name, &bytes, manifest, e) : -ENOMEM;
  if (!title || bytes.failed) err_set(e, "not enough memory for the evidence");
  out_close(&bytes);
  free(title);
  return rc;
}

static int write_all(const struct collector *c, const char *folder, struct evidence_counts *counts, struct err *e) {
  struct out manifest;
  int rc = 0;
  if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
    rc = -errno;
    err_set(e, "%s: %s", folder, strerror(errno));
    return rc;
  }
  out_init(&manifest, NULL);
  for (size_t i = 0; i < c->n_findings && rc == 0; i++) {
    if (c->finding[i].n == 0) continue;
    rc = write_finding(c, i, folder, &manifest, e);
    counts->files++;
  }
  if (rc == 0 && manifest.failed) {
    err_set(e, "not enough memory for the evidence");
    rc = -ENOMEM;
  }
  if (rc == 0) rc = write_bytes(folder, "MANIFEST", &manifest, NULL, e);
  out_close(&manifest);
  return rc;
}

int evidence_write(const struct result *r, const char *const *paths, size_t n_paths, const char *folder,
                   const struct evidence_options *o, struct evidence_counts *counts_out, struct err *e) {
  static const struct evidence_options usual;
  struct evidence_counts counts = {0};
  struct collector c = {.result = r, .options = o ? o : &usual};
  c.n_findings = r->n_findings < EVIDENCE_FILES_MAX ? r->n_findings : EVIDENCE_FILES_MAX;
  counts.left_out = r->n_findings - c.n_findings;
  for (size_t i = 0; i < n_paths; i++) {
    if (strcmp(paths[i], "-") != 0) continue;
    err_set(e, "evidence needs the captures twice: standard input cannot be read again, give a file");
    return -EINVAL;
  }
  int rc = -ENOMEM;
  c.finding = array_new(c.n_findings, sizeof *c.finding);
  if (c.finding && evidence_plan_make(&c.plan, r, c.n_findings)) rc = 0;
  if (rc < 0) err_set(e, "not enough memory for the evidence");
  if (rc == 0) {
    reserve(&c);
    rc = collect(&c, paths, n_paths, e);
  }
  if (rc == 0) rc = write_all(&c, folder, &counts, e);
  for (size_t i = 0; c.finding && i < c.n_findings; i++)
    for (size_t k = 0; k < c.finding[i].n; k++) free(c.finding[i].packet[k].data);
  free(c.finding);
  evidence_plan_free(&c.plan);
  if (rc == 0) *counts_out = counts;
  return rc;
}
