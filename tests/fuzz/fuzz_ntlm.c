/* NTLM challenges somewhere in a blob. */
#include <stdlib.h>
#include <string.h>

#include "classifier/ntlm.h"
#include "util/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char name[NTLM_NAME_SIZE];
  if (ntlm_server_name(bytes_of(data, size), name) && !text_is_clean(name, strlen(name))) abort();
  return 0;
}
