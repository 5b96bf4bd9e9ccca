/* A challenge: "NTLMSSP\0" | 2 (4) | target name (len max offset) | flags (4) | challenge (8) | reserved (8) | target
 * information (len max offset) | ... Offsets count from the signature. The information is a list of (id, length,
 * value), ended by id 0. */
#include "classifier/ntlm.h"

#include <string.h>

#include "util/utf16.h"

enum { PAIR_END = 0, PAIR_NETBIOS_COMPUTER = 1, PAIR_DNS_COMPUTER = 3, PAIRS_MAX = 32 };

static bool info_open(struct bytes message, struct bytes *info_out) {
  struct bytes b = message;
  uint32_t type, offset;
  uint16_t len;
  if (!bytes_skip(&b, 8) || !bytes_le32(&b, &type) || type != 2) return false;
  if (!bytes_skip(&b, 8 + 4 + 8 + 8) || !bytes_le16(&b, &len) || !bytes_skip(&b, 2) || !bytes_le32(&b, &offset))
    return false;
  b = message;
  return bytes_skip(&b, offset) && bytes_take(&b, len, info_out);
}

bool ntlm_server_name(struct bytes blob, char name_out[NTLM_NAME_SIZE]) {
  static const char signature[8] = "NTLMSSP";
  const uint8_t *at = bytes_find(&blob, signature, sizeof signature);
  struct bytes info;
  if (!at || !info_open((struct bytes){at, blob.end}, &info)) return false;
  char dns[NTLM_NAME_SIZE] = "", netbios[NTLM_NAME_SIZE] = "";
  for (int i = 0; i < PAIRS_MAX; i++) {
    uint16_t id, len;
    struct bytes value;
    if (!bytes_le16(&info, &id) || !bytes_le16(&info, &len) || !bytes_take(&info, len, &value) || id == PAIR_END) break;
    if (id == PAIR_DNS_COMPUTER) utf16_clean(dns, sizeof dns, value);
    if (id == PAIR_NETBIOS_COMPUTER) utf16_clean(netbios, sizeof netbios, value);
  }
  const char *best = dns[0] ? dns : netbios;
  if (!best[0]) return false;
  memcpy(name_out, best, strlen(best) + 1);
  return true;
}

bool ntlm_note(struct note_taker *t, struct bytes blob) {
  char name[NTLM_NAME_SIZE];
  if (!ntlm_server_name(blob, name)) return false;
  hostname_add(t->names, &t->src, name, strlen(name), "ntlm", &t->counts->names_refused);
  return true;
}
