/* Most protocols here are told by a magic, or by a length field that agrees with the packet plus a field or two of few
 * legal values. */
#include "classifier/signature.h"

#include <string.h>

#include "classifier/dhcp.h"
#include "classifier/dns.h"
#include "classifier/service.h"

static bool begins(const struct packet *p, const char *with) {
  size_t n = strlen(with);
  return bytes_left(&p->payload) >= n && memcmp(p->payload.at, with, n) == 0;
}

static bool holds(const struct packet *p, const char *what) {
  return memmem(p->payload.at, bytes_left(&p->payload), what, strlen(what)) != NULL;
}

static bool on_port(const struct packet *p, uint16_t port) { return p->src_port == port || p->dst_port == port; }

/* A BER length (X.690 8.1.3); at most four octets of it. */
static bool ber_length(struct bytes *b, uint32_t *len_out) {
  uint8_t first;
  if (!bytes_u8(b, &first)) return false;
  uint32_t len = first;
  if (first >= 0x80) {
    if (first == 0x80 || first > 0x84) return false;
    len = 0;
    for (int i = first & 0x7f; i > 0; i--) {
      uint8_t octet;
      if (!bytes_u8(b, &octet)) return false;
      len = len << 8 | octet;
    }
  }
  *len_out = len;
  return true;
}

static bool ber_tag(struct bytes *b, uint8_t tag, uint32_t *len_out) {
  uint8_t have;
  return bytes_u8(b, &have) && have == tag && ber_length(b, len_out);
}

/* --- Kerberos ------------------------------------------------------------------------------------------------- */

/* An application tag, a sequence, and in it the protocol version 5 first. */
static bool is_kerberos_message(struct bytes b) {
  uint8_t tag;
  uint32_t len;
  if (!bytes_u8(&b, &tag) || !ber_length(&b, &len)) return false;
  bool known = (tag >= 0x6a && tag <= 0x6f) || (tag >= 0x74 && tag <= 0x76) || tag == 0x7e;
  const uint8_t *p;
  if (!known || !ber_tag(&b, 0x30, &len) || !(p = bytes_get(&b, 5))) return false;
  return (p[0] == 0xa0 || p[0] == 0xa1) && p[1] == 3 && p[2] == 2 && p[3] == 1 && p[4] == 5;
}

bool signature_kerberos(const struct packet *p) { return is_kerberos_message(p->payload); }

bool signature_kerberos_stream(const struct packet *p) {
  struct bytes b = p->payload;
  uint32_t len;
  return bytes_be32(&b, &len) && len >= 10 && len < (1u << 24) && is_kerberos_message(b);
}

/* length (2) version (2) length of the AP-REQ (2) */
static bool is_kpasswd_message(struct bytes b) {
  size_t all = bytes_left(&b);
  uint16_t len, version, request;
  return bytes_be16(&b, &len) && len == all && bytes_be16(&b, &version) && (version == 1 || version == 0xff80) &&
         bytes_be16(&b, &request) && request < len;
}

bool signature_kpasswd(const struct packet *p) { return is_kpasswd_message(p->payload); }

bool signature_kpasswd_stream(const struct packet *p) {
  struct bytes b = p->payload;
  return bytes_skip(&b, 4) && is_kpasswd_message(b);
}

/* --- directory, management ------------------------------------------------------------------------------------ */

bool signature_ldap(const struct packet *p) {
  struct bytes b = p->payload, id;
  uint32_t all, len;
  uint8_t operation;
  if (!ber_tag(&b, 0x30, &all) || all < 5 || all > (1u << 26) || !ber_tag(&b, 0x02, &len) || len < 1 || len > 4 ||
      !bytes_take(&b, len, &id) || !bytes_u8(&b, &operation))
    return false;
  if (operation == 0x42 || operation == 0x4a || operation == 0x50) return true; /* unbind, delete, abandon */
  return (operation >= 0x60 && operation <= 0x70) || operation == 0x73 || (operation >= 0x77 && operation <= 0x79);
}

bool signature_snmp(const struct packet *p) {
  struct bytes b = p->payload, skipped;
  uint32_t all, len;
  uint8_t version, next;
  if (!ber_tag(&b, 0x30, &all) || all != bytes_left(&b) || !ber_tag(&b, 0x02, &len) || len != 1 ||
      !bytes_u8(&b, &version) || version > 3)
    return false;
  if (version == 3) return bytes_peek(&b, 0) == 0x30;
  return ber_tag(&b, 0x04, &len) && bytes_take(&b, len, &skipped) && bytes_u8(&b, &next) && next >= 0xa0 &&
         next <= 0xa8;
}

bool signature_adws(const struct packet *p) {
  struct bytes b = p->payload;
  const uint8_t *head = bytes_get(&b, 4); /* version record 1.0, mode record */
  return head && head[0] == 0 && head[1] == 1 && head[2] == 0 && head[3] == 1 && holds(p, "net.tcp://") &&
         (on_port(p, 9389) || holds(p, "ActiveDirectoryWebServices"));
}

/* --- remote desktop ------------------------------------------------------------------------------------------- */

