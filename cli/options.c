/* How it works: the table and its groups are flattened into places (a row and where its value lives), then the words of
 * the command line are taken one by one; a word that is no option is moved to the front of argv as an operand. */
#include "cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "util/stamp.h"
#include "util/text.h"

struct place {
  const struct option *option;
  char *value; /* NULL while only the rows matter */
};

struct places {
  struct place item[OPTIONS_MAX];
  size_t n;
};

static void places_add(struct places *p, const struct option *table, char *values) {
  for (const struct option *o = table; o && o->help; o++) {
    char *value = values + o->offset;
    if (o->kind == OPTION_GROUP)
      places_add(p, o->group, value);
    else if (p->n < OPTIONS_MAX)
      p->item[p->n++] = (struct place){o, value};
  }
}

static const struct place *place_of_name(const struct places *p, const char *name, size_t len) {
  for (size_t i = 0; i < p->n; i++)
    if (strncmp(p->item[i].option->name, name, len) == 0 && !p->item[i].option->name[len]) return &p->item[i];
  return NULL;
}

static const struct place *place_of_letter(const struct places *p, char letter) {
  for (size_t i = 0; i < p->n; i++)
    if (p->item[i].option->letter == letter) return &p->item[i];
  return NULL;
}

static int unknown_name(const struct places *p, const char *name, size_t len, struct err *e) {
  char word[64];
  text_clean(word, sizeof word, name, len);
  struct text_nearest nearest = {.wanted = word};
  for (size_t i = 0; i < p->n; i++) text_nearest_offer(&nearest, p->item[i].option->name);
  text_nearest_offer(&nearest, "help");
  if (nearest.best)
    err_set(e, "no option --%s; did you mean --%s?", word, nearest.best);
  else
    err_set(e, "no option --%s; --help lists them", word);
  return -EINVAL;
}

static int set_number(const struct option *o, const char *text, uint64_t *value_out, struct err *e) {
  uint64_t value = 0;
  bool good = isdigit((unsigned char)*text);
  for (const char *at = text; *at && good; at++)
    good = isdigit((unsigned char)*at) && !__builtin_mul_overflow(value, 10, &value) &&
           !__builtin_add_overflow(value, (uint64_t)(*at - '0'), &value);
  if (!good || value < o->min || value > o->max) {
    err_set(e, "--%s: \"%s\" is not a number from %" PRIu64 " to %" PRIu64, o->name, text, o->min, o->max);
    return -EINVAL;
  }
  *value_out = value;
  return 0;
}

static int set_choice(const struct option *o, const char *text, unsigned *value_out, struct err *e) {
  char known[128] = "";
  for (unsigned i = 0; o->choice[i]; i++) {
    if (strcmp(o->choice[i], text) == 0) {
      *value_out = i;
      return 0;
    }
    size_t at = strlen(known);
    snprintf(known + at, sizeof known - at, "%s%s", at ? ", " : "", o->choice[i]);
  }
  err_set(e, "--%s: \"%s\" is none of %s", o->name, text, known);
  return -EINVAL;
}

static int set_list(const struct option *o, const char *text, struct option_list *list, struct err *e) {
  if (list->n == OPTION_LIST_MAX) {
    err_set(e, "--%s: given more than %d times", o->name, OPTION_LIST_MAX);
    return -EINVAL;
  }
  list->item[list->n++] = text;
  return 0;
}

static int set_time(const struct option *o, const char *text, stamp_t *value_out, struct err *e) {
  if (stamp_parse(text, value_out)) return 0;
  err_set(e, "--%s: \"%s\" is not a time: write UTC like 2026-03-31T14:05:00Z, or seconds since 1970", o->name, text);
  return -EINVAL;
}

static int place_set(const struct place *p, const char *text, struct err *e) {
  const struct option *o = p->option;
  void *value = p->value;
  if (o->kind != OPTION_FLAG && !*text) {
    err_set(e, "--%s: the value is empty", o->name);
    return -EINVAL;
  }
  switch (o->kind) {
    case OPTION_FLAG:
      *(bool *)value = true;
      return 0;
    case OPTION_TEXT:
      *(const char **)value = text;
      return 0;
    case OPTION_LIST:
      return set_list(o, text, value, e);
    case OPTION_NUMBER:
      return set_number(o, text, value, e);
    case OPTION_TIME:
      return set_time(o, text, value, e);
    case OPTION_CHOICE:
      return set_choice(o, text, value, e);
    case OPTION_GROUP:
    case OPTION_KIND_COUNT:
      break;
  }
  return -EINVAL;
}

