/* A processor whose threads all sleep is slow to wake, and for so short a pause the system moves nobody over from a
 * busy one. So who waits first asks a few times and lets others go ahead in between; most waits end there.
 *
 * Whoever takes the mark that it sleeps off owes one post, and nobody else posts. A semaphore costs a call of the
 * system to sleep and one to wake; a condition needs another for its lock, which it leaves looking contended. */
#include "util/waiter.h"

#include <sched.h>

enum { ASKS = 30 };

static bool mark_take(struct waiter *w) { return __atomic_exchange_n(&w->sleeps, false, __ATOMIC_SEQ_CST); }

void waiter_init(struct waiter *w) {
  w->sleeps = false;
  sem_init(&w->woken, 0, 0);
}

void waiter_fini(struct waiter *w) { sem_destroy(&w->woken); }

void waiter_sleep(struct waiter *w, bool (*enough)(const void *of), const void *of) {
  for (unsigned i = 0; i < ASKS; i++) {
    if (enough(of)) return;
    sched_yield();
  }
  for (bool over = false; !over;) {
    __atomic_store_n(&w->sleeps, true, __ATOMIC_SEQ_CST);
    over = enough(of);
    if (over && mark_take(w)) return;
    while (sem_wait(&w->woken) != 0) continue; /* a signal interrupted it */
  }
}

void waiter_wake(struct waiter *w) {
  if (mark_take(w)) sem_post(&w->woken);
}
