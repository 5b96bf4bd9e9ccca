/* What every SARIF document of ours begins and ends with. */
#ifndef WW_REPORT_SARIF_H
#define WW_REPORT_SARIF_H

#include "util/json.h"

/* Opens the log, its run, and names the tool without rules; sarif_end closes the run and the log. */
void sarif_start(struct json *j, const char *version);
void sarif_end(struct json *j);

/* The first part of sarif_start: opens the log and its run. */
void sarif_open(struct json *j);

#endif
