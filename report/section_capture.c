/* Tables about what was compared: the capture, its files, roles, ports, the program itself, and the words used. */
#include "report/section_internal.h"

static void fact(struct grid *g, const char *name, uint64_t n) {
  if (!grid_row(g)) return;
  grid_text(g, TONE_PLAIN, name);
  grid_number(g, TONE_PLAIN, n);
}

/* A name and what a phrase function says of it. */
#define FACT_PHRASE(g, name, call)  \
  do {                              \
    struct out o;                   \
    if (!grid_row(g)) break;        \
    grid_text(g, TONE_PLAIN, name); \
    out_init(&o, NULL);             \
    call;                           \
    grid_phrase(g, TONE_PLAIN, &o); \
  } while (0)

static const struct grid_column fact_column[] = {GRID_TEXT("Fact"), GRID_TEXT("Value")};

void section_quality(const struct result *r, struct grid *g, size_t rows_max) {
  const struct result_quality *q = &r->quality;
  const struct result_inputs *in = &r->inputs;
  GRID_INIT(g, fact_column, rows_max);
  FACT_PHRASE(g, "First packet", phrase_time(&o, q->first));
  FACT_PHRASE(g, "Last packet", phrase_time(&o, q->last));
  FACT_PHRASE(g, "Time covered", phrase_span(&o, q->first, q->last));
  fact(g, "Frames", q->frames);
  FACT_PHRASE(g, "Bytes on the wire", phrase_bytes(&o, q->bytes));
  fact(g, "Packets decoded", q->packets);
  fact(g, "Flows", q->flows);
  fact(g, "Flows out of scope", r->counts.flows_out_of_scope);
  fact(g, "Hosts", q->hosts);
  fact(g, "Hosts in a role", r->counts.hosts_audited);
  if (in->drops_known)
    fact(g, "Packets lost by the capturing system", in->dropped);
  else
    FACT_PHRASE(g, "Packets lost by the capturing system", out_text(&o, "not stated by the files"));
  FACT_PHRASE(g, "Acknowledged bytes missing", phrase_share(&o, q->lost_bytes, q->acked_bytes));
  FACT_PHRASE(g, "One-sided TCP connections", phrase_share(&o, q->one_sided_flows, q->tcp_flows));
  fact(g, "Duplicate frames", q->duplicates);
  fact(g, "Packets cut by the capture", q->snap_cut);
  fact(g, "Answers not counted as open ports: ephemeral", r->counts.excluded_ephemeral);
  fact(g, "Answers not counted as open ports: older than the capture", r->counts.excluded_midstream);
  fact(g, "Answers not counted as open ports: announced RPC ports", r->counts.excluded_learned);
  for (size_t i = 0; i < q->n_decodes; i++)
    if (q->decode[i].frames)
      FACT_PHRASE(g, "Frames not followed", {
        phrase_number(&o, q->decode[i].frames);
        out_printf(&o, ": %s", shown(q->decode[i].kind));
      });
}

static void put_state(struct grid *g, const struct result_input *in) {
  if (!in->readable)
    grid_cell(g, TONE_BAD, "not read: %s", shown(in->error));
  else if (in->same_as >= 0)
    grid_text(g, TONE_MUTED, "same file as another, counted once");
  else if (in->damage != SOURCE_DAMAGE_NONE)
    grid_cell(g, TONE_WARN, "%s", source_damage_name((enum source_damage)in->damage));
  else
    grid_text(g, TONE_GOOD, "read whole");
}

void section_inputs(const struct result *r, struct grid *g, size_t rows_max) {
  static const struct grid_column column[] = {
      GRID_TEXT("File"),         GRID_TEXT("State"),       GRID_TEXT("Format"), GRID_NUMBER("Frames"),
      GRID_TEXT("First packet"), GRID_TEXT("Last packet"), GRID_TEXT("SHA-256")};
  GRID_INIT(g, column, rows_max);
  for (size_t i = 0; i < r->inputs.n_files; i++) {
    const struct result_input *in = &r->inputs.file[i];
    struct out o;
    if (!grid_row(g)) continue;
    grid_text(g, TONE_PLAIN, in->path);
    put_state(g, in);
    grid_cell(g, TONE_PLAIN, "%s%s%s", shown(in->format), in->compression ? ", " : "", shown(in->compression));
    grid_number(g, TONE_PLAIN, in->frames);
    out_init(&o, NULL);
    phrase_time(&o, in->first);
    grid_phrase(g, TONE_PLAIN, &o);
    out_init(&o, NULL);
    phrase_time(&o, in->last);
    grid_phrase(g, TONE_PLAIN, &o);
    grid_text(g, TONE_PLAIN, in->sha256 ? in->sha256 : "not computed");
  }
  g->left_out += r->inputs.left_out;
}

void section_interfaces(const struct result *r, struct grid *g, size_t rows_max) {
  static const struct grid_column column[] = {GRID_TEXT("File"),     GRID_TEXT("Interface"),
                                              GRID_TEXT("Link"),     GRID_NUMBER("Snap length"),
                                              GRID_NUMBER("Frames"), GRID_NUMBER("Dropped")};
  GRID_INIT(g, column, rows_max);
  for (size_t i = 0; i < r->inputs.n_files; i++) {
    for (size_t k = 0; k < r->inputs.file[i].n_ifaces; k++) {
      const struct result_iface *f = &r->inputs.file[i].iface[k];
      if (!grid_row(g)) continue;
      grid_text(g, TONE_PLAIN, phrase_file(r->inputs.file[i].path));
      grid_cell(g, TONE_PLAIN, "%s%s%s", f->name ? f->name : "not named", f->description ? ": " : "",
                shown(f->description));
      grid_text(g, TONE_PLAIN, f->link);
      if (f->snap_len)
        grid_number(g, TONE_PLAIN, f->snap_len);
      else
        grid_text(g, TONE_PLAIN, "no limit");
      grid_number(g, TONE_PLAIN, f->frames);
      grid_number(g, f->dropped ? TONE_WARN : TONE_PLAIN, f->dropped);
    }
  }
}

