/* Reads documents from standard input, each behind its length (32 bits, little endian), and prints what our parser
 * makes of each on one line: numbers with 17 digits, texts in hexadecimal, "ERR message" for a refusal. For
 * json_python.py. */
#include <stdio.h>
#include <stdlib.h>

#include "rules/json_text.h"
#include "util/bytes.h"

enum { DOCUMENT_MAX = 1 << 20 };

static void print_text(const char *text) {
  for (const char *c = text; *c; c++) printf("%02x", (unsigned char)*c);
}

static void print_value(const struct json_value *v) {
  static const char brackets[JSON_KIND_COUNT][2] = {[JSON_ARRAY] = "[]", [JSON_OBJECT] = "{}"};
  if (v->kind == JSON_NULL) printf("null");
  if (v->kind == JSON_BOOL) printf(v->truth ? "true" : "false");
  if (v->kind == JSON_NUMBER) printf("%.17g", v->number);
  if (v->kind == JSON_STRING) printf("\""), print_text(v->text), printf("\"");
  if (v->kind != JSON_ARRAY && v->kind != JSON_OBJECT) return;
  putchar(brackets[v->kind][0]);
  for (const struct json_value *m = v->first; m; m = m->next) {
    if (m->key) print_text(m->key), putchar(':');
    print_value(m);
    putchar(',');
  }
  putchar(brackets[v->kind][1]);
}

static void print_document(const char *bytes, size_t len) {
  struct problem_list problems = {0};
  struct json_doc *doc = NULL;
  if (json_doc_parse("document", bytes, len, &doc, &problems) == 0)
    print_value(json_doc_root(doc));
  else
    printf("ERR %s", problems.n ? problems.line[0] : "without a reason");
  putchar('\n');
  problem_list_free(&problems);
  json_doc_free(doc);
}

int main(void) {
  static char bytes[DOCUMENT_MAX];
  uint8_t head[4];
  while (fread(head, 1, sizeof head, stdin) == sizeof head) {
    size_t len = le32_at(head);
    if (len > sizeof bytes || fread(bytes, 1, len, stdin) != len) return EXIT_FAILURE;
    print_document(bytes, len);
  }
  return EXIT_SUCCESS;
}
