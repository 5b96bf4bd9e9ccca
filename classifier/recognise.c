/* The table of signatures, one row a protocol. Order matters where two could fit: the narrower one stands first. */
#include "classifier/recognise.h"

#include "classifier/dcerpc.h"
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

static const struct {
  uint8_t proto;
  bool (*fits)(const struct packet *p);
  struct recognised as;
} signatures[] = {
    {PROTO_TCP, is_smb, {.service = SERVICE_SMB, .reader = READER_SMB}},
    {PROTO_TCP, is_tls, {.service = SERVICE_TLS, .reader = READER_TLS}},
    {PROTO_TCP, is_http, {.service = SERVICE_HTTP, .reader = READER_HTTP}},
    {PROTO_TCP, is_rpc, {.service = SERVICE_RPC, .reader = READER_RPC}},
    {PROTO_TCP, is_netbios_session, {.service = SERVICE_NETBIOS_SSN, .reader = READER_SMB}},
    {PROTO_TCP, signature_kerberos_stream, {.service = SERVICE_KERBEROS}},
    {PROTO_TCP, signature_ldap, {.service = SERVICE_LDAP}},
    {PROTO_TCP, signature_rdp, {.service = SERVICE_RDP}},
    {PROTO_TCP, signature_dns_stream, {.service = SERVICE_DNS}},
    {PROTO_TCP, signature_mssql, {.service = SERVICE_MSSQL}},
    {PROTO_TCP, signature_kpasswd_stream, {.service = SERVICE_KPASSWD}},
    {PROTO_TCP, signature_ssh, {.service = SERVICE_SSH}},
    {PROTO_TCP, signature_adws, {.service = SERVICE_ADWS}},
    {PROTO_TCP, signature_postgresql, {.service = SERVICE_POSTGRESQL}},
    {PROTO_TCP, signature_redis, {.service = SERVICE_REDIS}},
    {PROTO_TCP, signature_vnc, {.service = SERVICE_VNC}},
    {PROTO_TCP, signature_bittorrent, {.service = SERVICE_BITTORRENT}},
    {PROTO_TCP, signature_telnet, {.service = SERVICE_TELNET}},
    {PROTO_TCP, signature_rtsp, {.service = SERVICE_RTSP}},
    {PROTO_TCP, signature_sip, {.service = SERVICE_SIP}},
    {PROTO_UDP, signature_wake_on_lan, {.service = SERVICE_WAKE_ON_LAN}},
    {PROTO_UDP, signature_mdns, {.service = SERVICE_MDNS, .datagram = dns_read_mdns}},
    {PROTO_UDP, signature_llmnr, {.service = SERVICE_LLMNR, .datagram = dns_read_llmnr}},
    {PROTO_UDP, signature_netbios_name, {.service = SERVICE_NETBIOS_NS, .datagram = dns_read_netbios}},
    {PROTO_UDP, signature_netbios_datagram, {.service = SERVICE_NETBIOS_DGM, .datagram = dns_read_netbios_datagram}},
    {PROTO_UDP, signature_dns, {.service = SERVICE_DNS, .datagram = dns_read}},
    {PROTO_UDP, signature_ntp, {.service = SERVICE_NTP}},
    {PROTO_UDP, signature_kerberos, {.service = SERVICE_KERBEROS}},
    {PROTO_UDP, signature_ldap, {.service = SERVICE_LDAP}},
    {PROTO_UDP, signature_dhcp, {.service = SERVICE_DHCP}},
    {PROTO_UDP, signature_dhcpv6, {.service = SERVICE_DHCP}},
    {PROTO_UDP, signature_ssdp, {.service = SERVICE_SSDP}},
    {PROTO_UDP, signature_wsd, {.service = SERVICE_WSD}},
    {PROTO_UDP, signature_snmp, {.service = SERVICE_SNMP}},
    {PROTO_UDP, signature_rdp_udp, {.service = SERVICE_RDP}},
    {PROTO_UDP, is_rpc_datagram, {.service = SERVICE_RPC, .datagram = rpc_datagram_read, .needs_notes = true}},
    {PROTO_UDP, signature_kpasswd, {.service = SERVICE_KPASSWD}},
    {PROTO_UDP, signature_quic, {.service = SERVICE_QUIC}},
    {PROTO_UDP, signature_ike, {.service = SERVICE_IKE}},
    {PROTO_UDP, signature_stun, {.service = SERVICE_STUN}},
    {PROTO_UDP, signature_radius, {.service = SERVICE_RADIUS}},
    {PROTO_UDP, signature_syslog, {.service = SERVICE_SYSLOG}},
    {PROTO_UDP, signature_tftp, {.service = SERVICE_TFTP}},
    {PROTO_UDP, signature_mssql_browser, {.service = SERVICE_MSSQL}},
    {PROTO_UDP, signature_sip, {.service = SERVICE_SIP}},
};
_Static_assert(sizeof signatures / sizeof *signatures < 256, "a row's number fits an octet");

bool recognise(const struct packet *p, unsigned *row_out) {
  for (unsigned i = 0; i < sizeof signatures / sizeof *signatures; i++)
    if (signatures[i].proto == p->proto && signatures[i].fits(p)) {
      *row_out = i;
      return true;
    }
  return false;
}

const struct recognised *recognised_at(unsigned row) { return &signatures[row].as; }
