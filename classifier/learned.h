/* Endpoints that servers announced inside other conversations, and who may expect what where.
 *
 * Entries are kept for the whole capture and never move. A SYN asks learned_find which announcement its endpoint came
 * from; where an answer was sealed, learned_expect notes that one must have been made, and the next SYN of that client
 * to that server into the dynamic range takes it (learned_infer). */
#ifndef WW_CLASSIFIER_LEARNED_H
#define WW_CLASSIFIER_LEARNED_H

#include "classifier/app.h"

enum { LEARNED_MAX = 65536, LEARNED_EXPECTED_MAX = 256, LEARNED_RECENT_S = 300, LEARNED_INFER_S = 5 };

struct learned_table;
struct learned_table *learned_table_new(void); /* NULL: memory is out */
void learned_table_free(struct learned_table *t);

/* Keeps a copy; NULL when the table is full or memory is out (counted in *refused). */
const struct learned *learned_add(struct learned_table *t, const struct learned *l, uint64_t *refused);

/* Whether any endpoint with this port was announced, and whether a note of learned_expect stands: without these
 * learned_find and learned_infer need not be asked. */
bool learned_has_port(const struct learned_table *t, uint16_t port);
bool learned_expects(const struct learned_table *t);

/* The announcement that an endpoint most likely came from: made to this client within 300 s before now, else to anyone
 * within 300 s, else older ones in the same order; among equals the newest. NULL: nobody announced it. */
const struct learned *learned_find(const struct learned_table *t, const struct address *client,
                                   const struct address *server, uint16_t port, uint8_t proto, stamp_t now);

/* Notes that announcer answered client with something unreadable that holds an endpoint; replaces an earlier note of
 * the pair. */
void learned_expect(struct learned_table *t, const struct learned *hint);

/* Takes the note back: the answer turned out to be readable. */
void learned_expect_not(struct learned_table *t, const struct address *client, const struct address *announcer);

/* True (and the note is used up) when a SYN at now fits a note: *hint_out is it, with this port as its endpoint. */
bool learned_infer(struct learned_table *t, const struct address *client, const struct address *server, uint16_t port,
                   stamp_t now, struct learned *hint_out);

#endif
