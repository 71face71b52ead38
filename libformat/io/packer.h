/* zstd compression into a function. The packed bytes depend on the bytes, the size announced, level and zstd_long alone. */
#ifndef TARE_IO_PACKER_H
#define TARE_IO_PACKER_H

#include "io/target.h"

typedef struct tare_packer tare_packer;

/* sink must outlive the packer. opt->size, if not 0, is written into the frame's head and must be right. */
tare_status tare_packer_new(tare_packer **out, const tare_target_options *opt, tare_sink *sink, tare_error *err);
/* The pieces between are to be of one size, for the bytes to depend on nothing else. last: the frame ends. */
tare_status tare_packer_put(tare_packer *p, const void *bytes, size_t size, bool last, tare_error *err);
void tare_packer_free(tare_packer *p);

#endif
