/* Finds the shared captures: $WW_SHARED/captures, or SOURCE/../shared/captures. */
#ifndef WW_TESTS_SHARED_CAPTURES_H
#define WW_TESTS_SHARED_CAPTURES_H

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHARED_SKIPPED = 77 }; /* exit status of a test that needs them and finds none */

static inline int shared_is_capture(const struct dirent *e) {
  const char *dot = strrchr(e->d_name, '.');
  return dot && (!strcmp(dot, ".pcap") || !strcmp(dot, ".pcapng") || !strcmp(dot, ".cap") || !strcmp(dot, ".snoop"));
}

/* Calls use for each of them, in the order of their names; false: there is no such folder (it says so). */
static inline bool shared_captures_each(void (*use)(const char *path, void *context), void *context) {
  const char *shared = getenv("WW_SHARED"), *source = getenv("WW_SOURCE");
  char folder[2048], path[4096];
  if (shared)
    snprintf(folder, sizeof folder, "%s/captures", shared);
  else
    snprintf(folder, sizeof folder, "%s/../shared/captures", source ? source : ".");
  struct dirent **entry;
  int n = scandir(folder, &entry, shared_is_capture, alphasort);
  if (n < 0) printf("skipped: no captures at %s; set WW_SHARED\n", folder);
  for (int i = 0; i < n; i++) {
    snprintf(path, sizeof path, "%s/%s", folder, entry[i]->d_name);
    use(path, context);
    free(entry[i]);
  }
  if (n >= 0) free(entry);
  return n >= 0;
}

#endif
