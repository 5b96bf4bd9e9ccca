/* Policy documents. What loads must print and load again to the same text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rules/catalogue.h"
#include "util/out.h"

static struct policy *load(const void *bytes, size_t len) {
  struct problem_list problems = {0};
  struct json_doc *doc = NULL;
  struct policy *p = NULL;
  if (json_doc_parse("fuzz", bytes, len, &doc, &problems) == 0) policy_load_doc(doc, &p, &problems);
  if (!p && problems.n == 0) abort(); /* refused without a reason */
  problem_list_free(&problems);
  json_doc_free(doc);
  return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct policy *p = load(data, size);
  if (!p) return 0;
  struct out first, second;
  out_init(&first, NULL);
  out_init(&second, NULL);
  policy_print(p, &first);
  struct policy *again = load(out_str(&first), first.len);
  if (!again) abort();
  policy_print(again, &second);
  if (strcmp(out_str(&first), out_str(&second)) != 0) abort();
  policy_free(again);
  policy_free(p);
  out_close(&first);
  out_close(&second);
  return 0;
}
