/* live: capture from interfaces, watch, record, report at the end. The loop is in cli/live_watch.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/judge.h"
#include "cli/live_screen.h"
#include "cli/live_watch.h"
#include "cli/memory.h"
#include "cli/output.h"
#include "cli/privileges.h"
#include "cli/reports.h"
#include "cli/sandbox.h"
#include "cli/say.h"
#include "cli/verb.h"
#include "util/clock.h"

struct live_values {
  struct report_values report;
  struct option_list iface, client;
  struct judge_values judge;
  struct limit_values limit;
  const char *filter, *record;
  uint64_t rotate_mib, rotate_s, record_mib, duration_s, snap, buffer_mib;
  bool events, quiet, promiscuous, list;
};

#define AT(member) offsetof(struct live_values, member)
static const struct option live_options[] = {
    {.name = "interface",
     .letter = 'i',
     .kind = OPTION_LIST,
     .offset = AT(iface),
     .value = "IFACE",
     .help = "capture from this interface; may be repeated"},
    {.name = "list-interfaces", .kind = OPTION_FLAG, .offset = AT(list), .help = "name the interfaces and end"},
    JUDGE_OPTIONS(struct live_values, judge),
    {.name = "client",
     .kind = OPTION_LIST,
     .offset = AT(client),
     .value = "ADDRESS",
     .help = "show only this client; may be repeated"},
    {.name = "record",
     .kind = OPTION_TEXT,
     .offset = AT(record),
     .value = "DIR",
     .help = "keep what is captured in DIR, as pcapng files"},
    {.name = "rotate-size",
     .kind = OPTION_NUMBER,
     .offset = AT(rotate_mib),
     .value = "MIB",
     .min = 1,
     .max = 1000000,
     .help = "a new file after so many MiB; default: 100"},
    {.name = "rotate-time",
     .kind = OPTION_NUMBER,
     .offset = AT(rotate_s),
     .value = "SECONDS",
     .min = 1,
     .max = 31536000,
     .help = "a new file after so many seconds"},
    {.name = "record-max",
     .kind = OPTION_NUMBER,
     .offset = AT(record_mib),
     .value = "MIB",
     .min = 1,
     .max = 100000000,
     .help = "remove the oldest files beyond so many MiB in all"},
    {.name = "duration",
     .kind = OPTION_NUMBER,
     .offset = AT(duration_s),
     .value = "SECONDS",
     .min = 1,
     .max = 31536000,
     .help = "end after so many seconds; default: at Ctrl-C"},
    {.name = "filter",
     .kind = OPTION_TEXT,
     .offset = AT(filter),
     .value = "BPF",
     .help = "capture only frames that this libpcap filter selects"},
    {.name = "snap",
     .kind = OPTION_NUMBER,
     .offset = AT(snap),
     .value = "BYTES",
     .min = 64,
     .max = 262144,
     .help = "keep so many bytes of each frame; default: all. RPC endpoints are only read from whole frames"},
    {.name = "buffer",
     .kind = OPTION_NUMBER,
     .offset = AT(buffer_mib),
     .value = "MIB",
     .min = 1,
     .max = 1024,
     .help = "kernel buffer an interface; default: 64"},
    {.name = "promiscuous",
     .kind = OPTION_FLAG,
     .offset = AT(promiscuous),
     .help = "also take frames for other machines: for mirror ports"},
    {.name = "json-events",
     .kind = OPTION_FLAG,
     .offset = AT(events),
     .help = "JSON Lines on standard output instead of a screen"},
    LIMIT_OPTIONS(struct live_values, limit),
    {.name = "quiet", .letter = 'q', .kind = OPTION_FLAG, .offset = AT(quiet), .help = "no remarks on standard error"},
    REPORT_OPTIONS(struct live_values, report),
    {.help = NULL}};
#undef AT

/* Everything one live run holds on to. */
struct job {
  const struct live_values *v;
  const void *shown;
  struct address watched[OPTION_LIST_MAX];
  struct live *live;
  struct classifier *classifier;
  struct traffic *traffic;
  struct judgement judged;
};

static void list_line(void *ctx, const char *text) {
  (void)ctx;
  puts(text);
}

static int job_check(struct job *j, struct call *c) {
  const struct live_values *v = j->v;
  if (v->iface.n == 0 || v->iface.n > LIVE_IFACES_MAX) {
    err_set(&c->err, "name 1 to %d interfaces with -i; --list-interfaces names what there is", LIVE_IFACES_MAX);
    return STATUS_USAGE;
  }
  for (size_t i = 0; i < v->client.n; i++) {
    if (address_parse(v->client.item[i], strlen(v->client.item[i]), &j->watched[i])) continue;
    err_set(&c->err, "--client: \"%s\" is not an address", v->client.item[i]);
    return STATUS_USAGE;
  }
  int rc = reports_check(&reports_of_result, &v->report, NULL, 0, &j->shown, &c->err);
  if (!rc && v->record) rc = output_check_folder(v->record, &c->err);
  return rc ? STATUS_USAGE : STATUS_OK;
}

