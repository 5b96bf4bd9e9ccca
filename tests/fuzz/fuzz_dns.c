/* DNS and its relatives, and DHCP; the first octet chooses which. */
#include "tests/fuzz/fuzz_reader.h"

#include "classifier/dns.h"
#include "util/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static bool (*const read[])(struct note_taker * t, struct bytes data) = {
      dns_read, dns_read_mdns, dns_read_llmnr, dns_read_netbios, dns_read_netbios_datagram, dhcp_read};
  if (size == 0) return 0;
  struct desk d;
  struct bytes message = bytes_of(data + 1, size - 1);
  desk_open(&d);
  dns_is_message(message);
  dns_is_head(message);
  dns_is_netbios(message);
  read[data[0] % (sizeof read / sizeof *read)](&d.taker, message);
  for (size_t i = 0; i < hostname_count(d.taker.names); i++) {
    const char *name = hostname_at(d.taker.names, i)->name;
    if (!text_is_clean(name, strlen(name))) abort();
  }
  desk_close(&d);
  return 0;
}
