/* The completion for bash: a function that knows, for each command, its options and what their values are. */
#include <string.h>

#include "doc/pages/pages.h"

static void print_action(enum completion c, struct out *to) {
  static const char *const action[COMPLETION_COUNT] = {
      [COMPLETION_NOTHING] = "",
      [COMPLETION_FILES] = "files=-f",
      [COMPLETION_FOLDERS] = "files=-d",
      [COMPLETION_POLICIES] = "files=-f",
      [COMPLETION_INTERFACES] = "words=$(ls /sys/class/net 2>/dev/null)",
      [COMPLETION_WORDS] = ""};
  out_text(to, action[c]);
}

static void print_value(const struct verb *v, const struct option *o, struct out *to) {
  if (!o->value) return;
  enum completion c = pages_value(o);
  out_printf(to, "        --%s", o->name);
  if (o->letter) out_printf(to, " | -%c", o->letter);
  out_text(to, ") files= words=");
  if (c == COMPLETION_WORDS || c == COMPLETION_POLICIES) {
    out_char(to, '\'');
    if (c == COMPLETION_WORDS)
      pages_words(v, o, to);
    else
      pages_policies(to);
    out_char(to, '\'');
  }
  out_char(to, ' ');
  print_action(c, to);
  out_text(to, " ;;\n");
}

static void print_name(const struct verb *v, const struct option *o, struct out *to) {
  (void)v;
  out_printf(to, " --%s", o->name);
  if (o->letter) out_printf(to, " -%c", o->letter);
}

static void print_verb(const struct verb *v, struct out *to) {
  enum completion c = pages_operand(v);
  out_printf(to, "    '%s')\n      words='--help", v->name);
  pages_each_option(v, print_name, to);
  out_text(to, "'\n      [[ $cur == -* ]] || { words='");
  if (c == COMPLETION_POLICIES) pages_policies(to);
  out_text(to, "'; ");
  print_action(c, to);
  out_text(to, c == COMPLETION_NOTHING ? ":; }\n" : "; }\n");
  out_text(to, "      case $prev in\n        -) ;;\n");
  pages_each_option(v, print_value, to);
  out_text(to, "      esac ;;\n");
}

static void print_names(const struct verb *const *list, struct out *to) {
  for (; *list; list++) {
    const char *space = strrchr((*list)->name, ' ');
    out_printf(to, " %s", space ? space + 1 : (*list)->name);
  }
}

static void print_family(const struct verb *v, struct out *to) {
  out_printf(to, "    %s)\n      [ \"$COMP_CWORD\" -gt 2 ] && verb=\"%s ${COMP_WORDS[2]}\" || words='--help", v->name,
             v->name);
  print_names(v->subverb, to);
  out_text(to, "' ;;\n");
}

void pages_bash(struct out *to) {
  out_text(to,
           "# Completion of wallwitness for bash; made from the program's own tables of commands and options.\n"
           "_wallwitness() {\n"
           "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb= words= files=\n"
           "  # Bash takes the = of --option=value for a word of its own.\n"
           "  if [ \"$cur\" = = ]; then cur=\n"
           "  elif [ \"$prev\" = = ]; then prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
           "  fi\n"
           "  COMPREPLY=()\n"
           "  [ \"$COMP_CWORD\" -gt 1 ] && verb=${COMP_WORDS[1]}\n"
           "  case $verb in\n"
           "    '') words='--help --version help");
  print_names(verbs, to);
  out_text(to, "' ;;\n    help) words='");
  print_names(verbs, to);
  out_text(to, "' ;;\n");
  for (const struct verb *const *v = verbs; *v; v++)
    if ((*v)->subverb) print_family(*v, to);
  out_text(to, "  esac\n  case $verb in\n");
  pages_each_verb(print_verb, to);
  out_text(to,
           "  esac\n"
           "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
           "  [ -n \"$files\" ] || return 0\n"
           "  compopt -o filenames 2>/dev/null\n"
           "  mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen \"$files\" -- \"$cur\")\n"
           "}\n"
           "complete -F _wallwitness wallwitness\n");
}
