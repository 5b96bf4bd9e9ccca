/* What a reader must know about the capture before he believes the report. Every counter that can make a verdict worth
 * less has a sentence here; a counter of zero says nothing. */
#include "report/phrase.h"

struct warner {
  struct grid *grid;
  const struct result *result;
  enum tone tone; /* what is being collected: warnings first, remarks second */
};

static bool begin(struct warner *w, enum tone tone, struct out *text) {
  if (tone != w->tone) return false;
  out_init(text, NULL);
  return true;
}

static void end(struct warner *w, struct out *text) {
  const char *s = out_str(text);
  if (!s)
    w->grid->failed = true;
  else if (grid_row(w->grid))
    grid_text(w->grid, w->tone, s);
  out_close(text);
}

/* "1,234 packets ..." when there are any. */
static void counted(struct warner *w, enum tone tone, uint64_t n, const char *one, const char *many) {
  struct out text;
  if (!n || !begin(w, tone, &text)) return;
  phrase_count(&text, n, one, many);
  end(w, &text);
}

static void said(struct warner *w, enum tone tone, const char *sentence) {
  struct out text;
  if (!begin(w, tone, &text)) return;
  out_text(&text, sentence);
  end(w, &text);
}

static void warn_input(struct warner *w, const struct result_input *in) {
  struct out text;
  if (!in->readable && begin(w, TONE_WARN, &text)) {
    out_printf(&text, "%s could not be read: %s", phrase_file(in->path), shown(in->error));
    end(w, &text);
  }
  if (in->damage != SOURCE_DAMAGE_NONE && begin(w, TONE_WARN, &text)) {
    out_printf(&text, "%s is damaged (%s) and was read up to there: %s", phrase_file(in->path),
               source_damage_name((enum source_damage)in->damage), shown(in->damage_text));
    end(w, &text);
  }
  if (in->same_as >= 0 && begin(w, TONE_MUTED, &text)) {
    out_printf(&text, "%s is the same file as %s and was counted once.", phrase_file(in->path),
               phrase_file(w->result->inputs.file[in->same_as].path));
    end(w, &text);
  }
}

static void warn_share(struct warner *w) {
  const struct result_quality *q = &w->result->quality;
  struct out text;
  /* 0.1 % is where loss begins to cost confidence (dictionary, section 3). */
  enum tone tone = q->lost_bytes > q->acked_bytes / 1000 ? TONE_WARN : TONE_MUTED;
  if (q->lost_bytes && begin(w, tone, &text)) {
    phrase_share(&text, q->lost_bytes, q->acked_bytes);
    out_text(&text, " of the acknowledged bytes are not in the capture: the capture lost packets.");
    end(w, &text);
  }
  tone = q->one_sided_flows > q->tcp_flows / 20 ? TONE_WARN : TONE_MUTED;
  if (q->one_sided_flows && begin(w, tone, &text)) {
    phrase_share(&text, q->one_sided_flows, q->tcp_flows);
    out_text(&text, " of the TCP connections show one direction only: the other half did not pass the capture point.");
    end(w, &text);
  }
}

static void warn_files(struct warner *w) {
  const struct result_inputs *in = &w->result->inputs;
  for (size_t i = 0; i < in->n_files; i++) warn_input(w, &in->file[i]);
  counted(w, TONE_WARN, in->dropped, "packet was lost by the capturing system, as it says itself.",
          "packets were lost by the capturing system, as it says itself.");
  counted(w, TONE_WARN, in->gaps, "gap between the files has no packets.", "gaps between the files have no packets.");
  counted(w, TONE_WARN, in->overlaps, "pair of files overlaps in time.", "pairs of files overlap in time.");
  counted(w, TONE_WARN, in->clock_steps_back, "time the clock stepped back.", "times the clock stepped back.");
  if (in->reordered) said(w, TONE_MUTED, "The files were put in the order of their packets.");
}