enum { X224_REQUEST = 0xe0, X224_CONFIRM = 0xd0, RDP_PORT = 3389 };

/* TPKT (3, 0, length) and an X.224 connection request or confirm. Other protocols use these too; a cookie or RDP's
 * negotiation, eight octets of fixed form at the end, or its port says whose it is. */
bool signature_rdp(const struct packet *p) {
  struct bytes b = p->payload;
  const uint8_t *head = bytes_get(&b, 11);
  if (!head || head[0] != 3 || head[1] != 0 || be16_at(head + 2) != bytes_left(&p->payload)) return false;
  if ((head[5] != X224_REQUEST && head[5] != X224_CONFIRM) || head[4] + 5u != be16_at(head + 2)) return false;
  if (on_port(p, RDP_PORT)) return true;
  if (head[5] == X224_REQUEST && bytes_left(&b) >= 7 && memcmp(b.at, "Cookie:", 7) == 0) return true;
  if (bytes_left(&b) < 8) return false;
  const uint8_t *negotiation = b.end - 8;
  return negotiation[0] >= 1 && negotiation[0] <= 3 && le16_at(negotiation + 2) == 8;
}

/* A first datagram acknowledges nothing (all ones) and is padded to a full one. */
bool signature_rdp_udp(const struct packet *p) {
  struct bytes b = p->payload;
  const uint8_t *head = bytes_get(&b, 8);
  return head && be32_at(head) == UINT32_MAX && (be16_at(head + 6) & 1) && bytes_left(&p->payload) >= 1000 &&
         (on_port(p, RDP_PORT) || bytes_left(&p->payload) == 1232);
}

/* --- databases ------------------------------------------------------------------------------------------------ */

bool signature_mssql(const struct packet *p) {
  struct bytes b = p->payload;
  const uint8_t *head = bytes_get(&b, 8); /* type status length (2) process (2) packet window */
  if (!head || head[1] > 1 || be16_at(head + 2) != bytes_left(&p->payload) || head[7] != 0) return false;
  int first = bytes_peek(&b, 0);
  if (head[0] == 0x12) return first == 0; /* prelogin: its first option is the version */
  if (head[0] == 0x04) return first == 0 && be16_at(head + 4) == 0 && bytes_left(&b) >= 11; /* its answer */
  return head[0] == 0x10 && on_port(p, 1433);                                               /* login */
}

bool signature_mssql_browser(const struct packet *p) {
  int first = bytes_peek(&p->payload, 0);
  if (!on_port(p, 1434)) return false;
  return p->dst_port == 1434 ? first >= 2 && first <= 4 && bytes_left(&p->payload) <= 64
                             : first == 5 && bytes_left(&p->payload) > 3;
}

bool signature_postgresql(const struct packet *p) {
  struct bytes b = p->payload;
  uint32_t len, code;
  return bytes_be32(&b, &len) && len == bytes_left(&p->payload) && bytes_be32(&b, &code) &&
         (code == 80877103 || code == 80877104 || (code == 196608 && bytes_peek(&b, 0) > 0));
}

bool signature_redis(const struct packet *p) {
  return bytes_left(&p->payload) >= 8 && p->payload.at[0] == '*' && p->payload.at[1] >= '1' &&
         p->payload.at[1] <= '9' && memcmp(p->payload.at + 2, "\r\n$", 3) == 0;
}

/* --- text and others over TCP --------------------------------------------------------------------------------- */

bool signature_ssh(const struct packet *p) { return begins(p, "SSH-2.0-") || begins(p, "SSH-1."); }
bool signature_vnc(const struct packet *p) { return begins(p, "RFB 00") && bytes_left(&p->payload) == 12; }
bool signature_bittorrent(const struct packet *p) { return begins(p, "\023BitTorrent protocol"); }
/* A request line begins with a method in capitals. */
static bool is_request(const struct packet *p, const char *protocol) {
  int first = bytes_peek(&p->payload, 0);
  return first >= 'A' && first <= 'Z' && holds(p, protocol);
}

bool signature_rtsp(const struct packet *p) {
  return begins(p, "RTSP/1.0 ") || (is_request(p, " RTSP/1.0\r\n") && holds(p, "CSeq:"));
}
bool signature_sip(const struct packet *p) {
  return begins(p, "SIP/2.0 ") || (is_request(p, " SIP/2.0\r\n") && holds(p, "Via:"));
}

/* Commands only: IAC, then will, won't, do or don't, then an option. */
bool signature_telnet(const struct packet *p) {
  struct bytes b = p->payload;
  const uint8_t *c = bytes_get(&b, 3);
  if (!c || c[0] != 255 || c[1] < 251 || c[1] > 254 || c[2] > 49) return false;
  return on_port(p, 23) || (bytes_left(&b) >= 3 && b.at[0] == 255 && b.at[1] >= 250 && b.at[1] <= 254);
}

bool signature_dns_stream(const struct packet *p) {
  struct bytes b = p->payload;
  uint16_t len;
  if (!bytes_be16(&b, &len) || len < 17) return false;
  if (len == bytes_left(&b)) return dns_is_message(b) || (on_port(p, 53) && dns_is_head(b));
  return len > bytes_left(&b) && on_port(p, 53) && dns_is_head(b);
}

