/* Names of services, the ports registered for them, and which of them are remote administration.
 *
 * A port is only a hint: service_of_port says what usually lives there and its answer is always reported as
 * SERVICE_BY_PORT. Every flow is asked for, often more than once, so that the tables have a place for every port. */
#include "classifier/service.h"

#include <stddef.h>
#include <string.h>

#include "capture/packet.h"

enum { PORTS = UINT16_MAX + 1 };
_Static_assert(SERVICE_COUNT <= UINT8_MAX, "a service fits a place of the port tables");

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

/* By port; every other one is SERVICE_UNKNOWN. Ports from IANA's registry and Microsoft's service overview; 2701, 8530,
 * 8531, 10123 and 25536 are Configuration Manager's defaults. */
static const uint8_t tcp_ports[PORTS] = {
    [21] = SERVICE_FTP,
    [22] = SERVICE_SSH,
    [23] = SERVICE_TELNET,
    [25] = SERVICE_SMTP,
    [53] = SERVICE_DNS,
    [80] = SERVICE_HTTP,
    [88] = SERVICE_KERBEROS,
    [110] = SERVICE_POP3,
    [135] = SERVICE_EPMAP,
    [139] = SERVICE_NETBIOS_SSN,
    [143] = SERVICE_IMAP,
    [389] = SERVICE_LDAP,
    [443] = SERVICE_HTTPS,
    [445] = SERVICE_SMB,
    [464] = SERVICE_KPASSWD,
    [554] = SERVICE_RTSP,
    [587] = SERVICE_SMTP,
    [636] = SERVICE_LDAPS,
    [1433] = SERVICE_MSSQL,
    [1521] = SERVICE_ORACLE,
    [2049] = SERVICE_NFS,
    [2701] = SERVICE_REMOTE_CONTROL,
    [2869] = SERVICE_UPNP,
    [3268] = SERVICE_LDAP,
    [3269] = SERVICE_LDAPS,
    [3306] = SERVICE_MYSQL,
    [3389] = SERVICE_RDP,
    [5060] = SERVICE_SIP,
    [5357] = SERVICE_WSD,
    [5358] = SERVICE_WSD,
    [5432] = SERVICE_POSTGRESQL,
    [5900] = SERVICE_VNC,
    [5985] = SERVICE_WINRM,
    [5986] = SERVICE_WINRM,
    [6379] = SERVICE_REDIS,
    [6667] = SERVICE_IRC,
    [6881] = SERVICE_BITTORRENT,
    [8080] = SERVICE_HTTP,
    [8443] = SERVICE_HTTPS,
    [8530] = SERVICE_HTTP,
    [8531] = SERVICE_HTTPS,
    [9389] = SERVICE_ADWS,
    [10123] = SERVICE_NOTIFICATION,
    [27017] = SERVICE_MONGODB,
};
static const uint8_t udp_ports[PORTS] = {
    [9] = SERVICE_WAKE_ON_LAN,   [53] = SERVICE_DNS,          [67] = SERVICE_DHCP,     [68] = SERVICE_DHCP,
    [69] = SERVICE_TFTP,         [88] = SERVICE_KERBEROS,     [123] = SERVICE_NTP,     [135] = SERVICE_EPMAP,
    [137] = SERVICE_NETBIOS_NS,  [138] = SERVICE_NETBIOS_DGM, [161] = SERVICE_SNMP,    [162] = SERVICE_SNMP,
    [389] = SERVICE_LDAP,        [443] = SERVICE_QUIC,        [464] = SERVICE_KPASSWD, [500] = SERVICE_IKE,
    [514] = SERVICE_SYSLOG,      [546] = SERVICE_DHCP,        [547] = SERVICE_DHCP,    [1194] = SERVICE_OPENVPN,
    [1434] = SERVICE_MSSQL,      [1645] = SERVICE_RADIUS,     [1646] = SERVICE_RADIUS, [1812] = SERVICE_RADIUS,
    [1813] = SERVICE_RADIUS,     [1900] = SERVICE_SSDP,       [2049] = SERVICE_NFS,    [3389] = SERVICE_RDP,
    [3478] = SERVICE_STUN,       [3540] = SERVICE_PNRP,       [3702] = SERVICE_WSD,    [4500] = SERVICE_IKE,
    [5060] = SERVICE_SIP,        [5353] = SERVICE_MDNS,       [5355] = SERVICE_LLMNR,  [25536] = SERVICE_WAKE_UP_PROXY,
    [51820] = SERVICE_WIREGUARD,
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
  if (proto == PROTO_TCP) return (enum service)tcp_ports[port];
  if (proto == PROTO_UDP) return (enum service)udp_ports[port];
  return SERVICE_UNKNOWN;
}

bool service_is_administration(enum service s) { return s < SERVICE_COUNT && administration[s]; }
