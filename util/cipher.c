#include "util/cipher.h"

#include <gcrypt.h>
#include <stdlib.h>
#include <string.h>

#include "util/digest.h"

enum { KEY = 32, AES_KEY = 16 };

struct cipher {
  gcry_cipher_hd_t aes;
  uint8_t key[KEY];
};

struct cipher *cipher_new(const void *secret, size_t len) {
  struct cipher *c = digest_library_ready() ? calloc(1, sizeof *c) : NULL;
  if (!c) return NULL;
  gcry_md_hash_buffer(GCRY_MD_SHA256, c->key, secret, len);
  if (gcry_cipher_open(&c->aes, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_ECB, 0) ||
      gcry_cipher_setkey(c->aes, c->key, AES_KEY)) {
    cipher_free(c);
    return NULL;
  }
  return c;
}

void cipher_free(struct cipher *c) {
  if (!c) return;
  gcry_cipher_close(c->aes);
  explicit_bzero(c->key, sizeof c->key);
  free(c);
}

void cipher_block(const struct cipher *c, const uint8_t in[CIPHER_BLOCK], uint8_t out[CIPHER_BLOCK]) {
  memmove(out, in, CIPHER_BLOCK);
  gcry_cipher_encrypt(c->aes, out, CIPHER_BLOCK, NULL, 0);
}

/* HMAC by its definition (RFC 2104 section 2) from the library's hash of several buffers: nothing to allocate, so
 * nothing that can fail. */
uint64_t cipher_mark(const struct cipher *c, const char *purpose, const void *bytes, size_t len) {
  enum { BLOCK = 64, SUM = 32 };
  uint8_t inner_pad[BLOCK], outer_pad[BLOCK], sum[SUM];
  for (size_t i = 0; i < BLOCK; i++) {
    uint8_t k = i < KEY ? c->key[i] : 0;
    inner_pad[i] = k ^ 0x36;
    outer_pad[i] = k ^ 0x5c;
  }
  char *word = (char *)(uintptr_t)purpose, *data = (char *)(uintptr_t)bytes;
  gcry_buffer_t inner[] = {
      {.data = inner_pad, .len = BLOCK}, {.data = word, .len = strlen(purpose) + 1}, {.data = data, .len = len}};
  gcry_md_hash_buffers(GCRY_MD_SHA256, 0, sum, inner, 3);
  gcry_buffer_t outer[] = {{.data = outer_pad, .len = BLOCK}, {.data = sum, .len = SUM}};
  uint8_t out[SUM];
  gcry_md_hash_buffers(GCRY_MD_SHA256, 0, out, outer, 2);
  uint64_t mark = 0;
  for (size_t i = 0; i < 8; i++) mark = mark << 8 | out[i];
  return mark;
}
