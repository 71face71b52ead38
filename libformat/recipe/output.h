/* The files of a result, written one after the other: headers, payload at its offsets, what lies between; shown all together at the end. */
#ifndef TARE_RECIPE_OUTPUT_H
#define TARE_RECIPE_OUTPUT_H

#include "formats/format.h"
#include "io/target.h"

typedef struct tare_output {
	const tare_model *model;  /* the outline */
	tare_target **targets;    /* one a file */
	size_t file;              /* being written; n_files when all are */
	uint64_t at;              /* in it */
	bool begun;               /* its header is out */
} tare_output;

/* path: where a single file goes instead of the outline's name for it ("-"); NULL: as the outline says. Makes room for all files at once,
 * so that a full disk is known before the work. */
tare_status tare_output_open(tare_output *o, const tare_model *model, const char *path, const tare_target_options *opt, tare_error *err);
/* Bytes at offset of a file, not before the end of the last ones. */
tare_status tare_output_put(tare_output *o, uint32_t file, uint64_t offset, const void *bytes, size_t size, tare_error *err);
/* Everything is written: the rest of the headers and of what lies between, then all files are flushed and synced. Nothing is shown yet. */
tare_status tare_output_finish(tare_output *o, tare_error *err);
tare_status tare_output_commit(tare_output *o, tare_error *err);
/* What was not committed disappears. */
void tare_output_close(tare_output *o);

#endif
