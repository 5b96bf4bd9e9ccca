/* libpcap compiles an expression for one link type; a capture may have several. So the program for a link type is made
 * when its first frame comes. An expression is right when it compiles for Ethernet or one of a few other common types.
 */
#include "capture/filter.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "capture/filter_names.h"
#include "capture/link.h"

enum { PROGRAMS_MAX = 64 }; /* link types in one run; frames of more are unfit */

struct program {
  uint16_t link;
  bool fits;
  struct bpf_program code;
};

struct filter {
  char *expression;
  size_t n;
  struct program program[PROGRAMS_MAX];
};

/* libpcap's own number (DLT_) where it differs from the file format's. */
static int dlt_of(uint16_t link) {
  static const struct {
    uint16_t link;
    int dlt;
  } differing[] = {{LINK_RAW, DLT_RAW}, {LINK_RAW_OPENBSD, DLT_RAW}, {100, DLT_ATM_RFC1483}, {106, DLT_ATM_CLIP}};
  for (size_t i = 0; i < sizeof differing / sizeof differing[0]; i++)
    if (differing[i].link == link) return differing[i].dlt;
  return link;
}

/* 0; -EINVAL with *e: libpcap does not compile the expression for this link type; -ENOMEM. */
static int compile(const char *expression, uint16_t link, struct bpf_program *code_out, struct err *e) {
  pcap_t *dead = pcap_open_dead(dlt_of(link), FRAME_LEN_MAX);
  if (!dead) {
    err_set(e, "memory is out");
    return -ENOMEM;
  }
  int rc = pcap_compile(dead, code_out, expression, 1, PCAP_NETMASK_UNKNOWN);
  if (rc) err_set(e, "filter \"%s\": %s", expression, pcap_geterr(dead));
  pcap_close(dead);
  return rc ? -EINVAL : 0;
}

/* Linux libpcap answers "inbound" and the like from what the kernel knows of a packet, at offsets from -0x1000 on; a
 * frame of a file has none of that. */
static bool asks_the_kernel(const struct bpf_program *code) {
  for (u_int i = 0; i < code->bf_len; i++)
    if (BPF_CLASS(code->bf_insns[i].code) == BPF_LD && BPF_MODE(code->bf_insns[i].code) == BPF_ABS &&
        code->bf_insns[i].k >= (bpf_u_int32)-0x1000)
      return true;
  return false;
}

static int check(const char *expression, struct err *e) {
  static const uint16_t links[] = {LINK_ETHERNET, LINK_LINUX_SLL, LINK_LINUX_SLL2, LINK_RAW, LINK_IEEE802_11};
  struct bpf_program code;
  int rc = -EINVAL;
  const char *name;
  size_t len;
  if (filter_names_find(expression, &name, &len)) {
    err_set(e, "filter \"%s\": \"%.*s\" is a name or misspelt; names are not looked up, write the address", expression,
            (int)(len < 255 ? len : 255), name);
    return -EINVAL;
  }
  for (size_t i = 0; i < sizeof links / sizeof links[0] && rc == -EINVAL; i++)
    rc = compile(expression, links[i], &code, i == 0 ? e : NULL);
  if (rc == 0) pcap_freecode(&code);
  return rc;
}

int filter_new(const char *expression, struct filter **filter_out, struct err *e) {
  int rc = check(expression, e);
  if (rc < 0) return rc;
  struct filter *f = calloc(1, sizeof *f);
  if (f) f->expression = strdup(expression);
  if (!f || !f->expression) {
    free(f);
    err_set(e, "memory is out");
    return -ENOMEM;
  }
  *filter_out = f;
  return 0;
}

void filter_free(struct filter *f) {
  if (!f) return;
  for (size_t i = 0; i < f->n; i++)
    if (f->program[i].fits) pcap_freecode(&f->program[i].code);
  free(f->expression);
  free(f);
}

static struct program *program_for(struct filter *f, uint16_t link) {
  for (size_t i = 0; i < f->n; i++)
    if (f->program[i].link == link) return &f->program[i];
  if (f->n == PROGRAMS_MAX) return NULL;
  struct program *p = &f->program[f->n++];
  p->link = link;
  p->fits = compile(f->expression, link, &p->code, NULL) == 0;
  if (p->fits && asks_the_kernel(&p->code)) {
    pcap_freecode(&p->code);
    p->fits = false;
  }
  return p;
}

enum filter_answer filter_match(struct filter *f, const struct frame *frame) {
  struct program *p = program_for(f, frame->link);
  if (!p || !p->fits) return FILTER_UNFIT;
  struct pcap_pkthdr h = {.caplen = frame->cap_len, .len = frame->wire_len};
  return pcap_offline_filter(&p->code, &h, frame->data) ? FILTER_YES : FILTER_NO;
}

const char *filter_library(void) { return pcap_lib_version(); }
