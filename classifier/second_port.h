/* Answers that come from another port than was asked: TFTP (RFC 1350 4). The request goes to port 69, the server
 * answers from a port of its own choice to the port that asked, and goes on from there. */
#ifndef WW_CLASSIFIER_SECOND_PORT_H
#define WW_CLASSIFIER_SECOND_PORT_H

#include "classifier/shard.h"

/* True when the datagram may be a server's first answer to a TFTP request. */
bool second_port_begins(const struct packet *p);

/* Ties flows that began so (FIRST_TFTP) to the unanswered request they belong to: same hosts, the client's port the
 * same, begun within SECOND_PORT_WAIT_S of a request. Negative: memory is out. Call when no more packets come; again is
 * fine. */
enum { SECOND_PORT_WAIT_S = 5 };
int second_port_tie(struct shard *s);

#endif
