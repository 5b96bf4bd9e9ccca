/* The table of signatures, one row a protocol. Order matters where two could fit: the narrower one stands first. */
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

static const struct {
  uint8_t proto;
  uint8_t first, last; /* values the payload's first octet can have: most rows need no closer look */
  bool (*fits)(const struct packet *p);
  struct recognised as;
} signatures[] = {
    {PROTO_TCP, 0, 0, is_smb, {.service = SERVICE_SMB, .reader = READER_SMB}},
    {PROTO_TCP, 20, 23, is_tls, {.service = SERVICE_TLS, .reader = READER_TLS}},
    {PROTO_TCP, 'A', 'Z', is_http, {.service = SERVICE_HTTP, .reader = READER_HTTP}},
    {PROTO_TCP, 5, 5, is_rpc, {.service = SERVICE_RPC, .reader = READER_RPC}},
    {PROTO_TCP, 0x81, 0x85, is_netbios_session, {.service = SERVICE_NETBIOS_SSN, .reader = READER_SMB}},
    {PROTO_TCP, 0, 0, signature_kerberos_stream, {.service = SERVICE_KERBEROS}},
    {PROTO_TCP, 0x30, 0x30, signature_ldap, {.service = SERVICE_LDAP}},
    {PROTO_TCP, 3, 3, signature_rdp, {.service = SERVICE_RDP}},
    {PROTO_TCP, 0, 255, signature_dns_stream, {.service = SERVICE_DNS}},
    {PROTO_TCP, 0x04, 0x12, signature_mssql, {.service = SERVICE_MSSQL}},
    {PROTO_TCP, 0, 0, signature_kpasswd_stream, {.service = SERVICE_KPASSWD}},
    {PROTO_TCP, 'S', 'S', signature_ssh, {.service = SERVICE_SSH}},
    {PROTO_TCP, 0, 0, signature_adws, {.service = SERVICE_ADWS}},
    {PROTO_TCP, 0, 0, signature_postgresql, {.service = SERVICE_POSTGRESQL}},
    {PROTO_TCP, '*', '*', signature_redis, {.service = SERVICE_REDIS}},
    {PROTO_TCP, 'R', 'R', signature_vnc, {.service = SERVICE_VNC}},
    {PROTO_TCP, 19, 19, signature_bittorrent, {.service = SERVICE_BITTORRENT}},
    {PROTO_TCP, 255, 255, signature_telnet, {.service = SERVICE_TELNET}},
    {PROTO_TCP, 'A', 'Z', signature_rtsp, {.service = SERVICE_RTSP}},
    {PROTO_TCP, 'A', 'Z', signature_sip, {.service = SERVICE_SIP}},
    {PROTO_UDP, 0, 255, signature_wake_on_lan, {.service = SERVICE_WAKE_ON_LAN}},
    {PROTO_UDP, 0, 255, signature_mdns, {.service = SERVICE_MDNS, .datagram = dns_read_mdns}},
    {PROTO_UDP, 0, 255, signature_llmnr, {.service = SERVICE_LLMNR, .datagram = dns_read_llmnr}},
    {PROTO_UDP, 0, 255, signature_netbios_name, {.service = SERVICE_NETBIOS_NS, .datagram = dns_read_netbios}},
    {PROTO_UDP,
     0,
     255,
     signature_netbios_datagram,
     {.service = SERVICE_NETBIOS_DGM, .datagram = dns_read_netbios_datagram}},
    {PROTO_UDP, 0, 255, signature_dns, {.service = SERVICE_DNS, .datagram = dns_read}},
    {PROTO_UDP, 0, 255, signature_ntp, {.service = SERVICE_NTP}},
    {PROTO_UDP, 0x6a, 0x7e, signature_kerberos, {.service = SERVICE_KERBEROS}},
    {PROTO_UDP, 0x30, 0x30, signature_ldap, {.service = SERVICE_LDAP}},
    {PROTO_UDP, 1, 2, signature_dhcp, {.service = SERVICE_DHCP, .datagram = dhcp_read, .datagrams_max = DHCP_READS}},
    {PROTO_UDP, 1, 36, signature_dhcpv6, {.service = SERVICE_DHCP}},
    {PROTO_UDP, 'H', 'N', signature_ssdp, {.service = SERVICE_SSDP}},
    {PROTO_UDP, '<', '<', signature_wsd, {.service = SERVICE_WSD}},
    {PROTO_UDP, 0x30, 0x30, signature_snmp, {.service = SERVICE_SNMP}},
    {PROTO_UDP, 255, 255, signature_rdp_udp, {.service = SERVICE_RDP}},
    {PROTO_UDP, 4, 4, is_rpc_datagram, {.service = SERVICE_RPC, .datagram = rpc_datagram_read, .needs_notes = true}},
    {PROTO_UDP, 0, 255, signature_kpasswd, {.service = SERVICE_KPASSWD}},
    {PROTO_UDP, 0xc0, 0xff, signature_quic, {.service = SERVICE_QUIC}},
    {PROTO_UDP, 0, 255, signature_ike, {.service = SERVICE_IKE}},
    {PROTO_UDP, 0, 0x3f, signature_stun, {.service = SERVICE_STUN}},
    {PROTO_UDP, 1, 45, signature_radius, {.service = SERVICE_RADIUS}},
    {PROTO_UDP, '<', '<', signature_syslog, {.service = SERVICE_SYSLOG}},
    {PROTO_UDP, 0, 0, signature_tftp, {.service = SERVICE_TFTP}},
    {PROTO_UDP, 2, 5, signature_mssql_browser, {.service = SERVICE_MSSQL}},
    {PROTO_UDP, 'A', 'Z', signature_sip, {.service = SERVICE_SIP}},
};
_Static_assert(sizeof signatures / sizeof *signatures < 256, "a row's number fits an octet");

bool recognise(const struct packet *p, unsigned *row_out) {
  const int octet = bytes_peek(&p->payload, 0);
  for (unsigned i = 0; octet >= 0 && i < sizeof signatures / sizeof *signatures; i++) {
    if (signatures[i].proto != p->proto || octet < signatures[i].first || octet > signatures[i].last) continue;
    if (!signatures[i].fits(p)) continue;
    *row_out = i;
    return true;
  }
  return false;
}

const struct recognised *recognised_at(unsigned row) { return &signatures[row].as; }
