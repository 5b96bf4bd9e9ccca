#include "report/markup.h"

#include <errno.h>
#include <libxml/xmlwriter.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define X(text) ((const xmlChar *)(text))

static int take(void *ctx, const char *bytes, int len) {
  struct markup *m = ctx;
  out_bytes(m->to, bytes, (size_t)len);
  m->written += (size_t)len;
  return len;
}

static int ended(void *ctx) {
  (void)ctx;
  return 0;
}

void markup_open(struct markup *m, struct out *to) {
  *m = (struct markup){.to = to};
  xmlOutputBufferPtr buffer = xmlOutputBufferCreateIO(take, ended, m, NULL);
  if (!buffer) {
    m->failed = true;
    return;
  }
  m->writer = xmlNewTextWriter(buffer);
  if (m->writer) return;
  xmlOutputBufferClose(buffer);
  m->failed = true;
}

/* The result of a writer call: negative is out of memory. */
static void check(struct markup *m, int rc) {
  if (rc < 0) m->failed = true;
}

int markup_close(struct markup *m) {
  if (m->writer) {
    check(m, xmlTextWriterEndDocument(m->writer));
    xmlFreeTextWriter(m->writer);
  }
  m->writer = NULL;
  return m->failed ? -ENOMEM : 0;
}

void markup_constant(struct markup *m, const char *text) {
  if (!m->failed) check(m, xmlTextWriterWriteRaw(m->writer, X(text)));
}

void markup_start(struct markup *m, const char *element) {
  if (!m->failed) check(m, xmlTextWriterStartElement(m->writer, X(element)));
}

void markup_attribute(struct markup *m, const char *name, const char *value) {
  if (!m->failed) check(m, xmlTextWriterWriteAttribute(m->writer, X(name), X(value)));
}

void markup_attribute_f(struct markup *m, const char *name, const char *format, ...) {
  char *value = NULL;
  va_list args;
  va_start(args, format);
  int n = vasprintf(&value, format, args);
  va_end(args);
  if (n < 0)
    m->failed = true;
  else
    markup_attribute(m, name, value);
  free(n < 0 ? NULL : value);
}

void markup_text(struct markup *m, const char *text) {
  if (!m->failed && text && *text) check(m, xmlTextWriterWriteString(m->writer, X(text)));
}

void markup_text_f(struct markup *m, const char *format, ...) {
  char *text = NULL;
  va_list args;
  va_start(args, format);
  int n = vasprintf(&text, format, args);
  va_end(args);
  if (n < 0)
    m->failed = true;
  else
    markup_text(m, text);
  free(n < 0 ? NULL : text);
}

void markup_end(struct markup *m) {
  if (!m->failed) check(m, xmlTextWriterFullEndElement(m->writer));
}

void markup_end_empty(struct markup *m) {
  if (!m->failed) check(m, xmlTextWriterEndElement(m->writer));
}

void markup_element(struct markup *m, const char *element, const char *class, const char *text) {
  markup_start(m, element);
  if (class) markup_attribute(m, "class", class);
  markup_text(m, text);
  markup_end(m);
}

size_t markup_size(struct markup *m) {
  if (!m->failed) check(m, xmlTextWriterFlush(m->writer));
  return m->written;
}