/* The words of the command line still to be read. */
struct words {
  char **item;
  int n, at;
};

/* The value of an option: what is joined to it, or the next word. */
static int value_take(const struct option *o, const char *joined, struct words *w, const char **value_out,
                      struct err *e) {
  if (joined) {
    *value_out = joined;
    return 0;
  }
  if (w->at == w->n) {
    err_set(e, "--%s needs a value: %s", o->name, o->value);
    return -EINVAL;
  }
  *value_out = w->item[w->at++];
  return 0;
}

/* "name", "name=value"; 1 for help. */
static int long_take(const struct places *p, const char *word, struct words *w, struct err *e) {
  size_t len = strcspn(word, "=");
  const char *joined = word[len] ? word + len + 1 : NULL;
  if (!joined && strcmp(word, "help") == 0) return 1;
  const struct place *place = place_of_name(p, word, len);
  if (!place) return unknown_name(p, word, len, e);
  const char *value = "";
  if (place->option->kind == OPTION_FLAG) {
    if (joined) {
      err_set(e, "--%s takes no value", place->option->name);
      return -EINVAL;
    }
  } else {
    int rc = value_take(place->option, joined, w, &value, e);
    if (rc) return rc;
  }
  return place_set(place, value, e);
}

/* The letters of one word; 1 for help. */
static int letters_take(const struct places *p, const char *letters, struct words *w, struct err *e) {
  for (const char *at = letters; *at; at++) {
    if (*at == 'h') return 1;
    const struct place *place = place_of_letter(p, *at);
    if (!place) {
      err_set(e, "no option -%c; --help lists them", *at);
      return -EINVAL;
    }
    const char *value = "";
    bool flag = place->option->kind == OPTION_FLAG;
    int rc = flag ? 0 : value_take(place->option, at[1] ? at + 1 : NULL, w, &value, e);
    if (!rc) rc = place_set(place, value, e);
    if (rc || !flag) return rc;
  }
  return 0;
}

int options_parse(const struct option *table, int argc, char **argv, void *values, struct operands *operands_out,
                  struct err *e) {
  struct places places = {.n = 0};
  places_add(&places, table, values);
  struct words words = {argv, argc, 0};
  size_t n = 0;
  bool only_operands = false;
  while (words.at < words.n) {
    char *word = argv[words.at++];
    int rc = 0;
    if (only_operands || word[0] != '-' || !word[1])
      argv[n++] = word;
    else if (strcmp(word, "--") == 0)
      only_operands = true;
    else if (word[1] == '-')
      rc = long_take(&places, word + 2, &words, e);
    else
      rc = letters_take(&places, word + 1, &words, e);
    if (rc) return rc;
  }
  *operands_out = (struct operands){argv, n};
  return 0;
}

void help_wrap(const char *text, size_t column, struct out *to) {
  enum { WIDTH = 98 };
  size_t at = column;
  while (*text) {
    size_t len = strcspn(text, " \n");
    bool fits = at == column || at + 1 + len <= WIDTH;
    if (!fits) out_printf(to, "\n%*s", (int)column, "");
    if (!fits) at = column;
    if (at > column) out_char(to, ' '), at++;
    out_bytes(to, text, len);
    at += len;
    text += len;
    if (*text == '\n') out_char(to, '\n'), at = column;
    if (*text) text++;
  }
  out_char(to, '\n');
}

void options_print(const struct option *table, struct out *to) {
  enum { COLUMN = 28 };
  for (const struct option *o = table; o && o->help; o++) {
    if (o->kind == OPTION_GROUP) {
      if (*o->help) out_printf(to, "\n%s:\n", o->help);
      options_print(o->group, to);
      continue;
    }
    char left[64];
    char letter[5] = "    ";
    if (o->letter) snprintf(letter, sizeof letter, "-%c, ", o->letter);
    int n = snprintf(left, sizeof left, "  %s--%s%s%s", letter, o->name, o->value ? " " : "", o->value ? o->value : "");
    if (n >= COLUMN - 1)
      out_printf(to, "%s\n%*s", left, COLUMN, "");
    else
      out_printf(to, "%-*s", COLUMN, left);
    help_wrap(o->help, COLUMN, to);
  }
}
