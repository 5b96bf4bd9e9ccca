/* Markup (HTML, SVG, XML) whose escaping cannot be forgotten: texts and attribute values go through libxml2's writer,
 * and only constant texts of ours can be written as they are. The only file that includes libxml2. */
#ifndef WW_REPORT_MARKUP_H
#define WW_REPORT_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "util/out.h"

struct markup {
  void *writer;   /* xmlTextWriterPtr; NULL after a failure */
  struct out *to; /* borrowed */
  size_t written; /* bytes so far */
  bool failed;    /* memory is out; everything is swallowed from then on */
};

/* Starts writing to to, which is borrowed until markup_close. */
void markup_open(struct markup *m, struct out *to);
/* Ends all open elements; 0, or negative: memory ran out. */
int markup_close(struct markup *m);

/* Constant text of ours, not escaped: a document type, a style sheet. */
void markup_constant(struct markup *m, const char *text);

void markup_start(struct markup *m, const char *element);
/* Attributes follow markup_start directly. */
void markup_attribute(struct markup *m, const char *name, const char *value);
void markup_attribute_f(struct markup *m, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void markup_text(struct markup *m, const char *text);
void markup_text_f(struct markup *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* </element>, also when it is empty. */
void markup_end(struct markup *m);
/* <element/>, for elements that never hold anything. */
void markup_end_empty(struct markup *m);

/* <element class="class">text</element>; class may be NULL. */
void markup_element(struct markup *m, const char *element, const char *class, const char *text);

/* What flush has not written yet counts too: brings written up to date. */
size_t markup_size(struct markup *m);

#endif
