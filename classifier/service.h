/* Names of services and how they are known. */
#ifndef WW_CLASSIFIER_SERVICE_H
#define WW_CLASSIFIER_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

enum service {
  SERVICE_UNKNOWN,
  SERVICE_SMB, SERVICE_EPMAP, SERVICE_RPC, SERVICE_WMI, SERVICE_DCOM, SERVICE_HTTP, SERVICE_TLS, SERVICE_HTTPS,
  SERVICE_RDP, SERVICE_REMOTE_CONTROL, SERVICE_NOTIFICATION, SERVICE_WAKE_UP_PROXY, SERVICE_WAKE_ON_LAN,
  SERVICE_ICMP_ECHO, SERVICE_NETBIOS_NS, SERVICE_NETBIOS_DGM, SERVICE_NETBIOS_SSN, SERVICE_DNS, SERVICE_MDNS,
  SERVICE_LLMNR, SERVICE_KERBEROS, SERVICE_KPASSWD, SERVICE_LDAP, SERVICE_LDAPS, SERVICE_DHCP, SERVICE_NTP,
  SERVICE_SSDP, SERVICE_UPNP, SERVICE_PNRP, SERVICE_WSD, SERVICE_WINRM, SERVICE_MSSQL, SERVICE_MYSQL,
  SERVICE_POSTGRESQL, SERVICE_ORACLE, SERVICE_REDIS, SERVICE_MONGODB, SERVICE_SSH, SERVICE_TELNET, SERVICE_VNC,
  SERVICE_FTP, SERVICE_TFTP, SERVICE_SMTP, SERVICE_SNMP, SERVICE_SYSLOG, SERVICE_BITTORRENT, SERVICE_QUIC,
  SERVICE_STUN, SERVICE_SIP, SERVICE_RADIUS, SERVICE_NFS, SERVICE_IMAP, SERVICE_POP3, SERVICE_IRC, SERVICE_RTSP,
  SERVICE_ADWS, SERVICE_IKE, SERVICE_WIREGUARD, SERVICE_OPENVPN,
  SERVICE_COUNT
};
/* "smb", "epmap", ...; the name in flows, policies and reports. */
const char *service_name(enum service s);
/* The service of that name; SERVICE_COUNT when there is none. */
enum service service_of_name(const char *name);

/* How a service is known, strongest first. */
enum service_by {
  SERVICE_BY_DPI, SERVICE_BY_RPC_BIND, SERVICE_BY_EPM, SERVICE_BY_OXID, SERVICE_BY_INFERRED, SERVICE_BY_POLICY,
  SERVICE_BY_PORT, SERVICE_BY_COUNT
};
const char *service_by_name(enum service_by b);

/* The service registered for a server port (proto: IP protocol number); SERVICE_UNKNOWN when we know none. */
enum service service_of_port(uint8_t proto, uint16_t port);

/* Remote administration: an unexpected open port of these is of high severity (verdicts 4). */
bool service_is_administration(enum service s);

#endif
