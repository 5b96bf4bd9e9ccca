/* The verbs of the program: one row and one file each. */
#ifndef WW_CLI_VERB_H
#define WW_CLI_VERB_H

#include "cli/options.h"
#include "cli/status.h"
#include "util/error.h"

struct call;

struct verb_example {
  const char *command; /* a whole command line */
  const char *what;    /* what it does, for a person */
};

struct verb {
  const char *name;                   /* "audit", "policy check" */
  const char *summary;                /* "replay captures, compare them with a policy, report" */
  const char *operand;                /* what the help calls the operands: "CAPTURE..."; NULL = none */
  size_t least, most;                 /* how many of them */
  const char *text;                   /* paragraphs for the help; may be NULL */
  void (*more)(struct out *to);       /* what the help says behind the options; may be NULL */
  const struct verb_example *example; /* ended by a NULL command */
  const struct option *option;
  const void *defaults; /* the options' values before any is given */
  size_t values_size;
  int (*run)(struct call *c);        /* an enum status; c->err is said when it is not empty */
  const struct verb *const *subverb; /* ended by NULL; then run is not called */
};

/* One call of a verb: everything its function needs. */
struct call {
  const struct verb *verb;
  const char *const *operand;
  size_t n_operands;
  void *values; /* the verb's own struct, filled from the options */
  struct err err;
};

extern const struct verb verb_audit, verb_flows, verb_policy, verb_explain, verb_report, verb_diff, verb_live;
extern const struct verb verb_policy_explain, verb_policy_init;

/* Every verb, ended by NULL. */
extern const struct verb *const verbs[];

/* Runs the command line of the program (without the program's name); returns an enum status. Says errors itself. */
int verb_call(int argc, char **argv);

#endif
