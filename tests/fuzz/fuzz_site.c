/* Site files for the built-in policy, with all that is made of them: notes, print and load again, explanations. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rules/explain.h"
#include "rules/site_load_internal.h"
#include "util/out.h"

static struct site *load(const struct policy *p, const void *bytes, size_t len) {
  struct problem_list problems = {0};
  struct json_doc *doc = NULL;
  struct site *s = NULL;
  if (json_doc_parse("fuzz", bytes, len, &doc, &problems) == 0) site_load_for(doc, p, &s, &problems);
  if (!s && problems.n == 0) abort(); /* refused without a reason */
  problem_list_free(&problems);
  json_doc_free(doc);
  return s;
}

static void round_trip(const struct policy *p, const struct site *s) {
  struct out first, second;
  out_init(&first, NULL);
  out_init(&second, NULL);
  site_print(s, p, &first);
  struct site *again = load(p, out_str(&first), first.len);
  if (!again) abort();
  site_print(again, p, &second);
  if (strcmp(out_str(&first), out_str(&second)) != 0) abort();
  site_free(again);
  out_close(&first);
  out_close(&second);
}

static void use(const struct policy *p, const struct site *s) {
  struct problem_list notes = {0};
  struct out o;
  struct err e;
  out_init(&o, NULL);
  site_notes(p, s, stamp_from_s(1800000000), &notes);
  static const char *const what[] = {"client-push", "8080", "client",      "http_port", "source_given",
                                     "smb",         "wmi",  "name-lookup", "push-smb",  "nothing of that name"};
  for (size_t i = 0; i < sizeof what / sizeof *what; i++) policy_explain(p, s, what[i], &o, &e);
  problem_list_free(&notes);
  out_close(&o);
}

static const struct policy *builtin(void) {
  static struct policy *p;
  struct problem_list problems = {0};
  if (!p && policy_load("configmgr-client", &p, &problems) < 0) abort();
  return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const struct policy *p = builtin();
  struct site *s = load(p, data, size);
  if (!s) return 0;
  round_trip(p, s);
  use(p, s);
  site_free(s);
  return 0;
}
