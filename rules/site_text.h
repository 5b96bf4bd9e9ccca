/* Texts of a policy that name parameters and roles: "Allow TCP {http_port} from {client}". */
#ifndef WW_RULES_SITE_TEXT_H
#define WW_RULES_SITE_TEXT_H

#include "rules/site.h"

/* Writes the text with the site's values put in: for "{parameter}" the port or range, for "{role}" the role's addresses,
 * comma-separated ("Any" when there are none or more than 16). Use it for fix and fix_command of a rule. */
void site_text_print(const struct policy *p, const struct site *s, const char *text, struct out *to);

/* A service with the site's ports: "SMB (TCP 445)", "RPC on a dynamic port (TCP 49152-65535, or announced)". */
void site_service_print(const struct policy *p, const struct site *s, int service, struct out *to);

/* The ports that the k-th entry of a service stands for at this site. */
struct port_range site_service_ports(const struct policy *p, const struct site *s, int service, size_t k);

/* The first "{name}" of a text; what stands between braces is a name (rules/json_read.h) and nothing else. */
struct placeholder {
  const char *at, *end; /* of the braces */
  char name[64];
};
bool placeholder_next(const char *text, struct placeholder *found_out);

#endif
