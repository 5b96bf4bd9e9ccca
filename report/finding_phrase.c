#include "report/finding_phrase.h"

#include <string.h>

#include "report/section_internal.h"

enum { HOSTS_SHOWN = 12 };

static const char label_filter[] = "Wireshark filter", label_command[] = "Command";

static void line(struct grid *g, const char *label, enum tone tone, const char *text) {
  if (!text || !*text || !grid_row(g)) return;
  grid_text(g, TONE_PLAIN, label);
  grid_text(g, tone, text);
}

static void line_phrase(struct grid *g, const char *label, struct out *o) {
  if (!grid_row(g)) {
    out_close(o);
    return;
  }
  grid_text(g, TONE_PLAIN, label);
  grid_phrase(g, TONE_PLAIN, o);
}

static void put_side(struct out *o, const struct result *r, const char *role, const struct address *list, size_t n,
                     uint64_t total) {
  phrase_hosts(o, r, list, n, total, HOSTS_SHOWN);
  if (role) out_printf(o, ", %s", phrase_role(r, role));
}

static void lines_hosts(struct grid *g, const struct result *r, const struct result_finding *f) {
  struct out o;
  out_init(&o, NULL);
  put_side(&o, r, f->from, f->clients, f->n_clients, f->clients_total);
  line_phrase(g, "From", &o);
  out_init(&o, NULL);
  put_side(&o, r, f->to, f->servers, f->n_servers, f->servers_total);
  out_text(&o, ", ");
  phrase_endpoint(&o, f->proto, f->port);
  if (f->service && strcmp(f->service, "unknown") != 0) out_printf(&o, " (%s)", f->service);
  line_phrase(g, "To", &o);
}

static void line_rule(struct grid *g, const struct result *r, const struct result_finding *f) {
  const struct result_rule *rule = result_rule_find(r, f->rule);
  struct out o;
  out_init(&o, NULL);
  out_text(&o, f->rule ? f->rule : "none allows it");
  if (rule && rule->title) out_printf(&o, ": %s", rule->title);
  if (f->ref) out_printf(&o, " (see \"%s\")", f->ref);
  line_phrase(g, "Rule", &o);
}

static void line_counts(struct grid *g, const struct result_finding *f) {
  struct out o;
  out_init(&o, NULL);
  phrase_count(&o, f->attempts, "attempt", "attempts");
  if (f->syns) {
    out_text(&o, ", ");
    phrase_count(&o, f->syns, "SYN without success", "SYNs without success");
  }
  if (stamp_known(f->first)) {
    out_text(&o, ", ");
    phrase_time(&o, f->first);
    out_text(&o, " to ");
    phrase_time(&o, f->last);
  }
  line_phrase(g, "Seen", &o);
}

static void lines_explanations(struct grid *g, const struct result_finding *f, bool excluded) {
  const char *label = excluded ? "Ruled out" : "Could be";
  for (size_t i = 0; i < f->n_explanations; i++) {
    const struct result_explanation *x = &f->explanation[i];
    if (x->excluded != excluded || !grid_row(g)) continue;
    grid_text(g, TONE_PLAIN, label);
    grid_cell(g, excluded ? TONE_MUTED : TONE_PLAIN, "%s: %s", shown(x->cause), shown(x->text));
    label = "";
  }
}

static void lines_packets(struct grid *g, const struct result *r, const struct result_finding *f) {
  for (size_t i = 0; i < f->n_citations; i++) {
    const struct result_citation *c = &f->citation[i];
    struct out o;
    out_init(&o, NULL);
    phrase_packets(&o, r, c->first, c->last);
    if (c->count && c->count != c->last - c->first + 1) out_printf(&o, " (%u of them)", c->count);
    if (c->why) out_printf(&o, ": %s", c->why);
    line_phrase(g, i ? "" : "Proof", &o);
  }
}

static void line_waiver(struct grid *g, const struct result_waiver *w) {
  struct out o;
  if (!w->rule) return;
  out_init(&o, NULL);
  out_printf(&o, "%s", shown(w->reason));
  if (w->ticket) out_printf(&o, " (%s)", w->ticket);
  if (stamp_known(w->expires)) {
    out_text(&o, ", until ");
    phrase_time(&o, w->expires);
  }
  line_phrase(g, "Waived", &o);
}

void finding_lines(struct grid *g, const struct result *r, const struct result_finding *f) {
  static const struct grid_column column[] = {GRID_TEXT("Label"), GRID_TEXT("Text")};
  struct out o;
  GRID_INIT(g, column, 1000);
  line_waiver(g, &f->waiver);
  line(g, "What happened", TONE_PLAIN, f->happened);
  line(g, "What to change", TONE_PLAIN, f->fix);
  line(g, label_command, TONE_PLAIN, f->fix_command);
  out_init(&o, NULL);
  out_printf(&o, "%s confidence", confidence_name((enum confidence)f->confidence));
  if (f->why != WHY_NONE) out_printf(&o, "; %s", shown(why_text((enum why)f->why)));
  line_phrase(g, "How sure", &o);
  lines_explanations(g, f, false);
  lines_hosts(g, r, f);
  line_rule(g, r, f);
  lines_packets(g, r, f);
  line(g, label_filter, TONE_PLAIN, f->display_filter);
  if (r->inputs.n_files > 1 && strstr(shown(f->display_filter), "frame.number"))
    line(g, "", TONE_MUTED, "Packet numbers in this filter count along all files: join them first, with mergecap.");
  line_counts(g, f);
  lines_explanations(g, f, true);
  line(g, "Fingerprint", TONE_MUTED, f->fingerprint);
}

enum line_kind finding_line_kind(const struct grid *g, size_t row) {
  const char *label = grid_at(g, row, 0)->text;
  return strcmp(label, label_filter) == 0 || strcmp(label, label_command) == 0 ? LINE_COPY : LINE_TEXT;
}
