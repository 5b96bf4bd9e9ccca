#include "cli/help.h"

#include <stdio.h>

#include "capture/filter.h"
#include "classifier/dpi.h"
#include "cli/output.h"
#include "cli/say.h"
#include "util/out.h"

static int help_finish(struct out *to) {
  struct err e = {""};
  int rc = output_finish(to, &e);
  say_err(&e);
  return rc ? STATUS_USAGE : STATUS_OK;
}

static void print_examples(const struct verb_example *example, struct out *to) {
  if (!example) return;
  out_text(to, "\nExamples:\n");
  for (; example->command; example++) out_printf(to, "  %s\n      %s\n", example->command, example->what);
}

static void print_summaries(const struct verb *const *list, struct out *to) {
  for (; *list; list++) out_printf(to, "  %-16s %s\n", (*list)->name, (*list)->summary);
}

int help_program(void) {
  struct out to;
  out_init(&to, stdout);
  out_text(&to,
           "wallwitness: what the firewall should do, what it did, and the packets that prove the difference\n\n"
           "Usage: wallwitness COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n");
  print_summaries(verbs, &to);
  out_text(&to,
           "\nwallwitness COMMAND --help explains a command. wallwitness --version names the versions.\n\n"
           "Exit status: 0 compliant; 1 findings; 2 wrong usage, faulty policy or output not written;\n"
           "3 an input could not be read; 4 nothing could be assessed.\n");
  return help_finish(&to);
}

int help_verb(const struct verb *v) {
  struct out to;
  out_init(&to, stdout);
  out_printf(&to, "wallwitness %s: %s\n\n", v->name, v->summary);
  if (v->subverb) {
    out_printf(&to, "Usage: wallwitness %s COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n", v->name);
    print_summaries(v->subverb, &to);
  } else {
    out_printf(&to, "Usage: wallwitness %s%s%s%s\n", v->name, v->option ? " [OPTION...]" : "", v->operand ? " " : "",
               v->operand ? v->operand : "");
  }
  if (v->text) {
    out_char(&to, '\n');
    help_wrap(v->text, 0, &to);
  }
  if (v->option) {
    if (v->option->kind != OPTION_GROUP || !*v->option->help) out_text(&to, "\nOptions:\n");
    options_print(v->option, &to);
  }
  if (v->more) v->more(&to);
  print_examples(v->example, &to);
  return help_finish(&to);
}

int help_version(void) {
  struct out to;
  out_init(&to, stdout);
  out_text(&to, "wallwitness " WW_VERSION "\n");
  out_printf(&to, "%s\nnDPI version %s\n", filter_library(), dpi_version());
  return help_finish(&to);
}
