/* Replacing what identifies hosts, so that a report can leave the house: addresses (keyed, and alike in the prefixes
 * that were alike), host names, link-layer addresses, file names, free texts about the capture. Who has the key gets
 * the same replacements again; nobody else can turn them back. The key is never written.
 *
 * Order: anonymiser_learn, then evidence_write with the untouched result, then anonymise_result, then reports. */
#ifndef WW_REPORT_ANONYMISE_H
#define WW_REPORT_ANONYMISE_H

#include "report/result.h"
#include "util/address.h"

struct anonymiser;

/* The secret is the content of a file of at least 16 bytes. Negative with *e. */
int anonymiser_load(const char *path, struct anonymiser **anonymiser_out, struct err *e);
/* NULL: memory is out. */
struct anonymiser *anonymiser_new(const void *secret, size_t len);
void anonymiser_free(struct anonymiser *a);

/* Learns the names and files that texts about this result may mention. Negative: memory is out. */
int anonymiser_learn(struct anonymiser *a, const struct result *r);

/* The replacement of an address: prefix-preserving; groups, broadcast and loopback stay what they are. */
struct address anonymise_address(const struct anonymiser *a, const struct address *address);

/* The text with every address, link-layer address, learned name and file replaced; to be freed. NULL: memory is out. */
char *anonymise_text(const struct anonymiser *a, const char *text);

/* What stands for a fingerprint, or for a flow's identifier: those are made of addresses, and could be tried out. */
void anonymise_fingerprint(const struct anonymiser *a, const char *fingerprint, char to[17]);

/* Replaces everything in the result itself; it is marked as anonymised. Negative: memory is out, and the result must
 * not be shown. */
int anonymise_result(struct anonymiser *a, struct result *r);

/* A frame made anew from what is known of its innermost packet: raw IP, replaced addresses, no options, payload counted
 * but left out, checksums right for a payload of zeros. Returns its length (0: nothing can be shown of it);
 * *wire_len_out is the length it would have had. */
struct packet;
enum { ANONYMISED_FRAME_MAX = 128 };
size_t anonymise_frame(const struct anonymiser *a, const struct packet *p, uint8_t to[ANONYMISED_FRAME_MAX],
                       uint32_t *wire_len_out);

#endif
