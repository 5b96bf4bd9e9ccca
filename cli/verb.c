/* From a command line to a verb: finds it, reads its options, runs it, says what went wrong. */
#include "cli/verb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/help.h"
#include "cli/say.h"
#include "util/text.h"

const struct verb *const verbs[] = {&verb_audit,  &verb_live, &verb_flows,  &verb_explain,
                                    &verb_report, &verb_diff, &verb_policy, NULL};

static const struct verb *verb_find(const struct verb *const *list, const char *name) {
  for (; *list; list++) {
    const char *space = strrchr((*list)->name, ' ');
    if (strcmp(space ? space + 1 : (*list)->name, name) == 0) return *list;
  }
  return NULL;
}

static int verb_unknown(const struct verb *const *list, const char *above, const char *name) {
  char word[64];
  text_clean(word, sizeof word, name, strlen(name));
  struct text_nearest nearest = {.wanted = word};
  for (; *list; list++) {
    const char *space = strrchr((*list)->name, ' ');
    text_nearest_offer(&nearest, space ? space + 1 : (*list)->name);
  }
  if (nearest.best)
    say("no command \"%s%s\"; did you mean \"%s%s\"?", above, word, above, nearest.best);
  else
    say("no command \"%s%s\"; try: wallwitness %s--help", above, word, above);
  return STATUS_USAGE;
}

static int operands_check(const struct verb *v, size_t n, struct err *e) {
  if (n < v->least) {
    err_set(e, "%s needs %s; try: wallwitness %s --help", v->name, v->operand, v->name);
    return -EINVAL;
  }
  if (n > v->most) {
    if (!v->operand)
      err_set(e, "%s takes options only; try: wallwitness %s --help", v->name, v->name);
    else
      err_set(e, "%s takes %s and no more; try: wallwitness %s --help", v->name, v->operand, v->name);
    return -EINVAL;
  }
  return 0;
}

/* The verb itself, with the words behind its name. */
static int verb_run(const struct verb *v, int argc, char **argv) {
  struct call c = {.verb = v};
  struct operands operands = {NULL, 0};
  int status = STATUS_USAGE;
  c.values = malloc(v->values_size ? v->values_size : 1);
  if (!c.values) {
    err_set(&c.err, "no memory");
    goto out;
  }
  if (v->values_size) memcpy(c.values, v->defaults, v->values_size);
  int rc = options_parse(v->option, argc, argv, c.values, &operands, &c.err);
  if (rc > 0) {
    status = help_verb(v);
    goto out;
  }
  if (rc < 0 || operands_check(v, operands.n, &c.err)) goto out;
  c.operand = (const char *const *)operands.item;
  c.n_operands = operands.n;
  status = v->run(&c);
out:
  say_err(&c.err);
  free(c.values);
  return status;
}

static bool is_help(const char *word) { return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0; }

/* A verb that is only a family of others. */
static int family_run(const struct verb *v, int argc, char **argv) {
  if (argc > 0 && is_help(argv[0])) return help_verb(v);
  if (argc == 0) {
    say("%s needs a command; try: wallwitness %s --help", v->name, v->name);
    return STATUS_USAGE;
  }
  const struct verb *sub = verb_find(v->subverb, argv[0]);
  if (sub) return verb_run(sub, argc - 1, argv + 1);
  char above[64];
  snprintf(above, sizeof above, "%s ", v->name);
  return verb_unknown(v->subverb, above, argv[0]);
}

int verb_call(int argc, char **argv) {
  if (argc == 0) {
    say("no command; try: wallwitness --help");
    return STATUS_USAGE;
  }
  if (is_help(argv[0]) || (strcmp(argv[0], "help") == 0 && argc == 1)) return help_program();
  if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "-V") == 0) return help_version();
  const struct verb *v = verb_find(verbs, argv[0]);
  if (strcmp(argv[0], "help") == 0) {
    v = verb_find(verbs, argv[1]);
    return v ? help_verb(v) : verb_unknown(verbs, "", argv[1]);
  }
  if (!v && argv[0][0] == '-') {
    say("no option %s before a command; try: wallwitness --help", argv[0]);
    return STATUS_USAGE;
  }
  if (!v) return verb_unknown(verbs, "", argv[0]);
  return v->subverb ? family_run(v, argc - 1, argv + 1) : verb_run(v, argc - 1, argv + 1);
}
