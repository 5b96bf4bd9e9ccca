/* What DCOM activation and object resolution hand out (MS-DCOM 2.2.19, 2.2.22): where an object's exporter listens. */
#ifndef WW_CLASSIFIER_DCOM_H
#define WW_CLASSIFIER_DCOM_H

#include "classifier/app.h"
#include "classifier/rpc_interface.h"
#include "util/bytes.h"

enum { DCOM_HOST_SIZE = 128, DCOM_STUB_MAX = 65536 };

/* A string binding with an endpoint: "host[port]". */
struct dcom_binding {
  char host[DCOM_HOST_SIZE]; /* a name or an address as text, ASCII */
  uint8_t proto;             /* IP protocol number */
  uint16_t port;
};

/* True when the answer to this operation of that role carries string bindings of an exporter (ServerAlive2's carry
 * no endpoints). */
bool dcom_hands_out(enum rpc_role role, uint16_t opnum);

/* Finds the arrays of string bindings (DUALSTRINGARRAY) in a stub and hands over their bindings with an endpoint, in
 * order, until found answers false. Returns how many were handed over. */
typedef bool dcom_found(void *context, const struct dcom_binding *binding);
unsigned dcom_bindings_find(struct bytes stub, bool big, dcom_found *found, void *context);

/* The class a readable activation request names, if it is one we know; NULL. */
const struct rpc_class *dcom_class_find(struct bytes stub, bool big);

#endif
