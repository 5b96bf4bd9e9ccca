/* Help and version, made from the tables of verbs and options. */
#ifndef WW_CLI_HELP_H
#define WW_CLI_HELP_H

#include "cli/verb.h"

/* Each writes to standard output and returns an enum status. */
int help_program(void);
int help_verb(const struct verb *v);
int help_version(void);

#endif
