#include "util/error.h"

#include <stdio.h>
#include <string.h>

#include "util/text.h"

static void store(struct err *e, const char *line, int needed) {
  text_clean(e->text, sizeof e->text, line, strlen(line));
  if (needed >= (int)sizeof e->text) memcpy(e->text + sizeof e->text - 4, "...", 4);
}

void err_set(struct err *e, const char *format, ...) {
  if (!e) return;
  char line[sizeof e->text];
  va_list args;
  va_start(args, format);
  int n = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  store(e, line, n);
}

void err_prefix(struct err *e, const char *format, ...) {
  if (!e) return;
  char prefix[sizeof e->text], line[2 * sizeof e->text];
  va_list args;
  va_start(args, format);
  vsnprintf(prefix, sizeof prefix, format, args);
  va_end(args);
  int n = snprintf(line, sizeof line, "%s: %s", prefix, e->text);
  store(e, line, n);
}
