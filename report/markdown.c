/* The report as Markdown for a ticket comment: never more than 4,000 bytes, the answer first, then as many findings as
 * fit, then where the rest is.
 *
 * Texts are escaped so that they stay texts in CommonMark and its GitHub dialect: no markup, links, images or HTML. */
#include <errno.h>
#include <string.h>

#include "report/escape.h"
#include "report/finding_phrase.h"
#include "report/formats.h"

enum {
  MARKDOWN_MAX = 4000,
  CLOSING_ROOM = 260,
  TEXT_MAX = 300,
  FILTER_MAX = 500,
  WARNINGS_SHOWN = 4,
  HOSTS_SHOWN = 4,
  CITATIONS_SHOWN = 4
};

static void put_text(struct out *to, const char *text) { escape_markdown(to, text, TEXT_MAX); }

#define MARKDOWN_SAY(to, call)      \
  do {                              \
    struct out o;                   \
    out_init(&o, NULL);             \
    call;                           \
    const char *said = out_str(&o); \
    if (said)                       \
      put_text(to, said);           \
    else                            \
      (to)->failed = ENOMEM;        \
    out_close(&o);                  \
  } while (0)

static void put_head(struct out *to, const struct result *r) {
  out_printf(to, "## %s\n\n", phrase_verdict(r->compliance));
  MARKDOWN_SAY(to, phrase_summary(&o, r));
  out_text(to, "\n\nPolicy: ");
  put_text(to, shown(r->policy.title ? r->policy.title : r->policy.name));
  if (r->site.name && !r->site.proposed) {
    out_text(to, ", site ");
    put_text(to, r->site.name);
  }
  if (r->run.ticket) {
    out_text(to, "  \nTicket: ");
    put_text(to, r->run.ticket);
  }
  out_text(to, "  \nCapture: ");
  MARKDOWN_SAY(to, {
    phrase_time(&o, r->quality.first);
    out_text(&o, " to ");
    phrase_time(&o, r->quality.last);
    out_text(&o, ", ");
    phrase_count(&o, r->quality.frames, "packet", "packets");
  });
  out_text(to, "\n");
}

static void put_warnings(struct out *to, const struct result *r) {
  struct grid g;
  phrase_warnings(&g, r);
  if (g.failed) to->failed = ENOMEM;
  for (size_t i = 0; !g.failed && i < grid_row_count(&g) && i < WARNINGS_SHOWN; i++) {
    if (grid_at(&g, i, 0)->tone != TONE_WARN) break;
    out_text(to, i ? "- " : "\n**Read with care**\n\n- ");
    put_text(to, grid_at(&g, i, 0)->text);
    out_char(to, '\n');
  }
  grid_fini(&g);
}

static void put_item(struct out *to, const char *label, const char *text) {
  if (!text || !*text) return;
  out_printf(to, "- %s: ", label);
  put_text(to, text);
  out_char(to, '\n');
}

static void put_finding(struct out *to, const struct result *r, size_t index) {
  const struct result_finding *f = &r->finding[index];
  out_printf(to, "\n### %zu. %s: ", index + 1, phrase_finding_verdict(f->verdict));
  put_text(to, shown(f->title));
  out_printf(to, "\n\n- %s severity, %s confidence%s\n", severity_name((enum severity)f->severity),
             confidence_name((enum confidence)f->confidence), f->waiver.rule ? ", waived" : "");
  out_text(to, "- From ");
  MARKDOWN_SAY(to, phrase_hosts(&o, r, f->clients, f->n_clients, f->clients_total, HOSTS_SHOWN));
  out_text(to, " to ");
  MARKDOWN_SAY(to, {
    phrase_hosts(&o, r, f->servers, f->n_servers, f->servers_total, HOSTS_SHOWN);
    out_text(&o, ", ");
    phrase_endpoint(&o, f->proto, f->port);
  });
  out_char(to, '\n');
  put_item(to, "What happened", f->happened);
  put_item(to, "What to change", f->fix);
  for (size_t i = 0; i < f->n_citations && i < CITATIONS_SHOWN; i++) {
    out_text(to, i ? "; " : "- Proof: ");
    MARKDOWN_SAY(to, phrase_packets(&o, r, f->citation[i].first, f->citation[i].last));
  }
  if (f->n_citations > CITATIONS_SHOWN) out_printf(to, " and %zu more", f->n_citations - CITATIONS_SHOWN);
  if (f->n_citations) out_char(to, '\n');
  if (f->display_filter && strlen(f->display_filter) <= FILTER_MAX) {
    out_text(to, "- Wireshark: ");
    escape_markdown_code(to, f->display_filter);
    out_char(to, '\n');
  }
}

/* As many findings as fit whole; returns how many. */
static size_t put_findings(struct out *to, const struct result *r) {
  size_t i = 0;
  for (; i < r->n_findings; i++) {
    struct out one;
    out_init(&one, NULL);
    put_finding(&one, r, i);
    const char *text = out_str(&one);
    bool fits = text && to->len + one.len + CLOSING_ROOM <= MARKDOWN_MAX;
    if (!text) to->failed = ENOMEM;
    if (fits) out_bytes(to, text, one.len);
    out_close(&one);
    if (!fits) break;
  }
  return i;
}

static void put_closing(struct out *to, const struct result *r, size_t said) {
  out_text(to, "\n---\n");
  if (r->counts.findings > said) {
    phrase_count(to, r->counts.findings - said, "more finding is", "more findings are");
    out_text(to, " in the attached HTML or JSON report. ");
  }
  out_text(to, "Rules, capture quality and input hashes are in the full report. Made by wallwitness ");
  put_text(to, shown(r->tool.version));
  out_text(to, ".\n");
}

int report_markdown(const struct result *r, const struct report_options *o, struct out *to) {
  (void)o;
  struct out page; /* collected first: the limit is on the whole */
  out_init(&page, NULL);
  put_head(&page, r);
  put_warnings(&page, r);
  size_t said = put_findings(&page, r);
  put_closing(&page, r, said);
  const char *text = out_str(&page);
  if (text) out_bytes(to, text, escape_fit(text, MARKDOWN_MAX));
  int rc = text ? 0 : -ENOMEM;
  out_close(&page);
  return rc;
}
