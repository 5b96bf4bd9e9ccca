/* Does this payload begin like that protocol? One question per protocol, answered from the first packet alone; strict
 * enough that random bytes practically never fit. Where a layout alone says too little, the port must agree: the rows
 * of classifier/recognise.c say which. */
#ifndef WW_CLASSIFIER_SIGNATURE_H
#define WW_CLASSIFIER_SIGNATURE_H

#include "capture/packet.h"

/* TCP */
bool signature_kerberos_stream(const struct packet *p); /* RFC 4120 7.2.2: a length, then a message */
bool signature_kpasswd_stream(const struct packet *p);  /* RFC 3244 */
bool signature_ldap(const struct packet *p);            /* RFC 4511 4.1.1; UDP too (MS-ADTS 6.3.3) */
bool signature_rdp(const struct packet *p);             /* MS-RDPBCGR 2.2.1.1 and 2.2.1.2 */
bool signature_mssql(const struct packet *p);           /* MS-TDS 2.2.3 */
bool signature_postgresql(const struct packet *p);      /* its start-up and TLS request packets */
bool signature_dns_stream(const struct packet *p);      /* RFC 7766 8 */
bool signature_adws(const struct packet *p);            /* MC-NMF 2.2.3 towards MS-ADDM */
bool signature_telnet(const struct packet *p);          /* RFC 854 */
bool signature_ssh(const struct packet *p);
bool signature_vnc(const struct packet *p);
bool signature_redis(const struct packet *p);
bool signature_bittorrent(const struct packet *p);
bool signature_rtsp(const struct packet *p);
bool signature_sip(const struct packet *p); /* UDP too */
/* UDP */
bool signature_wake_on_lan(const struct packet *p); /* six FF, sixteen times one address; anywhere in the payload */
bool signature_kerberos(const struct packet *p);
bool signature_kpasswd(const struct packet *p);
bool signature_dhcp(const struct packet *p);   /* RFC 2131 2, RFC 951 */
bool signature_dhcpv6(const struct packet *p); /* RFC 8415 8 */
bool signature_ntp(const struct packet *p);    /* RFC 5905 7.3 */
bool signature_ssdp(const struct packet *p);
bool signature_wsd(const struct packet *p);
bool signature_rdp_udp(const struct packet *p);       /* MS-RDPEUDP 2.2.2.1 */
bool signature_snmp(const struct packet *p);          /* RFC 3416, RFC 3412 6 */
bool signature_syslog(const struct packet *p);        /* RFC 5424 6.2 */
bool signature_tftp(const struct packet *p);          /* RFC 1350 5 */
bool signature_stun(const struct packet *p);          /* RFC 8489 5 */
bool signature_quic(const struct packet *p);          /* RFC 9000 17.2 */
bool signature_ike(const struct packet *p);           /* RFC 7296 3.1, RFC 3948 2.2 */
bool signature_mssql_browser(const struct packet *p); /* MC-SQLR 2.2 */
bool signature_radius(const struct packet *p);        /* RFC 2865 3 */
bool signature_dns(const struct packet *p);
bool signature_mdns(const struct packet *p);
bool signature_llmnr(const struct packet *p);
bool signature_netbios_name(const struct packet *p);
bool signature_netbios_datagram(const struct packet *p);

#endif
