/* Answers of the endpoint mapper, its requests, and towers alone. The first octet chooses: bits 0 and 1 the order and
 * width of integers, bit 2 map or lookup. */
#include <stdlib.h>

#include "classifier/epm.h"

static bool found(void *context, const struct epm_endpoint *e) {
  unsigned *n = context;
  if (e->proto != 0 && e->proto != PROTO_TCP && e->proto != PROTO_UDP) abort();
  if (++*n > EPM_TOWERS_MAX) abort();
  return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  struct bytes stub = bytes_of(data + 1, size - 1);
  struct ndr ndr = ndr_of(stub, data[0] & 1, data[0] & 2);
  struct epm_endpoint e;
  unsigned n = 0;
  epm_answer_parse(ndr, data[0] & 4 ? EPM_LOOKUP : EPM_MAP, found, &n);
  epm_request_parse(ndr, &e);
  epm_tower_parse(stub, &e);
  return 0;
}
