#include "rules/json_write.h"

#include "rules/address_text.h"

void json_member_text(struct json *j, const char *key, const char *text) {
  if (!text || !text[0]) return;
  json_key(j, key);
  json_text(j, text);
}

void json_member_true(struct json *j, const char *key, bool value) {
  if (!value) return;
  json_key(j, key);
  json_bool(j, true);
}

void json_port_range(struct json *j, const struct port_range *r) {
  char text[PORT_RANGE_TEXT_SIZE];
  if (r->first == r->last)
    json_u64(j, r->first);
  else
    json_text(j, port_range_print(text, r));
}
