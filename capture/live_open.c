/* Opening interfaces and starting the threads. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "capture/link.h"
#include "capture/live_internal.h"
#include "util/text.h"
#include "util/thread.h"

enum {
  POOL_BATCHES = 256, /* with their buffers at most 128 MiB: about a second of a full gigabit */
  BATCH_BYTES = 512 << 10,
  QUEUE_ANALYSIS = 128, /* half the pool: a slow analysis cannot take the recording's batches */
  QUEUE_RECORD = 256,
  KERNEL_BUFFER = 64 << 20,
  SNAP_LEN_ALL = 262144,
};

/* libpcap's number for what an interface delivers as the number that files have for it: they differ for raw IP (tun,
 * WireGuard) only. */
static uint16_t link_in_files(int dlt) { return dlt == DLT_RAW ? LINK_RAW : (uint16_t)dlt; }

static int refuse(struct tap *tap, int status, struct err *e) {
  const char *detail = pcap_geterr(tap->pcap);
  if (status == PCAP_ERROR_NO_SUCH_DEVICE)
    err_set(e, "%s: no such interface; --list-interfaces names them", tap->name);
  else if (status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED)
    err_set(
        e,
        "%s: capturing is not allowed; run with sudo, or give the program the right: setcap cap_net_raw+ep wallwitness",
        tap->name);
  else if (status == PCAP_ERROR_IFACE_NOT_UP)
    err_set(e, "%s: the interface is down; ip link set %s up", tap->name, tap->name);
  else
    err_set(e, "%s: cannot be captured from: %s", tap->name, *detail ? detail : pcap_statustostr(status));
  return status == PCAP_ERROR_PERM_DENIED ? -EACCES : -ENODEV;
}

static int set_filter(struct tap *tap, const char *expression, struct err *e) {
  struct bpf_program program;
  if (!expression) return 0;
  if (pcap_compile(tap->pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
    err_set(e, "--filter: %s", pcap_geterr(tap->pcap));
    return -EINVAL;
  }
  const int rc = pcap_setfilter(tap->pcap, &program);
  pcap_freecode(&program);
  if (rc == 0) return 0;
  err_set(e, "%s: the filter cannot be set: %s", tap->name, pcap_geterr(tap->pcap));
  return -EINVAL;
}

static int tap_open(struct tap *tap, const struct live_options *o, struct err *e) {
  char text[PCAP_ERRBUF_SIZE];
  tap->pcap = pcap_create(tap->name, text);
  if (!tap->pcap) {
    err_set(e, "%s: %s", tap->name, text);
    return -ENODEV;
  }
  pcap_set_snaplen(tap->pcap, (int)(o->snap_len ? o->snap_len : SNAP_LEN_ALL));
  pcap_set_promisc(tap->pcap, o->promiscuous);
  pcap_set_timeout(tap->pcap, BLOCK_TIMEOUT_MS);
  pcap_set_buffer_size(tap->pcap, (int)(o->kernel_buffer ? o->kernel_buffer : KERNEL_BUFFER));
  pcap_set_tstamp_precision(tap->pcap, PCAP_TSTAMP_PRECISION_NANO);
  const int status = pcap_activate(tap->pcap);
  if (status < 0) return refuse(tap, status, e);
  if (pcap_setnonblock(tap->pcap, 1, text) != 0 || pcap_get_selectable_fd(tap->pcap) < 0) {
    err_set(e, "%s: cannot be waited for: %s", tap->name, text);
    return -ENOTSUP;
  }
  tap->link = link_in_files(pcap_datalink(tap->pcap));
  tap->snap_len = (uint32_t)pcap_snapshot(tap->pcap);
  tap->per_second = pcap_get_tstamp_precision(tap->pcap) == PCAP_TSTAMP_PRECISION_NANO ? 1000000000 : 1000000;
  atomic_store(&tap->up, true);
  return set_filter(tap, o->filter, e);
}

int live_open(const struct live_options *options, struct live **live_out, struct err *e) {
  struct live *l = calloc(1, sizeof *l);
  int rc = -ENOMEM;
  if (!l) goto out;
  l->stop_event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  pthread_mutex_init(&l->record_lock, NULL);
  atomic_store(&l->first_ns, INT64_MAX);
  atomic_store(&l->last_ns, INT64_MIN);
  for (size_t i = 0; i < options->n_ifaces && i < LIVE_IFACES_MAX; i++) {
    struct tap *tap = &l->tap[l->n_taps++];
    tap->name = strdup(options->iface[i]);
    tap->live = l;
    rc = tap->name ? tap_open(tap, options, e) : -ENOMEM;
    if (rc < 0) goto out;
  }
  rc = -ENOMEM;
  l->pool = batch_pool_new(POOL_BATCHES, BATCH_BYTES);
  l->to_analysis = batch_queue_new(QUEUE_ANALYSIS);
  if (l->pool && l->to_analysis && l->stop_event >= 0) rc = 0;
out:
  if (rc < 0) {
    if (rc == -ENOMEM && e && !e->text[0]) err_set(e, "memory ran out while opening the capture");
    live_close(l);
    return rc;
  }
  *live_out = l;
  return 0;
}

int live_record(struct live *l, const struct record_options *options, struct err *e) {
  struct record_iface iface[LIVE_IFACES_MAX];
  for (size_t i = 0; i < l->n_taps; i++)
    iface[i] = (struct record_iface){l->tap[i].name, l->tap[i].link, l->tap[i].snap_len};
  const int rc = record_open(options, iface, l->n_taps, &l->record, e);
  if (rc < 0) return rc;
  l->to_record = batch_queue_new(QUEUE_RECORD);
  if (!l->to_record) {
    err_set(e, "memory ran out while starting the recording");
    return -ENOMEM;
  }
  atomic_store(&l->recording, true);
  return 0;
}

int live_start(struct live *l, struct err *e) {
  int rc = l->record ? thread_start(&l->record_thread, live_record_thread, l) : 0;
  if (rc == 0) {
    l->record_started = l->record != NULL;
    rc = thread_start(&l->capture_thread, live_capture_thread, l);
  }
  if (rc != 0) {
    err_set(e, "no thread can be started: %s", strerror(rc));
    if (l->record_started) batch_queue_end(l->to_record);
    return -rc;
  }
  l->capture_started = true;
  return 0;
}

void live_join(struct live *l) {
  if (l->capture_started) pthread_join(l->capture_thread, NULL);
  if (l->record_started) pthread_join(l->record_thread, NULL);
  l->capture_started = l->record_started = false;
}

int live_list(void (*line)(void *ctx, const char *text), void *ctx, struct err *e) {
  char text[PCAP_ERRBUF_SIZE];
  pcap_if_t *all;
  if (pcap_findalldevs(&all, text) != 0) {
    err_set(e, "interfaces cannot be listed: %s", text);
    return -EIO;
  }
  for (const pcap_if_t *i = all; i; i = i->next) {
    char row[256], clean[256];
    snprintf(row, sizeof row, "%-16s %s%s%s", i->name, i->flags & PCAP_IF_UP ? "up" : "down",
             i->flags & PCAP_IF_LOOPBACK ? ", loopback" : "", i->description ? ", " : "");
    text_clean(clean, sizeof clean, row, strlen(row));
    if (i->description)
      text_clean(clean + strlen(clean), sizeof clean - strlen(clean), i->description, strlen(i->description));
    line(ctx, clean);
  }
  pcap_freealldevs(all);
  return 0;
}
