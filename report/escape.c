#include "report/escape.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

size_t escape_fit(const char *text, size_t most) {
  size_t len = strlen(text);
  if (len <= most) return len;
  while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80) most--;
  return most;
}

/* A colon before a slash and the dot of www. start a link by themselves. */
static bool starts_link(const char *text, size_t at) {
  if (text[at] == ':') return text[at + 1] == '/';
  return text[at] == '.' && at >= 3 && strncasecmp(text + at - 3, "www", 3) == 0;
}

void escape_markdown(struct out *to, const char *text, size_t most) {
  size_t len = escape_fit(text, most);
  for (size_t i = 0; i < len; i++) {
    if (strchr("\\`*_[]<>|~&#@!$", text[i]) || starts_link(text, i)) out_char(to, '\\');
    out_char(to, text[i]);
  }
  if (text[len]) out_text(to, "...");
}

static void fence(struct out *to, size_t n) {
  while (n--) out_char(to, '`');
}

void escape_markdown_code(struct out *to, const char *text) {
  size_t run = 0, longest = 0;
  for (const char *c = text; *c; c++) {
    run = *c == '`' ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  fence(to, longest + 1);
  out_printf(to, longest ? " %s " : "%s", text);
  fence(to, longest + 1);
}

void escape_csv(struct out *to, size_t column, const char *text) {
  if (column) out_char(to, ',');
  if (!text || !*text) return;
  out_char(to, '"');
  if (strchr("=+-@\t\r", *text)) out_char(to, '\'');
  for (const char *c = text; *c; c++) {
    if (*c == '"') out_char(to, '"');
    out_char(to, *c);
  }
  out_char(to, '"');
}