void section_comments(const struct result *r, struct grid *g, size_t rows_max) {
  static const struct grid_column column[] = {GRID_TEXT("File"), GRID_NUMBER("Packet"), GRID_TEXT("Comment")};
  GRID_INIT(g, column, rows_max);
  for (size_t i = 0; i < r->inputs.n_files; i++) {
    const struct result_input *in = &r->inputs.file[i];
    for (size_t k = 0; k < in->n_comments; k++) {
      if (!grid_row(g)) continue;
      grid_text(g, TONE_PLAIN, phrase_file(in->path));
      if (in->comment[k].packet)
        grid_number(g, TONE_PLAIN, in->comment[k].packet);
      else
        grid_text(g, TONE_PLAIN, "file");
      grid_text(g, TONE_PLAIN, in->comment[k].text);
    }
    g->left_out += in->comments_total - in->n_comments;
  }
}

void section_roles(const struct result *r, struct grid *g, size_t rows_max) {
  static const struct grid_column column[] = {GRID_TEXT("Role"), GRID_TEXT("Hosts")};
  GRID_INIT(g, column, rows_max);
  for (size_t i = 0; i < r->site.n_roles; i++) {
    const struct result_role *role = &r->site.role[i];
    struct out o;
    if (!grid_row(g)) continue;
    grid_text(g, TONE_PLAIN, role->title ? role->title : role->name);
    out_init(&o, NULL);
    for (size_t k = 0; k < role->n_hosts; k++) out_printf(&o, "%s%s", k ? ", " : "", shown(role->hosts[k]));
    if (role->hosts_left_out) {
      out_text(&o, " and ");
      phrase_count(&o, role->hosts_left_out, "more", "more");
    }
    if (!role->n_hosts) out_text(&o, "nobody");
    grid_phrase(g, TONE_PLAIN, &o);
  }
}

void section_parameters(const struct result *r, struct grid *g, size_t rows_max) {
  static const struct grid_column column[] = {GRID_TEXT("Port"), GRID_NUMBER("Value"), GRID_TEXT("Stated by")};
  GRID_INIT(g, column, rows_max);
  for (size_t i = 0; i < r->site.n_parameters; i++) {
    const struct result_parameter *p = &r->site.parameter[i];
    if (!grid_row(g)) continue;
    grid_text(g, TONE_PLAIN, p->title ? p->title : p->name);
    if (p->first == p->last)
      grid_cell(g, TONE_PLAIN, "%u", p->first);
    else
      grid_cell(g, TONE_PLAIN, "%u-%u", p->first, p->last);
    grid_text(g, TONE_PLAIN, p->given ? "site file" : "policy (default)");
  }
}

static void fact_text(struct grid *g, const char *name, const char *text) {
  if (!text || !*text || !grid_row(g)) return;
  grid_text(g, TONE_PLAIN, name);
  grid_text(g, TONE_PLAIN, text);
}

void section_basis(const struct result *r, struct grid *g, size_t rows_max) {
  const struct result_policy *p = &r->policy;
  GRID_INIT(g, fact_column, rows_max);
  FACT_PHRASE(g, "Policy", out_printf(&o, "%s (%s)", shown(p->title), shown(p->name)));
  fact_text(g, "Policy SHA-256", p->sha256);
  if (p->source_title)
    FACT_PHRASE(g, "Source document", {
      out_text(&o, p->source_title);
      if (p->source_cite) out_printf(&o, ", %s", p->source_cite);
      if (p->source_retrieved) out_printf(&o, ", retrieved %s", p->source_retrieved);
    });
  fact_text(g, "Source SHA-256", p->source_sha256);
  fact_text(g, "Site", r->site.proposed ? "none given: roles were proposed from behaviour" : r->site.name);
  fact_text(g, "Site file SHA-256", r->site.sha256);
  FACT_PHRASE(g, "Program", out_printf(&o, "%s %s", shown(r->tool.name), shown(r->tool.version)));
}

void section_glossary(const struct result *r, struct grid *g, size_t rows_max) {
  static const struct grid_column column[] = {GRID_TEXT("Word"), GRID_TEXT("Meaning")};
  static const char *const words[][2] = {
      {"blocked", "The policy allows it, somebody needed it, and it was dropped, refused or rejected on the way."},
      {"degraded", "The documented way is blocked and the documented fallback carried the traffic."},
      {"unexpected open port", "A port answered on an audited host and no rule documents it."},
      {"wrong protocol", "The port is allowed, but what runs over it is not what the rule is for."},
      {"to be reviewed", "Something is wrong, but the packets do not show that a firewall did it."},
      {"not assessable", "The capture cannot prove this rule either way; the reason stands with it."},
      {"confidence",
       "high: other explanations are ruled out or a device said so; medium: likely; low: never called blocked."},
      {"no answer", "The client asked more than once, the way back is visible, and nothing came back."},
      {"refused", "A reset answered the first packet; from the host itself it means reached, but nobody listens."},
      {"rejected", "An ICMP error quoted the packet; its sender is the device that refused it."},
      {"packet numbers", "Count from 1 in the named file, as Wireshark shows them."},
      {"fingerprint", "The same problem in another capture has the same fingerprint, so reports can be compared."},
  };
  (void)r;
  GRID_INIT(g, column, rows_max);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (!grid_row(g)) continue;
    grid_text(g, TONE_PLAIN, words[i][0]);
    grid_text(g, TONE_PLAIN, words[i][1]);
  }
}
