/* The table of signatures, one row a protocol. Order matters where two could fit: the narrower one stands first. Which
 * rows can begin with an octet, and which with what ports, is worked out once: most payload is of nothing known, and is
 * to be done with soon. */
#include "classifier/recognise.h"

#include "classifier/dcerpc.h"
#include "classifier/dhcp.h"
#include "classifier/dns.h"
#include "classifier/http.h"
#include "classifier/signature.h"
#include "classifier/smb.h"
#include "classifier/tls.h"

static bool is_rpc(const struct packet *p) {
  struct dcerpc unit;
  return dcerpc_parse(p->payload, &unit);
}

static bool is_rpc_datagram(const struct packet *p) {
  struct dcerpc_datagram d;
  return dcerpc_datagram_parse(p->payload, &d);
}

static bool is_smb(const struct packet *p) { return smb_is_message(p->payload); }
static bool is_netbios_session(const struct packet *p) { return smb_is_netbios_session(p->payload); }
static bool is_tls(const struct packet *p) { return tls_is_record(p->payload); }
static bool is_http(const struct packet *p) { return http_is_message(p->payload); }

enum { DHCP_READS = 4096 }; /* all clients of a network share the flow of their broadcasts */

struct signature {
  uint8_t first, last; /* values the payload's first octet can have: most rows need no closer look */
  bool (*fits)(const struct packet *p);
  struct recognised as;
};
static const struct signature over_tcp[] = {
    {0, 0, is_smb, {.service = SERVICE_SMB, .reader = READER_SMB}},
    {20, 23, is_tls, {.service = SERVICE_TLS, .reader = READER_TLS}},
    {'A', 'Z', is_http, {.service = SERVICE_HTTP, .reader = READER_HTTP}},
    {5, 5, is_rpc, {.service = SERVICE_RPC, .reader = READER_RPC}},
    {0x81, 0x85, is_netbios_session, {.service = SERVICE_NETBIOS_SSN, .reader = READER_SMB}},
    {0, 0, signature_kerberos_stream, {.service = SERVICE_KERBEROS}},
    {0x30, 0x30, signature_ldap, {.service = SERVICE_LDAP}},
    {3, 3, signature_rdp, {.service = SERVICE_RDP}},
    {0, 255, signature_dns_stream, {.service = SERVICE_DNS}},
    {0x04, 0x12, signature_mssql, {.service = SERVICE_MSSQL}},
    {0, 0, signature_kpasswd_stream, {.service = SERVICE_KPASSWD, .port = {464}}},
    {'S', 'S', signature_ssh, {.service = SERVICE_SSH}},
    {0, 0, signature_adws, {.service = SERVICE_ADWS}},
    {0, 0, signature_postgresql, {.service = SERVICE_POSTGRESQL}},
    {'*', '*', signature_redis, {.service = SERVICE_REDIS}},
    {'R', 'R', signature_vnc, {.service = SERVICE_VNC}},
    {19, 19, signature_bittorrent, {.service = SERVICE_BITTORRENT}},
    {255, 255, signature_telnet, {.service = SERVICE_TELNET}},
    {'A', 'Z', signature_rtsp, {.service = SERVICE_RTSP}},
    {'A', 'Z', signature_sip, {.service = SERVICE_SIP}},
};
static const struct signature over_udp[] = {
    {0, 255, signature_wake_on_lan, {.service = SERVICE_WAKE_ON_LAN}},
    {0, 255, signature_mdns, {.service = SERVICE_MDNS, .datagram = dns_read_mdns, .port = {5353}}},
    {0, 255, signature_llmnr, {.service = SERVICE_LLMNR, .datagram = dns_read_llmnr, .port = {5355}}},
    {0, 255, signature_netbios_name, {.service = SERVICE_NETBIOS_NS, .datagram = dns_read_netbios, .port = {137}}},
    {0,
     255,
     signature_netbios_datagram,
     {.service = SERVICE_NETBIOS_DGM, .datagram = dns_read_netbios_datagram, .port = {138}}},
    {0, 255, signature_dns, {.service = SERVICE_DNS, .datagram = dns_read}},
    {0, 255, signature_ntp, {.service = SERVICE_NTP, .port = {123}}},
    {0x6a, 0x7e, signature_kerberos, {.service = SERVICE_KERBEROS}},
    {0x30, 0x30, signature_ldap, {.service = SERVICE_LDAP}},
    {1, 2, signature_dhcp, {.service = SERVICE_DHCP, .datagram = dhcp_read, .datagrams_max = DHCP_READS}},
    {1, 36, signature_dhcpv6, {.service = SERVICE_DHCP, .port = {546, 547}}},
    {'H', 'N', signature_ssdp, {.service = SERVICE_SSDP}},
    {'<', '<', signature_wsd, {.service = SERVICE_WSD, .port = {3702}}},
    {0x30, 0x30, signature_snmp, {.service = SERVICE_SNMP}},
    {255, 255, signature_rdp_udp, {.service = SERVICE_RDP}},
    {4, 4, is_rpc_datagram, {.service = SERVICE_RPC, .datagram = rpc_datagram_read, .needs_notes = true}},
    {0, 255, signature_kpasswd, {.service = SERVICE_KPASSWD, .port = {464}}},
    {0xc0, 0xff, signature_quic, {.service = SERVICE_QUIC}},
    {0, 255, signature_ike, {.service = SERVICE_IKE, .port = {500, 4500}}},
    {0, 0x3f, signature_stun, {.service = SERVICE_STUN}},
    {1, 45, signature_radius, {.service = SERVICE_RADIUS, .port = {1812, 1813, 1645, 1646}}},
    {'<', '<', signature_syslog, {.service = SERVICE_SYSLOG, .port = {514}}},
    {0, 0, signature_tftp, {.service = SERVICE_TFTP, .port = {69}}},
    {2, 5, signature_mssql_browser, {.service = SERVICE_MSSQL}},
    {'A', 'Z', signature_sip, {.service = SERVICE_SIP}},
};
/* Rows of over_udp are numbered on behind those of over_tcp. */
enum { N_TCP = sizeof over_tcp / sizeof *over_tcp, N_UDP = sizeof over_udp / sizeof *over_udp };
_Static_assert(N_TCP + N_UDP < 256, "a row's number fits an octet");

