/* What the program says to the person at the keyboard: single lines on standard error. */
#ifndef WW_CLI_SAY_H
#define WW_CLI_SAY_H

#include "util/error.h"

/* "wallwitness: TEXT"; clears the progress line first. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The error, when there is one. */
void say_err(const struct err *e);

/* A line of its own, without the program's name in front: "site.json:3:1: ...". */
void say_line(const char *line);

#endif
