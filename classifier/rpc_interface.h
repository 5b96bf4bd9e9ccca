/* Well-known RPC interfaces and activation classes: names, and what binding them makes of a flow. */
#ifndef WW_CLASSIFIER_RPC_INTERFACE_H
#define WW_CLASSIFIER_RPC_INTERFACE_H

#include "classifier/app.h"

/* What the engine itself has to understand of an interface's calls. */
enum rpc_role {
  RPC_ROLE_PLAIN,
  RPC_ROLE_MAPPER,     /* endpoint mapper: answers hold towers */
  RPC_ROLE_ACTIVATOR,  /* IRemoteSCMActivator: RemoteGetClassObject, RemoteCreateInstance */
  RPC_ROLE_ACTIVATION, /* IActivation: RemoteActivation */
  RPC_ROLE_RESOLVER,   /* IObjectExporter: ResolveOxid, ResolveOxid2 */
  RPC_ROLE_COUNT
};

struct rpc_interface {
  const char *uuid; /* text form */
  const char *name; /* "svcctl" */
  enum service service;
  enum rpc_role role;
};

/* The row of that UUID; NULL when we know none. */
const struct rpc_interface *rpc_interface_find(const struct uuid *u);

/* Rows by number, for sets of interfaces. */
size_t rpc_interface_count(void);
const struct rpc_interface *rpc_interface_at(size_t index); /* NULL past the end */

/* One more than the index of that UUID's row; 0 when we know none. */
size_t rpc_interface_number(const struct uuid *u);

/* A COM class that a client may ask a host to start, or the interface by which the answer gives it away. */
struct rpc_class {
  const char *uuid;
  const char *name;
  enum service service; /* what talks through the endpoint that activation hands out */
};
size_t rpc_class_count(void);
const struct rpc_class *rpc_class_at(size_t index);

/* The UUID of a text form such as the ones in the tables; false when it is none. */
bool uuid_parse(const char *text, struct uuid *uuid_out);

#endif
