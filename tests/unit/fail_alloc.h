/* Makes one allocation fail, the n-th after arming, among those our own code asks for: takes the place of malloc and
 * its kin, over glibc's own. What libraries ask for succeeds unless the test wants it otherwise: libpcap's compiler, for
 * one, does not survive a failure. Not together with a sanitizer, which takes the same place. Include it once in a program. Counts what is
 * allocated and not freed, so that a test sees a leak on the way out. */
#ifndef WW_TESTS_FAIL_ALLOC_H
#define WW_TESTS_FAIL_ALLOC_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void __libc_free(void *p);

static long fail_alloc_left = -1; /* allocations that still succeed; -1 = all */
static bool fail_alloc_failed;
static long fail_alloc_live;
static bool fail_alloc_everywhere; /* set it to fail what libraries ask for too (strdup) */

/* The n-th allocation from now on fails (0: the next), all others succeed. */
static inline void fail_alloc_arm(long n) {
  fail_alloc_failed = false;
  __atomic_store_n(&fail_alloc_left, n, __ATOMIC_SEQ_CST);
}

/* Ends it; whether it came to a failure. */
static inline bool fail_alloc_disarm(void) {
  __atomic_store_n(&fail_alloc_left, -1, __ATOMIC_SEQ_CST);
  return fail_alloc_failed;
}

static inline long fail_alloc_in_use(void) { return __atomic_load_n(&fail_alloc_live, __ATOMIC_SEQ_CST); }

/* Where the program's own code lies (the linker's symbols). */
extern const char __executable_start, etext;

static bool fail_alloc_now(const void *caller) {
  if (__atomic_load_n(&fail_alloc_left, __ATOMIC_SEQ_CST) < 0) return false;
  bool ours = (const char *)caller >= &__executable_start && (const char *)caller <= &etext;
  if (!ours && !fail_alloc_everywhere) return false;
  if (__atomic_fetch_sub(&fail_alloc_left, 1, __ATOMIC_SEQ_CST) != 0) return false;
  fail_alloc_failed = true;
  errno = ENOMEM;
  return true;
}

static void *fail_alloc_count(void *p) {
  if (p) __atomic_add_fetch(&fail_alloc_live, 1, __ATOMIC_SEQ_CST);
  return p;
}

void *malloc(size_t size) {
  return fail_alloc_now(__builtin_return_address(0)) ? NULL : fail_alloc_count(__libc_malloc(size));
}
void *calloc(size_t n, size_t size) {
  return fail_alloc_now(__builtin_return_address(0)) ? NULL : fail_alloc_count(__libc_calloc(n, size));
}
void *realloc(void *p, size_t size) {
  if (fail_alloc_now(__builtin_return_address(0))) return NULL;
  return p ? __libc_realloc(p, size) : fail_alloc_count(__libc_realloc(NULL, size));
}
void free(void *p) {
  if (p) __atomic_sub_fetch(&fail_alloc_live, 1, __ATOMIC_SEQ_CST);
  __libc_free(p);
}

#endif
