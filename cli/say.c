#include "cli/say.h"

#include <stdio.h>
#include <string.h>

#include "cli/progress.h"
#include "util/text.h"

enum { LINE_SIZE = 2048 };

static void line_put(const char *prefix, const char *text) {
  char clean[LINE_SIZE];
  text_clean(clean, sizeof clean, text, strlen(text));
  progress_clear();
  fprintf(stderr, "%s%s\n", prefix, clean);
}

void say(const char *format, ...) {
  char text[LINE_SIZE];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  line_put("wallwitness: ", text);
}

void say_err(const struct err *e) {
  if (e->text[0]) line_put("wallwitness: ", e->text);
}

void say_line(const char *line) { line_put("", line); }
