/* The policies built into the program: rules/catalogue/NAME.json, embedded by rules/embed.c when it is built, and the
 * steps between finding a document and having a policy, which site files share. */
#ifndef WW_RULES_CATALOGUE_H
#define WW_RULES_CATALOGUE_H

#include <stddef.h>

#include "rules/json_text.h"
#include "rules/policy.h"

/* The document's bytes and how many; NULL when no policy of that name is built in. */
const unsigned char *catalogue_find(const char *name, size_t *len_out);

/* Opens a built-in policy by name, or a file. Errors as json_doc_load. */
int policy_open_doc(const char *name_or_path, struct json_doc **doc_out, struct problem_list *problems);

/* The policy in a document. Errors as policy_load. */
int policy_load_doc(const struct json_doc *doc, struct policy **policy_out, struct problem_list *problems);

#endif
