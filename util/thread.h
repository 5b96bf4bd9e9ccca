/* Threads that do one job and are joined. */
#ifndef WW_UTIL_THREAD_H
#define WW_UTIL_THREAD_H

#include <pthread.h>

/* Starts run(of) with all signals blocked: they are for the thread that waits for them. 0, or the errno with which the
 * system refuses. */
int thread_start(pthread_t *thread_out, void *(*run)(void *of), void *of);

#endif
