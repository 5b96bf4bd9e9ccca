/* Names of services, the ports registered for them, and which of them are remote administration.
 *
 * A port is only a hint: service_of_port says what usually lives there and its answer is always reported as
 * SERVICE_BY_PORT. The port table is kept in order of (protocol, port), so that it is searched by halving. */
#include "classifier/service.h"

#include <stddef.h>
#include <string.h>

#include "capture/packet.h"

static const char *const names[] = {
    [SERVICE_UNKNOWN] = "unknown",
    [SERVICE_SMB] = "smb",
    [SERVICE_EPMAP] = "epmap",
    [SERVICE_RPC] = "rpc",
    [SERVICE_WMI] = "wmi",
    [SERVICE_DCOM] = "dcom",
    [SERVICE_HTTP] = "http",
    [SERVICE_TLS] = "tls",
    [SERVICE_HTTPS] = "https",
    [SERVICE_RDP] = "rdp",
    [SERVICE_REMOTE_CONTROL] = "remote-control",
    [SERVICE_NOTIFICATION] = "notification",
    [SERVICE_WAKE_UP_PROXY] = "wake-up-proxy",
    [SERVICE_WAKE_ON_LAN] = "wake-on-lan",
    [SERVICE_ICMP_ECHO] = "icmp-echo",
    [SERVICE_NETBIOS_NS] = "netbios-ns",
    [SERVICE_NETBIOS_DGM] = "netbios-dgm",
    [SERVICE_NETBIOS_SSN] = "netbios-ssn",
    [SERVICE_DNS] = "dns",
    [SERVICE_MDNS] = "mdns",
    [SERVICE_LLMNR] = "llmnr",
    [SERVICE_KERBEROS] = "kerberos",
    [SERVICE_KPASSWD] = "kpasswd",
    [SERVICE_LDAP] = "ldap",
    [SERVICE_LDAPS] = "ldaps",
    [SERVICE_DHCP] = "dhcp",
    [SERVICE_NTP] = "ntp",
    [SERVICE_SSDP] = "ssdp",
    [SERVICE_UPNP] = "upnp",
    [SERVICE_PNRP] = "pnrp",
    [SERVICE_WSD] = "wsd",
    [SERVICE_WINRM] = "winrm",
    [SERVICE_MSSQL] = "mssql",
    [SERVICE_MYSQL] = "mysql",
    [SERVICE_POSTGRESQL] = "postgresql",
    [SERVICE_ORACLE] = "oracle",
    [SERVICE_REDIS] = "redis",
    [SERVICE_MONGODB] = "mongodb",
    [SERVICE_SSH] = "ssh",
    [SERVICE_TELNET] = "telnet",
    [SERVICE_VNC] = "vnc",
    [SERVICE_FTP] = "ftp",
    [SERVICE_TFTP] = "tftp",
    [SERVICE_SMTP] = "smtp",
    [SERVICE_SNMP] = "snmp",
    [SERVICE_SYSLOG] = "syslog",
    [SERVICE_BITTORRENT] = "bittorrent",
    [SERVICE_QUIC] = "quic",
    [SERVICE_STUN] = "stun",
    [SERVICE_SIP] = "sip",
    [SERVICE_RADIUS] = "radius",
    [SERVICE_NFS] = "nfs",
    [SERVICE_IMAP] = "imap",
    [SERVICE_POP3] = "pop3",
    [SERVICE_IRC] = "irc",
    [SERVICE_RTSP] = "rtsp",
    [SERVICE_ADWS] = "adws",
    [SERVICE_IKE] = "ike",
    [SERVICE_WIREGUARD] = "wireguard",
    [SERVICE_OPENVPN] = "openvpn",
};
_Static_assert(sizeof names / sizeof *names == SERVICE_COUNT, "a name for every service");

static const char *const by_names[] = {
    [SERVICE_BY_DPI] = "dpi",   [SERVICE_BY_RPC_BIND] = "rpc-bind", [SERVICE_BY_EPM] = "epm",
    [SERVICE_BY_OXID] = "oxid", [SERVICE_BY_INFERRED] = "inferred", [SERVICE_BY_POLICY] = "policy",
    [SERVICE_BY_PORT] = "port",
};
_Static_assert(sizeof by_names / sizeof *by_names == SERVICE_BY_COUNT, "a name for every way");

