/* DNS messages and their relatives with the same layout: LLMNR, multicast DNS, NetBIOS name service (RFC 1035 4.1,
 * RFC 4795, RFC 6762, RFC 1002 4.2), and NetBIOS datagrams, whose head holds a name encoded alike (RFC 1002 4.4).
 * They name hosts; the names are kept for display. */
#ifndef WW_CLASSIFIER_DNS_H
#define WW_CLASSIFIER_DNS_H

#include "classifier/notes.h"

enum { DNS_NAME_SIZE = 256 };

/* True when data is a DNS message beyond doubt: its counts, its whole question and, in a query, its length agree. */
bool dns_is_message(struct bytes data);

/* True when data has the head of a message of this family; enough on a port of its own. */
bool dns_is_head(struct bytes data);

/* True when the first name in the message is a NetBIOS one (RFC 1001 14.1). */
bool dns_is_netbios(struct bytes data);

/* True when data has the head of a NetBIOS datagram. */
bool dns_is_netbios_datagram(struct bytes data);

/* Take the host names out of one message; the source is named after the protocol. False: not such a message. */
bool dns_read(struct note_taker *t, struct bytes data);
bool dns_read_mdns(struct note_taker *t, struct bytes data);
bool dns_read_llmnr(struct note_taker *t, struct bytes data);
bool dns_read_netbios(struct note_taker *t, struct bytes data);
bool dns_read_netbios_datagram(struct note_taker *t, struct bytes data);

#endif