static void warn_left_out(struct warner *w) {
  const struct result_quality *q = &w->result->quality;
  const struct result_counts *c = &w->result->counts;
  counted(w, TONE_WARN, q->flows_refused, "packet was of a flow that did not fit in memory and was not judged.",
          "packets were of flows that did not fit in memory and were not judged.");
  counted(w, TONE_WARN, q->hosts_refused, "host did not fit in memory.", "hosts did not fit in memory.");
  counted(w, TONE_WARN, q->flows_evicted, "flow was dropped from memory.", "flows were dropped from memory.");
  counted(w, TONE_WARN, c->conversations_refused,
          "flow was of a conversation that did not fit in memory and was not judged.",
          "flows were of conversations that did not fit in memory and were not judged.");
  counted(w, TONE_WARN, q->streams_refused, "flow was named by its port only.", "flows were named by their port only.");
  counted(w, TONE_WARN, q->learned_refused, "announced endpoint did not fit.", "announced endpoints did not fit.");
  counted(w, TONE_WARN, q->names_refused, "name or text of a packet did not fit.",
          "names and texts of packets did not fit.");
  counted(w, TONE_MUTED, q->dpi_spared, "flow of an unknown protocol was not shown to nDPI, which knew none like it.",
          "flows of unknown protocols were not shown to nDPI, which knew none like them.");
  counted(w, TONE_MUTED, c->findings_left_out, "finding is only counted.", "findings are only counted.");
  counted(w, TONE_MUTED, c->conversations_left_out, "connection is only counted.", "connections are only counted.");
  counted(w, TONE_MUTED, q->filtered, "frame was left out by the filter.", "frames were left out by the filter.");
  if (q->numbers_exhausted) said(w, TONE_WARN, "More than 4,294,967,295 packets: later ones have no number.");
}

static void warn_packets(struct warner *w) {
  const struct result_quality *q = &w->result->quality;
  static const enum tone tones[DECODE_COUNT] = {
      [DECODE_LINK] = TONE_WARN,      [DECODE_NOT_IP] = TONE_MUTED,   [DECODE_TRUNCATED] = TONE_WARN,
      [DECODE_MALFORMED] = TONE_WARN, [DECODE_PROTOCOL] = TONE_MUTED, [DECODE_FRAGMENT] = TONE_WARN,
      [DECODE_OVERLAP] = TONE_WARN,   [DECODE_DEPTH] = TONE_WARN};
  for (size_t i = 0; i < q->n_decodes; i++) {
    struct out text;
    enum tone tone = i < DECODE_COUNT ? tones[i] : TONE_MUTED;
    if (!q->decode[i].frames || !begin(w, tone, &text)) continue;
    phrase_count(&text, q->decode[i].frames, "frame", "frames");
    out_printf(&text, " not followed further: %s.", shown(q->decode[i].kind));
    end(w, &text);
  }
  counted(w, TONE_MUTED, q->snap_cut, "packet has its payload cut by the capture.",
          "packets have their payload cut by the capture.");
  counted(w, TONE_MUTED, q->duplicates, "copy of a frame was counted once.", "copies of frames were counted once.");
  counted(w, TONE_MUTED, q->bad_checksums, "packet has a wrong checksum (ordinary where the network card computes it).",
          "packets have wrong checksums (ordinary where the network card computes them).");
  counted(w, TONE_MUTED, q->zero_length, "packet states no length (segmentation offload).",
          "packets state no length (segmentation offload).");
  counted(w, TONE_MUTED, q->oversize, "packet is larger than the network carries (offload).",
          "packets are larger than the network carries (offload).");
}

void phrase_warnings(struct grid *g, const struct result *r) {
  static const struct grid_column column[] = {GRID_TEXT("Remark")};
  grid_init(g, column, 1, 200);
  static const enum tone rounds[] = {TONE_WARN, TONE_MUTED};
  for (size_t i = 0; i < 2; i++) {
    struct warner w = {g, r, rounds[i]};
    for (size_t k = 0; k < r->n_warnings; k++) said(&w, TONE_WARN, shown(r->warning[k]));
    warn_share(&w);
    warn_files(&w);
    warn_left_out(&w);
    warn_packets(&w);
  }
}