/* Sorted by protocol, then port. Ports from IANA's registry and Microsoft's service overview; 2701, 8530, 8531,
 * 10123 and 25536 are Configuration Manager's defaults. */
static const struct {
  uint8_t proto;
  uint16_t port;
  uint8_t service;
} ports[] = {
    {PROTO_TCP, 21, SERVICE_FTP},
    {PROTO_TCP, 22, SERVICE_SSH},
    {PROTO_TCP, 23, SERVICE_TELNET},
    {PROTO_TCP, 25, SERVICE_SMTP},
    {PROTO_TCP, 53, SERVICE_DNS},
    {PROTO_TCP, 80, SERVICE_HTTP},
    {PROTO_TCP, 88, SERVICE_KERBEROS},
    {PROTO_TCP, 110, SERVICE_POP3},
    {PROTO_TCP, 135, SERVICE_EPMAP},
    {PROTO_TCP, 139, SERVICE_NETBIOS_SSN},
    {PROTO_TCP, 143, SERVICE_IMAP},
    {PROTO_TCP, 389, SERVICE_LDAP},
    {PROTO_TCP, 443, SERVICE_HTTPS},
    {PROTO_TCP, 445, SERVICE_SMB},
    {PROTO_TCP, 464, SERVICE_KPASSWD},
    {PROTO_TCP, 554, SERVICE_RTSP},
    {PROTO_TCP, 587, SERVICE_SMTP},
    {PROTO_TCP, 636, SERVICE_LDAPS},
    {PROTO_TCP, 1433, SERVICE_MSSQL},
    {PROTO_TCP, 1521, SERVICE_ORACLE},
    {PROTO_TCP, 2049, SERVICE_NFS},
    {PROTO_TCP, 2701, SERVICE_REMOTE_CONTROL},
    {PROTO_TCP, 2869, SERVICE_UPNP},
    {PROTO_TCP, 3268, SERVICE_LDAP},
    {PROTO_TCP, 3269, SERVICE_LDAPS},
    {PROTO_TCP, 3306, SERVICE_MYSQL},
    {PROTO_TCP, 3389, SERVICE_RDP},
    {PROTO_TCP, 5060, SERVICE_SIP},
    {PROTO_TCP, 5357, SERVICE_WSD},
    {PROTO_TCP, 5358, SERVICE_WSD},
    {PROTO_TCP, 5432, SERVICE_POSTGRESQL},
    {PROTO_TCP, 5900, SERVICE_VNC},
    {PROTO_TCP, 5985, SERVICE_WINRM},
    {PROTO_TCP, 5986, SERVICE_WINRM},
    {PROTO_TCP, 6379, SERVICE_REDIS},
    {PROTO_TCP, 6667, SERVICE_IRC},
    {PROTO_TCP, 6881, SERVICE_BITTORRENT},
    {PROTO_TCP, 8080, SERVICE_HTTP},
    {PROTO_TCP, 8443, SERVICE_HTTPS},
    {PROTO_TCP, 8530, SERVICE_HTTP},
    {PROTO_TCP, 8531, SERVICE_HTTPS},
    {PROTO_TCP, 9389, SERVICE_ADWS},
    {PROTO_TCP, 10123, SERVICE_NOTIFICATION},
    {PROTO_TCP, 27017, SERVICE_MONGODB},
    {PROTO_UDP, 9, SERVICE_WAKE_ON_LAN},
    {PROTO_UDP, 53, SERVICE_DNS},
    {PROTO_UDP, 67, SERVICE_DHCP},
    {PROTO_UDP, 68, SERVICE_DHCP},
    {PROTO_UDP, 69, SERVICE_TFTP},
    {PROTO_UDP, 88, SERVICE_KERBEROS},
    {PROTO_UDP, 123, SERVICE_NTP},
    {PROTO_UDP, 135, SERVICE_EPMAP},
    {PROTO_UDP, 137, SERVICE_NETBIOS_NS},
    {PROTO_UDP, 138, SERVICE_NETBIOS_DGM},
    {PROTO_UDP, 161, SERVICE_SNMP},
    {PROTO_UDP, 162, SERVICE_SNMP},
    {PROTO_UDP, 389, SERVICE_LDAP},
    {PROTO_UDP, 443, SERVICE_QUIC},
    {PROTO_UDP, 464, SERVICE_KPASSWD},
    {PROTO_UDP, 500, SERVICE_IKE},
    {PROTO_UDP, 514, SERVICE_SYSLOG},
    {PROTO_UDP, 546, SERVICE_DHCP},
    {PROTO_UDP, 547, SERVICE_DHCP},
    {PROTO_UDP, 1194, SERVICE_OPENVPN},
    {PROTO_UDP, 1434, SERVICE_MSSQL},
    {PROTO_UDP, 1645, SERVICE_RADIUS},
    {PROTO_UDP, 1646, SERVICE_RADIUS},
    {PROTO_UDP, 1812, SERVICE_RADIUS},
    {PROTO_UDP, 1813, SERVICE_RADIUS},
    {PROTO_UDP, 1900, SERVICE_SSDP},
    {PROTO_UDP, 2049, SERVICE_NFS},
    {PROTO_UDP, 3389, SERVICE_RDP},
    {PROTO_UDP, 3478, SERVICE_STUN},
    {PROTO_UDP, 3540, SERVICE_PNRP},
    {PROTO_UDP, 3702, SERVICE_WSD},
    {PROTO_UDP, 4500, SERVICE_IKE},
    {PROTO_UDP, 5060, SERVICE_SIP},
    {PROTO_UDP, 5353, SERVICE_MDNS},
    {PROTO_UDP, 5355, SERVICE_LLMNR},
    {PROTO_UDP, 25536, SERVICE_WAKE_UP_PROXY},
    {PROTO_UDP, 51820, SERVICE_WIREGUARD},
};

