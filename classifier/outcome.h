/* Names for what happened to a flow: outcomes, confidence, reasons. The numbers in comments are the steps of
 * doc/verdicts.md. */
#ifndef WW_CLASSIFIER_OUTCOME_H
#define WW_CLASSIFIER_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

enum outcome {
  OUTCOME_UNDETERMINED,
  OUTCOME_ESTABLISHED,
  OUTCOME_HALF_OPEN,
  OUTCOME_NO_ANSWER,
  OUTCOME_REFUSED,
  OUTCOME_REJECTED,
  OUTCOME_STALLED,
  OUTCOME_CUT,
  OUTCOME_ABORTED,
  OUTCOME_ONE_SIDED,
  OUTCOME_ANSWERED,
  OUTCOME_ONE_WAY, /* a datagram to a group: nobody is expected to answer */
  OUTCOME_COUNT
};
const char *outcome_name(enum outcome o); /* "no-answer", as written in flows and reports */

enum confidence { CONFIDENCE_LOW, CONFIDENCE_MEDIUM, CONFIDENCE_HIGH, CONFIDENCE_COUNT };
const char *confidence_name(enum confidence c);

/* How the client's side of a flow was known, strongest first. */
enum client_by { CLIENT_BY_SYN, CLIENT_BY_SYN_ACK, CLIENT_BY_PORT, CLIENT_BY_ROLE, CLIENT_BY_FIRST_PACKET, CLIENT_BY_COUNT };
const char *client_by_name(enum client_by c);

enum reset_by { RESET_BY_NOBODY, RESET_BY_HOST, RESET_BY_DEVICE, RESET_BY_UNKNOWN, RESET_BY_COUNT };
const char *reset_by_name(enum reset_by r); /* "host", "device", "unknown"; "nobody" */

enum stall_by { STALL_BY_NONE, STALL_BY_MTU, STALL_BY_UNKNOWN, STALL_BY_COUNT };
const char *stall_by_name(enum stall_by s); /* "mtu", "unknown"; "none" */

/* Facts that led to an outcome or its confidence; a flow has a set of them (1u << reason). */
enum reason {
  REASON_HANDSHAKE,        /* SYN, SYN/ACK and the client's answer were seen */
  REASON_MIDSTREAM,        /* older than the capture; data both ways */
  REASON_HALF_VISIBLE,     /* only one direction is visible at this tap, and it settles the matter */
  REASON_SYN_ONLY,         /* n SYNs over t seconds, no packet back */
  REASON_RETURN_VISIBLE,   /* packets from the server to the client are visible at this tap */
  REASON_RETURN_UNSEEN,    /* no packet from the server to the client was ever seen */
  REASON_TARGET_ALIVE,     /* the server sent packets to somebody around that time */
  REASON_TARGET_SILENT,    /* the server sent nothing around that time */
  REASON_WINDOW_SHORT,     /* the capture ended too soon after the last attempt */
  REASON_LOSS,             /* the capture lost packets in this interval */
  REASON_RST_HOST,         /* reset at the host's own hop distance */
  REASON_RST_DEVICE,       /* reset by a device in between */
  REASON_RST_UNKNOWN,      /* reset, and too little is known to say by whom */
  REASON_ICMP,             /* an ICMP error quoted this flow */
  REASON_ICMP_ADMIN,       /* its code says: administratively prohibited */
  REASON_ICMP_TRANSIT,     /* it came from a router, not from the target */
  REASON_SYN_ACK_REPEATED, /* the SYN/ACK was repeated and never acknowledged */
  REASON_DATA_REPEATED,    /* data repeated without acknowledgement to the end */
  REASON_FULL_SIZE_ONLY,   /* only full-size segments were lost: a path MTU fault */
  REASON_RST_ON_DATA,      /* reset at the first payload */
  REASON_CLIENT_GAVE_UP,   /* the client reset or closed before any answer */
  REASON_SIMULTANEOUS,     /* SYNs crossed: simultaneous open */
  REASON_DELAYED,          /* answered only after repeated SYNs */
  REASON_ECN_RETRY,        /* SYN with ECN was lost, a plain SYN passed */
  REASON_NO_SERVER_DATA,   /* the server never sent a byte */
  REASON_TTL_CHANGED,      /* the SYN/ACK's hop distance differs from later packets */
  REASON_DATAGRAM_SILENT,  /* datagrams are not acknowledged: silence says little */
  REASON_GROUP,            /* sent to a multicast or broadcast address */
  REASON_SECOND_PORT,      /* the answer came from another port of the server, in a flow of its own */
  REASON_ONE_POINT,        /* seen at one of two capture points that the other packets of these hosts pass */
  REASON_BOTH_POINTS,      /* seen at two capture points */
  REASON_COUNT
};
const char *reason_name(enum reason r); /* "syn-only", stable, for machines */

#endif
