/* Findings and rules as comma-separated values (RFC 4180), for spreadsheets.
 *
 * A spreadsheet takes a cell that begins with = + - @ or a tab for a formula; such a cell gets an apostrophe in front.
 */
#include <errno.h>

#include "report/escape.h"
#include "report/formats.h"
#include "report/phrase.h"

static const char *const heads[] = {
    "record",   "id",       "verdict",   "severity",    "confidence",
    "waived",   "rule",     "from_role", "to_role",     "clients",
    "servers",  "protocol", "port",      "service",     "outcome",
    "attempts", "syns",     "first",     "last",        "packets",
    "title",    "happened", "fix",       "fix_command", "wireshark_filter",
};
enum { N_HEADS = sizeof heads / sizeof *heads };

static void put_cell(struct out *to, size_t *column, const char *text) { escape_csv(to, (*column)++, text); }

#define CSV_SAY(to, column, call)     \
  do {                                \
    struct out o;                     \
    out_init(&o, NULL);               \
    call;                             \
    const char *said = out_str(&o);   \
    put_cell(to, column, said);       \
    if (!said) (to)->failed = ENOMEM; \
    out_close(&o);                    \
  } while (0)

static void put_number(struct out *to, size_t *column, uint64_t n) { CSV_SAY(to, column, out_u64(&o, n)); }

static void put_stamp(struct out *to, size_t *column, stamp_t t) {
  char text[STAMP_TEXT_SIZE];
  put_cell(to, column, stamp_known(t) ? stamp_print_utc(text, t, 9) : NULL);
}

static void put_packets(struct out *o, const struct result *r, const struct result_finding *f) {
  for (size_t i = 0; i < f->n_citations; i++) {
    if (i) out_text(o, "; ");
    phrase_packets(o, r, f->citation[i].first, f->citation[i].last);
  }
}

static void put_finding(struct out *to, const struct result *r, const struct result_finding *f) {
  size_t c = 0;
  put_cell(to, &c, "finding");
  put_cell(to, &c, f->fingerprint);
  put_cell(to, &c, verdict_name((enum verdict)f->verdict));
  put_cell(to, &c, severity_name((enum severity)f->severity));
  put_cell(to, &c, confidence_name((enum confidence)f->confidence));
  put_cell(to, &c, f->waiver.rule ? "yes" : "no");
  put_cell(to, &c, f->rule);
  put_cell(to, &c, f->from);
  put_cell(to, &c, f->to);
  CSV_SAY(to, &c, phrase_hosts(&o, r, f->clients, f->n_clients, f->clients_total, RESULT_FINDING_HOSTS_MAX));
  CSV_SAY(to, &c, phrase_hosts(&o, r, f->servers, f->n_servers, f->servers_total, RESULT_FINDING_HOSTS_MAX));
  put_cell(to, &c, f->proto);
  put_number(to, &c, f->port);
  put_cell(to, &c, f->service);
  put_cell(to, &c, outcome_name((enum outcome)f->outcome));
  put_number(to, &c, f->attempts);
  put_number(to, &c, f->syns);
  put_stamp(to, &c, f->first);
  put_stamp(to, &c, f->last);
  CSV_SAY(to, &c, put_packets(&o, r, f));
  put_cell(to, &c, f->title);
  put_cell(to, &c, f->happened);
  put_cell(to, &c, f->fix);
  put_cell(to, &c, f->fix_command);
  put_cell(to, &c, f->display_filter);
  out_text(to, "\r\n");
}

/* Rules use the columns that mean the same for them. */
static void put_rule(struct out *to, const struct result_rule *rule) {
  size_t c = 0;
  put_cell(to, &c, "rule");
  put_cell(to, &c, rule->id);
  put_cell(to, &c, rule->in_force ? rule_status_name((enum rule_status)rule->status) : "not in force");
  put_cell(to, &c, NULL);
  put_cell(to, &c, confidence_name((enum confidence)rule->confidence));
  put_cell(to, &c, NULL);
  put_cell(to, &c, rule->id);
  put_cell(to, &c, rule->from);
  put_cell(to, &c, rule->to);
  for (int i = 0; i < 4; i++) put_cell(to, &c, NULL);
  put_cell(to, &c, rule->service);
  put_cell(to, &c, NULL);
  put_number(to, &c, rule->passed + rule->blocked + rule->other);
  for (int i = 0; i < 4; i++) put_cell(to, &c, NULL);
  put_cell(to, &c, rule->title);
  put_cell(to, &c, rule->note ? rule->note : rule->why == WHY_NONE ? NULL : why_text((enum why)rule->why));
  while (c < N_HEADS) put_cell(to, &c, NULL);
  out_text(to, "\r\n");
}

int report_csv(const struct result *r, const struct report_options *o, struct out *to) {
  (void)o;
  for (size_t i = 0; i < N_HEADS; i++) out_printf(to, "%s%s", i ? "," : "", heads[i]);
  out_text(to, "\r\n");
  for (size_t i = 0; i < r->n_findings; i++) put_finding(to, r, &r->finding[i]);
  for (size_t i = 0; i < r->n_rules; i++) put_rule(to, &r->rule[i]);
  return to->failed == ENOMEM ? -ENOMEM : 0;
}
