/* Keyed functions for replacing names and addresses: a block cipher (AES-128, FIPS 197) and a keyed mark (HMAC-SHA-256,
 * RFC 2104). The key is never given back. */
#ifndef WW_UTIL_CIPHER_H
#define WW_UTIL_CIPHER_H

#include <stddef.h>
#include <stdint.h>

enum { CIPHER_BLOCK = 16, CIPHER_KEY_LEAST = 16 /* bytes of a secret */ };

struct cipher;

/* From a secret of any length from CIPHER_KEY_LEAST on; its SHA-256 is the key. NULL: memory is out. */
struct cipher *cipher_new(const void *secret, size_t len);
void cipher_free(struct cipher *c);

/* One block, encrypted; in and out may be the same. */
void cipher_block(const struct cipher *c, const uint8_t in[CIPHER_BLOCK], uint8_t out[CIPHER_BLOCK]);

/* A mark of these bytes that nobody can make or check without the key; purpose keeps uses apart. */
uint64_t cipher_mark(const struct cipher *c, const char *purpose, const void *bytes, size_t len);

#endif
