/* Policy texts with the site's ports in them: "{http_port}" becomes the value in force. Braces around anything that is
 * no name alone (as in PowerShell's script blocks) stay what they are. */
#include <string.h>

#include "rules/address_text.h"
#include "rules/site_text.h"

bool placeholder_next(const char *text, struct placeholder *found_out) {
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{')) {
    size_t n = strspn(open + 1, allowed);
    if (n == 0 || n >= sizeof found_out->name || open[1 + n] != '}') continue;
    found_out->at = open;
    found_out->end = open + n + 2;
    memcpy(found_out->name, open + 1, n);
    found_out->name[n] = '\0';
    return true;
  }
  return false;
}

void site_text_print(const struct policy *p, const struct site *s, const char *text, struct out *to) {
  struct placeholder found;
  while (placeholder_next(text, &found)) {
    int i = policy_parameter_find(p, found.name);
    char value[PORT_RANGE_TEXT_SIZE];
    out_bytes(to, text, (size_t)(found.at - text));
    if (i >= 0)
      out_text(to, port_range_print(value, &s->parameter[i]));
    else
      out_bytes(to, found.at, (size_t)(found.end - found.at));
    text = found.end;
  }
  out_text(to, text);
}
