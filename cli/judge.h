/* From traffic to a result, by the policy of -p: what audit and live have in common. */
#ifndef WW_CLI_JUDGE_H
#define WW_CLI_JUDGE_H

#include <stddef.h>
#include <stdint.h>

#include "cli/fail_on.h"
#include "cli/options.h"
#include "classifier/traffic.h"
#include "report/result.h"
#include "rules/audit.h"
#include "util/error.h"

/* What a person may say about it. */
struct judge_values {
  const char *policy, *fail_on, *ticket, *title;
};
extern const struct option judge_options[];
#define JUDGE_DEFAULTS \
  { .fail_on = FAIL_ON_DEFAULT }
/* A row that puts them into a verb's table: values is the verb's struct, member its struct judge_values. */
#define JUDGE_OPTIONS(values, member) \
  { .kind = OPTION_GROUP, .group = judge_options, .offset = offsetof(values, member), .help = "" }

/* What judging holds on to; starts as {0}. */
struct judgement {
  uint32_t fail_on; /* set of 1u << enum verdict */
  struct policy *policy;
  struct site *site;
  struct audit *audit;
  struct result *result;
};

/* Before anything is read: --fail-on, then the policy, whose problems are said on standard error. 0, or STATUS_USAGE
 * with *e unless all is said. Release with judge_release in any case. */
int judge_prepare(const struct judge_values *v, struct judgement *j, struct err *e);

/* Fills in j->audit and j->result. A site without hosts is replaced by a proposed one. t and what it borrows must
 * outlive j. 0, or STATUS_NOTHING with *e: memory is out. */
int judge_traffic(const struct judge_values *v, const struct traffic *t, const struct audit_options *o,
                  struct judgement *j, struct err *e);

/* Frees what judge_prepare and judge_traffic made. */
void judge_release(struct judgement *j);

#endif
