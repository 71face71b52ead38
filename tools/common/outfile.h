/* Small text files, written whole or not at all. */
#ifndef TARE_TOOLS_OUTFILE_H
#define TARE_TOOLS_OUTFILE_H

/* text under path, replacing what is there at once. The exit status; trouble is told. */
int tool_write_file(const char *path, const char *text);

#endif
