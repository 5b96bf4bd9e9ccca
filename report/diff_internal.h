/* The private layout of a difference, and its formats. */
#ifndef WW_REPORT_DIFF_INTERNAL_H
#define WW_REPORT_DIFF_INTERNAL_H

#include "report/diff.h"
#include "report/grid.h"
#include "report/result_internal.h"

#define DIFF_SCHEMA "wallwitness-diff"
enum { DIFF_SCHEMA_VERSION = 1 };

/* One of the two results, as far as a reader needs it. */
struct diff_side {
  char *ticket, *title, *site, *policy_sha256, *version;
  int compliance;
  stamp_t first, last; /* of the capture */
  uint64_t findings;
};

struct diff_item {
  int change;
  char *fingerprint;
  int verdict, severity, confidence;
  bool waived;
  char *rule, *title, *happened;
  char *because; /* why it counts as this change */
};

struct diff_counts {
  uint64_t new_ones, unchanged, not_assessable, fixed;
};

struct diff {
  char *schema;
  uint32_t schema_version;
  bool worse;
  struct diff_side before, after;
  struct diff_counts counts;
  char **warning; /* what makes the comparison doubtful */
  size_t n_warnings;
  struct diff_item *item; /* by change, then severity (high first), then fingerprint */
  size_t n_items;
  struct arena texts; /* of all of the above */
};

extern const struct record diff_record;

const char *phrase_change(int change); /* "no longer assessable" */
enum tone tone_of_change(int change);
/* "1 new, 2 unchanged, 1 fixed." */
void phrase_diff_summary(struct out *to, const struct diff *d);
/* "WORSE", "NOT WORSE" */
const char *phrase_diff_verdict(const struct diff *d);
/* One row an item. */
void diff_grid(const struct diff *d, struct grid *g, size_t rows_max);
/* "before"/"after" as a line: site, ticket, span, verdict. */
void phrase_diff_side(struct out *to, const struct diff_side *s);

int diff_text(const struct diff *d, const struct report_options *o, struct out *to);
int diff_json(const struct diff *d, const struct report_options *o, struct out *to);
int diff_html(const struct diff *d, const struct report_options *o, struct out *to);
int diff_markdown(const struct diff *d, const struct report_options *o, struct out *to);
int diff_csv(const struct diff *d, const struct report_options *o, struct out *to);
int diff_junit(const struct diff *d, const struct report_options *o, struct out *to);
int diff_sarif(const struct diff *d, const struct report_options *o, struct out *to);

#endif
