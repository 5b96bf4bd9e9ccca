/* A build tool: writes rules/catalogue_data.c, which holds the catalogue's documents as bytes.
 * Usage: embed OUTPUT NAME FILE [NAME FILE]... */
#include <stdio.h>
#include <stdlib.h>

static int embed_file(FILE *out, const char *path, int number) {
  FILE *in = fopen(path, "rb");
  if (!in) {
    perror(path);
    return -1;
  }
  fprintf(out, "static const unsigned char document%d[] = {", number);
  unsigned long n = 0;
  for (int c; (c = getc(in)) != EOF; n++) fprintf(out, "%s%d,", n % 20 ? "" : "\n", c);
  int bad = ferror(in) || n == 0;
  fprintf(out, "\n};\n");
  fclose(in);
  return bad ? -1 : 0;
}

int main(int argc, char **argv) {
  if (argc < 4 || argc % 2) {
    fprintf(stderr, "usage: embed OUTPUT NAME FILE...\n");
    return EXIT_FAILURE;
  }
  FILE *out = fopen(argv[1], "wb");
  if (!out) {
    perror(argv[1]);
    return EXIT_FAILURE;
  }
  fprintf(out, "#include <string.h>\n\n#include \"rules/catalogue.h\"\n\n");
  int bad = 0;
  for (int i = 2; i + 1 < argc; i += 2) bad |= embed_file(out, argv[i + 1], i / 2);
  fprintf(
      out,
      "static const struct {\n  const char *name;\n  const unsigned char *bytes;\n  size_t len;\n} document[] = {\n");
  for (int i = 2; i + 1 < argc; i += 2)
    fprintf(out, "    {\"%s\", document%d, sizeof document%d},\n", argv[i], i / 2, i / 2);
  fprintf(out,
          "};\n\nconst unsigned char *catalogue_find(const char *name, size_t *len_out) {\n"
          "  for (size_t i = 0; i < sizeof document / sizeof *document; i++) {\n"
          "    if (strcmp(document[i].name, name) != 0) continue;\n"
          "    *len_out = document[i].len;\n    return document[i].bytes;\n  }\n  return NULL;\n}\n\n"
          "const char *const *policy_builtin_names(void) {\n  static const char *const name[] = {");
  for (int i = 2; i + 1 < argc; i += 2) fprintf(out, "\"%s\", ", argv[i]);
  fprintf(out, "NULL};\n  return name;\n}\n");
  if (fclose(out) != 0) bad = 1;
  return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
