#include "util/clock.h"

#include <time.h>

int64_t clock_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

stamp_t clock_wall(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return stamp_make((uint64_t)t.tv_sec, (uint64_t)t.tv_nsec, 1000000000);
}
