/* Files that are there already, and small text files, written whole or not at all. */
#ifndef TARE_TOOLS_OUTFILE_H
#define TARE_TOOLS_OUTFILE_H

#include <stdbool.h>

/* May a file be written under path? What is there stays unless force says otherwise; trouble is told. */
bool tool_may_replace(const char *path, bool force);
/* text under path, replacing what is there at once. The exit status; trouble is told. */
int tool_write_file(const char *path, const char *text);

#endif
