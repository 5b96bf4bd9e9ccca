/* String bindings and classes in stubs of activation; bit 0 of the first octet: big-endian. */
#include <stdlib.h>
#include <string.h>

#include "classifier/dcom.h"

static bool found(void *context, const struct dcom_binding *b) {
  (void)context;
  if (b->port == 0 || memchr(b->host, 0, sizeof b->host) == NULL) abort();
  return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  struct bytes stub = bytes_of(data + 1, size - 1);
  dcom_bindings_find(stub, data[0] & 1, found, NULL);
  dcom_class_find(stub, data[0] & 1);
  return 0;
}
