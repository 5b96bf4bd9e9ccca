/* Addresses and ports as people write them in a site file, each way with a message that names the mistake. */
#ifndef WW_RULES_ADDRESS_TEXT_H
#define WW_RULES_ADDRESS_TEXT_H

#include <stdbool.h>

#include "rules/policy.h"
#include "rules/site.h"
#include "util/error.h"

enum { ADDRESS_RANGE_TEXT_SIZE = 2 * ADDRESS_TEXT_SIZE + 66 };

/* "10.1.2.3", "10.1.0.0/16", "10.1.2.3-10.1.2.9", the same in IPv6, and "name=ADDRESS". On success *range_out owns its
 * name (release with free). -EINVAL with *e: the text in quotes, what is wrong and the remedy; -ENOMEM. */
int address_range_parse(const char *text, struct address_range *range_out, struct err *e);

/* The shortest form that address_range_parse reads back to the same range. Returns to. */
char *address_range_print(char to[ADDRESS_RANGE_TEXT_SIZE], const struct address_range *r);

/* "49152-65535" or "80". False with *e. */
bool port_range_parse(const char *text, struct port_range *ports_out, struct err *e);

/* "80" or "49152-65535". Returns to. */
enum { PORT_RANGE_TEXT_SIZE = 12 };
char *port_range_print(char to[PORT_RANGE_TEXT_SIZE], const struct port_range *r);

#endif
