/* RPC over a stream; with a first octet of FF the rest is one connectionless unit. */
#include "tests/fuzz/fuzz_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0 || data[0] != 0xff) return fuzz_reader(READER_RPC, data, size);
  struct desk d;
  desk_open(&d);
  d.taker.proto = PROTO_UDP;
  rpc_datagram_read(&d.taker, bytes_of(data + 1, size - 1));
  desk_close(&d);
  return 0;
}
