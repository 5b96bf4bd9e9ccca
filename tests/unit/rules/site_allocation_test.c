/* Memory runs out at every single allocation of loading a site file with its policy, one after the other: each time the
 * load fails with a problem, nothing is applied and nothing is lost. Works by standing in for malloc, so not under
 * sanitizers, which do the same. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/site.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(SANITIZED) || !defined(__GLIBC__)
int main(void) {
  puts("skipped: allocation belongs to somebody else here");
  return 77;
}
#else

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);

static long until_failure = -1; /* allocations that still succeed; -1 = all */
static long alive;

static bool denied(void) {
  if (until_failure < 0 || until_failure-- > 0) return false;
  errno = ENOMEM;
  return true;
}

void *malloc(size_t n) {
  if (denied()) return NULL;
  alive++;
  return __libc_malloc(n);
}

void *calloc(size_t count, size_t n) {
  if (denied()) return NULL;
  alive++;
  return __libc_calloc(count, n);
}

void *realloc(void *p, size_t n) {
  if (denied()) return NULL;
  alive += p == NULL;
  return __libc_realloc(p, n);
}

void free(void *p) {
  alive -= p != NULL;
  __libc_free(p);
}

/* Loads with the n-th allocation failing. True when the load got that far and failed in good order, or passed. */
static bool load_failing_at(const char *path, long n, bool *passed_out) {
  struct policy *p = NULL;
  struct site *s = NULL;
  struct problem_list problems = {0};
  long before = alive;
  until_failure = n;
  int r = site_or_policy_load(path, &p, &s, &problems);
  *passed_out = r == 0 && until_failure >= 0;
  until_failure = -1;
  bool good = r == 0 || (!p && !s && problems.n > 0);
  if (!good) printf("allocation %ld: %d, %zu problems\n", n, r, problems.n);
  policy_free(p);
  site_free(s);
  problem_list_free(&problems);
  if (alive == before) return good;
  printf("allocation %ld: %ld blocks lost\n", n, alive - before);
  return false;
}

int main(void) {
  char path[4096];
  const char *root = getenv("WW_SOURCE");
  int bad = 0;
  bool passed = false;
  snprintf(path, sizeof path, "%s/samples/webshop.site.json", root ? root : ".");
  load_failing_at(path, 1000000, &passed); /* libraries set themselves up once, and keep what they took */
  if (!passed) bad++;
  passed = false;
  long n = 0;
  for (; !passed && n < 100000; n++) bad += !load_failing_at(path, n, &passed);
  printf("%ld allocations, %d bad\n", n - 1, bad);
  return bad || n < 500 ? EXIT_FAILURE : EXIT_SUCCESS;
}
#endif
