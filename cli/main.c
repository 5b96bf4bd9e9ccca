/* Start here: parse, set up, run, one exit. */
#include <stdio.h>

int main(void) {
  fputs("wallwitness: no command\n", stderr);
  return 2;
}
