/* make_pages manual TEMPLATE | bash | zsh: writes one page to standard output. In the template of the manual, the line
 * "@COMMANDS@" stands for the commands and their options. */
#include "doc/pages/pages.h"

#include <stdio.h>
#include <string.h>

#include "cli/reports.h"
#include "rules/policy.h"

static void verbs_of(const struct verb *const *list, void (*take)(const struct verb *v, struct out *to),
                     struct out *to) {
  for (; *list; list++) {
    if ((*list)->subverb)
      verbs_of((*list)->subverb, take, to);
    else
      take(*list, to);
  }
}

void pages_each_verb(void (*take)(const struct verb *v, struct out *to), struct out *to) { verbs_of(verbs, take, to); }

static void options_of(const struct verb *v, const struct option *o,
                       void (*take)(const struct verb *v, const struct option *o, struct out *to), struct out *to) {
  for (; o && o->help; o++) {
    if (o->kind == OPTION_GROUP)
      options_of(v, o->group, take, to);
    else
      take(v, o, to);
  }
}

void pages_each_option(const struct verb *v, void (*take)(const struct verb *v, const struct option *o, struct out *to),
                       struct out *to) {
  options_of(v, v->option, take, to);
}

/* What the placeholders of option tables and operands stand for; one that is not here is not completed. */
static const struct {
  const char *placeholder;
  enum completion completion;
} meanings[] = {
    {"FILE", COMPLETION_FILES},        {"KEYFILE", COMPLETION_FILES},
    {"DIR", COMPLETION_FOLDERS},       {"POLICY", COMPLETION_POLICIES},
    {"IFACE", COMPLETION_INTERFACES},  {"FORMAT", COMPLETION_WORDS},
    {"LIST", COMPLETION_WORDS},        {"WHEN", COMPLETION_WORDS},
    {"CAPTURE...", COMPLETION_FILES},  {"CAPTURE... FLOW", COMPLETION_FILES},
    {"RESULT.json", COMPLETION_FILES}, {"BEFORE.json AFTER.json", COMPLETION_FILES},
    {"FILE...", COMPLETION_FILES},     {"PART...", COMPLETION_FILES},
    {"[POLICY]", COMPLETION_POLICIES},
};

static enum completion meaning(const char *placeholder) {
  for (size_t i = 0; placeholder && i < sizeof meanings / sizeof *meanings; i++)
    if (strcmp(meanings[i].placeholder, placeholder) == 0) return meanings[i].completion;
  return COMPLETION_NOTHING;
}

enum completion pages_value(const struct option *o) { return o->choice ? COMPLETION_WORDS : meaning(o->value); }
enum completion pages_operand(const struct verb *v) { return meaning(v->operand); }

void pages_words(const struct verb *v, const struct option *o, struct out *to) {
  const struct report_kind *kind = strcmp(v->name, "diff") == 0 ? &reports_of_diff : &reports_of_result;
  struct report_label label;
  if (o->choice) {
    for (const char *const *word = o->choice; *word; word++)
      out_printf(to, "%s%s", word == o->choice ? "" : " ", *word);
  } else if (strcmp(o->value, "FORMAT") == 0) {
    for (size_t i = 0; kind->format_at(i, &label); i++) out_printf(to, "%s%s", i ? " " : "", label.name);
  } else {
    out_text(to, "blocked unexpected-open wrong-protocol degraded review none");
  }
}

void pages_policies(struct out *to) {
  const char *const *names = policy_builtin_names();
  for (const char *const *name = names; *name; name++) out_printf(to, "%s%s", name == names ? "" : " ", *name);
}

static int manual(const char *template, struct out *to) {
  char line[1024];
  FILE *from = fopen(template, "r");
  if (!from) {
    perror(template);
    return 1;
  }
  while (fgets(line, sizeof line, from)) {
    if (strcmp(line, "@COMMANDS@\n") == 0)
      pages_manual(to);
    else
      out_text(to, line);
  }
  return fclose(from) != 0;
}

int main(int argc, char **argv) {
  struct out to;
  int status = 2;
  out_init(&to, stdout);
  if (argc == 3 && strcmp(argv[1], "manual") == 0)
    status = manual(argv[2], &to);
  else if (argc == 2 && strcmp(argv[1], "bash") == 0)
    pages_bash(&to), status = 0;
  else if (argc == 2 && strcmp(argv[1], "zsh") == 0)
    pages_zsh(&to), status = 0;
  else
    fputs("make_pages manual TEMPLATE | bash | zsh\n", stderr);
  return out_close(&to) < 0 ? 1 : status;
}
