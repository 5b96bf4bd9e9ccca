/* The parts of the HTML report. */
#ifndef WW_REPORT_HTML_INTERNAL_H
#define WW_REPORT_HTML_INTERNAL_H

#include "report/grid.h"
#include "report/markup.h"
#include "report/phrase.h"
#include "report/section.h"

/* Bytes at which each part stops adding, so that the page stays under 1 MB whatever the result holds: what comes later
 * still has room. */
enum {
  HTML_FINDINGS_UNTIL = 450000, /* findings in full */
  HTML_SUMMARY_UNTIL = 550000,  /* findings in one line */
  HTML_TABLES_UNTIL = 850000,   /* tables */
  HTML_TEXT_MAX = 1500,         /* bytes of one text */
};

extern const char html_style[];

/* Opens the document and writes its head; <html> stays open. */
void html_head(struct markup *m, const char *title);

/* A text, cut at HTML_TEXT_MAX. */
void html_text(struct markup *m, const char *text);

/* <element class="class"> with what call appends to the memory out named o. */
#define HTML_SAY(m, element, class, call)                            \
  do {                                                               \
    struct out o;                                                    \
    out_init(&o, NULL);                                              \
    call;                                                            \
    const char *said_text = out_str(&o), *said_class = class;        \
    markup_start(m, element);                                        \
    if (said_class) markup_attribute(m, "class", shown(said_class)); \
    if (said_text)                                                   \
      html_text(m, said_text);                                       \
    else                                                             \
      (m)->failed = true;                                            \
    markup_end(m);                                                   \
    out_close(&o);                                                   \
  } while (0)

/* <section id>, its heading with an anchor of its own, and a line about it (NULL: none); stays open. */
void html_part(struct markup *m, const char *id, const char *title, const char *about);

/* A word with a sign and a colour; never the colour alone. */
void html_badge(struct markup *m, enum tone tone, const char *word);
const char *html_tone_class(enum tone tone);

void html_grid(struct markup *m, const struct grid *g, const char *caption);
void html_section(struct markup *m, const struct result *r, enum section_id id);
void html_stages(struct markup *m, const struct result *r);
void html_findings(struct markup *m, const struct result *r);

/* chart.c */
void chart_timeline(struct markup *m, const struct result *r);
void chart_matrix(struct markup *m, const struct result *r);

#endif