/* --- UDP ------------------------------------------------------------------------------------------------------ */

bool signature_wake_on_lan(const struct packet *p) {
  enum { REPEATS = 16, PATTERN = 6 + 6 * REPEATS, OFFSET_MAX = 64 };
  struct bytes b = p->payload;
  const uint8_t *end = b.at + OFFSET_MAX + 1;
  for (; bytes_left(&b) >= PATTERN && b.at < end; b.at++) {
    static const uint8_t ones[6] = {255, 255, 255, 255, 255, 255};
    const size_t left = bytes_left(&b) - PATTERN + 1, near = (size_t)(end - b.at);
    if (!(b.at = memchr(b.at, 255, left < near ? left : near))) return false;
    if (memcmp(b.at, ones, 6) != 0) continue;
    const uint8_t *mac = b.at + 6;
    int same = 1;
    while (same < REPEATS && memcmp(mac, mac + 6 * same, 6) == 0) same++;
    if (same == REPEATS) return true;
  }
  return false;
}

bool signature_dhcp(const struct packet *p) { return dhcp_is_message(p->payload, on_port(p, 67)); }

bool signature_dhcpv6(const struct packet *p) {
  int type = bytes_peek(&p->payload, 0);
  return type >= 1 && type <= 36 && bytes_left(&p->payload) >= 4;
}

bool signature_ntp(const struct packet *p) {
  int first = bytes_peek(&p->payload, 0), version = first >> 3 & 7, mode = first & 7;
  if (first < 0 || version < 1 || version > 4) return false;
  return bytes_left(&p->payload) >= (mode >= 6 ? 8u : 48u) && mode != 0;
}

bool signature_ssdp(const struct packet *p) {
  return begins(p, "M-SEARCH * HTTP/1.") || begins(p, "NOTIFY * HTTP/1.") ||
         (begins(p, "HTTP/1.1 200 OK") && on_port(p, 1900));
}

bool signature_wsd(const struct packet *p) { return bytes_peek(&p->payload, 0) == '<' && holds(p, "/discovery"); }

bool signature_syslog(const struct packet *p) {
  struct bytes b = p->payload;
  if (bytes_peek(&b, 0) != '<') return false;
  for (size_t i = 1; i <= 4; i++) {
    int c = bytes_peek(&b, i);
    if (c == '>') return i > 1;
    if (c < '0' || c > '9') return false;
  }
  return false;
}

/* Only requests stand on the well-known port; the answers come from another one. */
bool signature_tftp(const struct packet *p) {
  struct bytes b = p->payload;
  uint16_t operation;
  if (!bytes_be16(&b, &operation) || operation < 1 || operation > 6) return false;
  if (operation > 2) return true;
  const uint8_t *end = memchr(b.at, 0, bytes_left(&b));
  return end && end > b.at;
}

bool signature_stun(const struct packet *p) {
  struct bytes b = p->payload;
  const uint8_t *head = bytes_get(&b, 20);
  return head && head[0] < 0x40 && be32_at(head + 4) == 0x2112a442 && be16_at(head + 2) == bytes_left(&b) &&
         be16_at(head + 2) % 4 == 0;
}

/* A first packet has the long form, a version we know, and fills 1200 octets. */
bool signature_quic(const struct packet *p) {
  struct bytes b = p->payload;
  const uint8_t *head = bytes_get(&b, 6);
  if (!head || (head[0] & 0xc0) != 0xc0 || head[5] > 20 || bytes_left(&p->payload) < 1200) return false;
  uint32_t version = be32_at(head + 1);
  return version == 1 || version == 0x6b3343cf || version >> 8 == 0xff0000;
}

bool signature_ike(const struct packet *p) {
  struct bytes b = p->payload;
  if (on_port(p, 4500)) {
    uint32_t marker;
    if (bytes_left(&b) == 1 && b.at[0] == 255) return true; /* keeps the translation alive */
    if (!bytes_be32(&b, &marker) || marker != 0) return false;
  }
  size_t all = bytes_left(&b);
  const uint8_t *head = bytes_get(&b, 28);
  return head && be64_at(head) != 0 && (head[17] == 0x10 || head[17] == 0x20) && be32_at(head + 24) == all;
}

bool signature_radius(const struct packet *p) {
  struct bytes b = p->payload;
  const uint8_t *head = bytes_get(&b, 20);
  return head && head[0] >= 1 && head[0] <= 45 && be16_at(head + 2) == bytes_left(&p->payload);
}

bool signature_dns(const struct packet *p) {
  return dns_is_message(p->payload) || (on_port(p, 53) && dns_is_head(p->payload));
}
bool signature_mdns(const struct packet *p) { return dns_is_head(p->payload); }
bool signature_llmnr(const struct packet *p) { return dns_is_head(p->payload); }
bool signature_netbios_name(const struct packet *p) { return dns_is_head(p->payload) && dns_is_netbios(p->payload); }
bool signature_netbios_datagram(const struct packet *p) { return dns_is_netbios_datagram(p->payload); }
