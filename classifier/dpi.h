/* nDPI, behind one door: the only file that knows it, and its version, is classifier/dpi.c.
 *
 * A flow is shown only packets with payload; nDPI's state of a flow (about 700 bytes) comes from a pool at the first of
 * them and goes back with the first answer. Guesses by port or address are never taken. */
#ifndef WW_CLASSIFIER_DPI_H
#define WW_CLASSIFIER_DPI_H

#include "capture/packet.h"
#include "classifier/service.h"

enum { DPI_PACKETS_MAX = 8 }; /* shown per direction */

struct dpi;
struct dpi_flow;

/* Sets nDPI up, which takes some 12 ms; NULL: it would not start, or memory is out. */
struct dpi *dpi_new(void);
void dpi_free(struct dpi *d);

struct dpi_answer {
  uint8_t name;         /* for dpi_name; 0 = nothing recognised (yet) */
  enum service service; /* SERVICE_UNKNOWN: recognised as something we have no word for, or nothing */
};

/* Gives back all but the names; no packet may be shown any more. Accepts NULL. */
void dpi_rest(struct dpi *d);

/* Shows a packet. *flow starts NULL and is nDPI's state of the flow. False: memory is out or too many flows are open.
 */
bool dpi_packet(struct dpi *d, struct dpi_flow **flow, const struct packet *p, struct dpi_answer *answer_out);

/* Whether to begin showing it a flow whose first packet is p. On a port where 256 flows in a row were of nothing it
 * knows it is worth only every 16th, until one of them is known again; 16 in a row are enough when it knew hardly any
 * of thousands before, whatever their port. */
bool dpi_is_worth(struct dpi *d, const struct packet *p);

/* True while it holds so many flows that no further one should stay with it beyond one packet. */
bool dpi_is_busy(const struct dpi *d);

/* Gives the state back; NULL is accepted. */
void dpi_release(struct dpi *d, struct dpi_flow **flow);

/* nDPI's name of a protocol, "SMBv23" or "TLS.Microsoft"; valid until dpi_free. NULL for 0. */
const char *dpi_name(const struct dpi *d, uint8_t name);

/* Bytes of flow states handed out. */
size_t dpi_bytes_in_use(const struct dpi *d);

/* Flows that could not be shown because memory was out. */
uint64_t dpi_failures(const struct dpi *d);

/* "4.2.0": the library in use. */
const char *dpi_version(void);

#endif
