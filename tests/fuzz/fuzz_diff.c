/* Two saved results and what changed: octets 0-1 are the length of the earlier one. Every format writes it, both ways
 * round, and the same again. */
#include "tests/fuzz/fuzz_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_as(const struct diff *d, const struct diff_format *f, struct out *to) {
  out_init(to, NULL);
  if (f->write(d, &(struct report_options){.columns = 0}, to) < 0 || !out_str(to)) abort();
}

static void compare(const struct result *before, const struct result *after) {
  struct diff *d = diff_make(before, after);
  if (!d) abort();
  for (const struct diff_format *f = diff_formats(); f->name; f++) {
    struct out once, twice;
    write_as(d, f, &once);
    write_as(d, f, &twice);
    if (once.len != twice.len || memcmp(once.text, twice.text, once.len) != 0) abort();
    out_close(&once);
    out_close(&twice);
  }
  diff_is_worse(d);
  diff_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  const size_t rest = size - 2, len = (size_t)(data[0] << 8 | data[1]), first = len < rest ? len : rest;
  struct result *before = fuzz_load(data + 2, first), *after = fuzz_load(data + 2 + first, rest - first);
  if (before && after) {
    compare(before, after);
    compare(after, before);
  }
  result_free(before);
  result_free(after);
  return 0;
}
