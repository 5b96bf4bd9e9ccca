/* What must hold for every result, made or loaded: each format writes it, and its JSON, loaded again, is the same JSON.
 */
#ifndef WW_TESTS_FUZZ_RESULT_H
#define WW_TESTS_FUZZ_RESULT_H

#include <stdlib.h>
#include <string.h>

#include "report/diff.h"
#include "report/result_internal.h"
#include "report/writer.h"
#include "util/hash.h"

/* NULL when it is refused, which must come with a reason. */
static inline struct result *fuzz_load(const void *bytes, size_t len) {
  struct err e = {0};
  struct result *r = NULL;
  if (result_parse(bytes, len, &r, &e) < 0 && (r || !e.text[0])) abort();
  return r;
}

static inline void fuzz_write(const struct result *r, const char *format, struct out *to) {
  out_init(to, NULL);
  if (report_format_of_name(format)->write(r, &(struct report_options){.columns = 0}, to) < 0 || !out_str(to)) abort();
}

/* A hash of its JSON. */
static inline uint64_t fuzz_check_result(const struct result *r) {
  struct out first, second;
  for (const struct report_format *f = report_formats(); f->name; f++) {
    fuzz_write(r, f->name, &first);
    out_close(&first);
  }
  fuzz_write(r, "json", &first);
  struct result *again = fuzz_load(first.text, first.len);
  if (!again) abort();
  fuzz_write(again, "json", &second);
  if (first.len != second.len || memcmp(first.text, second.text, first.len) != 0) abort();
  struct diff *d = diff_make(r, again);
  if (!d || diff_is_worse(d)) abort(); /* nothing is new since itself */
  diff_free(d);
  result_free(again);
  const uint64_t hash = hash_bytes(0, first.text, first.len);
  out_close(&first);
  out_close(&second);
  return hash;
}

#endif
