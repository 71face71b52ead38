/* How far a long job is: one line on standard error's terminal after the first second, renewed five times a second and wiped before any
 * message; SIGUSR1 asks for one line wherever standard error goes. */
#ifndef TARE_TOOLS_PROGRESS_H
#define TARE_TOOLS_PROGRESS_H

#include "common/options.h"

/* what: "quantizing"; when: TOOL_AUTO and so on. */
void tool_progress_start(const char *what, unsigned when);
/* A tare_progress_fn. */
bool tool_progress(void *user, uint64_t done, uint64_t total);
void tool_progress_clear(void);
void tool_progress_end(void);
/* Seconds since tool_progress_start(). */
double tool_progress_seconds(void);
/* True where a closing line is welcome: progress may be shown. */
bool tool_progress_shown(void);

/* For signal handlers. */
void tool_progress_asked(int sig);
void tool_progress_interrupted(void);

#endif
