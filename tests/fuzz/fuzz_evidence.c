/* Evidence: a capture is audited and the packets that prove each finding written out, as they are or with replaced
 * addresses (by the input's length). Each file must be an undamaged capture with at least one packet in it. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "report/evidence.h"
#include "tests/fuzz/fuzz_capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *folder(void) {
  static char path[64];
  const char *const shared = "/dev/shm";
  if (!path[0]) snprintf(path, sizeof path, "%s/fuzz.%d", access(shared, W_OK) == 0 ? shared : "/tmp", (int)getpid());
  return path;
}

static void check_file(const char *path) {
  struct source *s = NULL;
  struct err e = {0};
  struct frame_batch batch = {0};
  if (source_open(path, &(struct source_options){.read_size = 65536}, &s, &e) < 0) abort();
  while (source_next(s, &batch, &e) > 0) continue;
  if (source_info(s)->damage || source_info(s)->frames == 0 || source_info(s)->frames > EVIDENCE_PACKETS_MAX) abort();
  frame_batch_release(&batch);
  source_close(s);
}

/* Checks and removes what is in the folder; n: files it must have beside the MANIFEST. */
static void check_folder(size_t n) {
  size_t found = 0;
  char path[512];
  DIR *dir = opendir(folder());
  if (!dir) abort();
  for (struct dirent *entry; (entry = readdir(dir));) {
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%s", folder(), entry->d_name);
    if (strcmp(entry->d_name, "MANIFEST") != 0) check_file(path), found++;
    unlink(path);
  }
  closedir(dir);
  rmdir(folder());
  if (found != n) abort();
}

static void prove(const struct result *r, const char *path, size_t size) {
  static const char secret[] = "sixteen octets or more";
  struct anonymiser *a = size % 2 ? anonymiser_new(secret, sizeof secret) : NULL;
  struct evidence_options options = {.payload_max = size % 4 < 2 ? 0 : 32, .anonymiser = a};
  struct evidence_counts counts = {0};
  struct err e = {0};
  if (size % 2 && (!a || anonymiser_learn(a, r) < 0)) abort();
  const int rc = evidence_write(r, &path, 1, folder(), &options, &counts, &e);
  if (rc < 0 && !e.text[0]) abort(); /* refused without a reason */
  if (rc == 0) check_folder(counts.files);
  anonymiser_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct err e = {0};
  struct timeline *t = NULL;
  struct fuzz_file file = fuzz_file_of(data, size);
  const char *const paths[] = {file.path};
  if (timeline_open(paths, 1, &(struct timeline_options){.from = STAMP_NONE, .to = STAMP_NONE}, &t, &e) == 0) {
    struct traffic *traffic = fuzz_traffic(t);
    struct fuzz_audit f = fuzz_audit(traffic, size % 8 == 7);
    prove(f.result, file.path, size);
    fuzz_audit_fini(&f);
    traffic_free(traffic);
    timeline_close(t);
  }
  close(file.fd);
  return 0;
}
