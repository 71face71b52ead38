/* Long answers on a terminal go through a pager, as git's do. */
#ifndef TARE_TOOLS_PAGER_H
#define TARE_TOOLS_PAGER_H

#include "common/options.h"

/* From here on standard output is read by the command in $PAGER, else by less, which ends at once where one screen is enough. when:
 * TOOL_AUTO (standard output is a terminal that is not dumb), and so on; nothing is done if $PAGER is empty or "cat". tool_end() waits
 * until the reader has seen enough. Call it when the answer is known; more calls do no harm. */
void tool_pager_start(unsigned when);

#endif
