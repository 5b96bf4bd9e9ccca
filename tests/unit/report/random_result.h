/* Results with every field filled, for tests of formats: driven by the same tables as the product, so that a new field
 * is filled too. */
#ifndef WW_TESTS_REPORT_RANDOM_RESULT_H
#define WW_TESTS_REPORT_RANDOM_RESULT_H

#include "report/result_internal.h"

struct random_options {
  unsigned seed;
  size_t list_max;          /* items of a list */
  const char *const *texts; /* to choose from */
  size_t n_texts;
  size_t n_findings; /* exactly so many; 0 = as lists */
  size_t n_conversations;
};

/* Released with result_free. */
struct result *random_result(const struct random_options *o);

/* A copy of a text that goes with the result. */
char *text_in(struct result *r, const char *text);

/* Texts that formats must keep inert: markup, quotes, controls made clean, formulas, long ones. */
extern const char *const hostile_texts[];
extern const size_t n_hostile_texts;

/* A report as one text, to be freed. */
char *render(const struct result *r, const char *format);

/* The value of WW_SEED, else fallback; printed. */
unsigned test_seed(unsigned fallback);

#endif
