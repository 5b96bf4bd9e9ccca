/* Policy and site, as far as a reader needs them: names, sources, hashes, ports in force, who plays which role. */
#include "report/result_make.h"

static char *range_text(struct maker *m, const struct address_range *range) {
  char first[ADDRESS_TEXT_SIZE], last[ADDRESS_TEXT_SIZE];
  address_print(first, &range->first);
  if (address_equal(&range->first, &range->last)) return maker_text(m, first);
  return maker_printf(m, "%s-%s", first, address_print(last, &range->last));
}

static void make_role(struct maker *m, size_t index, struct result_role *to) {
  const struct audit *a = m->audit;
  to->name = maker_text(m, a->policy->role[index].name);
  to->title = maker_text(m, a->policy->role[index].title);
  size_t n = a->site && index < a->site->n_roles ? a->site->n_role_ranges[index] : 0;
  size_t kept = n > RESULT_ROLE_RANGES_MAX ? RESULT_ROLE_RANGES_MAX : n;
  to->hosts_left_out = n - kept;
  to->hosts = maker_list(m, kept, sizeof *to->hosts, &to->n_hosts);
  for (size_t i = 0; i < to->n_hosts; i++) to->hosts[i] = range_text(m, &a->site->role[index][i]); // NOLINT: without a site there is no host
}

void make_policy_and_site(struct maker *m) {
  const struct policy *p = m->audit->policy;
  const struct site *s = m->audit->site;
  struct result *r = m->result;
  r->policy = (struct result_policy){.name = maker_text(m, p->name),
                                     .title = maker_text(m, p->title),
                                     .source_title = maker_text(m, p->source_title),
                                     .source_cite = maker_text(m, p->source_cite),
                                     .source_retrieved = maker_text(m, p->source_retrieved),
                                     .source_sha256 = maker_text(m, p->source_sha256),
                                     .sha256 = maker_text(m, p->sha256)};
  r->site.name = maker_text(m, s && *s->name ? s->name : NULL);
  r->site.sha256 = maker_text(m, s ? s->sha256 : "");
  r->site.proposed = s && s->proposed;
  r->site.parameter = maker_list(m, p->n_parameters, sizeof *r->site.parameter, &r->site.n_parameters);
  for (size_t i = 0; i < r->site.n_parameters; i++) {
    struct port_range value = s ? s->parameter[i] : p->parameter[i].value;
    r->site.parameter[i] =
        (struct result_parameter){maker_text(m, p->parameter[i].name), maker_text(m, p->parameter[i].title),
                                  value.first, value.last, s && s->parameter_given[i]};
  }
  r->site.role = maker_list(m, p->n_roles, sizeof *r->site.role, &r->site.n_roles);
  for (size_t i = 0; i < r->site.n_roles; i++) make_role(m, i, &r->site.role[i]);
}
