/* Exit statuses of the program (README.md, "Exit status"). */
#ifndef WW_CLI_STATUS_H
#define WW_CLI_STATUS_H

enum status {
  STATUS_OK = 0,       /* compliant; for verbs that do not judge: done */
  STATUS_FINDINGS = 1, /* findings that --fail-on names; something new, for diff */
  STATUS_USAGE = 2,    /* wrong usage, a faulty policy, or an output that could not be written */
  STATUS_INPUT = 3,    /* an input could not be read */
  STATUS_NOTHING = 4   /* nothing could be assessed */
};

#endif