_Static_assert((int)N_TCP <= 32 && (int)N_UDP <= 32, "rows of an octet are bits of a word");

static void rows_init(struct recogniser_rows *rows, const struct signature *s, unsigned n) {
  *rows = (struct recogniser_rows){0};
  for (unsigned i = 0; i < n; i++) {
    const uint32_t row = UINT32_C(1) << i;
    for (unsigned octet = s[i].first; octet <= s[i].last; octet++) rows->of_octet[octet] |= row;
    if (!s[i].as.port[0]) rows->any_port |= row;
    for (unsigned k = 0; k < RECOGNISED_PORTS && s[i].as.port[k]; k++)
      rows->of_port[s[i].as.port[k] & UINT8_MAX] |= row;
  }
}

void recogniser_init(struct recogniser *r) {
  rows_init(&r->tcp, over_tcp, N_TCP);
  rows_init(&r->udp, over_udp, N_UDP);
}

static bool port_fits(const struct recognised *as, const struct packet *p) {
  if (!as->port[0]) return true;
  for (unsigned i = 0; i < RECOGNISED_PORTS && as->port[i]; i++)
    if (p->src_port == as->port[i] || p->dst_port == as->port[i]) return true;
  return false;
}

bool recognise(const struct recogniser *r, const struct packet *p, unsigned *row_out) {
  const bool tcp = p->proto == PROTO_TCP;
  const struct signature *s = tcp ? over_tcp : over_udp;
  const int octet = bytes_peek(&p->payload, 0);
  if (octet < 0) return false;
  const struct recogniser_rows *of = tcp ? &r->tcp : &r->udp;
  const uint32_t ports = of->any_port | of->of_port[p->src_port & UINT8_MAX] | of->of_port[p->dst_port & UINT8_MAX];
  for (uint32_t rows = of->of_octet[octet] & ports; rows; rows &= rows - 1) {
    const unsigned i = (unsigned)__builtin_ctz(rows);
    if (!port_fits(&s[i].as, p) || !s[i].fits(p)) continue;
    *row_out = tcp ? i : N_TCP + i;
    return true;
  }
  return false;
}

bool recognise_may_begin(const struct packet *p) {
  const int octet = bytes_peek(&p->payload, 0);
  for (unsigned i = 0; octet >= 0 && p->proto == PROTO_TCP && i < N_TCP; i++) {
    const bool tells = over_tcp[i].first != 0 || over_tcp[i].last != UINT8_MAX;
    if (tells && octet >= over_tcp[i].first && octet <= over_tcp[i].last) return true;
  }
  return false;
}

const struct recognised *recognised_at(unsigned row) {
  return row < N_TCP ? &over_tcp[row].as : &over_udp[row - N_TCP].as;
}
