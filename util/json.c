#include "util/json.h"

#include <assert.h>
#include <string.h>

#include "util/text.h"

void json_init(struct json *j, struct out *to) { *j = (struct json){.to = to}; }

static void new_line(struct json *j) {
  out_char(j->to, '\n');
  for (unsigned i = 0; i < j->depth; i++) out_char(j->to, ' ');
}

/* Puts the separator in front of the next item. */
static void item(struct json *j) {
  if (j->after_key) {
    j->after_key = false;
    return;
  }
  if (j->depth == 0) return;
  if (j->level[j->depth - 1].filled) out_char(j->to, ',');
  if (j->level[j->depth - 1].lines) new_line(j);
  j->level[j->depth - 1].filled = true;
}

static void open(struct json *j, const char bracket[2], bool lines) {
  item(j);
  assert(j->depth < JSON_DEPTH_MAX);
  out_char(j->to, bracket[0]);
  j->level[j->depth].close = bracket[1];
  j->level[j->depth].lines = lines;
  j->level[j->depth].filled = false;
  j->depth++;
}

void json_object(struct json *j, bool lines) { open(j, "{}", lines); }
void json_array(struct json *j, bool lines) { open(j, "[]", lines); }

void json_end(struct json *j) {
  assert(j->depth > 0 && !j->after_key);
  j->depth--;
  if (j->level[j->depth].lines && j->level[j->depth].filled) new_line(j);
  out_char(j->to, j->level[j->depth].close);
}

/* A character that a JSON string must not hold as it is (RFC 8259 section 7). */
static void escape(struct out *to, unsigned char c) {
  static const char brief[0x20] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
  static const char hex[] = "0123456789abcdef";
  if (c < 0x20 && !brief[c]) {
    char code[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    out_bytes(to, code, sizeof code);
    return;
  }
  char pair[2] = {'\\', c < 0x20 ? brief[c] : (char)c};
  out_bytes(to, pair, sizeof pair);
}

/* A byte is zero in w ^ (ones * c) where w has c; from a zero, or what is less than the number taken off, comes a top
 * bit (or by a borrow, which only such a byte starts). */
size_t json_plain_length(const char *text, size_t len) {
  const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
  size_t at = 0;
  for (uint64_t w; len - at >= sizeof w; at += sizeof w) {
    memcpy(&w, text + at, sizeof w);
    if ((w | (w - ones * 0x20) | ((w ^ ones * '"') - ones) | ((w ^ ones * '\\') - ones)) & tops) break;
  }
  while (at < len && (unsigned char)text[at] >= 0x20 && (unsigned char)text[at] < 0x80 && text[at] != '"' &&
         text[at] != '\\')
    at++;
  return at;
}

static void quoted(struct json *j, const char *text, size_t len) {
  out_char(j->to, '"');
  for (size_t i = 0; i < len;) {
    const size_t run = json_plain_length(text + i, len - i);
    out_bytes(j->to, text + i, run);
    i += run;
    if (i == len) break;
    if ((unsigned char)text[i] < 0x80) {
      escape(j->to, (unsigned char)text[i++]);
      continue;
    }
    size_t n = text_utf8_length(text + i, len - i);
    if (n)
      out_bytes(j->to, text + i, n);
    else
      out_text(j->to, "\xef\xbf\xbd");
    i += n ? n : 1;
  }
  out_char(j->to, '"');
}

void json_key(struct json *j, const char *key) {
  assert(j->depth > 0 && j->level[j->depth - 1].close == '}' && !j->after_key);
  item(j);
  quoted(j, key, strlen(key));
  out_char(j->to, ':');
  if (j->level[j->depth - 1].lines) out_char(j->to, ' ');
  j->after_key = true;
}

void json_key_ready(struct json *j, const char *key, size_t len) {
  assert(j->depth > 0 && j->level[j->depth - 1].close == '}' && !j->level[j->depth - 1].lines && !j->after_key);
  item(j);
  out_bytes(j->to, key, len);
  j->after_key = true;
}

void json_ready(struct json *j, const char *value, size_t len) {
  item(j);
  out_bytes(j->to, value, len);
}

void json_text_n(struct json *j, const char *text, size_t len) {
  item(j);
  quoted(j, text, len);
}

void json_text(struct json *j, const char *text) {
  if (text)
    json_text_n(j, text, strlen(text));
  else
    json_null(j);
}

void json_u64(struct json *j, uint64_t value) {
  item(j);
  out_u64(j->to, value);
}

void json_i64(struct json *j, int64_t value) {
  item(j);
  if (value < 0) out_char(j->to, '-');
  out_u64(j->to, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void json_bool(struct json *j, bool value) {
  item(j);
  out_text(j->to, value ? "true" : "false");
}

void json_null(struct json *j) {
  item(j);
  out_text(j->to, "null");
}
