/* Saved results. What loads must be written in every format, and its JSON must load again to the same JSON. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/result_internal.h"
#include "report/writer.h"

static void write_all(const struct result *r) {
  for (const struct report_format *f = report_formats(); f->name; f++) {
    struct out to;
    out_init(&to, NULL);
    if (f->write(r, NULL, &to) != 0) abort();
    out_close(&to);
  }
}

static void write_json(const struct result *r, struct out *to) {
  out_init(to, NULL);
  if (report_format_of_name("json")->write(r, NULL, to) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct result *r = NULL, *again = NULL;
  struct err e = {""};
  struct out first, second;
  if (result_parse((const char *)data, size, &r, &e) < 0) {
    if (e.text[0] == '\0') abort(); /* refused without a reason */
    return 0;
  }
  write_all(r);
  write_json(r, &first);
  if (result_parse(first.text, first.len, &again, &e) < 0) abort();
  write_json(again, &second);
  if (first.len != second.len || memcmp(first.text, second.text, first.len) != 0) abort();
  out_close(&first);
  out_close(&second);
  result_free(r);
  result_free(again);
  return 0;
}
