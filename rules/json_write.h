/* Members that policies and site files are written with, over util/json.h. */
#ifndef WW_RULES_JSON_WRITE_H
#define WW_RULES_JSON_WRITE_H

#include "rules/policy.h"
#include "util/json.h"

/* "key": "text"; nothing for NULL or "". */
void json_member_text(struct json *j, const char *key, const char *text);

/* "key": true; nothing for false. */
void json_member_true(struct json *j, const char *key, bool value);

/* 80 or "49152-65535" */
void json_port_range(struct json *j, const struct port_range *r);

#endif