/* Rights are given up as soon as the interfaces are open, and the process confined once the recording is. */
static int job_lock_down(struct job *j, struct err *e) {
  const struct live_values *v = j->v;
  struct sandbox s = {0};
  int rc = -ENOMEM;
  if (!sandbox_write_all(&s, &v->report.output) || !sandbox_folder(&s, v->record)) goto out;
  const char *path[OPTION_LIST_MAX + 1];
  size_t n = 0;
  for (size_t i = 0; i < v->report.output.n; i++)
    if (strcmp(v->report.output.item[i], "-") != 0) path[n++] = v->report.output.item[i];
  if (v->record) path[n++] = v->record;
  rc = privileges_drop(path, n, e);
  if (rc > 0 && !v->quiet) say_err(e);
  if (rc < 0) goto out;
  *e = (struct err){""};
  const struct record_options record = {
      .dir = v->record,
      .now = clock_wall(),
      .file_bytes_max = v->rotate_mib << 20,
      .file_span_s = (int64_t)v->rotate_s,
      .total_bytes_max = v->record_mib << 20,
  };
  rc = v->record ? live_record(j->live, &record, e) : 0;
  if (rc == 0) sandbox_close(&s, !v->quiet);
out:
  sandbox_release(&s);
  return rc < 0 ? STATUS_USAGE : STATUS_OK;
}

static int job_open(struct job *j, struct err *e) {
  const struct live_values *v = j->v;
  const struct live_options options = {
      .iface = v->iface.item,
      .n_ifaces = v->iface.n,
      .filter = v->filter,
      .snap_len = (uint32_t)v->snap,
      .kernel_buffer = (uint32_t)(v->buffer_mib << 20),
      .promiscuous = v->promiscuous,
  };
  const int rc = live_open(&options, &j->live, e);
  if (rc < 0) return rc == -EINVAL ? STATUS_USAGE : STATUS_INPUT;
  j->classifier = classifier_new(
      &(struct classifier_options){.flows_max = (size_t)v->limit.flows_max,
                                   .hosts_max = (size_t)v->limit.hosts_max,
                                   .dpi_sparing = true});
  if (j->classifier) return STATUS_OK;
  err_set(e, "memory ran out");
  return STATUS_INPUT;
}

/* A screen on a terminal, lines elsewhere; machines get what they ask for. */
static const struct live_view *job_view(const struct job *j) {
  if (j->v->events) return &live_events;
  return isatty(STDOUT_FILENO) ? &live_screen : &live_lines;
}

static int job_watch(struct job *j, struct err *e) {
  const struct live_view *view = job_view(j);
  const struct watch_options options = {
      .live = j->live,
      .classifier = j->classifier,
      .policy = j->judged.policy,
      .site = j->judged.site,
      .view = view,
      .watched = j->watched,
      .n_watched = j->v->client.n,
      .duration_s = (int64_t)j->v->duration_s,
      .recording_asked = j->v->record != NULL,
      .on_screen = view == &live_screen,
      .quiet = j->v->quiet,
  };
  if (view == &live_screen) live_screen_enter();
  return watch_run(&options, e) < 0 ? STATUS_INPUT : STATUS_OK;
}

static int job_judge(struct job *j, struct err *e) {
  const struct timeline_facts *facts = live_facts(j->live);
  const struct audit_options options = {.now = STAMP_NONE};
  if (facts && classifier_finish(j->classifier, facts, &j->traffic) == 0)
    return judge_traffic(&j->v->judge, j->traffic, &options, &j->judged, e);
  err_set(e, "memory ran out while making the report");
  return STATUS_NOTHING;
}

static int live_verb_run(struct call *c) {
  struct job j = {.v = c->values};
  if (j.v->list) return live_list(list_line, NULL, &c->err) < 0 ? STATUS_INPUT : STATUS_OK;
  int status = job_check(&j, c);
  if (!status) status = judge_prepare(&j.v->judge, &j.judged, &c->err);
  if (!status) status = job_open(&j, &c->err);
  if (!status) status = job_lock_down(&j, &c->err);
  if (!status) status = job_watch(&j, &c->err);
  if (!status) status = job_judge(&j, &c->err);
  if (!status)
    status = reports_write(&reports_of_result, &j.v->report, j.v->events ? NULL : j.shown, j.judged.result, NULL);
  if (!status) status = fail_on_status(j.judged.fail_on, j.judged.audit, 0);
  judge_release(&j.judged);
  traffic_free(j.traffic);
  classifier_free(j.classifier);
  live_close(j.live);
  return status;
}

static const struct verb_example live_examples[] = {
    {"sudo wallwitness live -i eth0 -p site.json --record push", "watch a client push; Ctrl-C ends and reports"},
    {"sudo wallwitness live -i eth0 -i eth1 -p site.json --client 10.10.2.20 -o report.html",
     "both sides of a firewall, one client"},
    {"sudo wallwitness live -i eth0 --duration 600 --json-events", "ten minutes, for another program"},
    {NULL, NULL}};

static const struct live_values live_defaults = {.judge = JUDGE_DEFAULTS};

const struct verb verb_live = {
    .name = "live",
    .summary = "capture from interfaces and watch a client push",
    .least = 0,
    .most = 0,
    .text =
        "Captures, shows each client's push stages as they pass or stop, records if asked to, and writes the reports "
        "at "
        "the end. Sends nothing. Capturing needs root, or the file capability cap_net_raw.\n\n"
        "Ctrl-C once ends cleanly and writes the reports; twice ends at once and keeps the recording.\n\n"
        "Exit status: 0 compliant; 1 findings that --fail-on names; 2 wrong usage, faulty policy or output not "
        "written; 3 an interface could not be captured from; 4 nothing could be assessed.",
    .example = live_examples,
    .option = live_options,
    .defaults = &live_defaults,
    .values_size = sizeof live_defaults,
    .run = live_verb_run};
