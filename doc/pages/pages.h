/* What the pages made from the program's own tables have in common: the manual's commands and the completions of bash
 * and zsh. A new verb or option appears in all of them without being written down again. */
#ifndef WW_DOC_PAGES_H
#define WW_DOC_PAGES_H

#include "cli/verb.h"
#include "util/out.h"

/* Calls take for every command that runs something: "audit", "policy check", ... */
void pages_each_verb(void (*take)(const struct verb *v, struct out *to), struct out *to);

/* Calls take for every option of a verb, those of groups included. */
void pages_each_option(const struct verb *v, void (*take)(const struct verb *v, const struct option *o, struct out *to),
                       struct out *to);

/* What an option's value or an operand can be completed from. */
enum completion {
  COMPLETION_NOTHING,
  COMPLETION_FILES,
  COMPLETION_FOLDERS,
  COMPLETION_POLICIES,   /* files, and the built-in policies */
  COMPLETION_INTERFACES, /* of this machine */
  COMPLETION_WORDS,      /* those of pages_words */
  COMPLETION_COUNT
};
enum completion pages_value(const struct option *o);
enum completion pages_operand(const struct verb *v);

/* The words of COMPLETION_WORDS and the names of built-in policies, with a space between them. */
void pages_words(const struct verb *v, const struct option *o, struct out *to);
void pages_policies(struct out *to);

/* The pages. */
void pages_manual(struct out *to);
void pages_bash(struct out *to);
void pages_zsh(struct out *to);

#endif
