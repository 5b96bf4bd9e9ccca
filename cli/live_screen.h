/* The terminal of a live capture (the view itself: cli/live_view.h). */
#ifndef WW_CLI_LIVE_SCREEN_H
#define WW_CLI_LIVE_SCREEN_H

/* Back to the shell's lines, cursor shown; also written when the program is ended at once. */
#define SCREEN_LEAVE "\033[?25h\033[?1049l"

/* Starts drawing: the alternate screen, no cursor. */
void live_screen_enter(void);

#endif
