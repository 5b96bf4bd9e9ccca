/* Runs a fuzz target over files and folders: every seed of a corpus, every input that once broke something. A plain
 * program, so that any compiler and sanitizer will do. Fails when there is nothing to run. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned n_run;

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
  n_run++;
  return 0;
}

static int run_path(const char *path) {
  struct stat st;
  if (stat(path, &st) || !S_ISDIR(st.st_mode)) return run_file(path);
  struct dirent **entry;
  int n = scandir(path, &entry, NULL, alphasort), failed = n < 0;
  for (int i = 0; i < n; i++) {
    char inside[4096];
    snprintf(inside, sizeof inside, "%s/%s", path, entry[i]->d_name);
    if (entry[i]->d_name[0] != '.') failed |= run_path(inside);
    free(entry[i]);
  }
  if (n >= 0) free(entry);
  return failed;
}

int main(int argc, char **argv) {
  int failed = 0;
  for (int i = 1; i < argc; i++) failed |= run_path(argv[i]);
  printf("%u inputs\n", n_run);
  return failed || n_run == 0;
}
