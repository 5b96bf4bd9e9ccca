/* DHCP (RFC 2131): the host name a client states, kept for the address it has, or is given.
 *
 * A client names itself in what it asks (host name, option 12; domain name, option 81, RFC 4702), mostly before it has
 * an address. So the name waits until the server's acknowledgement says which address it was. */
#ifndef WW_CLASSIFIER_DHCP_H
#define WW_CLASSIFIER_DHCP_H

#include "classifier/notes.h"

enum { DHCP_ASKS_MAX = 128, DHCP_NAME_SIZE = 128, DHCP_HARDWARE_LEN = 6 };

/* Who asked last and is not answered yet; starts as {0}. When it is full the oldest one is forgotten: its host stays
 * without a name. */
struct dhcp_asks {
  struct dhcp_ask {
    uint32_t exchange;                   /* transaction identifier; chosen by the client */
    uint8_t hardware[DHCP_HARDWARE_LEN]; /* its link address */
    char name[DHCP_NAME_SIZE];           /* as it was sent; "" = this place is free */
  } ask[DHCP_ASKS_MAX];
  unsigned next; /* place to fill next */
};

/* True when data is a message of DHCP, or of BOOTP too (any_bootp; it has no magic of its own). */
bool dhcp_is_message(struct bytes data, bool any_bootp);

/* Takes the host name out of one message. False: not such a message. */
bool dhcp_read(struct note_taker *t, struct bytes data);

#endif
