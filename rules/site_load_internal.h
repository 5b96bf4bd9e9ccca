/* Private to the site loader: its state, and the readers of addresses, allow entries, waivers and hosts known to be up.
 */
#ifndef WW_RULES_SITE_LOAD_INTERNAL_H
#define WW_RULES_SITE_LOAD_INTERNAL_H

#include "rules/json_read.h"
#include "rules/site.h"

struct site_loader {
  struct problem_log log;
  const struct policy *policy;
  struct site *site;
  struct name_index roles, features, parameters, switches;
  struct name_index rules; /* the policy's, then the site's own allow entries */
};

/* The number of the name that is the value's key; -1 after a problem. */
int site_key_refer(struct site_loader *l, const struct json_value *v, const struct name_index *x, const char *what);

/* One text or a list of them, each an address set. Doubles and overlaps become problems; a named address inside a
 * prefix is no double, it names one of the prefix's hosts. */
void site_ranges_read(struct site_loader *l, const struct json_value *v, struct address_range **ranges_out,
                      size_t *n_out);

void site_allow_read(struct site_loader *l, const struct json_value *v);
void site_waivers_read(struct site_loader *l, const struct json_value *v);

/* After the roles: they say which hosts a name stands for. */
void site_up_read(struct site_loader *l, const struct json_value *v);

/* The whole site file from a document; as site_load. */
int site_load_doc(const struct json_doc *doc, struct policy **policy_out, struct site **site_out,
                  struct problem_list *problems);

/* The same for a policy that is loaded already, whatever policy the document names. */
int site_load_for(const struct json_doc *doc, const struct policy *p, struct site **site_out,
                  struct problem_list *problems);

#endif
