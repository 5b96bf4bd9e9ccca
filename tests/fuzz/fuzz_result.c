/* Saved results, as audit -o result.json writes them. */
#include "tests/fuzz/fuzz_result.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct result *r = fuzz_load(data, size);
  if (r) fuzz_check_result(r);
  result_free(r);
  return 0;
}
