/* JSON grammar, checked without recursion: a loop over tokens, a stack of open brackets, and a state that says what may
 * come next. It is stricter than cJSON (which lets control characters and lone surrogates pass), so whatever passes
 * here cJSON reads the same way, and it stops at a nesting that would cost a recursive parser its stack.
 *
 *        VALUE ---> AFTER_VALUE --- , ---> VALUE (in a list) or KEY (in an object)
 *          | [            ^ ] }
 *          +--> FIRST_VALUE   { --> FIRST_KEY ---> COLON ---> VALUE
 */
#include "rules/json_scan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rules/json_text.h"
#include "util/array.h"
#include "util/text.h"

enum state { VALUE, FIRST_VALUE, KEY, FIRST_KEY, COLON, AFTER_VALUE };

struct scanner {
  const char *text;
  size_t len, at;
  enum state state;
  struct {
    char close; /* the bracket that ends it */
    size_t at;  /* where it was opened */
  } open[JSON_DOC_LEVELS_MAX];
  size_t depth;
  size_t key_at; /* of the member whose value comes next; SIZE_MAX = none */
  struct json_scan *scan;
  struct err *e;
};

void json_blank_comments(char *text, size_t len) {
  bool quoted = false;
  for (size_t i = 0; i < len; i++) {
    if (quoted) {
      if (text[i] == '\\')
        i++;
      else if (text[i] == '"' || text[i] == '\n')
        quoted = false;
    } else if (text[i] == '"') {
      quoted = true;
    } else if (text[i] == '/' && i + 1 < len && text[i + 1] == '/') {
      while (i < len && text[i] != '\n' && text[i] != '\r') text[i++] = ' ';
    }
  }
}

static int fail_at(struct scanner *s, size_t at, const char *what) {
  s->scan->error_at = at;
  err_set(s->e, "%s", what);
  return -EINVAL;
}

/* The character at the cursor, for a message. */
static const char *found_text(const struct scanner *s, char to[32]) {
  if (s->at >= s->len) return "the end of the file";
  unsigned char c = (unsigned char)s->text[s->at];
  if (c >= 0x20 && c < 0x7f)
    snprintf(to, 32, "'%c'", c);
  else if (c < 0x80)
    snprintf(to, 32, "control character %u", c);
  else
    snprintf(to, 32, "a character outside quotes");
  return to;
}

static int fail_expected(struct scanner *s, const char *expected) {
  char found[32], line[256];
  if (s->at >= s->len && s->depth) {
    snprintf(line, sizeof line, "the file ends inside %s; expected %s",
             s->open[s->depth - 1].close == '}' ? "an object: a } is missing" : "a list: a ] is missing", expected);
    return fail_at(s, s->open[s->depth - 1].at, line);
  }
  const char *hint = s->at < s->len && s->text[s->at] == '/' ? " (a comment starts with //)" : "";
  snprintf(line, sizeof line, "expected %s, found %s%s", expected, found_text(s, found), hint);
  return fail_at(s, s->at, line);
}

static bool is_digit(int c) { return c >= '0' && c <= '9'; }
static int peek(const struct scanner *s) { return s->at < s->len ? (unsigned char)s->text[s->at] : -1; }

static size_t skip_digits(struct scanner *s) {
  size_t from = s->at;
  while (is_digit(peek(s))) s->at++;
  return s->at - from;
}

/* RFC 8259 6 */
static int scan_number(struct scanner *s) {
  size_t from = s->at;
  if (peek(s) == '-') s->at++;
  bool zero = peek(s) == '0';
  size_t n = skip_digits(s);
  if (n == 0) return fail_expected(s, "a digit");
  if (zero && n > 1) return fail_at(s, from, "a number must not start with 0; write it without leading zeros");
  if (peek(s) == '.') {
    s->at++;
    if (skip_digits(s) == 0) return fail_expected(s, "a digit after the decimal point");
  }
  if (peek(s) == 'e' || peek(s) == 'E') {
    s->at++;
    if (peek(s) == '+' || peek(s) == '-') s->at++;
    if (skip_digits(s) == 0) return fail_expected(s, "a digit in the exponent");
  }
  return 0;
}

/* Four hex digits at the cursor; -1 when they are not there. */
static long scan_hex4(struct scanner *s) {
  long code = 0;
  for (int i = 0; i < 4; i++, s->at++) {
    int c = peek(s);
    int digit = is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return -1;
    code = code << 4 | digit;
  }
  return code;
}

static int scan_unicode_escape(struct scanner *s, size_t from) {
  long code = scan_hex4(s);
  if (code < 0) return fail_at(s, from, "\\u must be followed by four hexadecimal digits");
  if (code == 0) return fail_at(s, from, "\\u0000 must not stand in a text");
  if (code >= 0xdc00 && code <= 0xdfff) return fail_at(s, from, "a second half of a surrogate pair without its first");
  if (code < 0xd800 || code > 0xdbff) return 0;
  if (s->len - s->at < 6 || s->text[s->at] != '\\' || s->text[s->at + 1] != 'u')
    return fail_at(s, from, "a first half of a surrogate pair without its second");
  s->at += 2;
  code = scan_hex4(s);
  if (code < 0xdc00 || code > 0xdfff) return fail_at(s, from, "a first half of a surrogate pair without its second");
  return 0;
}

