/* Where one thread sleeps until another finds that what it waits for has come. There is no lock.
 *
 * Counters that threads tell each other their progress with are read and written with the two functions below. Who
 * waits says so before it looks at them a last time, who works writes them before it asks whether anybody waits: in the
 * one order that all threads agree on, at least one of the two sees what the other did. */
#ifndef WW_UTIL_WAITER_H
#define WW_UTIL_WAITER_H

#include <semaphore.h>
#include <stdbool.h>

enum { CACHE_LINE = 64 };

struct waiter {
  _Alignas(CACHE_LINE) bool sleeps; /* touched atomically */
  sem_t woken;
};

void waiter_init(struct waiter *w);
void waiter_fini(struct waiter *w);

/* Sleeps until enough(of) answers true. One thread at a time. */
void waiter_sleep(struct waiter *w, bool (*enough)(const void *of), const void *of);

/* Lets it ask again if it sleeps. Any thread. */
void waiter_wake(struct waiter *w);

static inline bool waiter_sleeps(const struct waiter *w) { return __atomic_load_n(&w->sleeps, __ATOMIC_SEQ_CST); }

static inline unsigned progress_of(const unsigned *n) { return __atomic_load_n(n, __ATOMIC_SEQ_CST); }
static inline void progress_set(unsigned *n, unsigned to) { __atomic_store_n(n, to, __ATOMIC_SEQ_CST); }

#endif
