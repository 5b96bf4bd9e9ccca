/* --fail-on: which kinds of findings make exit status 1. What audit and live have in common. */
#ifndef WW_CLI_FAIL_ON_H
#define WW_CLI_FAIL_ON_H

#include <stdint.h>

#include "rules/audit.h"
#include "util/error.h"

#define FAIL_ON_DEFAULT "blocked,unexpected-open,wrong-protocol"
#define FAIL_ON_HELP                                                                                           \
  "exit status 1 when there are findings of these kinds: blocked, unexpected-open, wrong-protocol, degraded, " \
  "review, or none; default: blocked,unexpected-open,wrong-protocol"

/* "blocked,review" into a set of 1u << enum verdict; "none" is the empty one. Negative with *e: an unknown word. */
int fail_on_parse(const char *list, uint32_t *set_out, struct err *e);

/* The exit status of an audit: findings weigh more than an unread input, that more than having nothing to judge. */
int fail_on_status(uint32_t set, const struct audit *a, size_t n_unread);

#endif
