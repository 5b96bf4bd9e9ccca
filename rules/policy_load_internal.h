/* Private to the policy loader: its state, and the readers of the single sections.
 *
 * Two passes over the document. The first defines every name of every section, so that the second may refer to anything
 * in any order. Both note problems and go on; the policy counts only when there was none. */
#ifndef WW_RULES_POLICY_LOAD_INTERNAL_H
#define WW_RULES_POLICY_LOAD_INTERNAL_H

#include "rules/json_read.h"
#include "rules/policy.h"

struct policy_loader {
  struct problem_log log;
  struct policy *policy;
  struct name_index parameters, roles, services, groups, features, rules, methods, stages, switches;
  struct name_index applications; /* names of enum service */
};

/* Reads one entry of a section, whose name is set already. */
typedef void policy_entry_reader(struct policy_loader *l, const struct json_value *v, void *entry);
policy_entry_reader policy_parameter_read, policy_role_read, policy_service_read, policy_group_read,
    policy_feature_read, policy_rule_read, policy_method_read, policy_stage_read;

/* A copy of the text, or of otherwise when it is absent. */
char *policy_text_or(struct policy_loader *l, const struct json_value *v, const char *otherwise);

/* References by name, one or a list of at most 256, none twice. */
struct policy_references {
  const struct name_index *index;
  const char *what;
};
void policy_references_read(struct policy_loader *l, const struct json_value *v, struct policy_references to,
                            int **numbers_out, size_t *n_out);

/* Names of application services (classifier/service.h). */
void policy_applications_read(struct policy_loader *l, const struct json_value *v, struct service_set *set);

/* One of the names of an enum; 0 after a problem or when absent. */
struct name_table {
  const char *(*name)(unsigned value);
  unsigned count;
};
unsigned policy_choice_read(struct policy_loader *l, const struct json_value *v, struct name_table table);

/* After both passes: relations between entries. */
void policy_rules_check(struct policy_loader *l);
void policy_constraints_read(struct policy_loader *l, const struct json_value *v);

#endif
