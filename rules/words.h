/* Names of hosts, services and numbers in findings and notes. */
#ifndef WW_RULES_WORDS_H
#define WW_RULES_WORDS_H

#include "rules/audit_internal.h"

enum { WORDS_SIZE = 256 }; /* room for any of these; longer names are cut at a character */

/* "172.18.39.6 (WORKSTATION6)", with the site's name for it or one learned from traffic. Returns to. */
char *words_host(char to[WORDS_SIZE], const struct audit_run *r, const struct address *a);

/* "SMB (TCP 445)", "TCP 8443 (https)", "ICMP echo": the service end of a conversation. Returns to. */
char *words_service(char to[WORDS_SIZE], const struct audit_run *r, const struct conversation *c);

/* "TCP", "UDP", "ICMP", "ICMPv6". */
const char *words_proto(uint8_t proto);

/* The title of a policy role; "other host" for ROLE_NONE. */
const char *words_role(const struct audit_run *r, int32_t role);

/* "4,000 hosts", "1 host". Returns to. */
char *words_count(char to[WORDS_SIZE], uint64_t n, const char *one, const char *many);

/* What an announcement is for: the interface's name, else its service. */
const char *words_learned(const struct learned *l);

#endif