/* RFC 8259 7; the cursor stands behind the opening quote */
static int scan_string(struct scanner *s) {
  size_t from = s->at++;
  for (;;) {
    int c = peek(s);
    if (c < 0 || c == '\n' || c == '\r') return fail_at(s, from, "a text without its closing quote (\")");
    if (c < 0x20) return fail_at(s, s->at, "a control character in a text; write it as an escape such as \\t");
    size_t here = s->at++;
    if (c == '"') return 0;
    if (c != '\\') continue;
    c = peek(s);
    if (c < 0) continue;
    s->at++;
    if (c == 'u') {
      int r = scan_unicode_escape(s, here);
      if (r < 0) return r;
    } else if (!strchr("\"\\/bfnrt", c)) {
      return fail_at(s, here, "an unknown escape; a backslash itself is written \\\\");
    }
  }
}

static int scan_word(struct scanner *s) {
  static const char *const words[] = {"true", "false", "null"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    size_t n = strlen(words[i]);
    if (s->len - s->at < n || memcmp(s->text + s->at, words[i], n) != 0) continue;
    s->at += n;
    return 0;
  }
  return fail_expected(s, "true, false or null (texts are written in double quotes)");
}

static int note_value(struct scanner *s) {
  if (s->scan->n >= JSON_DOC_VALUES_MAX) return fail_at(s, s->at, "the document has more than 1000000 values");
  struct json_mark *m = ARRAY_PUSH(s->scan->mark, s->scan->n, s->scan->capacity);
  if (!m) return -ENOMEM;
  m->at = (uint32_t)s->at;
  m->key_at = (uint32_t)(s->key_at == SIZE_MAX ? s->at : s->key_at);
  s->key_at = SIZE_MAX;
  return 0;
}

static int open_container(struct scanner *s, char close) {
  if (s->depth == JSON_DOC_LEVELS_MAX) return fail_at(s, s->at, "nested deeper than 64 levels");
  s->open[s->depth].close = close;
  s->open[s->depth++].at = s->at++;
  s->state = close == '}' ? FIRST_KEY : FIRST_VALUE;
  return 0;
}

static void close_container(struct scanner *s) {
  s->at++;
  s->depth--;
  s->state = AFTER_VALUE;
}

static int scan_value(struct scanner *s, int c) {
  if (c == ']' && s->depth && s->open[s->depth - 1].close == ']') {
    if (s->state == VALUE) return fail_at(s, s->at, "a comma before the closing ]: remove the comma");
    close_container(s);
    return 0;
  }
  if (c == '\'') return fail_at(s, s->at, "texts are written in double quotes (\")");
  if (c < 0 || !(is_digit(c) || strchr("{[\"-tfnTFNuU", c))) return fail_expected(s, "a value");
  int r = note_value(s);
  if (r < 0) return r;
  if (c == '{' || c == '[') return open_container(s, c == '{' ? '}' : ']');
  s->state = AFTER_VALUE;
  if (c == '"') return scan_string(s);
  return is_digit(c) || c == '-' ? scan_number(s) : scan_word(s);
}

static int scan_key(struct scanner *s, int c) {
  if (c == '}') {
    if (s->state == KEY) return fail_at(s, s->at, "a comma before the closing }: remove the comma");
    close_container(s);
    return 0;
  }
  if (c != '"') return fail_expected(s, "a name in double quotes");
  s->key_at = s->at;
  s->state = COLON;
  return scan_string(s);
}

static int scan_after_value(struct scanner *s, int c) {
  char close = s->open[s->depth - 1].close;
  if (c == close) {
    close_container(s);
  } else if (c == ',') {
    s->at++;
    s->state = close == '}' ? KEY : VALUE;
  } else {
    return fail_expected(s, close == '}' ? "a comma or }" : "a comma or ]");
  }
  return 0;
}

static int scan_token(struct scanner *s) {
  int c = peek(s);
  switch (s->state) {
    case VALUE:
    case FIRST_VALUE:
      return scan_value(s, c);
    case KEY:
    case FIRST_KEY:
      return scan_key(s, c);
    case AFTER_VALUE:
      return scan_after_value(s, c);
    case COLON:
      break;
  }
  if (c != ':') return fail_expected(s, "a colon");
  s->at++;
  s->state = VALUE;
  return 0;
}

static void skip_space(struct scanner *s) {
  while (s->at < s->len && strchr(" \t\r\n", s->text[s->at]) && s->text[s->at]) s->at++;
}

/* Bytes that no JSON text holds: NUL and broken UTF-8. */
static int check_bytes(struct scanner *s) {
  const char *nul = memchr(s->text, '\0', s->len);
  if (nul) return fail_at(s, (size_t)(nul - s->text), "a NUL byte: not a text file, or UTF-16; save it as UTF-8");
  for (size_t i = 0, n = 1; i < s->len; i += n) {
    n = text_utf8_length(s->text + i, s->len - i);
    if (n == 0) return fail_at(s, i, "bytes that are not UTF-8; save the file as UTF-8");
  }
  return 0;
}

int json_scan(const char *text, size_t len, struct json_scan *scan, struct err *e) {
  struct scanner s = {.text = text, .len = len, .state = VALUE, .key_at = SIZE_MAX, .scan = scan, .e = e};
  int r = check_bytes(&s);
  if (r < 0) return r;
  skip_space(&s);
  if (s.at == len) return fail_at(&s, 0, "the file holds no JSON value");
  do {
    skip_space(&s);
    r = scan_token(&s);
  } while (r == 0 && !(s.depth == 0 && s.state == AFTER_VALUE));
  if (r < 0) return r;
  skip_space(&s);
  return s.at < len ? fail_expected(&s, "nothing more after the document") : 0;
}
