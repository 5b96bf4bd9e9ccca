/* The completion for zsh: an _arguments call a command. */
#include <string.h>

#include "doc/pages/pages.h"

/* The first clause of a help text, for between [ and ] inside single quotes. */
static void print_help(const char *help, struct out *to) {
  for (size_t n = strcspn(help, ";:"); n && *help; n--, help++) {
    if (*help == '\'')
      out_text(to, "'\\''");
    else if (strchr("[]\\", *help))
      out_printf(to, "\\%c", *help);
    else
      out_char(to, *help);
  }
}

static void print_action(enum completion c, const struct verb *v, const struct option *o, struct out *to) {
  switch (c) {
    case COMPLETION_FILES:
      out_text(to, "_files");
      break;
    case COMPLETION_FOLDERS:
      out_text(to, "_files -/");
      break;
    case COMPLETION_INTERFACES:
      out_text(to, "_net_interfaces");
      break;
    case COMPLETION_POLICIES:
      out_text(to, "{ compadd -- ");
      pages_policies(to);
      out_text(to, "; _files }");
      break;
    case COMPLETION_WORDS:
      out_char(to, '(');
      pages_words(v, o, to);
      out_char(to, ')');
      break;
    case COMPLETION_NOTHING:
    case COMPLETION_COUNT:
      out_char(to, ' ');
  }
}

static void print_option(const struct verb *v, const struct option *o, struct out *to) {
  const char *many = o->kind == OPTION_LIST ? "*" : "";
  out_text(to, " \\\n        ");
  if (o->letter && o->kind == OPTION_LIST)
    out_printf(to, "'*'{-%c+,--%s=}'[", o->letter, o->name);
  else if (o->letter)
    out_printf(to, "'(-%c --%s)'{-%c%s,--%s%s}'[", o->letter, o->name, o->letter, o->value ? "+" : "", o->name,
               o->value ? "=" : "");
  else
    out_printf(to, "'%s--%s%s[", many, o->name, o->value ? "=" : "");
  print_help(o->help, to);
  out_char(to, ']');
  if (o->value) {
    out_printf(to, ":%s:", o->value);
    print_action(pages_value(o), v, o, to);
  }
  out_char(to, '\'');
}

static void print_verb(const struct verb *v, struct out *to) {
  const char *space = strrchr(v->name, ' ');
  if (space) return; /* see print_family */
  out_printf(to, "    %s)\n      _arguments -s -S '(-h --help)'{-h,--help}'[explain the command]'", v->name);
  pages_each_option(v, print_option, to);
  if (v->operand) {
    out_text(to, v->most > 1 ? " \\\n        '*:" : " \\\n        ':");
    out_printf(to, "%s:", strcmp(v->operand, "[POLICY]") == 0 ? "POLICY" : v->operand);
    print_action(pages_operand(v), v, NULL, to);
    out_char(to, '\'');
  }
  out_text(to, " ;;\n");
}

static void print_names(const struct verb *const *list, struct out *to) {
  for (; *list; list++) {
    const char *space = strrchr((*list)->name, ' ');
    out_printf(to, "    '%s:", space ? space + 1 : (*list)->name);
    print_help((*list)->summary, to);
    out_text(to, "'\n");
  }
}

/* The commands of a family: the same as a verb, one word further. */
static void print_function(const char *name, const struct verb *const *list, struct out *to) {
  out_printf(to, "_%s() {\n  local state line\n  local -a names=(\n", name);
  print_names(list, to);
  out_text(
      to,
      "  )\n"
      "  _arguments -C '(-h --help)'{-h,--help}'[explain]' '(-V --version)'{-V,--version}'[name the versions]' \\\n"
      "    ':command:->command' '*::argument:->argument'\n"
      "  if [[ $state == command ]]; then _describe command names; return; fi\n"
      "  [[ $state == argument ]] || return 0\n"
      "  case $line[1] in\n");
  for (; *list; list++) {
    struct verb own = **list;
    const char *space = strrchr(own.name, ' ');
    if (own.subverb) {
      out_printf(to, "    %s) _%s_%s ;;\n", own.name, name, own.name);
      continue;
    }
    if (space) own.name = space + 1;
    print_verb(&own, to);
  }
  out_text(to, "  esac\n}\n\n");
}

void pages_zsh(struct out *to) {
  out_text(to, "#compdef wallwitness\n# Made from the program's own tables of commands and options.\n\n");
  for (const struct verb *const *v = verbs; *v; v++) {
    char name[64];
    if (!(*v)->subverb) continue;
    snprintf(name, sizeof name, "wallwitness_%s", (*v)->name);
    print_function(name, (*v)->subverb, to);
  }
  print_function("wallwitness", verbs, to);
  out_text(to, "_wallwitness \"$@\"\n");
}
