/* The terminal: redrawn from the top once a second, on the alternate screen so that the shell's lines come back at the
 * end. The size is asked for at every drawing, so a resized window is right again within a second. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/live_screen.h"
#include "cli/live_view.h"

#define SCREEN_ENTER "\033[?1049h\033[?25l"
#define LINE_CLEAR "\033[K"

enum { FINDINGS_SHOWN = 5, CELL_WIDTH = 9, NAME_WIDTH = 24, LINE_SIZE = 512 };

/* What a drawing has used up. */
struct canvas {
  unsigned rows, columns, row;
};

static struct canvas canvas_start(void) {
  struct winsize w = {0};
  struct canvas c = {24, 80, 0};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row && w.ws_col) c.rows = w.ws_row, c.columns = w.ws_col;
  fputs("\033[H", stdout);
  return c;
}

/* One line, cut at the width; colour is an SGR number, 0 = none. Nothing once the screen is full. */
static void canvas_line(struct canvas *c, int colour, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void canvas_line(struct canvas *c, int colour, const char *format, ...) {
  char text[LINE_SIZE];
  va_list args;
  if (c->row + 1 >= c->rows) return;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (colour) printf("\033[%dm", colour);
  printf("%.*s", (int)c->columns, text);
  if (colour) fputs("\033[0m", stdout);
  fputs(LINE_CLEAR "\r\n", stdout);
  c->row++;
}

/* How a stage looks in its column. */
static const struct {
  const char *word;
  int colour;
} marks[] = {
    [WATCH_NOT_STARTED] = {".", 2},    [WATCH_IN_PROGRESS] = {"...", 0},
    [WATCH_UNDETERMINED] = {"?", 0},   [WATCH_TARGET_DOWN] = {"down?", 33},
    [WATCH_REFUSED] = {"refused", 33}, [WATCH_SUSPECTED] = {"suspect", 33},
    [WATCH_BLOCKED] = {"BLOCKED", 31}, [WATCH_PASSED_BY_FALLBACK] = {"fallback", 32},
    [WATCH_PASSED] = {"passed", 32},
};
_Static_assert(sizeof marks / sizeof *marks == WATCH_STATE_COUNT, "every state has a mark");

static void draw_head(struct canvas *c, const struct live_look *k) {
  char span[STAMP_TEXT_SIZE];
  const struct live_counts *n = &k->counts;
  canvas_line(c, 1, "wallwitness live: %s, %zu of %zu interfaces, %" PRIu64 " packets", stamp_print_span(span, k->span),
              n->n_up, k->n_ifaces, n->frames);
  canvas_line(c, n->dropped_kernel + n->dropped_pool + n->dropped_analysis ? 33 : 0,
              "lost: %" PRIu64 " in the system, %" PRIu64 " in the program; ring %.0f %% full", n->dropped_kernel,
              n->dropped_pool + n->dropped_analysis, n->fill * 100);
  if (n->recording)
    canvas_line(c, 0, "recording: %.1f MiB", (double)n->record_bytes / (1 << 20));
  else if (k->recording_asked)
    canvas_line(c, 31, "NOT RECORDING: %s", n->record_why.text);
  for (size_t i = 0; i < k->n_ifaces; i++)
    if (!k->iface[i].up) canvas_line(c, 31, "%s", k->iface[i].why.text);
  canvas_line(c, 0, "Ctrl-C ends and writes the reports; twice ends at once");
  canvas_line(c, 0, "%s", "");
}

static void draw_stage_names(struct canvas *c, const struct policy *p) {
  char text[LINE_SIZE];
  int at = snprintf(text, sizeof text, "%-*s", NAME_WIDTH, "client");
  for (size_t s = 0; s < p->n_stages && at < (int)sizeof text - CELL_WIDTH - 1; s++)
    at += snprintf(text + at, sizeof text - (size_t)at, "%-*.*s", CELL_WIDTH, CELL_WIDTH - 1, p->stage[s].name);
  canvas_line(c, 1, "%s", text);
}

static void draw_client(struct canvas *c, const struct audit *a, const struct client_stages *client) {
  char name[LIVE_NAME_SIZE];
  unsigned used = NAME_WIDTH;
  if (c->row + 1 >= c->rows) return;
  live_name(name, a, &client->client);
  printf("%-*.*s", NAME_WIDTH, NAME_WIDTH - 1, name);
  for (size_t s = 0; s < a->policy->n_stages && used + CELL_WIDTH <= c->columns; s++, used += CELL_WIDTH) {
    const enum watch_state state = watch_state_of(a, &client->cell[s]);
    printf("\033[%dm%-*s\033[0m", marks[state].colour, CELL_WIDTH, marks[state].word);
  }
  fputs(LINE_CLEAR "\r\n", stdout);
  c->row++;
}

/* Below a client that is stopped: by what. */
static void draw_blocker(struct canvas *c, const struct audit *a, const struct client_stages *client) {
  char because[STAGE_BECAUSE_SIZE];
  for (size_t s = 0; s < a->policy->n_stages; s++) {
    const enum watch_state state = watch_state_of(a, &client->cell[s]);
    if (!watch_state_stops(state)) continue;
    canvas_line(c, 33, "    %s: %s %s", a->policy->stage[s].title, watch_state_name(state),
                stage_because(because, a, &client->cell[s]));
    return;
  }
}

static void screen_look(const struct live_look *k) {
  struct canvas c = canvas_start();
  const struct audit *a = k->audit;
  draw_head(&c, k);
  if (a) {
    size_t shown = 0;
    draw_stage_names(&c, a->policy);
    for (size_t i = 0; i < a->n_clients; i++) {
      if (!live_look_shows(k, &a->client[i].client)) continue;
      draw_client(&c, a, &a->client[i]);
      draw_blocker(&c, a, &a->client[i]);
      shown++;
    }
    if (!shown) canvas_line(&c, 0, "no push to a client was seen yet");
    canvas_line(&c, 0, "%s", "");
    for (size_t i = 0; i < a->n_findings && i < FINDINGS_SHOWN; i++)
      canvas_line(&c, 0, "%s: %s", verdict_name(a->finding[i].verdict), a->finding[i].title);
    if (a->n_findings > FINDINGS_SHOWN) canvas_line(&c, 0, "and %zu more findings", a->n_findings - FINDINGS_SHOWN);
  }
  fputs("\033[J", stdout);
  fflush(stdout);
}

/* Changes show in the next drawing. */
static void screen_change(const struct live_look *k, const struct stage_change *c) { (void)k, (void)c; }

void live_screen_enter(void) {
  fputs(SCREEN_ENTER, stdout);
  fflush(stdout);
}

static void screen_end(const struct live_look *k) {
  (void)k;
  fputs(SCREEN_LEAVE, stdout);
  fflush(stdout);
}

const struct live_view live_screen = {screen_change, screen_look, screen_end};
