/* SHA-256 of a stream of bytes (FIPS 180-4), for naming inputs beyond doubt. */
#ifndef WW_UTIL_DIGEST_H
#define WW_UTIL_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

enum { DIGEST_TEXT_SIZE = 65 }; /* 64 hexadecimal digits and NUL */

struct digest;

/* NULL when memory is out; release with digest_free (which accepts NULL). Used by one thread at a time. */
struct digest *digest_new(void);
void digest_free(struct digest *d);

void digest_add(struct digest *d, const void *bytes, size_t len);

/* The digest of everything added so far, in lower-case hex; nothing may be added afterwards. Returns to. */
char *digest_print(char to[DIGEST_TEXT_SIZE], struct digest *d);

/* Makes libgcrypt ready, once; for util/cipher.c too. False: it cannot be used. */
bool digest_library_ready(void);

#endif
