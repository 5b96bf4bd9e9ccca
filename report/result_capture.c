/* What the capture can and cannot show, and the files it came in. */
#include "capture/link.h"
#include "report/result_make.h"

static void make_quality(struct maker *m) {
  const struct capture_facts *c = traffic_capture(m->audit->traffic);
  const struct timeline_facts *t = c->timeline;
  struct result_quality *q = &m->result->quality;
  *q = (struct result_quality){.frames = t->frames,
                               .bytes = t->bytes,
                               .filtered = t->filtered,
                               .packets = c->packets,
                               .flows = c->flows,
                               .hosts = c->hosts,
                               .first = t->first,
                               .last = t->last,
                               .lost_bytes = c->lost_bytes,
                               .acked_bytes = c->acked_bytes,
                               .one_sided_flows = c->one_sided_flows,
                               .tcp_flows = c->tcp_flows,
                               .duplicates = c->duplicates,
                               .snap_cut = c->snap_cut,
                               .bad_checksums = c->bad_checksums,
                               .zero_length = c->zero_length,
                               .oversize = c->oversize,
                               .flows_refused = c->flows_refused,
                               .hosts_refused = c->hosts_refused,
                               .flows_evicted = c->flows_evicted,
                               .streams_refused = c->app.streams_refused,
                               .learned_refused = c->app.learned_refused,
                               .names_refused = c->app.names_refused,
                               .dpi_spared = c->app.dpi_spared,
                               .numbers_exhausted = t->numbers_exhausted};
  q->decode = maker_list(m, DECODE_COUNT, sizeof *q->decode, &q->n_decodes);
  for (size_t i = 0; i < q->n_decodes; i++)
    q->decode[i] = (struct result_decode){maker_text(m, decode_count_name((enum decode_count)i)), c->decode[i]};
}

static void make_iface(struct maker *m, const struct source_iface *from, struct result_iface *to) {
  const char *link = link_name(from->link);
  *to = (struct result_iface){.name = maker_short_text(m, from->name),
                              .description = maker_short_text(m, from->description),
                              .link = link ? maker_text(m, link) : maker_printf(m, "link type %u", from->link),
                              .snap_len = from->snap_len,
                              .frames = from->frames,
                              .received = from->received,
                              .dropped = from->dropped};
}

static size_t capped(size_t n, size_t most) { return n < most ? n : most; }

/* What the file says about itself; needs a readable file. */
static void make_source(struct maker *m, const struct source_info *info, struct result_input *to) {
  to->format = maker_text(m, info->format);
  to->compression = maker_text(m, info->compression);
  to->bytes = info->bytes_read;
  to->damage = (int)info->damage;
  if (info->damage != SOURCE_DAMAGE_NONE) to->damage_text = maker_text(m, info->damage_text.text);
  to->skipped_blocks = info->skipped_blocks;
  to->odd_frames = info->odd_frames;
  to->iface = maker_list(m, capped(info->n_ifaces, RESULT_IFACES_MAX), sizeof *to->iface, &to->n_ifaces);
  for (size_t i = 0; i < to->n_ifaces; i++) make_iface(m, &info->iface[i], &to->iface[i]);
  to->comments_total = info->n_comments;
  to->comment = maker_list(m, capped(info->n_comments, RESULT_COMMENTS_MAX), sizeof *to->comment, &to->n_comments);
  for (size_t i = 0; i < to->n_comments; i++)
    to->comment[i] = (struct result_comment){info->comment[i].frame, maker_short_text(m, info->comment[i].text)};
}

static void make_input(struct maker *m, const struct input_facts *from, struct result_input *to) {
  to->path = maker_text(m, from->path);
  to->readable = from->readable;
  to->error = from->readable ? NULL : maker_text(m, from->error.text);
  to->same_as = from->same_as == SIZE_MAX ? -1 : (int32_t)from->same_as;
  to->sha256 = from->sha256[0] ? maker_text(m, from->sha256) : NULL;
  to->packet_base = from->packet_base;
  to->frames = from->frames;
  to->first = from->first;
  to->last = from->last;
  if (from->info) make_source(m, from->info, to);
}

static void make_inputs(struct maker *m) {
  const struct timeline_facts *t = traffic_capture(m->audit->traffic)->timeline;
  struct result_inputs *in = &m->result->inputs;
  size_t kept = capped(t->n_inputs, RESULT_INPUTS_MAX);
  in->file = maker_list(m, kept, sizeof *in->file, &in->n_files);
  for (size_t i = 0; i < in->n_files; i++) make_input(m, &t->input[i], &in->file[i]);
  in->left_out = t->n_inputs - kept;
  in->reordered = t->reordered;
  in->drops_known = t->drops_known;
  in->dropped = t->dropped;
  in->clock_steps_back = t->clock_steps_back;
  in->gaps = t->gaps;
  in->overlaps = t->overlaps;
  in->longest_gap = t->longest_gap;
  in->gap = maker_list(m, t->n_gap_at, sizeof *in->gap, &in->n_gap);
  for (size_t i = 0; i < in->n_gap; i++) in->gap[i].after = t->gap_at[i];
}

void make_capture(struct maker *m) {
  make_quality(m);
  make_inputs(m);
}
