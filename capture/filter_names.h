/* Finds host names in a filter expression: libpcap would ask the name service for them, and wallwitness sends nothing.
 */
#ifndef WW_CAPTURE_FILTER_NAMES_H
#define WW_CAPTURE_FILTER_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* The first word of the expression that libpcap would look up as a host, network or Ethernet name: where it begins and
 * how long it is; false: there is none. Service names (after "port") are fine: they come from a local file. */
bool filter_names_find(const char *expression, const char **word_out, size_t *len_out);

#endif
