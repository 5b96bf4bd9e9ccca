/* A conversation of an audit as a value. */
#ifndef WW_TESTS_CONVERSATION_AT_H
#define WW_TESTS_CONVERSATION_AT_H

#include "rules/audit.h"

static inline struct conversation conversation_at(const struct audit *a, size_t index) {
  struct conversation c;
  audit_conversation(a, index, &c);
  return c;
}

#endif
