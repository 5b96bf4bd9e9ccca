/* Start here: set up the process, hand the command line to its verb, one exit. */
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include "cli/verb.h"

/* Standard streams that the caller closed must not become the descriptor of a capture or a report. */
static void streams_keep(void) {
  int fd;
  do fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO) close(fd);
}

int main(int argc, char **argv) {
  streams_keep();
  mallopt(M_ARENA_MAX, 1);  /* threads allocate little; an arena of their own would grow page by page */
  mallopt(M_MXFAST, 0);     /* small blocks go back at once: gathered, they hold up who next asks for a large one */
  signal(SIGPIPE, SIG_IGN); /* a reader that goes away is an answer of write(), see output_finish */
  return argc > 0 ? verb_call(argc - 1, argv + 1) : STATUS_USAGE;
}
