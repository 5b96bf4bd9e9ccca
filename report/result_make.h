/* Making a result from an audit, in parts; private to report/result_*.c. */
#ifndef WW_REPORT_RESULT_MAKE_H
#define WW_REPORT_RESULT_MAKE_H

#include "report/result_internal.h"

/* What every part needs. Running out of memory is noted once and asked for at the end. */
struct maker {
  const struct audit *audit;
  struct result *result;
  struct arena texts; /* made so far, for the result */
  bool failed;
};

/* A copy of text in clean form, NULL for NULL; owned by the result. */
char *maker_text(struct maker *m, const char *text);
/* The same, for what a stranger may have made as long as he likes: at most 200 bytes, then "...". */
char *maker_short_text(struct maker *m, const char *text);
char *maker_printf(struct maker *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A zeroed array of count items of size bytes; NULL (and *n_out 0) when memory is out, else *n_out = count. */
void *maker_list(struct maker *m, size_t count, size_t size, size_t *n_out);

/* Names of roles and rules by index, NULL = none; borrowed. */
const char *maker_role(const struct maker *m, int32_t role);
const char *maker_rule(const struct maker *m, int32_t rule);

char *maker_proto(struct maker *m, uint8_t proto);

/* The parts. */
void make_findings(struct maker *m);        /* result_finding.c */
void make_conversations(struct maker *m);   /* result_summary.c */
void make_matrix(struct maker *m);          /* result_summary.c */
void make_timeline(struct maker *m);        /* result_summary.c */
void make_hosts(struct maker *m);           /* result_hosts.c; after everything that shows hosts */
void make_capture(struct maker *m);         /* result_capture.c: quality, inputs */
void make_policy_and_site(struct maker *m); /* result_site.c */

#endif
