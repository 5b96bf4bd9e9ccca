/* Texts are read token by token: whatever can be read as an address or as a link-layer address is replaced, and so is
 * every name that was learned, wherever it stands alone. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "report/anonymise_internal.h"
#include "util/out.h"

enum { MAC_TEXT = 17 };

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_' || c == '-' || (unsigned char)c >= 0x80; }
static bool is_address_char(char c) { return isxdigit((unsigned char)c) || c == '.' || c == ':'; }

/* "00:0c:29:aa:bb:cc" or with dashes at the start of text, and nothing that goes on after it. */
static bool is_mac(const char *text) {
  char separator = text[0] && text[1] ? text[2] : '\0';
  if (separator != ':' && separator != '-') return false;
  for (size_t i = 0; i < MAC_TEXT; i++)
    if (i % 3 == 2 ? text[i] != separator : !isxdigit((unsigned char)text[i])) return false;
  return !isxdigit((unsigned char)text[MAC_TEXT]) && text[MAC_TEXT] != separator;
}

/* A locally administered address (IEEE 802, U/L bit) made of the keyed mark of the old one, written alike. */
static void put_mac(const struct anonymiser *a, struct out *to, const char *text) {
  char plain[MAC_TEXT];
  for (size_t i = 0; i < MAC_TEXT; i++) plain[i] = i % 3 == 2 ? ':' : (char)tolower((unsigned char)text[i]);
  uint64_t mark = cipher_mark(a->cipher, "mac", plain, sizeof plain);
  for (unsigned i = 0; i < 6; i++, mark >>= 8)
    out_printf(to, "%.*s%02x", i ? 1 : 0, &text[2], i ? (unsigned)(mark & 0xff) : 0x02u);
}

/* The longest address that text starts with; its length in bytes, 0 = none. */
static size_t address_at(const char *text, struct address *address_out) {
  size_t len = 0;
  while (is_address_char(text[len])) len++;
  for (; len >= 2; len--)
    if (address_parse(text, len, address_out)) return len;
  return 0;
}

/* Short words are replaced where they stand alone; longer ones also inside others: to replace too much is the safe
 * side. */
static const struct replacement *word_at(const struct anonymiser *a, const char *text, bool inside) {
  enum { LONG = 4 };
  for (size_t i = 0; i < a->n_words; i++) {
    size_t len = strlen(a->word[i].from);
    if (strncasecmp(text, a->word[i].from, len) != 0) continue;
    if (len >= LONG || (!inside && !is_word(text[len]))) return &a->word[i];
  }
  return NULL;
}

/* An IPv4 address may be written right behind letters: "v10.0.0.1". */
static bool number_starts(const char *text, size_t at) {
  struct address address;
  return isdigit((unsigned char)text[at]) && !isdigit((unsigned char)text[at - 1]) && address_at(text + at, &address);
}

/* What stands at text: replaced into to; how many bytes were read. */
static size_t put_token(const struct anonymiser *a, struct out *to, const char *text) {
  struct address address;
  char printed[ADDRESS_TEXT_SIZE];
  const struct replacement *word = word_at(a, text, false);
  if (word) {
    out_text(to, word->to);
    return strlen(word->from);
  }
  if (is_mac(text)) {
    put_mac(a, to, text);
    return MAC_TEXT;
  }
  size_t len = address_at(text, &address);
  if (len) {
    address = anonymise_address(a, &address);
    out_text(to, address_print(printed, &address));
    return len;
  }
  do out_char(to, text[len++]);
  while (is_word(text[len - 1]) && is_word(text[len]) && !word_at(a, text + len, true) && !number_starts(text, len));
  return len;
}

char *anonymise_text(const struct anonymiser *a, const char *text) {
  struct out to;
  out_init(&to, NULL);
  while (*text) text += put_token(a, &to, text);
  const char *done = out_str(&to);
  char *copy = done ? strdup(done) : NULL;
  out_close(&to);
  return copy;
}
