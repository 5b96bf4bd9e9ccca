/* What each flow is: the application engine of one shard.
 *
 * The flow table hands over the first SYN of each TCP flow and payload-carrying packets while the engine wants them;
 * the engine keeps its own state behind a slot number in the flow record and gives that state back as soon as the
 * answer is known. It also keeps what flows announced: endpoints (endpoint mapper answers, DCOM bindings) and host
 * names. It knows nothing of outcomes or policy. */
#ifndef WW_CLASSIFIER_APP_H
#define WW_CLASSIFIER_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/packet.h"
#include "classifier/service.h"

struct uuid {
  uint8_t octet[16]; /* in text order: 367abb81-... begins 0x36 */
};
enum { UUID_TEXT_SIZE = 37 };
char *uuid_print(char to[UUID_TEXT_SIZE], const struct uuid *u);

/* An interface a client bound or altered to on a flow. */
struct rpc_bind {
  struct uuid uuid;
  uint16_t version_major, version_minor;
  const char *name;     /* "svcctl"; NULL = not in our table (classifier/rpc_interface.h) */
  enum service service; /* what binding it makes of the flow */
  bool accepted;        /* the server acknowledged it; false: refused or no answer seen */
  uint32_t packet;
};

enum learned_by { LEARNED_BY_EPM, LEARNED_BY_OXID, LEARNED_BY_INFERRED, LEARNED_BY_COUNT };
const char *learned_by_name(enum learned_by b); /* "epm", "oxid", "inferred" */

/* An endpoint a server announced inside another conversation. */
struct learned {
  struct uuid uuid;         /* all zero when unknown (OXID bindings, inferred) */
  const char *name;         /* of the interface; NULL = unknown */
  enum service service;     /* what to expect there */
  struct address client;    /* whom it was announced to */
  struct address server;    /* where it is, as announced; what the answering host is when the tower says 0.0.0.0 */
  struct address announcer; /* the host that said so */
  uint16_t port;
  uint8_t proto; /* IP protocol number */
  enum learned_by by;
  uint32_t packet; /* that announced it */
  stamp_t time;
};

/* Everything the engine knows of one flow; pointers live as long as the engine. */
struct app_view {
  enum service service; /* SERVICE_UNKNOWN: payload seen and not recognised, or none seen and no port known */
  enum service_by service_by;
  const char *ndpi; /* nDPI's protocol name when it is DPI and not a guess; NULL */
  const struct rpc_bind *rpc;
  size_t n_rpc;
  const struct learned *learned; /* endpoints this flow handed out */
  size_t n_learned;
  const struct learned *origin; /* the announcement that this flow's server endpoint came from; NULL */
  const char
      *detail; /* clean text for a person: "HTTP/1.1 GET, host mp1, ccmsetup", "SMB 3.1.1 encrypted, IPC$"; NULL */
  bool mapper_not_registered; /* an endpoint mapper said that the interface is not registered */
  uint32_t mapper_not_registered_packet;
  bool encrypted;           /* calls or shares are not readable */
  const char *const *trees; /* SMB shares connected to, "\\host\ADMIN$" */
  size_t n_trees;
  bool unrecognised; /* payload was seen and is of no protocol we know: service, if any, is the port's */
};

struct app_options {
  size_t streams_max; /* flows under analysis at once; 0 = default */
  bool dpi_sparing;   /* nDPI is asked only about flows that no signature of ours fits: services are the same, nDPI's
                       * own names of the others stay unknown */
};

struct app;
struct app *app_new(const struct app_options *options); /* NULL: memory is out */
void app_free(struct app *a);

/* Begins to set nDPI up in a thread of its own, before it is needed: worth it when many packets are to come. */
void app_dpi_begin(struct app *a);

/* Whether app_syn may find something for a SYN to that port; most often it cannot. */
bool app_expects(const struct app *a, uint16_t port);

/* A new TCP flow's first SYN: ties it to an announcement, if there was one. *slot starts 0 and is the flow's to keep.
 */
void app_syn(struct app *a, uint32_t *slot, const struct packet *p);

/* A packet with payload, in capture order, copies left out. False: nothing more of this flow is needed. */
bool app_payload(struct app *a, uint32_t *slot, const struct packet *p);

/* Asks for what app_payload reads first, some packets ahead. */
void app_prefetch(const struct app *a, uint32_t slot);

/* The flow ended or is settled: analysis state goes back, what was learned stays. */
void app_close(struct app *a, uint32_t *slot);

/* No more packets will come: gives back all analysis state. */
void app_finish(struct app *a);

/* After app_finish: waits until all of it is given back, which goes on in another thread after app_dpi_begin. */
void app_dpi_wait(struct app *a);

/* What is known of a flow with this slot (0 = never analysed) and these ends; ports in host order. */
void app_view(const struct app *a, uint32_t slot, uint8_t proto, uint16_t client_port, uint16_t server_port,
              struct app_view *view_out);

/* The origin in that view alone. */
const struct learned *app_origin(const struct app *a, uint32_t slot);

/* Host names learned from traffic, for display only. */
struct host_name {
  struct address address;
  const char *name;   /* clean text */
  const char *source; /* "dns", "mdns", "llmnr", "nbns", "dhcp", "ntlm", "tls", "capture", "site" */
};
size_t app_name_count(const struct app *a);
const struct host_name *app_name(const struct app *a, size_t index);

struct app_counts {
  uint64_t streams_refused;                /* flows that did not fit under streams_max: service by port only */
  uint64_t learned_refused, names_refused; /* names also: what messages say, without room for its text */
  uint64_t dpi_spared; /* flows not shown to nDPI, as it knew none of many before them on their port */
  uint64_t state_bytes, state_bytes_peak; /* memory of flows under analysis, nDPI's included */
};
const struct app_counts *app_counts(const struct app *a);

#endif
