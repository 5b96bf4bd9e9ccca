/* Runs a fuzz target over files and folders: every seed of a corpus, every input that once broke something; then once
 * more from the last to the first, when each must come to the same (fuzz_digest.h). A plain program, so that any
 * compiler and sanitizer will do. Fails when there is nothing to run. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz_digest.h"
#include "util/array.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

__attribute__((weak)) uint64_t fuzz_digest;

struct input {
  char *path;
  uint64_t digest; /* of the first run */
};

struct inputs {
  struct input *item;
  size_t n, room;
};

static int run_file(const char *path) {
  FILE *f = fopen(path, "rb");
  if (!f) {
    perror(path);
    return 1;
  }
  uint8_t *bytes = NULL;
  size_t len = 0, got;
  do {
    uint8_t *grown = realloc(bytes, len + 65536);
    if (!grown) abort();
    bytes = grown;
    got = fread(bytes + len, 1, 65536, f);
    len += got;
  } while (got);
  fclose(f);
  /* A copy of the exact size, so that the sanitizer sees every byte read beyond it. */
  uint8_t *exact = malloc(len ? len : 1);
  if (!exact) abort();
  memcpy(exact, bytes, len);
  LLVMFuzzerTestOneInput(exact, len);
  free(exact);
  free(bytes);
  return 0;
}

static int find_inputs(const char *path, struct inputs *all) {
  struct stat st;
  if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
    struct input *one = ARRAY_PUSH(all->item, all->n, all->room);
    if (!one || !(one->path = strdup(path))) abort();
    return 0;
  }
  struct dirent **entry;
  int n = scandir(path, &entry, NULL, alphasort), failed = n < 0;
  for (int i = 0; i < n; i++) {
    char inside[4096];
    snprintf(inside, sizeof inside, "%s/%s", path, entry[i]->d_name);
    if (entry[i]->d_name[0] != '.') failed |= find_inputs(inside, all);
    free(entry[i]);
  }
  if (n >= 0) free(entry);
  return failed;
}

static int run_again(const struct input *input) {
  if (run_file(input->path)) return 1;
  if (fuzz_digest == input->digest) return 0;
  fprintf(stderr, "%s: comes to something else after other inputs\n", input->path);
  return 1;
}

int main(int argc, char **argv) {
  int failed = 0;
  struct inputs all = {0};
  for (int i = 1; i < argc; i++) failed |= find_inputs(argv[i], &all);
  for (size_t i = 0; i < all.n; i++) {
    failed |= run_file(all.item[i].path);
    all.item[i].digest = fuzz_digest;
  }
  printf("%zu inputs\n", all.n);
  for (size_t i = all.n; i-- > 0;) failed |= run_again(&all.item[i]);
  for (size_t i = 0; i < all.n; i++) free(all.item[i].path);
  free(all.item);
  return failed || all.n == 0;
}
