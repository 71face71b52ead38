/* What a name means: the role a weight plays and the layer it is in. roles.def is the table. */
#ifndef TARE_ARCH_ROLE_H
#define TARE_ARCH_ROLE_H

#include "model/model.h"

/* "attention.v", "mlp.down", "embedding", "output", "norm" ...; NULL if the name is not known. Works on GGUF and Hugging Face names. */
const char *tare_role_of(tare_str name);
/* The layer number in the name ("blk.12." or "layers.12."), -1 if none. */
int tare_layer_of(tare_str name);
/* All roles, for messages and schemas; NULL past the last. */
const char *tare_role_at(size_t i);

#endif