/* Whoever reaches one of these can run, change or read things on the host. */
static const bool administration[SERVICE_COUNT] = {
    [SERVICE_SMB] = true,   [SERVICE_NETBIOS_SSN] = true, [SERVICE_WMI] = true,        [SERVICE_DCOM] = true,
    [SERVICE_RPC] = true,   [SERVICE_EPMAP] = true,       [SERVICE_RDP] = true,        [SERVICE_REMOTE_CONTROL] = true,
    [SERVICE_WINRM] = true, [SERVICE_SSH] = true,         [SERVICE_TELNET] = true,     [SERVICE_VNC] = true,
    [SERVICE_MSSQL] = true, [SERVICE_MYSQL] = true,       [SERVICE_POSTGRESQL] = true, [SERVICE_ORACLE] = true,
    [SERVICE_REDIS] = true, [SERVICE_MONGODB] = true,     [SERVICE_ADWS] = true,
};

const char *service_name(enum service s) { return s < SERVICE_COUNT ? names[s] : "unknown"; }

enum service service_of_name(const char *name) {
  for (int s = 0; s < SERVICE_COUNT; s++)
    if (strcmp(names[s], name) == 0) return (enum service)s;
  return SERVICE_COUNT;
}

const char *service_by_name(enum service_by b) { return b < SERVICE_BY_COUNT ? by_names[b] : "port"; }

enum service service_of_port(uint8_t proto, uint16_t port) {
  if (proto == PROTO_ICMP || proto == PROTO_ICMPV6) return SERVICE_ICMP_ECHO;
  uint32_t want = (uint32_t)proto << 16 | port;
  size_t low = 0, high = sizeof ports / sizeof *ports;
  while (low < high) {
    size_t middle = (low + high) / 2;
    uint32_t have = (uint32_t)ports[middle].proto << 16 | ports[middle].port;
    if (have == want) return (enum service)ports[middle].service;
    if (have < want)
      low = middle + 1;
    else
      high = middle;
  }
  return SERVICE_UNKNOWN;
}

bool service_is_administration(enum service s) { return s < SERVICE_COUNT && administration[s]; }
