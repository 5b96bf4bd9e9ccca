/* A folder for the files of one test program; gone when it ends. Use scratch_begin and scratch_end as group fixtures.
 */
#ifndef WW_TESTS_SCRATCH_H
#define WW_TESTS_SCRATCH_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scratch {
  char folder[64];
  char *path[8]; /* the last few paths asked for */
  unsigned next;
};

static inline const char *scratch_path(struct scratch *s, const char *name) {
  char **path = &s->path[s->next++ % 8];
  free(*path);
  if (asprintf(path, "%s/%s", s->folder, name) < 0) abort();
  return *path;
}

static inline void scratch_put(struct scratch *s, const char *name, const void *bytes, size_t len, const char *mode) {
  FILE *f = fopen(scratch_path(s, name), mode);
  if (!f || fwrite(bytes, 1, len, f) != len || fclose(f)) abort();
}
static inline void scratch_write(struct scratch *s, const char *name, const void *bytes, size_t len) {
  scratch_put(s, name, bytes, len, "wb");
}
static inline void scratch_append(struct scratch *s, const char *name, const void *bytes, size_t len) {
  scratch_put(s, name, bytes, len, "ab");
}

static inline int scratch_begin(void **state) {
  struct scratch *s = calloc(1, sizeof *s);
  if (!s) return -1;
  snprintf(s->folder, sizeof s->folder, "/tmp/ww-test-XXXXXX");
  *state = s;
  return mkdtemp(s->folder) ? 0 : -1;
}

static inline int scratch_end(void **state) {
  struct scratch *s = *state;
  DIR *d = opendir(s->folder);
  for (const struct dirent *e; d && (e = readdir(d));)
    if (e->d_name[0] != '.') unlink(scratch_path(s, e->d_name));
  if (d) closedir(d);
  int rc = rmdir(s->folder);
  for (int i = 0; i < 8; i++) free(s->path[i]);
  free(s);
  return rc;
}

#endif
