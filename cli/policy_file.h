/* The policy of -p, and what is wrong with it. */
#ifndef WW_CLI_POLICY_FILE_H
#define WW_CLI_POLICY_FILE_H

#include "rules/policy.h"
#include "rules/site.h"

#define POLICY_DEFAULT "configmgr-client"

/* Loads a site file, a policy file or a built-in policy (NULL: the default one). STATUS_OK, or STATUS_USAGE with every
 * problem said on standard error. Release with site_free and policy_free. */
int policy_file_load(const char *name_or_path, struct policy **policy_out, struct site **site_out);

/* Says them, one a line; frees them. */
void policy_file_problems(struct problem_list *problems);

#endif
