#include "util/thread.h"

#include <signal.h>

int thread_start(pthread_t *thread_out, void *(*run)(void *of), void *of) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int rc = pthread_create(thread_out, NULL, run, of);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return rc;
}
