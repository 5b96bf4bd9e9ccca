#include "util/digest.h"

#include <gcrypt.h>
#include <stdint.h>
#include <stdlib.h>

struct digest {
  gcry_md_hd_t handle;
};

/* libgcrypt wants to be asked for its version before anything else; asking again does nothing. Secure memory (locked
 * pages for keys) is of no use for public data. */
bool digest_library_ready(void) {
  if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P)) return true;
  if (!gcry_check_version(NULL)) return false;
  gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
  gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
  return true;
}

struct digest *digest_new(void) {
  struct digest *d = calloc(1, sizeof *d);
  if (!d) return NULL;
  if (!digest_library_ready() || gcry_md_open(&d->handle, GCRY_MD_SHA256, 0)) {
    free(d);
    return NULL;
  }
  return d;
}

void digest_free(struct digest *d) {
  if (!d) return;
  gcry_md_close(d->handle);
  free(d);
}

void digest_add(struct digest *d, const void *bytes, size_t len) { gcry_md_write(d->handle, bytes, len); }

char *digest_print(char to[DIGEST_TEXT_SIZE], struct digest *d) {
  static const char hex[] = "0123456789abcdef";
  const uint8_t *sum = gcry_md_read(d->handle, GCRY_MD_SHA256);
  for (size_t i = 0; i < 32; i++) {
    to[2 * i] = hex[sum[i] >> 4];
    to[2 * i + 1] = hex[sum[i] & 15];
  }
  to[64] = '\0';
  return to;
}
