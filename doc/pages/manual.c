/* The commands of wallwitness(1), in mdoc(7): a subsection a command, made from the texts of its help. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "doc/pages/pages.h"

/* A word that stands in a macro line: dashes as they are typed. */
static void print_word(const char *word, size_t len, struct out *to) {
  for (size_t i = 0; i < len; i++) {
    if (word[i] == '\\')
      out_text(to, "\\e");
    else if (word[i] == '-')
      out_text(to, "\\-");
    else
      out_char(to, word[i]);
  }
}

/* One line of text; what would be a macro is kept from being one. */
static void print_escaped(const char *text, size_t len, struct out *to) {
  if (len && (text[0] == '.' || text[0] == '\'')) out_text(to, "\\&");
  for (size_t i = 0; i < len; i++) {
    if (text[i] == '\\')
      out_text(to, "\\e");
    else if (text[i] == '-' && i + 1 < len && text[i + 1] == '-')
      out_text(to, "\\-\\-"), i++;
    else
      out_char(to, text[i]);
  }
  out_char(to, '\n');
}

/* Lines of at most 78 columns. */
static void print_wrapped(const char *text, size_t len, struct out *to) {
  enum { WIDTH = 78 };
  while (len > WIDTH) {
    size_t at = WIDTH;
    while (at && text[at] != ' ') at--;
    if (!at) break;
    print_escaped(text, at, to);
    text += at + 1;
    len -= at + 1;
  }
  print_escaped(text, len, to);
}

/* Paragraphs: a blank line between them, each sentence on a line of its own, as mdoc wants it. */
static void print_text(const char *text, struct out *to) {
  while (*text) {
    size_t len = 0;
    while (text[len] && text[len] != '\n' &&
           !(strchr(".?!", text[len]) && text[len + 1] == ' ' && isupper(text[len + 2])))
      len++;
    if (text[len] && text[len] != '\n') len++;
    if (len) print_wrapped(text, len, to);
    text += len;
    if (text[0] == '\n' && text[1] == '\n') out_text(to, ".Pp\n");
    while (*text == ' ' || *text == '\n') text++;
  }
}

static void print_option(const struct verb *v, const struct option *o, struct out *to) {
  (void)v;
  out_text(to, ".It ");
  if (o->letter) out_printf(to, "Fl %c , ", o->letter);
  out_text(to, "Fl \\-");
  print_word(o->name, strlen(o->name), to);
  if (o->value) out_printf(to, " Ar %s", o->value);
  out_char(to, '\n');
  print_text(o->help, to);
}

/* "CAPTURE... FLOW" as arguments. */
static void print_operands(const char *operand, struct out *to) {
  while (*operand) {
    size_t len = strcspn(operand, " ");
    bool optional = operand[0] == '[';
    out_text(to, optional ? ".Op Ar " : ".Ar ");
    print_word(operand + optional, len - 2 * (size_t)optional, to);
    out_char(to, '\n');
    operand += len + (operand[len] == ' ');
  }
}

static void print_literal(const char *text, struct out *to) {
  out_text(to, ".Bd -literal\n");
  while (*text == '\n') text++;
  while (*text) {
    size_t len = strcspn(text, "\n");
    print_escaped(text, len, to);
    text += len + (text[len] == '\n');
  }
  out_text(to, ".Ed\n");
}

static void print_verb(const struct verb *v, struct out *to) {
  out_printf(to, ".Ss wallwitness %s\n.Nm wallwitness\n.Cm %s\n", v->name, v->name);
  if (v->option) out_text(to, ".Op Ar option ...\n");
  if (v->operand) print_operands(v->operand, to);
  out_text(to, ".Pp\n");
  out_char(to, (char)toupper(v->summary[0]));
  print_text(v->summary + 1, to);
  if (v->text) out_text(to, ".Pp\n"), print_text(v->text, to);
  if (v->option) {
    out_text(to, ".Bl -tag -width Ds\n");
    pages_each_option(v, print_option, to);
    out_text(to, ".El\n");
  }
  if (v->more) {
    struct out more;
    out_init(&more, NULL);
    v->more(&more);
    print_literal(out_str(&more), to);
    out_close(&more);
  }
}

void pages_manual(struct out *to) { pages_each_verb(print_verb, to); }
