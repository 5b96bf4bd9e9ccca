/* Answers of the endpoint mapper (C706 appendix O, MS-RPCE 2.2.1.2): which port an interface listens on. */
#ifndef WW_CLASSIFIER_EPM_H
#define WW_CLASSIFIER_EPM_H

#include "classifier/app.h"
#include "classifier/ndr.h"

enum { EPM_LOOKUP = 2, EPM_MAP = 3 };     /* operations of the mapper's interface */
enum { EPM_NOT_REGISTERED = 0x16c9a0d6 }; /* ept_s_not_registered (C706 appendix E) */
enum { EPM_TOWERS_MAX = 4096 };           /* towers taken from one answer */

/* One endpoint out of a tower. */
struct epm_endpoint {
  struct uuid uuid;
  uint16_t major, minor;
  uint8_t proto; /* IP protocol number; 0 = a pipe or another transport */
  uint16_t port;
  struct address address; /* family 0 = the tower leaves it open (0.0.0.0) or has none */
  bool http;              /* RPC over HTTP */
};

/* Reads one tower: floors in little-endian order, ports and addresses in network order. False: not a tower. */
bool epm_tower_parse(struct bytes tower, struct epm_endpoint *endpoint_out);

/* Reads the answer to a call. Each tower goes to found, until it answers false. Returns the mapper's status (0 =
 * found), or -1 when the stub is not such an answer to its end; towers before the damage were handed over. */
typedef bool epm_found(void *context, const struct epm_endpoint *endpoint);
int64_t epm_answer_parse(struct ndr stub, uint16_t opnum, epm_found *found, void *context);

/* The interface that an ept_map request asks for (its first floor). False: not readable. */
bool epm_request_parse(struct ndr stub, struct epm_endpoint *wanted_out);

#endif
