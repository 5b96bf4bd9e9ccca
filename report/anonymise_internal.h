/* The private layout of an anonymiser. */
#ifndef WW_REPORT_ANONYMISE_INTERNAL_H
#define WW_REPORT_ANONYMISE_INTERNAL_H

#include "report/anonymise.h"
#include "util/cipher.h"

/* A text that gives somebody away, and what stands for it. Both owned. */
struct replacement {
  char *from, *to;
};

struct anonymiser {
  struct cipher *cipher;
  uint8_t pad[CIPHER_BLOCK];
  struct replacement *word; /* longest first */
  size_t n_words, words_capacity;
};

#endif
